"""Run a workflow on a picture file: check everything first, then work, then write in one piece."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from whichmodel.domain import InputError, Record, Workflow
from whichmodel.nodes.operation import DEFAULT_TILE, Cards, Context, Size
from whichmodel.nodes.registry import operation_of
from whichmodel.pictures import (
    DEFAULT_LIMITS,
    Limits,
    Opened,
    Picture,
    Raster,
    Viewed,
    open_picture,
    same_file,
    write_picture,
)
from whichmodel.pictures.xmp import largest_xmp
from whichmodel.runtimes.devices import choose, require
from whichmodel.weights import installed, pull, record
from whichmodel.workflow.advice import Decision
from whichmodel.workflow.binding import require_bound
from whichmodel.workflow.check import check_workflow
from whichmodel.workflow.data_output import check_output, gives_data, write_data
from whichmodel.workflow.describe import chain_notes, check_sizes, new_pixel_share, sizes_of
from whichmodel.workflow.engine import (
    Progress,
    Value,
    decoded,
    in_memory,
    kinds_of,
    run_steps,
)
from whichmodel.workflow.estimate import check_memory
from whichmodel.workflow.hosting import ALONE, Hosting
from whichmodel.workflow.inputs import check_masks, check_others
from whichmodel.workflow.print_size import PrintTarget
from whichmodel.workflow.provenance import (
    provenance_of,
    provenance_path,
    stamped,
    step_plan,
    write_provenance,
)
from whichmodel.workflow.report import FileFacts, RunReport, StepReport, file_sha256
from whichmodel.workflow.scratch import Scratch
from whichmodel.workflow.substitute import Substitution, substitute

_LOSSY = frozenset({".jpg", ".jpeg", ".webp"})

Examine = Callable[[Viewed, Viewed], Record]
"""Compares input and result; its record becomes the report's evidence."""


