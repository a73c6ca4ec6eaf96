"""Part 2 of an answer: the workflow as an object, its table and its drawing.

The workflow holds exactly the steps that the table shows. A step that is needed and that none of
the given models does is in it too, without a model: it is unbound, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from whichmodel.answering.markup import number, short_name
from whichmodel.answering.reading import Reading
from whichmodel.catalog import cards
from whichmodel.domain import DataType, Parameter, Port, Scale, Step, Task, Workflow
from whichmodel.weights import records

_PICTURE = {DataType.IMAGE}
Role = Literal["does it", "alternative", "optional", "missing"]


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A step with the reading of its model (None for a missing step) and its letter in the drawing.

    Args:
        takes: every input of the step, the one that comes through the chain first.
    """

    letter: str
    role: Role
    step: Step
    reading: Reading | None
    takes: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow with what the answer needs to talk about it."""

    workflow: Workflow
    steps: tuple[FlowStep, ...]


def build_flow(task: Task, scale: Scale, fitting: list[Reading], others: list[Reading]) -> Flow:
    """The workflow for a task.

    Args:
        task: what the question is about.
        scale: factor of enlargement the person named, `"any"` for open, None for unnamed.
        fitting: models that do the task (or a wider one), best first; the first is the main step and
            the others stand beside it as alternatives.
        others: models that do something else; one that returns the same kind of picture can serve
            as an optional step before the main one.
    """
    start = task.inputs[0]
    inputs = tuple(
        Port(name=port.name, type=port.type, shape=shape(port.shape, None)) for port in task.inputs
    )
    steps: list[FlowStep] = []
    value = start.name
    if not fitting:
        for reading in others:
            if _can_precede(reading, task):
                flow = _optional(len(steps), reading, value, start)
                steps.append(flow)
                value = flow.step.id
                break
    mains: list[Reading | None] = [*fitting] or [None]
    main_id = ""
    for index, candidate in enumerate(mains):
        main = _main(len(steps), task, scale, candidate, value, index)
        steps.append(main)
        main_id = main_id or main.step.id
    # Alternatives are told in the answer; the workflow that runs has one way through.
    series = tuple(item.step for item in steps if item.role != "alternative")
    workflow = Workflow(title=task.name, inputs=inputs, steps=series, output=main_id)
    return Flow(workflow=workflow, steps=tuple(steps))


def _can_precede(reading: Reading, task: Task) -> bool:
    """Whether a model's output can be the input of the task: picture in, picture of the same size out."""
    other = reading.task
    return (
        other is not None
        and other.size == "same"
        and {port.type for port in other.inputs} == _PICTURE
        and {port.type for port in other.outputs} == _PICTURE
        and DataType.IMAGE in {port.type for port in task.inputs}
        and reading.other_media is None
    )


def _optional(index: int, reading: Reading, value: str, start: Port) -> FlowStep:
    task = reading.task
    if task is None:
        raise ValueError("an optional step needs a known task")
    letter = _letter(index)
    step = Step(
        id=f"step-{letter}",
        title=task.name,
        operation=_operation(reading),
        model=reading.source.name,
        takes={_port(task.inputs[0]): value},
        gives=Port(name=task.outputs[0].name, type=task.outputs[0].type, shape=start.shape),
    )
    return FlowStep(letter=letter, role="optional", step=step, reading=reading, takes=(start,))


def _main(
    index: int, task: Task, scale: Scale, reading: Reading | None, value: str, alternative: int
) -> FlowStep:
    letter = _letter(index)
    factor = scale if scale is not None else reading.scale if reading else None
    gives = task.outputs[0]
    takes = {_port(task.inputs[0]): value}
    for port in task.inputs[1:]:
        # Two pictures cannot both come in at "image": the second is called what it is.
        takes[_port(port) if _port(port) not in takes else port.name] = port.name
    title = task.name + (f" {number(factor)}×" if isinstance(factor, int | float) else "")
    step = Step(
        id=f"step-{letter}",
        title=title,
        operation=_operation(reading),
        model=reading.source.name if reading else None,
        takes=takes,
        gives=Port(name=gives.name, type=gives.type, shape=shape(gives.shape, factor)),
        parameters=_parameters(scale, reading),
    )
    role: Role = "missing" if reading is None else "alternative" if alternative else "does it"
    return FlowStep(letter=letter, role=role, step=step, reading=reading, takes=task.inputs)


def _operation(reading: Reading | None) -> str:
    """The operation that runs a model: that of its weights, where a card of ours names them."""
    card = cards().get(reading.source.name) if reading is not None and reading.known_by == "card" else None
    weights = records().get(card.weights) if card is not None and card.weights else None
    return weights.operation if weights is not None else "model"


def _port(port: Port) -> str:
    """Operations call their inputs after the type of data that they take."""
    return port.type.value


def _parameters(wanted: Scale, reading: Reading | None) -> dict[str, Parameter]:
    """A model of any factor has to be told which; one of a fixed factor knows."""
    named = isinstance(wanted, int | float) and reading is not None and reading.scale == "any"
    return {"factor": float(wanted)} if named and isinstance(wanted, int | float) else {}


def shape(text: str, factor: Scale) -> str:
    """A shape with the factor filled in: `s·h × s·w × 3` becomes `4·h × 4·w × 3`."""
    return text.replace("s·", f"{number(factor)}·") if isinstance(factor, int | float) else text


def _letter(index: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[index] if index < 26 else f"a{index}"


_ARROW = " ──▶ "
_WIDEST = 92


def draw(flow: Flow) -> str:
    """The workflow as plain text, on a line where it fits, else downwards; alternatives below it."""
    series = [item for item in flow.steps if item.role != "alternative"]
    nodes = [_node(port.name, port.shape) for port in flow.workflow.inputs[:1]]
    for item in series:
        label = f"({item.letter}) {_label(item)}"
        note = {"missing": "not among the models given", "optional": "optional"}.get(item.role, "")
        # The size stands under the thing that has it: under a step only where the next one takes it on.
        size = "" if item is series[-1] else f"gives {item.step.gives.shape}"
        nodes.append((label, size, note))
    nodes.append(_node(series[-1].step.gives.name, series[-1].step.gives.shape))
    extra = [f"with it: {port.name}" for port in flow.workflow.inputs[1:]]
    extra += [f"or ({item.letter}) {_label(item)}" for item in flow.steps if item.role == "alternative"]
    widths = [max(len(part) for part in node) for node in nodes]
    if sum(widths) + len(_ARROW) * (len(nodes) - 1) <= _WIDEST:
        rows = []
        for line in range(3):
            gap = _ARROW if line == 0 else " " * len(_ARROW)
            rows.append(
                gap.join(node[line].ljust(width) for node, width in zip(nodes, widths, strict=True)).rstrip()
            )
        drawing = [row for row in rows if row]
    else:
        drawing = []
        for index, (label, shape_text, note) in enumerate(nodes):
            drawing += ["   │", "   ▼"] if index else []
            drawing.append("   ".join(part for part in (label, shape_text, note) if part))
    return "\n".join(drawing + extra)


def _node(name: str, shape_text: str) -> tuple[str, str, str]:
    return name, shape_text, ""


def _label(item: FlowStep) -> str:
    name = (
        item.step.title.lower() if item.reading is None else short_name(item.reading.source).replace("\\", "")
    )
    return name if len(name) <= 60 else name[:59].rstrip() + "…"
