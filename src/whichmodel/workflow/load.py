"""Read workflow files. They are data: closed registry of operations, no code, no paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from whichmodel.domain import DataType, InputError, Workflow, from_data
from whichmodel.nodes.registry import operation_of

SUFFIXES = frozenset({".json", ".yaml", ".yml"})
LARGEST_FILE = 1_000_000
MOST_STEPS = 64


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases: a few lines of them can unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise InputError("the workflow file uses YAML aliases, which are not read here")
        return super().compose_node(parent, index)


def load_workflow(path: Path) -> Workflow:
    """Read and check a workflow file.

    Args:
        path: of a JSON or YAML file of at most 1 MB, with one picture as input and 1 to 64 steps.

    Raises:
        InputError: no such file, too large, no workflow, or a step that names an operation, port or
            parameter that does not exist; names the file and the place.
    """
    where = str(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{where} is larger than {LARGEST_FILE:,} bytes; no workflow is")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read the workflow file {where}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text") from error
    workflow = from_data(Workflow, _parse(text, path), where=where)
    check_workflow(workflow, where=where)
    return workflow


def check_workflow(workflow: Workflow, *, where: str = "the workflow") -> None:
    """Check what a workflow must be to run: one picture in, 1 to 64 steps of known operations.

    Raises:
        InputError: names the place.
    """
    if len(workflow.inputs) != 1 or workflow.inputs[0].type != DataType.IMAGE:
        raise InputError(f"{where} must have exactly one input, of type 'image', to run on a picture")
    if not 1 <= len(workflow.steps) <= MOST_STEPS:
        raise InputError(f"{where} has {len(workflow.steps)} steps; 1 to {MOST_STEPS} can be run")
    if workflow.output == workflow.inputs[0].name:
        raise InputError(f"{where} gives its input back unchanged: its output names no step")
    for step in workflow.steps:
        operation_of(step)


def _parse(text: str, path: Path) -> object:
    try:
        if path.suffix.lower() == ".json":
            return json.loads(text)
        # `_Loader` is a SafeLoader: plain data only.
        return yaml.load(text, Loader=_Loader)  # noqa: S506
    except InputError as error:
        raise InputError(f"{path}: {error.message}", hint="write the parts out") from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path} is not valid {path.suffix[1:].upper()}: {error}") from error
