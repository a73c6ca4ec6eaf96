"""What a workflow would do to a picture of a given size, before anything runs."""

from __future__ import annotations

from typing import Literal

from whichmodel.domain import PictureError, Record, Workflow
from whichmodel.nodes.model import overlap_of
from whichmodel.nodes.operation import DEFAULT_TILE, Cards, Size
from whichmodel.nodes.registry import operation_of
from whichmodel.nodes.tiles import grid
from whichmodel.pictures import DEFAULT_LIMITS, Header, Limits
from whichmodel.weights import records
from whichmodel.workflow.binding import bindings
from whichmodel.workflow.steps import number, ratio


class StepPlan(Record, frozen=True, kw_only=True):
    """One step of a plan; sizes are (width, height) in pixels, `None` where no rule is known.

    Args:
        tile, overlap: side of a tile's core and width of its halo, in input pixels; 0 without tiles.
        tiles: how many there are; 0 without tiles.
        status, reason, substitute: as in `Binding`.
    """

    step: str
    title: str
    operation: str
    model: str | None
    size_in: tuple[int, int] | None
    size_out: tuple[int, int] | None
    tile: int
    overlap: int
    tiles: int
    status: Literal["bound", "needs-pull", "unbound"]
    reason: str
    substitute: tuple[str, ...]


class Plan(Record, frozen=True, kw_only=True):
    """What would happen.

    Args:
        title: of the workflow.
        size_in, size_out: (width, height) in pixels of input and result.
        new_pixel_share: share 0..1 of the result's pixels that the input does not have.
        runs: whether every step can run here.
        notes: sentences for people.
        workflow: the steps themselves; saved to a file, it can be run.
    """

    title: str
    size_in: tuple[int, int]
    size_out: tuple[int, int] | None
    new_pixel_share: float | None
    runs: bool
    steps: tuple[StepPlan, ...]
    notes: tuple[str, ...]
    workflow: Workflow


def describe(
    workflow: Workflow,
    header: Header,
    cards: Cards,
    *,
    tile: int = DEFAULT_TILE,
    notes: tuple[str, ...] = (),
) -> Plan:
    """Describe what a workflow would do to a picture; runs nothing.

    Raises:
        InputError: a step is wrong in itself (unknown operation, parameter or model).
    """
    start = Size(header.width, header.height)
    sizes = sizes_of(workflow, start, cards)
    found = bindings(workflow, cards)
    steps = []
    for step, binding in zip(workflow.steps, found, strict=True):
        taken = sizes.get(step.takes.get("image", ""))
        weights_id = operation_of(step).needs_weights(step, cards)
        tiled = binding.status != "unbound" and weights_id is not None and taken is not None
        side = int(step.parameters.get("tile", tile)) if tiled else 0
        columns, rows = grid(taken.width, taken.height, side) if tiled and taken else (0, 0)
        steps.append(
            StepPlan(
                step=step.id,
                title=step.title,
                operation=step.operation,
                model=step.model,
                size_in=_pair(taken),
                size_out=_pair(sizes[step.id]),
                tile=side,
                overlap=overlap_of(records()[weights_id]) if tiled and weights_id else 0,
                tiles=columns * rows,
                status=binding.status,
                reason=binding.reason,
                substitute=binding.substitute,
            )
        )
    end = sizes[workflow.output]
    return Plan(
        title=workflow.title,
        size_in=(start.width, start.height),
        size_out=_pair(end),
        new_pixel_share=new_pixel_share(start, end) if end else None,
        runs=all(binding.status != "unbound" for binding in found),
        steps=tuple(steps),
        notes=notes + chain_notes(workflow, cards),
        workflow=workflow,
    )


def sizes_of(workflow: Workflow, start: Size, cards: Cards) -> dict[str, Size | None]:
    """Size of every value of a workflow, by name; `None` where no rule is known."""
    sizes: dict[str, Size | None] = {port.name: start for port in workflow.inputs}
    for step in workflow.steps:
        taken = {port: size for port, source in step.takes.items() if (size := sizes[source])}
        sizes[step.id] = operation_of(step).output_size(step, taken, cards)
    return sizes


def check_sizes(workflow: Workflow, sizes: dict[str, Size | None], limits: Limits = DEFAULT_LIMITS) -> None:
    """Check that every step's result stays within the limit; intermediate results count too.

    Raises:
        PictureError: names the step and the size.
    """
    for step in workflow.steps:
        size = sizes[step.id]
        if size and size.pixels > limits.max_output_pixels:
            raise PictureError(
                f"step {step.id!r} would give {size} pixels: {size.pixels / 1e6:,.0f} megapixels,"
                f" above the limit of {limits.max_output_pixels / 1e6:,.0f}",
                hint="choose a smaller factor or a smaller picture, or raise the limit with --max-megapixels",
            )


def new_pixel_share(before: Size, after: Size) -> float:
    """Share 0..1 of the result's pixels that are not there in the input: 4× gives 0.9375."""
    return max(0.0, 1.0 - before.pixels / after.pixels)


def chain_notes(workflow: Workflow, cards: Cards) -> tuple[str, ...]:
    """Sentences that say where a plan chains or resamples because no model has the very factor."""
    scales: list[float] = []
    notes: list[str] = []
    total, start = 1.0, workflow.inputs[0].name
    previous = start
    for step in workflow.steps:
        if step.takes.get("image") != previous:
            return ()  # not one row of steps: the steps' titles must speak for themselves
        previous = step.id
        if step.operation == "model":
            size = operation_of(step).output_size(step, {"image": Size(1000, 1000)}, cards)
            scales.append(size.width / 1000 if size else 1.0)
            total *= scales[-1]
        elif step.operation == "resample" and "factor" in step.parameters:
            factor = float(step.parameters["factor"])
            if not scales:
                notes.append("made smaller or larger by interpolation only; no model runs")
            elif step.takes.get("size_of") == start:
                notes.append(
                    f"no {number(factor)}× model runs here: {_row(scales)}, then resampled to {ratio(factor, total)}"
                )
            scales = []
    if len(scales) > 1:
        notes.append(f"no {number(total)}× model runs here: {_row(scales)}")
    return tuple(notes)


def _row(scales: list[float]) -> str:
    return ", then ".join(f"{number(scale)}×" for scale in scales)


def _pair(size: Size | None) -> tuple[int, int] | None:
    return (size.width, size.height) if size else None