def run_workflow(
    workflow: Workflow,
    inputs: Path,
    output: Path,
    *,
    cards: Cards,
    substitute_names: str | None = None,
    tile: int = DEFAULT_TILE,
    quality: int = 92,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda step, done, total: None,
    writing: Callable[[float], None] = lambda share: None,
    say: Callable[[str], None] = lambda line: None,
    examine: Examine | None = None,
    target: PrintTarget | None = None,
    resume: bool = False,
    cache: bool = True,
    device: str = "cpu",
    provenance: bool = False,
    pyramid: bool = False,
    others: Mapping[str, Path] | None = None,
    decisions: tuple[Decision, ...] = (),
    hosting: Hosting = ALONE,
) -> RunReport:
    """Run a workflow on one picture file, with memory that does not grow with the picture.

    All that can be checked is checked before anything is decoded, fetched or computed. An existing
    `output` is replaced when the result is complete, never before; the input never is.

    Args:
        inputs: path of the picture.
        others: paths of the workflow's further inputs by name, as a mask.
        output: path of the result; its ending chooses the format.
        cards: model cards by name.
        substitute_names: models that stand in for a step that cannot run, e.g. `"SPAN-4x+SPAN-2x"`.
        tile: side of a tile's core, in pixels of the step's input.
        quality: 1..100 for JPEG and lossy WebP.
        progress: is told how far a step is.
        writing: is told the share 0..1 of the output that is encoded.
        say: is told lines about weights that are fetched, the licence first.
        target: a wished print, whose dots per inch are written into the file; by default what the input says
            stays.
        examine: compares the input with the result as it stands in the file.
        resume: take up the unfinished work of an earlier run of the same; the output is then, byte for
            byte, that of a run that was never interrupted.
        cache: keep results of steps and take those that are kept; else nothing stays.
        device: that networks run on, one of `runtimes.devices.WISHES`; what `"auto"` has to do without is
            told through `say`.
        decisions: what the photo itself asked for; only told, the workflow has it already.
        pyramid: write a TIFF in tiles with smaller copies inside, whatever its size.
        provenance: write a document beside the output and say in its XMP that AI made part of it.
        hosting: who computes the units of the steps, and what stays when the run ends.

    Raises:
        InputError: and its kinds, before anything runs: the workflow, the picture, the output path,
            a size above the limits, or a step that cannot run here.
        WeightsError: weights cannot be fetched.
        StepError: a step failed, or its result is not plausible. No output is written then.
        WhichmodelError: the disk has no room for the intermediate results.
    """
    began = time.perf_counter()
    if resume and not cache:
        raise InputError("without the cache there is nothing to resume", hint="leave out --no-cache")
    replaced: tuple[Substitution, ...] = ()
    if substitute_names:
        workflow, replaced = substitute(workflow, substitute_names, cards)
    require_bound(workflow, cards)
    check_workflow(workflow, cards=cards)
    opened = open_picture(inputs, limits)
    start = Size(opened.width, opened.height)
    files = check_others(workflow, others or {})
    more = {name: open_picture(path, limits) for name, path in files.items()}
    check_masks(workflow, files, {name: Size(item.width, item.height) for name, item in more.items()}, start)
    sizes = _planned(
        workflow, start, cards, limits, {name: Size(item.width, item.height) for name, item in more.items()}
    )
    # A merge may need transparency that a picture lacks.
    kinds = kinds_of(workflow, opened.kind, {name: item.kind for name, item in more.items()})
    for path in (inputs, *files.values()):
        if same_file(path, output):
            raise InputError(f"{output} is the input itself", hint="give another name with -o")
    end = sizes[workflow.output]
    check_output(workflow, output, end)
    check_memory(workflow, sizes, kinds, cards, tile)
    _choose_devices(workflow, cards, device, say)
    weights = _weights_of(workflow, cards, say)
    context = Context(cards=cards, weights=weights.__getitem__, tile=tile, device=device)

    with Scratch(cache=cache, resume=resume, say=say, tidies=hosting.tidies) as scratch:
        input_sha256, before = _decoded(inputs, opened, scratch)
        beside: dict[str, tuple[str, Value]] = {}
        for name, path in files.items():
            known = {input_sha256: before, **dict(beside.values())}
            beside[name] = _decoded(path, more[name], scratch, known)
        outcome = run_steps(
            workflow,
            before,
            sizes,
            context,
            scratch,
            progress,
            {name: value for name, (_, value) in beside.items()},
            hosting,
        )
        after = outcome.value.raster
        if target is not None:
            after = _for_print(after, target)
        set_aside = None
        found = outcome.value.data
        if provenance and found is None:
            stamp = stamped(after.metadata.xmp, workflow, cards, largest=largest_xmp(output))
            set_aside = after.metadata.xmp if stamp.set_aside else None
            metadata = after.metadata
            after = after.with_metadata(
                replace(metadata, xmp=stamp.block, notes=(*metadata.notes, *stamp.notes))
            )
        entry = outcome.value.entry
        # A mask or data cannot be laid beside the photo.
        pictured = next(step for step in workflow.steps if step.id == workflow.output).gives.type == "image"
        written: tuple[str, ...] = ()
        if found is not None:
            write_data(found, workflow, output)
        else:
            written = write_picture(
                after, output, quality=quality, pyramid=pyramid, progress=writing, begun=entry.note_temporary
            )
        entry.forget_temporary()
        evidence, not_compared = _examined(before.raster, after, output, examine if pictured else None)
    report = RunReport(
        input=FileFacts(path=str(inputs), width=start.width, height=start.height, sha256=input_sha256),
        output=FileFacts(
            path=str(output),
            width=end.width if found is None else 0,
            height=end.height if found is None else 0,
            sha256=file_sha256(output),
        ),
        steps=outcome.steps,
        new_pixel_share=new_pixel_share(start, end),
        seconds=round(time.perf_counter() - began, 3),
        workflow=workflow,
        substitutions=replaced,
        notes=(
            *(item.note for item in replaced),
            *(() if replaced else chain_notes(workflow, cards)),
            *after.metadata.notes,
            *written,
            *not_compared,
        ),
        evidence=evidence,
        data=dict(found) if found is not None else None,
        provenance=str(provenance_path(output)) if provenance else None,
        others={
            name: FileFacts(
                path=str(files[name]), width=value.raster.width, height=value.raster.height, sha256=sha256
            )
            for name, (sha256, value) in beside.items()
        },
        print_target=target,
        decisions=decisions,
    )
    if provenance:
        planned = step_plan(workflow, cards, tile, device)
        write_provenance(provenance_of(report, cards, planned, set_aside), output)
    return report


