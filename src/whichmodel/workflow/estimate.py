"""What a workflow will need: memory, disk, and whether this computer has it.

Memory does not grow with the picture: the largest unit decides. The formula was checked against measured
runs (`tests/workflow/test_plan_estimates.py` measures again); it is meant to be an upper estimate.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from whichmodel.domain import InputError, Record, Step, Workflow
from whichmodel.nodes.feather import MOST_KEPT
from whichmodel.nodes.model import overlap_of, tile_side
from whichmodel.nodes.operation import Cards, Size
from whichmodel.nodes.registry import MODEL, operation_of
from whichmodel.pictures import Kind
from whichmodel.runtimes.ncnn import usable_threads
from whichmodel.weights import WeightsRecord, record
from whichmodel.weights.store import cache_dir
from whichmodel.workflow.scratch import gigabytes

PROGRAM = 340_000_000
"""Bytes of the program itself: Python, numpy, libvips, a runtime, a network's numbers, and what the allocator
keeps. Measured like the other numbers here: resample 4x to 8,000 and 48,000 pixels of width, SPAN-4x and
SPAN-2x with tiles of 256 and 128; the estimate was 0 to 29 % above each peak."""

_STRIP_BYTES, _STRIP_BYTES_A_THREAD = 6_300, 900
"""Bytes for each pixel of the widest picture's row, in all and for each thread: the strips and tiles that
libvips holds while it reads, compares and writes. Measured at 48,000 pixels with 2 threads and with 8."""

_BAND_BYTES = 26
"""Bytes for each sample of a band of rows: the samples, their float32 copies, and libvips' buffers."""

_BAND = 1 << 20

_NETWORK = 1_500_000_000
"""Bytes that a network which sees the whole picture is taken to need until it is measured."""

_OUTPUTS = 9
"""Copies of a tile's result in float32 that `nodes.stable` holds at worst, at three reduced contrasts."""


class Refusal(Record, frozen=True, kw_only=True):
    """A limit that a plan exceeds.

    Args:
        limit: `"pixels"`, `"memory"`, `"disk"`, `"format"` or `"output"`.
        message: what does not fit, and into what.
        hint: how to raise the limit or to do without.
    """

    limit: str
    message: str
    hint: str = ""


def tile_memory(weights: WeightsRecord, tile: int, image: Size) -> int:
    """Bytes of memory that the network needs for the largest tile of a picture."""
    width, height = (
        weights.filled or min(tile + 2 * overlap_of(weights), side) for side in (image.width, image.height)
    )
    kept = MOST_KEPT if weights.context == "global" else 0
    return kept + width * height * (weights.working_bytes + _OUTPUTS * 3 * 4 * weights.scale**2)


def step_memory(step: Step, image: Size, after: Size, kind: Kind, cards: Cards, tile: int) -> int:
    """Bytes of memory of one step: its largest unit, and the program around it.

    Args:
        image: size of the picture that it takes.
        after, kind: of its result.
        tile: side of a tile's core, where the step does not name one.
    """
    weights_id = operation_of(step).needs_weights(step, cards)
    widest = max(image.width, after.width)
    if weights_id is not None and step.operation == MODEL:
        weights = record(weights_id)
        own = tile_memory(weights, tile_side(step, weights, tile), image)
    else:
        own = min(after.pixels, max(_BAND, after.width)) * kind.samples * _BAND_BYTES
        if weights_id is not None:
            own += record(weights_id).memory_bytes or _NETWORK
    return PROGRAM + own + widest * (_STRIP_BYTES + _STRIP_BYTES_A_THREAD * vips_threads())


def vips_threads() -> int:
    """Threads that libvips works with: `VIPS_CONCURRENCY`, else one for each processor."""
    named = os.environ.get("VIPS_CONCURRENCY", "")
    return int(named) if named.isdecimal() and 0 < int(named) <= 1024 else usable_threads()


