"""Results that are data: boxes and labels leave a run as a JSON file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from whichmodel.domain import InputError, Workflow
from whichmodel.files import replacing
from whichmodel.nodes.operation import Size, State
from whichmodel.nodes.registry import operation_of
from whichmodel.pictures import check_writable

ENDING = ".json"


def gives_data(workflow: Workflow) -> bool:
    """Whether a workflow's result is no picture but data."""
    return any(step.id == workflow.output and operation_of(step).data for step in workflow.steps)


def check_output(workflow: Workflow, path: Path, end: Size) -> None:
    """Check before any work that the result can be written to `path`.

    Raises:
        PictureError: unknown ending, or the format cannot hold a picture of this size.
        InputError: data that would go to a file that is no `.json`, a folder that does not exist or cannot
            be written, or a path that is no plain file.
    """
    if not gives_data(workflow):
        check_writable(path, end.width, end.height)
        return
    if path.suffix.lower() != ENDING:
        raise InputError(
            f"{path}: the result is data ({_type(workflow)}), which no picture file holds",
            hint=f"name a file that ends in {ENDING}",
        )
    if not path.parent.is_dir():
        raise InputError(
            f"the folder {path.parent} does not exist", hint="make it first, or name another one"
        )
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is no plain file", hint="name another file")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(f"the folder {path.parent} cannot be written", hint="name a folder of yours")


def named_for(workflow: Workflow, path: Path) -> Path:
    """The name of a result in a folder: data get `.json` behind the name of their picture."""
    return path.with_name(path.name + ENDING) if gives_data(workflow) else path


def write_data(found: State, workflow: Workflow, path: Path) -> None:
    """Write what a workflow found as JSON: its type, then what the operation gave.

    Raises:
        InputError: the file cannot be written.
    """
    document: dict[str, Any] = {"type": _type(workflow), **found}
    try:
        with replacing(path) as temporary:
            temporary.write_text(
                json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
            )
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


def data_rows(found: State) -> list[tuple[str, str]]:
    """What was found, as rows of a table for people: each box or label in a line."""
    rows = []
    for box in found.get("boxes", ()):
        corners = " ".join(f"{name} {box[name]:.0f}" for name in ("left", "top", "right", "bottom"))
        rows.append((str(box["label"]), f"{corners} ({box['score']:.0%} sure)"))
    rows += [(f"{label['probability']:.1%}", str(label["label"])) for label in found.get("labels", ())]
    return rows or [("found", "nothing")]


def _type(workflow: Workflow) -> str:
    return next(step.gives.type.value for step in workflow.steps if step.id == workflow.output)
