"""Run a workflow on a picture file: check everything first, then work, then write in one piece."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from whichmodel.domain import InputError, Record, Step, StepError, WhichmodelError, Workflow
from whichmodel.nodes.checks import check_result
from whichmodel.nodes.operation import DEFAULT_TILE, Cards, Context, Size
from whichmodel.nodes.registry import operation_of
from whichmodel.pictures import (
    DEFAULT_LIMITS,
    Limits,
    Picture,
    check_writable,
    read_header,
    read_picture,
    same_file,
    write_picture,
)
from whichmodel.weights import installed, pull, records
from whichmodel.workflow.binding import require_bound
from whichmodel.workflow.describe import chain_notes, check_sizes, new_pixel_share, sizes_of
from whichmodel.workflow.load import check_workflow
from whichmodel.workflow.report import FileFacts, RunReport, StepReport, file_sha256
from whichmodel.workflow.substitute import Substitution, substitute

_LOSSY = frozenset({".jpg", ".jpeg", ".webp"})

Progress = Callable[[Step, int, int], None]
"""Is told the step, how many of its output pixels are done, and how many there are."""

Examine = Callable[[Picture, Picture], Record]
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
    say: Callable[[str], None] = lambda line: None,
    examine: Examine | None = None,
    dpi: int | None = None,
) -> RunReport:
    """Run a workflow on one picture file.

    All that can be checked is checked before anything is decoded, fetched or computed. An existing
    `output` is replaced when the result is complete, never before; the input never is.

    Args:
        inputs: path of the picture.
        output: path of the result; its ending chooses the format.
        cards: model cards by name.
        substitute_names: models that stand in for a step that cannot run, e.g. `"SPAN-4x+SPAN-2x"`.
        tile: side of a tile's core, in pixels of the step's input.
        quality: 1..100 for JPEG and lossy WebP.
        progress: is told how far a step is.
        say: is told lines about weights that are fetched, the licence first.
        dpi: dots per inch of a wished print, written into the file; by default what the input says stays.
        examine: compares the input with the result as it stands in the file.

    Raises:
        InputError: and its kinds, before anything runs: the workflow, the picture, the output path,
            a size above the limits, or a step that cannot run here.
        WeightsError: weights cannot be fetched.
        StepError: a step failed, or its result is not plausible. No output is written then.
    """
    began = time.perf_counter()
    replaced: tuple[Substitution, ...] = ()
    if substitute_names:
        workflow, replaced = substitute(workflow, substitute_names, cards)
    require_bound(workflow, cards)
    check_workflow(workflow)
    header = read_header(inputs, limits)
    start = Size(header.width, header.height)
    sizes = _planned(workflow, start, cards, limits)
    if same_file(inputs, output):
        raise InputError(f"{output} is the input itself", hint="give another name with -o")
    end = sizes[workflow.output]
    check_writable(output, end.width, end.height)
    files = _weights_of(workflow, cards, say)

    input_sha256 = file_sha256(inputs)
    before = read_picture(inputs, limits)
    if (before.width, before.height) != (start.width, start.height):
        raise InputError(f"{inputs} changed while it was read, or its header does not tell its size")
    context = Context(cards=cards, weights=files.__getitem__, tile=tile)
    after, reports = _run_steps(workflow, before, sizes, context, progress)
    if dpi is not None:
        after = _for_print(after, dpi)
    written = write_picture(after, output, quality=quality)
    # Lossy formats change the picture: what is compared is what stands in the file.
    kept = read_picture(output, limits) if examine and output.suffix.lower() in _LOSSY else after
    evidence, not_compared = _compare(before, kept, examine)
    return RunReport(
        input=FileFacts(path=str(inputs), width=start.width, height=start.height, sha256=input_sha256),
        output=FileFacts(path=str(output), width=end.width, height=end.height, sha256=file_sha256(output)),
        steps=tuple(reports),
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
    )


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
    """Run a workflow on a picture in memory; arguments and errors as for `run_workflow`."""
    require_bound(workflow, cards)
    check_workflow(workflow)
    sizes = _planned(workflow, Size(picture.width, picture.height), cards, limits)
    context = Context(cards=cards, weights=_weights_of(workflow, cards, say).__getitem__, tile=tile)
    after, reports = _run_steps(workflow, picture, sizes, context, progress)
    return after, tuple(reports)


def _for_print(picture: Picture, dpi: int) -> Picture:
    """The picture with the resolution of a print, and the size of the print as a note."""
    side = dpi / 25.4
    size = f"prints {picture.width / side / 10:.1f} × {picture.height / side / 10:.1f} cm at {dpi} dpi"
    metadata = replace(picture.metadata, resolution=(side, side), notes=(*picture.metadata.notes, size))
    return replace(picture, metadata=metadata)


def _compare(
    before: Picture, after: Picture, examine: Examine | None
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """The evidence as data, or a note that says why there is none."""
    if examine is None:
        return None, ()
    try:
        return msgspec.to_builtins(examine(before, after)), ()
    except InputError as error:
        # A workflow may stretch a picture on purpose; then input and result cannot be laid together.
        return None, (f"input and result were not compared: {error.message}",)


def _planned(workflow: Workflow, start: Size, cards: Cards, limits: Limits) -> dict[str, Size]:
    sizes = sizes_of(workflow, start, cards)
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


def _run_steps(
    workflow: Workflow,
    before: Picture,
    sizes: Mapping[str, Size],
    context: Context,
    progress: Progress,
) -> tuple[Picture, list[StepReport]]:
    values = {workflow.inputs[0].name: before}
    reports = []
    for position, step in enumerate(workflow.steps):
        taken = values[step.takes["image"]]
        began = time.perf_counter()
        result = _run_step(step, taken, sizes[step.id], context, progress)
        check_result(step.id, taken, result, sizes[step.id])
        values[step.id] = result
        reports.append(_report(step, sizes[step.takes["image"]], sizes[step.id], context.cards, began))
        # Pictures that no later step takes are let go: two canvases at a time are enough.
        wanted = {workflow.output} | {later.takes["image"] for later in workflow.steps[position + 1 :]}
        values = {name: value for name, value in values.items() if name in wanted}
    return values[workflow.output], reports


def _run_step(step: Step, taken: Picture, size: Size, context: Context, progress: Progress) -> Picture:
    done = 0

    def advance(pixels: int) -> None:
        nonlocal done
        done += pixels
        progress(step, done, size.pixels)

    progress(step, 0, size.pixels)
    try:
        return operation_of(step).run(step, taken, size, replace(context, progress=advance))
    except WhichmodelError:
        raise
    except Exception as error:
        raise StepError(f"step {step.id!r} failed: {error!r}") from error


def _report(step: Step, before: Size, after: Size, cards: Cards, began: float) -> StepReport:
    weights_id = operation_of(step).needs_weights(step, cards)
    weights = records()[weights_id] if weights_id else None
    return StepReport(
        step=step.id,
        title=step.title,
        operation=step.operation,
        size_in=(before.width, before.height),
        size_out=(after.width, after.height),
        seconds=round(time.perf_counter() - began, 3),
        model=step.model,
        weights=weights_id,
        weights_sha256={file.role: file.sha256 for file in weights.files} if weights else {},
        licence=weights.licence if weights else None,
    )
