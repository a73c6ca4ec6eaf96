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
    """The operation that a step names, with the step's fields and parameters checked.

    Raises:
        InputError: unknown operation, port or parameter; names the step.
    """
    operation = OPERATIONS.get(step.operation)
    if operation is None:
        raise InputError(
            f"step {step.id!r}: there is no operation {step.operation!r}",
            hint=f"known: {', '.join(OPERATIONS)}",
        )
    if "image" not in step.takes:
        raise InputError(f"step {step.id!r}: input port 'image' is not connected")
    for port in step.takes:
        if port not in operation.ports:
            raise InputError(
                f"step {step.id!r}: operation {step.operation!r} has no input port {port!r}",
                hint=f"it has: {', '.join(sorted(operation.ports))}",
            )
    operation.check(step)
    return operation
