"""A workflow: typed steps in series and in parallel. What an answer describes is what runs.

Values are named: `"input"` names are the workflow's inputs, and each step's id names its output.
"""

from __future__ import annotations

import msgspec

from whichmodel.domain.errors import InputError
from whichmodel.domain.media import Port
from whichmodel.domain.record import Record

Parameter = str | int | float | bool


class Step(Record, frozen=True, kw_only=True):
    """One step.

    Args:
        id: unique in the workflow.
        title: what it does, for people: `"enlarge 4×"`.
        operation: name of a registered operation (`"model"`, `"resample"`, ...). A file can name
            only what is registered.
        model: name of the model card, for operations that run a network, else `None`.
        takes: input port name -> name of a workflow input or an earlier step.
        gives: its output port.
        parameters: settings of the operation.

    >>> import whichmodel
    >>> step = whichmodel.ask("How was my old photo enlarged 4x?").workflow.steps[0]
    >>> step.operation, step.model, step.takes
    ('model', 'SPAN-4x', {'image': 'picture'})
    """

    id: str
    title: str
    operation: str
    takes: dict[str, str]
    gives: Port
    model: str | None = None
    parameters: dict[str, Parameter] = msgspec.field(default_factory=dict)


class Workflow(Record, frozen=True, kw_only=True):
    """A directed acyclic graph of steps, in an order in which they can run.

    Args:
        title: what it is for.
        inputs: what the user brings.
        steps: each takes only workflow inputs and the outputs of earlier steps.
        output: name of the value that is the result.

    Raises:
        InputError: a name is used twice, or a step takes what is not there yet.

    >>> import whichmodel
    >>> photo = whichmodel.Port(name="photo", type=whichmodel.DataType.IMAGE)
    >>> turned = whichmodel.Port(name="turned", type=whichmodel.DataType.IMAGE)
    >>> settings = {"angle": 90.0}  # degrees
    >>> step = whichmodel.Step(
    ...     id="turn", title="turn", operation="rotate", takes={"image": "photo"}, gives=turned, parameters=settings
    ... )
    >>> whichmodel.Workflow(title="turn it", inputs=(photo,), steps=(step,), output="turn").steps[0].takes
    {'image': 'photo'}
    >>> whichmodel.Workflow(title="turn it", inputs=(photo,), steps=(step,), output="other")
    Traceback (most recent call last):
    ...
    whichmodel.domain.errors.InputError: the workflow's output 'other' is no step and no input
    """

    title: str
    inputs: tuple[Port, ...]
    steps: tuple[Step, ...]
    output: str

    def __post_init__(self) -> None:
        known: set[str] = set()
        for port in self.inputs:
            if port.name in known:
                raise InputError(f"the workflow has two inputs called {port.name!r}")
            known.add(port.name)
        for step in self.steps:
            if step.id in known:
                raise InputError(f"step {step.id!r}: the name is used twice")
            for name, source in step.takes.items():
                if source not in known:
                    raise InputError(
                        f"step {step.id!r}, input {name!r}: takes {source!r}, which is neither an input"
                        " of the workflow nor an earlier step",
                        hint=f"known here: {', '.join(sorted(known))}",
                    )
            known.add(step.id)
        if self.output not in known:
            raise InputError(f"the workflow's output {self.output!r} is no step and no input")
