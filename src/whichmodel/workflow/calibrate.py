"""How fast steps are on this computer: measured once in about a second, and remembered.

A step is timed on one unit of its work, made of synthetic samples. What was measured is kept in the cache
folder under all that it depends on: the operation with its weights and tile, the device, the number of
processors, and the version of the program.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np

from whichmodel import __version__
from whichmodel.domain import Record, Step, WhichmodelError
from whichmodel.files import replacing
from whichmodel.nodes.model import overlap_of, tile_side
from whichmodel.nodes.network import picture_net
from whichmodel.nodes.operation import Context, Size, Unit, row_bands
from whichmodel.nodes.registry import MODEL, operation_of
from whichmodel.nodes.tiles import tiles
from whichmodel.pictures import Box, Kind, Raster
from whichmodel.runtimes.ncnn import usable_threads
from whichmodel.weights import installed, record
from whichmodel.weights.store import cache_dir

LONGEST = 1.2
"""Seconds that one timed unit may take, about. With loading and a first small one a model stays below 2."""

METHOD = 3
"""Raised whenever the way in which steps are timed changes."""

_TRIAL = 64
_MOST_RESULT = 1 << 20
_MOST_INPUT = 1 << 22


class Pace(Record, frozen=True, kw_only=True):
    """Seconds for each pixel of work, as measured; `amount_of` tells how many pixels a step has.

    Args:
        once: seconds beside, whatever the size: a network that sees the whole picture reduced.
    """

    seconds_per_pixel: float
    once: float = 0.0


def expected_seconds(
    step: Step, sizes: Mapping[str, Size], kinds: Mapping[str, Kind], context: Context, *, measure: bool
) -> float | None:
    """Seconds that a step will take here, without reading and writing files; `None` where not known.

    Args:
        sizes, kinds: at the step's ports.
        context: with the result's size and kind.
        measure: whether to time it now where nothing is remembered. Weights are never fetched for it.
    """
    amount = amount_of(step, sizes, context)
    if amount is None or not operation_of(step).steady:
        return None
    weights_id = operation_of(step).needs_weights(step, context.cards)
    if weights_id is not None and installed(weights_id) is None:
        return None
    path = cache_dir() / "calibration" / f"{_key(step, sizes, kinds, context)}.json"
    pace = _remembered(path)
    if pace is None and measure:
        try:
            pace = _measured(step, sizes, kinds, context)
        except (WhichmodelError, OSError, MemoryError):
            return None  # a plan is no place to fail: the run itself will say what is wrong
        with suppress(OSError):  # a cache that cannot be written costs a second the next time
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary:
                temporary.write_bytes(msgspec.json.encode(pace))
    return pace.once + pace.seconds_per_pixel * amount if pace else None


def amount_of(step: Step, sizes: Mapping[str, Size], context: Context) -> int | None:
    """Pixels of work: for networks run in tiles those of all tiles with their overlap, else of the result."""
    weights_id = operation_of(step).needs_weights(step, context.cards)
    if weights_id is None or step.operation != MODEL:
        return context.size.pixels
    image = sizes.get("image")
    if image is None:
        return None
    weights, side = record(weights_id), tile_of(step, context)
    halo, filled = overlap_of(weights), weights.filled
    columns = sum(filled or tile.source.width for tile in tiles(image.width, 1, size=side, halo=halo))
    rows = sum(filled or tile.source.height for tile in tiles(1, image.height, size=side, halo=halo))
    view = filled**2 if weights.one_tone and columns * rows > filled**2 else 0
    return columns * rows + view


def tile_of(step: Step, context: Context) -> int:
    """Side of a tile's core in a step: its own, else that of the run."""
    weights_id = operation_of(step).needs_weights(step, context.cards)
    if weights_id is None:
        return int(step.parameters.get("tile", context.tile))
    return tile_side(step, record(weights_id), context.tile)


def _measured(step: Step, sizes: Mapping[str, Size], kinds: Mapping[str, Kind], context: Context) -> Pace:
    with tempfile.TemporaryDirectory(prefix="whichmodel-") as folder:
        if step.operation == MODEL and operation_of(step).needs_weights(step, context.cards) is not None:
            return _model_pace(step, sizes["image"], kinds["image"], context, Path(folder))
        return _other_pace(step, sizes, kinds, context, Path(folder))


