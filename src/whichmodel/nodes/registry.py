"""The closed list of operations. A workflow file can name these and nothing else."""

from __future__ import annotations

from whichmodel.domain import InputError, Step
from whichmodel.nodes.model import ModelOperation
from whichmodel.nodes.operation import Operation
from whichmodel.nodes.resample import ResampleOperation

OPERATIONS: dict[str, Operation] = {
    "model": ModelOperation(),
    "resample": ResampleOperation(),
}


def operation_of(step: Step) -> Operation:
    """The operation that a step names, with the step's parameters checked.

    Raises:
        InputError: unknown operation or parameter; names the step.
    """
    operation = OPERATIONS.get(step.operation)
    if operation is None:
        raise InputError(
            f"step {step.id!r}: there is no operation {step.operation!r}",
            hint=f"known: {', '.join(OPERATIONS)}",
        )
    operation.check(step)
    return operation


def wrong_ports(step: Step) -> str:
    """What is wrong with a step's connections, in plain words; empty where nothing is."""
    ports = operation_of(step).ports
    other = sorted(step.takes.keys() - ports)
    if other:
        return f"it takes {' and '.join(other)}, but only {' and '.join(sorted(ports))} can be given here"
    return "" if "image" in step.takes else "no picture is connected to its input port 'image'"
