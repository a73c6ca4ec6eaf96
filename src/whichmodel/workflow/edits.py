"""Steps that need no model, around what a workflow does: crop and turn before it, tones behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from whichmodel.domain import DataType, Edit, Parameter, Port, Step, Workflow
from whichmodel.nodes.operation import Size
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.pictures import Header
from whichmodel.workflow.steps import INPUT, number, workflow_of

_MOVING = ("crop", "rotate")


def with_edits(workflow: Workflow | None, edits: Sequence[Edit]) -> Workflow:
    """The workflow with crops and turns before its first step, and with levels behind its last.

    What is cut off need not be computed; tones are set on what was repaired. Where the result is no picture, tones
    come first too.

    Args:
        workflow: begins with the photo; `None` where only edits were asked for.
    """
    gives_picture = workflow is None or _last(workflow).gives.type == DataType.IMAGE
    before = [edit for edit in edits if edit.operation in _MOVING or not gives_picture]
    behind = [edit for edit in edits if edit not in before]
    photo = workflow.inputs[0].name if workflow else INPUT.name
    first = _steps(before, photo, "h × w × 3" if workflow is None else "")
    value = first[-1].id if first else photo
    steps = (
        *first,
        *(
            msgspec.structs.replace(
                step, takes={port: value if name == photo else name for port, name in step.takes.items()}
            )
            for step in (workflow.steps if workflow else ())
        ),
    )
    done = workflow.output if workflow else value
    shape = _last(workflow).gives.shape if workflow else ""
    last = _steps(behind, done, shape)
    told = (
        [step.title for step in first]
        + ([workflow.title] if workflow else [])
        + [step.title for step in last]
    )
    made = workflow_of(", then ".join(told), (*steps, *last))
    if workflow is None:
        return made
    return msgspec.structs.replace(
        made, inputs=workflow.inputs, output=last[-1].id if last else workflow.output
    )


def edited(header: Header, edits: Sequence[Edit]) -> Header:
    """A header with the size that a picture has after its crops and turns.

    Raises:
        InputError: a crop that does not fit into the picture.
    """
    size = Size(header.width, header.height)
    for step in _steps([edit for edit in edits if edit.operation in _MOVING], INPUT.name, ""):
        operation = OPERATIONS[step.operation]
        operation.check(step)
        size = operation.output_size(step, {"image": size}, {}) or size
    return replace(header, width=size.width, height=size.height)


def _steps(edits: Sequence[Edit], source: str, shape: str) -> list[Step]:
    steps: list[Step] = []
    for edit in edits:
        number_of = sum(step.operation == edit.operation for step in steps) + 1
        id = edit.operation if number_of == 1 else f"{edit.operation}-{number_of}"
        steps.append(
            Step(
                id=id,
                title=_title(edit.operation, edit.parameters),
                operation=edit.operation,
                takes={"image": steps[-1].id if steps else source},
                gives=Port(name="picture", type=DataType.IMAGE, shape=shape or "h × w × 3"),
                parameters=dict(edit.parameters),
            )
        )
    return steps


def _title(operation: str, given: dict[str, Parameter]) -> str:
    if operation == "crop":
        size = given.get("aspect") or f"{given['width']} × {given['height']} pixels"
        side = given.get("gravity")
        return f"crop to {size}" + (f" at the {str(side).replace('-', ' ')}" if side else "")
    if operation == "rotate":
        angle = float(given["angle"])
        way = "" if abs(angle) == 180 else " to the left" if angle < 0 else " to the right"
        return f"turn by {number(abs(angle))}°{way}"
    if "gamma" in given:
        gamma = float(given["gamma"])
        return f"make the middle tones {'brighter' if gamma > 1 else 'darker'} (gamma {number(gamma)})"
    return f"stretch the tones (black {float(given['black']):.1%}, white {float(given['white']):.1%})"


def _last(workflow: Workflow) -> Step:
    return next(step for step in workflow.steps if step.id == workflow.output)