def _model_pace(step: Step, image: Size, kind: Kind, context: Context, folder: Path) -> Pace:
    """Time one inner tile with its overlap, or the largest smaller one that stays within the time."""
    weights = record(operation_of(step).needs_weights(step, context.cards) or "")
    halo = overlap_of(weights)
    wanted = min(tile_of(step, context) + 2 * halo, max(image.width, image.height))

    def timed(side: int) -> tuple[float, float]:
        """Seconds by the clock, and of work shared by all processors, for a square of this side."""
        raster = _synthetic(folder / f"{side}", Size(side, side), kind)
        # The overlap is read around the core where the tile is large enough to have one.
        core = Box(halo, halo, side - halo, side - halo) if side > 4 * halo else Box(0, 0, side, side)
        unit = Unit(core.times(weights.scale), "calibration")
        own = replace(context, size=Size(side, side).times(weights.scale), kind=kind)
        own = replace(own, state=operation_of(step).prepare(step, {"image": raster}, own))
        began, worked = time.perf_counter(), time.process_time()
        operation_of(step).compute(step, unit, {"image": raster}, own)
        taken = time.perf_counter() - began, (time.process_time() - worked) / usable_threads()
        raster.close()
        return taken

    if weights.filled:  # every tile takes as long as the largest
        picture_net(weights, context.weights(weights.id), context.device)
        return Pace(seconds_per_pixel=timed(weights.filled - 2 * halo)[0] / weights.filled**2)
    trial = min(_TRIAL, wanted)
    timed(trial)  # loads the network and starts its threads
    clock, work = timed(trial)
    # On a busy computer threads wait for each other at every layer: small tiles seem far too slow by the
    # clock, so the size of the real measurement is chosen by the work.
    pace = max(min(clock, work or clock), 1e-6) / trial**2
    side = min(wanted, max(trial, int(math.sqrt(LONGEST / pace))))
    if side > trial:
        clock, _ = timed(side)
    return Pace(seconds_per_pixel=clock / side**2)


def _other_pace(
    step: Step, sizes: Mapping[str, Size], kinds: Mapping[str, Kind], context: Context, folder: Path
) -> Pace:
    """Time one band of rows of the same work on smaller pictures."""
    operation = operation_of(step)
    largest = max(size.pixels for size in sizes.values())
    shrink = min(1.0, math.sqrt(_MOST_RESULT / context.size.pixels), math.sqrt(_MOST_INPUT / largest))
    inputs = {
        port: _synthetic(folder / port, size.times(shrink), kinds[port]) for port, size in sizes.items()
    }
    own = replace(context, size=context.size.times(shrink))
    began = time.perf_counter()
    own = replace(own, state=operation.prepare(step, inputs, own))
    unit = row_bands(own.size, _MOST_RESULT)[0]
    operation.compute(step, unit, inputs, own)
    taken, once = time.perf_counter() - began, 0.0
    if operation.takes_model:
        # What a network gave for the whole picture is there now: the rest is the work on the unit itself.
        began = time.perf_counter()
        operation.compute(step, unit, inputs, own)
        again = time.perf_counter() - began
        taken, once = again, max(0.0, taken - again)
    for raster in inputs.values():
        raster.close()
    return Pace(seconds_per_pixel=max(taken, 1e-9) / unit.target.pixels, once=once)


def _synthetic(path: Path, size: Size, kind: Kind) -> Raster:
    """A raster of gentle waves: within the range in which networks are stable, and not constant."""
    raster = Raster.create(path, size.width, size.height, kind)
    across = np.sin(np.arange(size.width) / 7)
    for band in row_bands(size):
        down = np.cos(np.arange(band.target.top, band.target.bottom) / 11)
        plane = ((across[None, :] + down[:, None]) / 8 + 0.5) * kind.top
        raster.write(band.target, np.repeat(plane[:, :, None], kind.samples, axis=2).astype(kind.dtype))
    return raster


def _remembered(path: Path) -> Pace | None:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Pace)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if math.isfinite(found.seconds_per_pixel) and found.seconds_per_pixel > 0 else None


def _key(step: Step, sizes: Mapping[str, Size], kinds: Mapping[str, Kind], context: Context) -> str:
    largest = max(size.pixels for size in sizes.values())
    facts = {
        "method": METHOD,
        "operation": step.operation,
        "parameters": {key: value for key, value in step.parameters.items() if isinstance(value, str)},
        "identity": dict(operation_of(step).identity(step, context)),
        # Small pictures make small tiles, which are slower by the pixel.
        "tiled": min(tile_of(step, context), largest),
        "ratio": round(2 * math.log2(context.size.pixels / largest)),
        "kinds": {port: [kind.bands, kind.bits, kind.alpha] for port, kind in kinds.items()},
        "processors": usable_threads(),
        "processor": _processor(),
        "program": __version__,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def _processor() -> str:
    """Name of the processor where the system tells it: a cache folder may be shared between computers."""
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(("model name", "CPU part")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
