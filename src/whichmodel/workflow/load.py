"""Read workflow files. They are data: closed registry of operations, no code, no paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from whichmodel.domain import InputError, Workflow, from_data
from whichmodel.nodes.operation import Cards
from whichmodel.workflow.check import MOST_STEPS, check_workflow, run_order

SUFFIXES = frozenset({".json", ".yaml", ".yml"})
LARGEST_FILE = 1_000_000


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases: a few lines of them can unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise InputError("the workflow file uses YAML aliases, which are not read here")
        return super().compose_node(parent, index)


def load_workflow(path: Path, cards: Cards | None = None) -> Workflow:
    """Read and check a workflow file.

    Args:
        path: of a JSON or YAML file of at most 1 MB, with a picture as first input, pictures and masks as
            further ones, and 1 to 64 steps, listed in any order.
        cards: model cards by name, for checking the types of what models take and give.

    Raises:
        InputError: no such file, too large, no workflow, steps in a circle, or any other fault that
            `check.faults` finds; names the file, the step and the port.
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
    data = _parse(text, path)
    try:
        workflow = from_data(Workflow, _in_order(data), where=where)
    except InputError as error:
        message = error.message if error.message.startswith(where) else f"{where}: {error.message}"
        raise InputError(message, hint=error.hint) from error
    check_workflow(workflow, where=where, cards=cards)
    return workflow


def _in_order(data: object) -> object:
    """The same data with the steps in an order in which they can run; a file may list them in any.

    What is no list of steps with ids of their own is left as it is, for the checks that follow to tell.

    Raises:
        InputError: steps take each other in a circle.
    """
    steps = data.get("steps") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(steps, list) or len(steps) > MOST_STEPS:
        return data
    takes: dict[str, set[str]] = {}
    for step in steps:
        if not isinstance(step, dict) or not isinstance(step.get("id"), str) or step["id"] in takes:
            return data
        taken = step.get("takes")
        sources = taken.values() if isinstance(taken, dict) else ()
        takes[step["id"]] = {source for source in sources if isinstance(source, str)}
    known = {step["id"]: step for step in steps}
    return {**data, "steps": [known[id] for id in run_order(takes)]}


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
