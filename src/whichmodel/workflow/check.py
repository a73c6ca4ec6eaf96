"""What is wrong with a workflow, found before anything runs: every fault, with its step and port.

`Workflow` itself refuses what is no graph in running order. Here follows what needs the registry of
operations, the ontology, and a limit on size; sizes of pictures are checked where they are known
(`describe.sizes_of`), for they depend on the picture.
"""

from __future__ import annotations

import heapq
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from whichmodel.catalog import tasks
from whichmodel.domain import DataType, InputError, Port, Record, Step, Workflow
from whichmodel.nodes.operation import Cards
from whichmodel.nodes.registry import MODEL, OPERATIONS, operation_of

MOST_STEPS = 64
MOST_INPUTS = 16
MOST_EDGES = 256
LONGEST_NAME = 200
"""Characters of a name, a title or a shape."""

_MOST_TOLD = 5
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of characters that a name must not hold: they could forge what a terminal shows."""
_JOINERS = frozenset("\u200c\u200d")
"""Needed to write some languages, and harmless."""
_TYPES = frozenset(DataType)
_VERBS = ("has ", "must ", "gives ")


class Fault(Record, frozen=True, kw_only=True):
    """One thing that is wrong.

    Args:
        step: id of the step; empty for the workflow as a whole.
        port: name of the port; empty where it is no port's fault.
        what: the fault in plain words, step and port included.
        hint: what to do, may be empty.
    """

    step: str
    port: str
    what: str
    hint: str = ""


def check_workflow(workflow: Workflow, *, where: str = "the workflow", cards: Cards | None = None) -> None:
    """Check what a workflow must be to run: a picture in and perhaps more, sound steps, nothing unused.

    Args:
        where: what to call it in messages.
        cards: model cards by name; with them the types of what models take and give are checked too.

    Raises:
        InputError: tells the first five faults, each with step and port.
    """
    found = list(faults(workflow, cards or {}))
    types = [port.type for port in workflow.inputs]
    if types[:1] != [DataType.IMAGE] or not set(types) <= {DataType.IMAGE, DataType.MASK}:
        fault = "must have a first input of type 'image', and others of type 'image' or 'mask', to run on a picture"
        found.insert(0, Fault(step="", port="", what=fault))
    if not found:
        return
    told = [item.what for item in found[:_MOST_TOLD]]
    if len(found) > _MOST_TOLD:
        told.append(f"and {len(found) - _MOST_TOLD} more")
    separator = " " if told[0].startswith(_VERBS) else ": "
    raise InputError(where + separator + "; ".join(told), hint=next((f.hint for f in found if f.hint), ""))


def faults(workflow: Workflow, cards: Cards) -> Iterator[Fault]:
    """Everything that is wrong with a workflow, whatever its inputs; nothing where it is sound."""
    if not 1 <= len(workflow.steps) <= MOST_STEPS:
        yield _whole(f"has {len(workflow.steps)} steps; 1 to {MOST_STEPS} can be run")
        if workflow.steps:
            return
    if not 1 <= len(workflow.inputs) <= MOST_INPUTS:
        yield _whole(f"has {len(workflow.inputs)} inputs; 1 to {MOST_INPUTS} are possible")
        return
    edges = sum(len(step.takes) for step in workflow.steps)
    if edges > MOST_EDGES:
        yield _whole(f"has {edges} connections; at most {MOST_EDGES} can be run")
        return
    yield from _names(workflow)
    types = {port.name: port.type for port in workflow.inputs}
    for step in workflow.steps:
        yield from _step(step, types, cards)
        types[step.id] = step.gives.type
    yield from _unused(workflow)


def run_order(takes: Mapping[str, Collection[str]]) -> list[str]:
    """Names in an order in which each comes after all that it takes.

    Args:
        takes: name -> names that it takes; those that are no key are there from the beginning.

    Returns:
        The order nearest to the given one: of names that could be next always the one that was given
        first, so an order that is right already stays.

    Raises:
        InputError: names take each other in a circle; tells its members.
    """
    needs = {name: {other for other in wanted if other in takes} for name, wanted in takes.items()}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = " → ".join(repr(name) for name in error.args[1])
        raise InputError(
            f"steps take each other in a circle: {circle}",
            hint="a step can take only what is made before it; break the circle",
        ) from error
    place = {name: number for number, name in enumerate(takes)}
    takers: dict[str, list[str]] = {name: [] for name in takes}
    for name, wanted in needs.items():
        for other in wanted:
            takers[other].append(name)
    missing = {name: len(wanted) for name, wanted in needs.items()}
    ready = [(place[name], name) for name, count in missing.items() if not count]
    order = []
    while ready:
        _, name = heapq.heappop(ready)
        order.append(name)
        for taker in takers[name]:
            missing[taker] -= 1
            if not missing[taker]:
                heapq.heappush(ready, (place[taker], taker))
    return order


def _whole(what: str) -> Fault:
    return Fault(step="", port="", what=what)


def _names(workflow: Workflow) -> Iterator[Fault]:
    """Names and titles that could not be shown as they are."""
    texts = [("", "its title", workflow.title), *_port_texts("", workflow.inputs)]
    for step in workflow.steps:
        texts += [(step.id, "its id", step.id), (step.id, "its title", step.title)]
        texts += [(step.id, "its model", step.model)] if step.model is not None else []
        texts += [(step.id, "an input port", port) for port in step.takes]
        texts += [(step.id, "a parameter's name", name) for name in step.parameters]
        texts += _port_texts(step.id, (step.gives,))
    for step_id, what, text in texts:
        begin = f"step {step_id!r}: {what}" if step_id else what
        if any(unicodedata.category(char) in _INVISIBLE and char not in _JOINERS for char in text):
            yield Fault(
                step=step_id, port="", what=f"{begin} holds a character that cannot be seen: {text[:40]!r}"
            )
        elif len(text) > LONGEST_NAME:
            yield Fault(
                step=step_id,
                port="",
                what=f"{begin} has {len(text)} characters; at most {LONGEST_NAME} are possible",
            )
        elif what in ("its id", "the name of an input") and not text.strip():
            yield Fault(step=step_id, port="", what=f"{begin} is empty")


def _port_texts(step_id: str, ports: tuple[Port, ...]) -> list[tuple[str, str, str]]:
    what = "its output port" if step_id else "the name of an input"
    texts = [(step_id, what, port.name) for port in ports]
    return texts + [(step_id, "a shape", port.shape) for port in ports]


def _step(step: Step, types: Mapping[str, DataType], cards: Cards) -> Iterator[Fault]:
    """Faults of one step; `types` are those of what is there before it."""
    try:
        operation = operation_of(step)
    except InputError as error:
        yield Fault(step=step.id, port="", what=error.message, hint=error.hint)
        if step.operation not in OPERATIONS:
            return
        operation = OPERATIONS[step.operation]
    if step.operation == MODEL:
        yield from _model_step(step, types, cards)
        return
    for port, source in step.takes.items():
        spec = operation.ports.get(port)
        if spec is None:
            yield Fault(
                step=step.id,
                port=port,
                what=f"step {step.id!r}: operation {step.operation!r} has no port {port!r}",
                hint=f"it has: {', '.join(operation.ports)}",
            )
        elif types[source] != spec.type:
            yield _mismatch(step, port, spec.type, source, types[source])
    for port, spec in operation.ports.items():
        if spec.required and port not in step.takes:
            yield Fault(
                step=step.id,
                port=port,
                what=f"step {step.id!r}: nothing is connected to its port {port!r} ({spec.type.value})",
            )
    if step.gives.type != operation.gives:
        yield Fault(
            step=step.id,
            port=step.gives.name,
            what=f"step {step.id!r}: it says that it gives {step.gives.type.value!r}, but operation"
            f" {step.operation!r} gives {operation.gives.value!r}",
        )


def _model_step(step: Step, types: Mapping[str, DataType], cards: Cards) -> Iterator[Fault]:
    """Faults of a step that runs a network; its ports are called after the types of data they take."""
    card = cards.get(step.model or "")
    task = tasks().get(card.task) if card else None
    possible = {port.type for port in task.inputs} if task else _TYPES
    if not step.takes:
        yield Fault(step=step.id, port="", what=f"step {step.id!r}: nothing is connected to it")
    for port, source in step.takes.items():
        if port not in possible:
            model = f"model {step.model!r}" if step.model else f"operation {MODEL!r}"
            yield Fault(
                step=step.id,
                port=port,
                what=f"step {step.id!r}: {model} has no port {port!r}",
                hint=f"ports of models are called after what they take: {', '.join(sorted(possible))}",
            )
        elif types[source] != port:
            yield _mismatch(step, port, DataType(port), source, types[source])
    gives = task.outputs[0].type if task else step.gives.type
    if step.gives.type != gives:
        yield Fault(
            step=step.id,
            port=step.gives.name,
            what=f"step {step.id!r}: it says that it gives {step.gives.type.value!r}, but model {step.model!r}"
            f" gives {gives.value!r}",
        )


def _mismatch(step: Step, port: str, wanted: DataType, source: str, given: DataType) -> Fault:
    return Fault(
        step=step.id,
        port=port,
        what=f"step {step.id!r}: its port {port!r} takes {wanted.value!r}, but {source!r} is {given.value!r}",
        hint=f"connect a value of type {wanted.value!r}, or put a step between that makes one",
    )


def _unused(workflow: Workflow) -> Iterator[Fault]:
    """Inputs and steps that nothing takes."""
    used = {workflow.output}.union(*(step.takes.values() for step in workflow.steps))
    for port in workflow.inputs:
        if port.name not in used:
            yield Fault(step="", port=port.name, what=f"has an input {port.name!r} that no step takes")
    for step in workflow.steps:
        if step.id not in used:
            yield Fault(
                step=step.id,
                port=step.gives.name,
                what=f"step {step.id!r}: no step takes what it gives, and it is not the output",
                hint=f"leave the step out, connect it, or name it as the workflow's output"
                f" instead of {workflow.output!r}",
            )
    if workflow.output in {port.name for port in workflow.inputs}:
        yield _whole(f"gives its input back unchanged: its output {workflow.output!r} names no step")
