"""What a workflow would do to a picture of a given size, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from whichmodel.domain import DataType, InputError, PictureError, Record, Step, WeightsError, Workflow
from whichmodel.domain.viewing import distance_for
from whichmodel.nodes.model import overlap_of
from whichmodel.nodes.operation import DEFAULT_TILE, Cards, Context, Size
from whichmodel.nodes.registry import MODEL, operation_of
from whichmodel.nodes.tiles import grid
from whichmodel.pictures import DEFAULT_LIMITS, Header, Kind, Limits
from whichmodel.runtimes.devices import choose, require
from whichmodel.weights import installed, records
from whichmodel.workflow.advice import Decision
from whichmodel.workflow.binding import Binding, bindings
from whichmodel.workflow.calibrate import expected_seconds, tile_of
from whichmodel.workflow.data_output import check_output, gives_data
from whichmodel.workflow.engine import kinds_of
from whichmodel.workflow.estimate import (
    Refusal,
    disk_bytes,
    disk_refusal,
    memory_refusal,
    refusal_of,
    step_memory,
)
from whichmodel.workflow.print_size import PrintTarget
from whichmodel.workflow.steps import number, ratio


class StepPlan(Record, frozen=True, kw_only=True):
    """One step of a plan; sizes are (width, height) in pixels, `None` where no rule is known.

    Args:
        tile, overlap: side of a tile's core and width of its halo, in input pixels; 0 without tiles.
        tiles: how many there are; 0 without tiles.
        status, reason, substitute: as in `Binding`.
        device, device_reason: what it runs on (`runtimes.devices`) and why; `None` where it cannot run.
        context: `"global"` marks a network whose tiles are blended into each other, as they cannot be
            exact; `None` without tiles.
        tile_steps: how far tiled results were from whole ones at most, in steps of 255; `None` where that
            was not measured or there are no tiles.
        memory_bytes: estimated peak of memory of the step, the program included.
        disk_bytes: for its intermediate result.
        seconds: expected here, without reading and writing files; `None` where not measured.
        new_pixel_share: share 0..1 of its result's pixels that the picture it takes does not have.
        gives: type of its result; what is no picture has no size.
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
    device: str | None = None
    device_reason: str = ""
    context: Literal["finite", "global"] | None = None
    tile_steps: int | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    seconds: float | None = None
    new_pixel_share: float | None = None
    gives: str = "image"


class PrintSize(Record, frozen=True, kw_only=True):
    """The result on paper: centimetres, and the dots per inch that they rest on.

    Args:
        source: `"asked"`, or `"file"` where the picture's file says so.
        distance_cm: from which nobody of normal acuity tells its pixels apart (`domain.viewing`).
    """

    width_cm: float
    height_cm: float
    dpi: float
    source: Literal["asked", "file"]
    distance_cm: float


