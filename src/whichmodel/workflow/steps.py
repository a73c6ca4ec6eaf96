"""Makers of steps and of workflows that enlarge; planner and substitution share them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from whichmodel.catalog import tasks
from whichmodel.domain import DataType, ModelCard, Parameter, Port, Step, Task, Workflow
from whichmodel.nodes.registry import MODEL, OPERATIONS
from whichmodel.weights import records

INPUT = Port(name="photo", type=DataType.IMAGE, shape="h × w × 3")
"""What the user brings; grey (h × w × 1) and transparency are taken too."""


def number(value: float) -> str:
    """A factor for people: `"4"`, `"1.5"`, `"0.333"`."""
    return f"{value:.4g}"


def ratio(part: float, whole: float) -> str:
    """A factor below or above 1 as people say it: `"3/4"`, else a decimal number."""
    simple = Fraction(part / whole).limit_denominator(16)
    if simple.denominator > 1 and abs(float(simple) - part / whole) < 1e-9:
        return str(simple)
    return number(part / whole)


def plain_name(task: Task) -> str:
    """The name of a task within a sentence: `"colourisation"`, `"reading text in pictures (OCR)"`."""
    first, _, rest = task.name.partition(" ")
    # "HDR reconstruction", "3D reconstruction": only a word is made small.
    return f"{first.lower() if first[1:].islower() else first} {rest}".strip()


def scale_of(card: ModelCard) -> int:
    """Whole factor of a runnable enlargement model."""
    return records()[card.weights or ""].scale


def operation_for(card: ModelCard) -> str:
    """Name of the operation that runs a card's model; `"model"` where its weights are not known."""
    weights = records().get(card.weights or "")
    return weights.operation if weights and weights.operation in OPERATIONS else MODEL


def model_step(
    card: ModelCard,
    source: str,
    *,
    id: str,
    substituted_for: str = "",
    takes: Mapping[str, str] | None = None,
    given: Mapping[str, Parameter] | None = None,
) -> Step:
    """A step that enlarges with a runnable model, or does what its card is for.

    Args:
        source: name of the picture that it takes.
        takes: what it takes beside the picture, by port.
        given: parameters of its operation.
    """
    scale, operation = scale_of(card), operation_for(card)
    task = tasks()[card.task]
    does = f"enlarge {scale}×" if scale != 1 else plain_name(task)
    title = f"{does} with {card.name}"
    if card.variant and scale == 1:
        title += f" ({card.variant})"
    gives = picture_port(scale)
    if OPERATIONS[operation].gives != DataType.IMAGE:
        port = task.outputs[0]
        gives = msgspec.structs.replace(port, type=OPERATIONS[operation].gives)
    parameters: dict[str, Parameter] = dict(given or {})
    if substituted_for:
        title += f", substituted for {substituted_for}"
        parameters["substituted_for"] = substituted_for
    return Step(
        id=id,
        title=title,
        operation=operation,
        model=card.name,
        takes={"image": source, **(takes or {})},
        gives=gives,
        parameters=parameters,
    )


def resample_step(
    image: str, factor: float, *, id: str, title: str, size_of: str = "", substituted_for: str = ""
) -> Step:
    """A step that resamples `image` to `factor` times the size of the value `size_of` (or of `image`)."""
    parameters: dict[str, Parameter] = {"factor": float(factor)}
    takes = {"image": image}
    if size_of and size_of != image:
        takes["size_of"] = size_of
    if substituted_for:
        title += f", substituted for {substituted_for}"
        parameters["substituted_for"] = substituted_for
    return Step(
        id=id,
        title=title,
        operation="resample",
        takes=takes,
        gives=picture_port(factor),
        parameters=parameters,
    )


def picture_port(factor: float) -> Port:
    """The output port of a step whose picture has `factor` times the size of what it takes."""
    times = number(factor) if factor != 1 else ""
    return Port(name="picture", type=DataType.IMAGE, shape=f"{times}h × {times}w × 3")


def chain_steps(
    models: Sequence[ModelCard],
    source: str,
    *,
    factor: float | None,
    last_id: str = "",
    prefix: str = "",
    substituted_for: str = "",
) -> tuple[Step, ...]:
    """Models in a row, then a resampling where their product is not the wished factor.

    Args:
        models: in the order in which they run; with none, the resampling does all.
        source: name of the value to enlarge.
        factor: wished in all; `None` takes the product of the models' factors.
        last_id: id of the last step, where later steps refer to it.
        prefix: of the ids, to keep them unique.
        substituted_for: name of the model that they stand in for.
    """
    steps: list[Step] = []
    start, total = source, 1
    for card in models:
        scale = scale_of(card)
        id = f"{prefix}enlarge-{scale}x" + (f"-{len(steps) + 1}" if len(models) > 1 else "")
        steps.append(model_step(card, source, id=id, substituted_for=substituted_for))
        total *= scale
        source = steps[-1].id
    if factor is not None and factor != total:
        steps.append(
            resample_step(
                source,
                factor,
                id=f"{prefix}resample",
                title=f"resample to {ratio(factor, total)}",
                size_of=start,
                substituted_for=substituted_for,
            )
        )
    if last_id:
        steps[-1] = msgspec.structs.replace(steps[-1], id=last_id)
    return tuple(steps)


def workflow_of(title: str, steps: Sequence[Step]) -> Workflow:
    """A workflow with one photo as its input; the last step's output is the result."""
    return Workflow(title=title, inputs=(INPUT,), steps=tuple(steps), output=steps[-1].id)
