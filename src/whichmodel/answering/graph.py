"""A workflow as boxes and arrows, before anybody draws them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from whichmodel.answering.prose import plain_name, plain_text
from whichmodel.domain import Port, Step, StepRow, Workflow

Kind = Literal["input", "step", "missing", "optional", "alternative", "output"]
# More of them make no drawing; the table has them all.
_MOST_ALTERNATIVES = 4
_CITED = re.compile(r" \[\d+\](?=,|$)")
_NOTES = {"missing": "not among the models given", "optional": "optional", "alternative": "alternative"}


@dataclass(frozen=True, slots=True)
class Node:
    """A box: what it is called, what else is to be said of it, and how far along the way it stands.

    Args:
        key: unique in the graph; ours, so safe in any syntax.
        kind: what it stands for.
        name: for people, on one line; may hold anybody's words.
        about: more lines: task, type and shape.
        rank: 0 for the first column, one more for each step in series.
    """

    key: str
    kind: Kind
    name: str
    about: tuple[str, ...]
    rank: int

    @property
    def note(self) -> str:
        """What is special about it, in words; empty for the ordinary."""
        return _NOTES.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes in reading order, arrows as pairs of their keys."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def told(self) -> str:
        """The drawing in words, for those who do not see it."""
        names = {node.key: node.name for node in self.nodes}
        lines = []
        for node in self.nodes:
            into = [names[start] for start, end in self.edges if end == node.key]
            if not into:
                lines.append(f"It begins with {node.name} ({', '.join(node.about)}).")
            else:
                note = f", {node.note}" if node.note else ""
                begin = "The result is" if node.kind == "output" else "Then"
                about = f" ({', '.join(node.about)})" if node.about else ""
                lines.append(f"{begin} {node.name}{about}{note}, from {' and '.join(into)}.")
        return " ".join(lines)


def graph_of(workflow: Workflow, rows: Iterable[StepRow] = ()) -> Graph:
    """The boxes and arrows of a workflow.

    Args:
        workflow: what would run.
        rows: the rows of an answer about it: they tell which step is missing, and a row whose mark
            is no step of the workflow is an alternative to the last one.
    """
    table = {row.mark: row for row in rows}
    ranks: dict[str, int] = {}
    for step in workflow.steps:
        ranks[step.id] = 1 + max((ranks.get(value, 0) for value in step.takes.values()), default=0)
    inputs = {port.name: port for port in workflow.inputs}
    keys = {name: f"in{index}" for index, name in enumerate(inputs)}
    keys |= {step.id: f"step{index}" for index, step in enumerate(workflow.steps)}
    nodes = []
    edges: list[tuple[str, str]] = []
    for port in inputs.values():
        # An input stands right before the step that takes it, so that no arrow passes under a box.
        users = [ranks[step.id] for step in workflow.steps if port.name in step.takes.values()]
        place = min(users, default=ranks.get(workflow.output, 1)) - 1
        nodes.append(Node(keys[port.name], "input", plain_name(port.name), _carried(port), place))
        if not users and port.name != workflow.output:
            # The user brings it, and no step says that it takes it: it is shown beside the last one.
            edges.append((keys[port.name], keys[workflow.output]))
    for step in workflow.steps:
        nodes.append(_step(step, workflow, table, keys[step.id], ranks[step.id]))
        edges += [(keys[value], keys[step.id]) for value in dict.fromkeys(step.takes.values())]
    edges.append((keys[workflow.output], "out"))
    last = next((step for step in workflow.steps if step.id == workflow.output), None)
    for node in _alternatives(workflow, table, ranks.get(workflow.output, 1)):
        nodes.append(node)
        taken = dict.fromkeys(last.takes.values()) if last else ()
        edges += [(keys[value], node.key) for value in taken]
        edges.append((node.key, "out"))
    nodes.append(_output(workflow, last, 1 + max(ranks.values(), default=0)))
    return Graph(title=plain_name(workflow.title), nodes=tuple(nodes), edges=tuple(edges))


def _step(step: Step, workflow: Workflow, table: dict[str, StepRow], key: str, rank: int) -> Node:
    mark = step.id.removeprefix("step-")
    row = table.get(mark)
    missing = row is not None and row.needed_but_missing
    # A model before a step that is missing does another task: it can help, and need not be there.
    later = list(workflow.steps)[workflow.steps.index(step) + 1 :]
    helps = any(_is_missing(other, table) for other in later) and not missing
    kind: Kind = "missing" if missing else "optional" if helps and row is not None else "step"
    name = _name(step, row)
    about = [plain_name(step.title)] if step.model else []
    if len(step.takes) > 1:
        about += [f"{port}: {_value(name, workflow)}" for port, name in step.takes.items()]
    if step.id != workflow.output:
        about += [f"gives {plain_name(step.gives.name)}", *_carried(step.gives)[1:]]
    return Node(key, kind, f"({mark}) {name}" if row is not None else name, tuple(about), rank)


def _value(name: str, workflow: Workflow) -> str:
    """What arrives at one of several ports: the step that gives it, or the input."""
    step = next((step for step in workflow.steps if step.id == name), None)
    return plain_name(name if step is None or step.model is None else step.model)


def _name(step: Step, row: StepRow | None) -> str:
    """The model of a step, as briefly as the table calls it; a step without a model by what it does."""
    name = plain_name(step.model or step.title)
    brief = "" if row is None else _in_table(row).partition(") ")[2]
    # After a substitution the table still tells of the model that was asked for.
    return brief if brief and step.model is not None and name.startswith(brief) else name


def _in_table(row: StepRow) -> str:
    return plain_name(_CITED.sub("", plain_text(row.step[:400])))


def _is_missing(step: Step, table: dict[str, StepRow]) -> bool:
    row = table.get(step.id.removeprefix("step-"))
    return row is not None and row.needed_but_missing


def _alternatives(workflow: Workflow, table: dict[str, StepRow], rank: int) -> list[Node]:
    marks = {step.id.removeprefix("step-") for step in workflow.steps}
    if table and workflow.output.removeprefix("step-") not in table:
        return []  # the last step is none of the table's: what stands there is no alternative to it
    rows = [row for row in table.values() if row.mark not in marks]
    nodes = [
        Node(f"or{index}", "alternative", _in_table(row), (), rank)
        for index, row in enumerate(rows[:_MOST_ALTERNATIVES])
    ]
    if len(rows) > _MOST_ALTERNATIVES:
        more = f"{len(rows) - _MOST_ALTERNATIVES} more, in the table below"
        nodes.append(Node("more", "alternative", more, (), rank))
    return nodes


def _output(workflow: Workflow, last: Step | None, rank: int) -> Node:
    port = last.gives if last else next(port for port in workflow.inputs if port.name == workflow.output)
    return Node("out", "output", plain_name(port.name), _carried(port), rank)


def _carried(port: Port) -> tuple[str, ...]:
    """Type and shape of a value: `("image", "h × w × 3")`."""
    return tuple(part for part in (port.type.value, plain_name(port.shape)) if part)