class Plan(Record, frozen=True, kw_only=True):
    """What would happen.

    Args:
        title: of the workflow.
        size_in, size_out: (width, height) in pixels of input and result.
        new_pixel_share: share 0..1 of the result's pixels that the input does not have.
        runs: whether every step can run here, and all limits hold.
        notes: sentences for people.
        workflow: the steps themselves; saved to a file, it can be run.
        print_size: the result on paper; `None` where nobody says how many dots per inch.
        print_target: the print that was wished; `None` where none was.
        memory_bytes: estimated peak of memory; it does not grow with the height of the picture.
        disk_bytes: for all intermediate results in the cache folder.
        seconds: expected for all steps, without reading and writing files; `None` where one is not known.
        refusals: limits that it exceeds.
        decisions: what the photo itself asks for, and whether the plan has it.
    """

    title: str
    size_in: tuple[int, int]
    size_out: tuple[int, int] | None
    new_pixel_share: float | None
    runs: bool
    steps: tuple[StepPlan, ...]
    notes: tuple[str, ...]
    workflow: Workflow
    print_size: PrintSize | None = None
    print_target: PrintTarget | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    seconds: float | None = None
    refusals: tuple[Refusal, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Wishes:
    """What a plan is made for, beside the workflow and the picture.

    Args:
        device: one of `runtimes.devices.WISHES`.
        calibrate: whether to time steps that were never timed here: about a second for each model.
        output: where the result shall go; its ending is checked for what the format can hold.
        target: a wished print.
        resolution: pixels per millimetre (x, y) that the picture's file says.
        limits: on sizes.
        others: headers of the workflow's further inputs by name.
    """

    device: str = "cpu"
    calibrate: bool = False
    output: Path | None = None
    target: PrintTarget | None = None
    resolution: tuple[float, float] | None = None
    limits: Limits = DEFAULT_LIMITS
    others: Mapping[str, Header] = field(default_factory=dict)


def describe(
    workflow: Workflow,
    header: Header,
    cards: Cards,
    *,
    tile: int = DEFAULT_TILE,
    notes: tuple[str, ...] = (),
    wishes: Wishes | None = None,
    decisions: tuple[Decision, ...] = (),
) -> Plan:
    """Describe what a workflow would do to a picture; runs nothing, and refuses nothing but says it.

    Raises:
        InputError: a step is wrong in itself (unknown operation, parameter or model), or a device was
            named that is not here.
    """
    wishes = wishes or Wishes()
    require(wishes.device)
    start = Size(header.width, header.height)
    sizes = sizes_of(workflow, start, cards, {name: _size(item) for name, item in wishes.others.items()})
    kinds = kinds_of(workflow, _kind(header), {name: _kind(item) for name, item in wishes.others.items()})
    found = bindings(workflow, cards)
    context = Context(cards=cards, weights=_files, tile=tile, device=wishes.device)
    steps = tuple(
        _step_plan(step, binding, sizes, kinds, context, measure=wishes.calibrate)
        for step, binding in zip(workflow.steps, found, strict=True)
    )
    end = sizes[workflow.output]
    memory = max((step.memory_bytes or 0 for step in steps), default=0) or None
    disk = disk_bytes(workflow, sizes, kinds)
    seconds = [step.seconds for step in steps if step.seconds is not None]
    refusals = _refusals(workflow, sizes, memory or 0, disk, steps, wishes)
    return Plan(
        title=workflow.title,
        size_in=(start.width, start.height),
        size_out=None if gives_data(workflow) else _pair(end),
        new_pixel_share=new_pixel_share(start, end) if end else None,
        runs=all(binding.status != "unbound" for binding in found) and not refusals,
        steps=steps,
        notes=notes + chain_notes(workflow, cards) + (wishes.target.notes if wishes.target else ()),
        workflow=workflow,
        print_size=_on_paper(end, wishes) if end and not gives_data(workflow) else None,
        print_target=wishes.target,
        memory_bytes=memory,
        disk_bytes=disk,
        seconds=sum(seconds) if len(seconds) == len(steps) else None,
        refusals=refusals,
        decisions=decisions,
    )


def _step_plan(
    step: Step,
    binding: Binding,
    sizes: Mapping[str, Size | None],
    kinds: Mapping[str, Kind],
    context: Context,
    *,
    measure: bool,
) -> StepPlan:
    taken = sizes.get(step.takes.get("image") or next(iter(step.takes.values()), ""))
    after, cards = sizes[step.id], context.cards
    weights_id = operation_of(step).needs_weights(step, cards)
    weights = records()[weights_id] if weights_id and binding.status != "unbound" else None
    plan = StepPlan(
        step=step.id,
        title=step.title,
        operation=step.operation,
        model=step.model,
        size_in=_pair(taken),
        size_out=None if operation_of(step).data else _pair(after),
        gives=step.gives.type.value,
        tile=0,
        overlap=0,
        tiles=0,
        status=binding.status,
        reason=binding.reason,
        substitute=binding.substitute,
    )
    if binding.status == "unbound" or taken is None or after is None:
        return plan
    device = choose(context.device if weights else "cpu", weights.format if weights else "ncnn")
    own = replace(context, size=after, kind=kinds[step.id])
    ports = {port: size for port, source in step.takes.items() if (size := sizes[source])}
    seconds = expected_seconds(
        step, ports, {port: kinds[step.takes[port]] for port in ports}, own, measure=measure
    )
    plan = msgspec.structs.replace(
        plan,
        device=device.name,
        device_reason=device.why,
        memory_bytes=step_memory(step, taken, after, own.kind, cards, context.tile),
        disk_bytes=after.pixels * own.kind.bytes,
        seconds=seconds,
        new_pixel_share=new_pixel_share(taken, after),
    )
    if weights is None or step.operation != MODEL:
        return plan
    side = tile_of(step, context)
    columns, rows = grid(taken.width, taken.height, side)
    return msgspec.structs.replace(
        plan,
        tile=side,
        overlap=overlap_of(weights),
        tiles=columns * rows,
        context=weights.context,
        tile_steps=weights.tiling.steps if weights.tiling else None,
    )


def _refusals(
    workflow: Workflow,
    sizes: Mapping[str, Size | None],
    memory: int,
    disk: int,
    steps: tuple[StepPlan, ...],
    wishes: Wishes,
) -> tuple[Refusal, ...]:
    found: list[Refusal | None] = []
    try:
        check_sizes(workflow, dict(sizes), wishes.limits)
    except PictureError as error:
        found.append(refusal_of("pixels", error))
    end = sizes[workflow.output]
    if wishes.output is not None and end is not None:
        try:
            check_output(workflow, wishes.output, end)
        except InputError as error:
            found.append(refusal_of("format" if isinstance(error, PictureError) else "output", error))
    found.append(memory_refusal(memory, {step.step: step.tile for step in steps if step.tile}))
    found.append(disk_refusal(disk))
    return tuple(item for item in found if item is not None)


def _on_paper(size: Size, wishes: Wishes) -> PrintSize | None:
    """The result on paper at the wished dots per inch, else at those of the file, which stay in the result."""
    if wishes.target is not None:
        across = down = wishes.target.file_dpi / 25.4
    elif wishes.resolution is not None:
        across, down = wishes.resolution
    else:
        return None
    return PrintSize(
        width_cm=round(size.width / across / 10, 2),
        height_cm=round(size.height / down / 10, 2),
        dpi=round(across * 25.4, 2),
        source="asked" if wishes.target is not None else "file",
        distance_cm=round(distance_for(min(across, down) * 25.4), 1),
    )


def _files(weights_id: str) -> Mapping[str, Path]:
    """Files of weights for timing; `expected_seconds` asks only where they are installed."""
    found = installed(weights_id)
    if found is None:
        raise WeightsError(f"weights {weights_id} are not here")
    return found


def _size(header: Header) -> Size:
    return Size(header.width, header.height)


def _kind(header: Header) -> Kind:
    return Kind(header.bands, header.bits, header.has_alpha)


def sizes_of(
    workflow: Workflow, start: Size, cards: Cards, others: Mapping[str, Size] | None = None
) -> dict[str, Size | None]:
    """Size of every value of a workflow, by name; `None` where no rule is known.

    Args:
        start: of the first input, and of those that `others` does not tell.
        others: of further inputs by name.
    """
    sizes: dict[str, Size | None] = {
        port.name: (others or {}).get(port.name, start) for port in workflow.inputs
    }
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
    total, previous = 1.0, workflow.inputs[0].name
    same = {previous}  # values of the size that a factor counts from
    for step in workflow.steps:
        if step.gives.type != DataType.IMAGE:
            continue  # what makes a mask, beside the row
        if step.takes.get("image") != previous:
            return ()  # not one row of steps: the steps' titles must speak for themselves
        previous = step.id
        # Of other steps it is not asked: a crop may not fit into a picture of this size.
        model = step.operation == "model"
        size = operation_of(step).output_size(step, {"image": Size(1000, 1000)}, cards) if model else None
        if step.operation == "resample" and "factor" in step.parameters:
            factor = float(step.parameters["factor"])
            if not scales:
                notes.append("made smaller or larger by interpolation only; no model runs")
            elif step.takes.get("size_of") in same:
                notes.append(
                    f"no {number(factor)}× model runs here: {_row(scales)}, then resampled to {ratio(factor, total)}"
                )
            scales = []
        elif size is not None and size.width != 1000:
            scales.append(size.width / 1000)
            total *= scales[-1]
        elif total == 1:
            same.add(step.id)
    if len(scales) > 1:
        outdone = _outdone(total, cards)
        notes.append(
            f"{_row(scales)}: {outdone} enlarges {number(total)}× at once and was measured to come less close"
            if outdone
            else f"no {number(total)}× model runs here: {_row(scales)}"
        )
    return tuple(notes)


def _outdone(factor: float, cards: Cards) -> str:
    """Name of a model of this factor that runs here and that the chain is taken instead of; may be empty."""
    for card in cards.values():
        weights = records().get(card.weights or "")
        if weights is not None and weights.scale == factor and weights.outdone_by:
            return card.name
    return ""


def _row(scales: list[float]) -> str:
    return ", then ".join(f"{number(scale)}×" for scale in scales)


def _pair(size: Size | None) -> tuple[int, int] | None:
    return (size.width, size.height) if size else None
