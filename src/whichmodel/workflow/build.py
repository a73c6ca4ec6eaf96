"""Build a workflow in Python, a value at a time.

>>> photo = start()
>>> edges = apply("sharpen", image=photo, radius=1.5)
>>> bright = apply("mask", image=photo, of="lightness")
>>> merged = apply("composite", foreground=edges, background=photo, mask=bright)
>>> [step.id for step in finish(merged, title="sharpen what is bright").steps]
['sharpen', 'mask', 'composite']

Each call checks its operation, ports, types and parameters at once; `finish` checks the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count

import msgspec

from whichmodel.domain import DataType, InputError, Parameter, Port, Step, Workflow
from whichmodel.nodes.operation import PortSpec
from whichmodel.nodes.registry import MODEL, OPERATIONS, operation_of, wrong_ports
from whichmodel.workflow.check import check_workflow
from whichmodel.workflow.steps import INPUT


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """Something that flows through a workflow: the picture it starts with, or what a step gives.

    Args:
        port: its name and type.
        step: that gives it, with the names of what it takes still open; `None` for the start.
        takes: input port of the step -> value.
        named: whether the step's id was chosen; else `finish` may number it.
    """

    port: Port
    step: Step | None = None
    takes: dict[str, Value] = field(default_factory=dict)
    named: bool = False


def start(name: str = INPUT.name, type: DataType = DataType.IMAGE) -> Value:
    """A picture that the workflow is given, or a mask; without a name it is the photo, the first input."""
    return Value(Port(name=name, type=type, shape=INPUT.shape if type == DataType.IMAGE else "h × w × 1"))


def apply(
    operation: str, *, model: str | None = None, id: str = "", title: str = "", **given: Value | Parameter
) -> Value:
    """What an operation gives.

    Args:
        operation: a registered name.
        model: name of a model card, for operation `"model"`.
        id: name of the step; by default that of the operation, numbered where it is there already.
        title: for people; by default the operation.
        given: values for ports, plain ones for parameters.

    Raises:
        InputError: no such operation, port or parameter, or a value of another type; names the step.
    """
    takes = {name: value for name, value in given.items() if isinstance(value, Value)}
    step = Step(
        id=id or operation,
        title=title or (f"run {model}" if model else operation),
        operation=operation,
        model=model,
        takes=dict.fromkeys(takes, ""),
        gives=Port(
            name="result", type=OPERATIONS[operation].gives if operation in OPERATIONS else DataType.IMAGE
        ),
        parameters={name: value for name, value in given.items() if not isinstance(value, Value)},
    )
    known = operation_of(step)
    wrong = wrong_ports(step)
    if wrong:
        raise InputError(f"step {step.id!r}: {wrong}")
    for name, value in takes.items():
        spec: PortSpec = known.ports[name]
        if value.port.type != spec.type:
            raise InputError(
                f"step {step.id!r}: its port {name!r} takes {spec.type.value!r}, but {value.port.name!r} is"
                f" {value.port.type.value!r}"
            )
    return Value(step.gives, step, takes, named=bool(id))


def run_model(model: str, image: Value, *, id: str = "") -> Value:
    """What the network of a model card gives; errors as for `apply`."""
    return apply(MODEL, model=model, id=id, image=image)


def finish(result: Value, *, title: str) -> Workflow:
    """The workflow of all that a value is made from.

    Raises:
        InputError: two steps were given the same id, or the whole cannot run (`check_workflow`).
    """
    values = _made_from(result)
    taken = {value.step.id for value in values if value.step and value.named}
    names: dict[Value, str] = {}
    steps: list[Step] = []
    for value in values:
        if value.step is None:
            names[value] = value.port.name
            continue
        id = value.step.id
        if not value.named:
            numbered = (f"{id}-{number}" for number in count(2))
            id = next(name for name in chain([id], numbered) if name not in taken)
            taken.add(id)
        names[value] = id
        takes = {port: names[source] for port, source in value.takes.items()}
        steps.append(msgspec.structs.replace(value.step, id=id, takes=takes))
    inputs = tuple(
        sorted(
            (value.port for value in values if value.step is None),
            key=lambda port: port.name != INPUT.name,
        )
    )
    workflow = Workflow(title=title, inputs=inputs, steps=tuple(steps), output=names[result])
    check_workflow(workflow)
    return workflow


def _made_from(result: Value) -> list[Value]:
    """A value after all that it is made from, each once, in the order in which ports are given."""
    found: dict[Value, None] = {}
    waiting = [(result, False)]
    while waiting:
        value, ready = waiting.pop()
        if ready:
            found.setdefault(value)
        elif value not in found:
            waiting.append((value, True))
            waiting += [(source, False) for source in reversed(value.takes.values())]
    return list(found)