def run_picture(
    workflow: Workflow,
    picture: Picture,
    *,
    cards: Cards,
    tile: int = DEFAULT_TILE,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda step, done, total: None,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[Picture, tuple[StepReport, ...]]:
    """Run a workflow that takes one picture on a picture in memory; arguments and errors as for `run_workflow`.

    Nothing is taken from the cache and nothing is kept in it.
    """
    if gives_data(workflow):
        raise InputError("the workflow gives data, not a picture", hint="run it on a file: run_workflow")
    require_bound(workflow, cards)
    check_workflow(workflow, cards=cards)
    check_others(workflow, {})
    sizes = _planned(workflow, Size(picture.width, picture.height), cards, limits)
    context = Context(cards=cards, weights=_weights_of(workflow, cards, say).__getitem__, tile=tile)
    with Scratch(cache=False, say=say) as scratch:
        outcome = run_steps(workflow, in_memory(picture, scratch), sizes, context, scratch, progress)
        return outcome.value.raster.to_picture(), outcome.steps


def _choose_devices(workflow: Workflow, cards: Cards, device: str, say: Callable[[str], None]) -> None:
    """Check that the device is there for every step that runs a network, and tell what `auto` had to do."""
    require(device)
    used = {operation_of(step).needs_weights(step, cards) for step in workflow.steps} - {None}
    fallbacks = {choose(device, record(id).format).fallback for id in used if id}
    for line in sorted(fallbacks - {""}):
        say(line)


def _decoded(
    path: Path, opened: Opened, scratch: Scratch, others: Mapping[str, Value] | None = None
) -> tuple[str, Value]:
    """sha256 of an input file, and its samples; those of an equal one among `others`, where there is one."""
    known = path.stat()
    sha256 = file_sha256(path)
    value = (others or {}).get(sha256) or decoded(opened, sha256, scratch)
    now = path.stat()
    if (known.st_mtime_ns, known.st_size, known.st_ino) != (now.st_mtime_ns, now.st_size, now.st_ino):
        value.entry.clear()
        raise InputError(f"{path} changed while it was read", hint="run again when it is complete")
    return sha256, value


def _for_print(raster: Raster, target: PrintTarget) -> Raster:
    """The picture with the resolution of a print, and the print in notes."""
    side = target.file_dpi / 25.4
    size = f"prints {raster.width / side / 10:.1f} × {raster.height / side / 10:.1f} cm at {target.file_dpi:g} dpi"
    metadata = raster.metadata
    notes = (*metadata.notes, size, *target.notes)
    return raster.with_metadata(replace(metadata, resolution=(side, side), notes=notes))


def _examined(
    before: Raster, after: Raster, output: Path, examine: Examine | None
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """The evidence as data, or a note that says why there is none."""
    if examine is None:
        return None, ()
    kept: Viewed = after
    if output.suffix.lower() in _LOSSY:
        # Lossy formats change the picture: what is compared is what stands in the file.
        pixels = after.width * after.height
        kept = open_picture(output, Limits(max_input_pixels=pixels, max_side=max(after.width, after.height)))
    try:
        return msgspec.to_builtins(examine(before, kept)), ()
    except InputError as error:
        # A workflow may stretch a picture on purpose; then input and result cannot be laid together.
        return None, (f"input and result were not compared: {error.message}",)


def _planned(
    workflow: Workflow, start: Size, cards: Cards, limits: Limits, others: Mapping[str, Size] | None = None
) -> dict[str, Size]:
    sizes = sizes_of(workflow, start, cards, others)
    check_sizes(workflow, sizes, limits)
    known = {name: size for name, size in sizes.items() if size is not None}
    for name in sizes.keys() - known.keys():
        raise InputError(f"step {name!r}: the size of its result cannot be told beforehand")
    return known


def _weights_of(
    workflow: Workflow, cards: Cards, say: Callable[[str], None]
) -> dict[str, Mapping[str, Path]]:
    """Files of all weights that the workflow needs, by weights id; fetches those that are missing."""
    needed = {operation_of(step).needs_weights(step, cards) for step in workflow.steps} - {None}
    return {id: installed(id) or pull(id, say=say) for id in sorted(id for id in needed if id)}