def disk_bytes(workflow: Workflow, sizes: Mapping[str, Size | None], kinds: Mapping[str, Kind]) -> int:
    """Bytes of disk for the intermediate results, that of the decoded input and the last included."""
    names = [port.name for port in workflow.inputs] + [step.id for step in workflow.steps]
    return sum(size.pixels * kinds[name].bytes for name in names if (size := sizes[name]))


def check_memory(
    workflow: Workflow, sizes: Mapping[str, Size], kinds: Mapping[str, Kind], cards: Cards, tile: int
) -> None:
    """Check that the memory that is free suffices for every step.

    Args:
        sizes, kinds: of every value, by name.
        tile: side of a tile's core, where a step does not name one.

    Raises:
        InputError: names the step that needs more than is free.
    """
    for step in workflow.steps:
        taken = sizes[step.takes.get("image") or next(iter(step.takes.values()))]
        needed = step_memory(step, taken, sizes[step.id], kinds[step.id], cards, tile)
        tiled = step.operation == MODEL and operation_of(step).needs_weights(step, cards) is not None
        refusal = memory_refusal(needed, {step.id: int(step.parameters.get("tile", tile))} if tiled else {})
        if refusal is not None:
            raise InputError(f"step {step.id!r}: {refusal.message}", hint=refusal.hint)


def memory_refusal(needed: int, tiles: Mapping[str, int]) -> Refusal | None:
    """Why a plan does not fit into the memory that is free, or `None`.

    Args:
        needed: bytes.
        tiles: side of the tile of each step that has tiles.
    """
    free = free_memory()
    if free is None or needed <= free:
        return None
    smaller = max(tiles.values(), default=0) // 2
    hint = f"close other programs{f', or take smaller tiles: --tile {smaller}' if smaller >= 16 else ''}"
    return Refusal(
        limit="memory",
        message=f"it needs {gigabytes(needed)} of memory, and {gigabytes(free)} are free",
        hint=hint,
    )


def disk_refusal(needed: int) -> Refusal | None:
    """Why the intermediate results do not fit on the disk of the cache folder, or `None`."""
    home = cache_dir() / "steps"
    free = free_disk(home)
    if free is None or needed <= free:
        return None
    return Refusal(
        limit="disk",
        message=f"its intermediate results need {gigabytes(needed)} of disk in {home},"
        f" where {gigabytes(free)} are free",
        hint="free some space, or set WHICHMODEL_CACHE to a folder on a larger disk",
    )


def free_disk(folder: Path) -> int | None:
    """Bytes that are free where a folder is or would be made, old intermediate results counted as free."""
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), None)
    if there is None:
        return None
    kept = 0
    with suppress(OSError):
        kept = sum(file.stat().st_size for file in folder.glob("*/*") if file.is_file())
    try:
        return shutil.disk_usage(there).free + kept
    except OSError:
        return None


def free_memory() -> int | None:
    """Bytes of memory that a program can take without others being written to disk; `None` if not told.

    Linux tells it; a container's own limit counts where it is lower.
    """
    system = None
    with suppress(OSError, ValueError, IndexError):
        text = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace")
        line = next((line for line in text.splitlines() if line.startswith("MemAvailable:")), "")
        system = int(line.split()[1]) * 1024
    group = _free_in_group(Path("/sys/fs/cgroup"))
    known = [value for value in (system, group) if value is not None]
    return min(known) if known else None


def _free_in_group(folder: Path) -> int | None:
    """What the limit of a control group leaves; the cache of files does not count, as it makes room."""
    try:
        most = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        if most == "max":
            return None
        told = dict(
            line.split(" ", 1) for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        )
        return max(0, int(most) - used + int(told.get("inactive_file", 0)))
    except (OSError, ValueError):
        return None


def refusal_of(limit: str, error: InputError) -> Refusal:
    """What an error that was raised beforehand says, as a refusal."""
    return Refusal(limit=limit, message=error.message, hint=error.hint)
