"""Whether the model of a card runs here, and if not, what is missing: one answer for every card of the catalog."""

from __future__ import annotations

from typing import Literal

from whichmodel.catalog import cards, tasks
from whichmodel.domain import DataType, ModelCard, Record, Task
from whichmodel.nodes.operation import Operation
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.weights import WeightsRecord, installed, obstacle, origin, records
from whichmodel.weights.obstacles import pull_command
from whichmodel.workflow.binding import what_is_missing

Status = Literal["now", "after-pull", "needs-weights", "cannot"]

_PLACES = ("huggingface", "code", "project")
"""Kinds of links behind which weights may be, the likeliest first."""


class Runs(Record, frozen=True, kw_only=True):
    """Whether a model runs on this computer.

    Args:
        status: `"now"`; `"after-pull"` after `command`; `"needs-weights"` whichmodel does such
            tasks, but knows no package of this model's weights (where `command` is given, the user can bring
            them); `"cannot"`.
        text: the same for people, with the reason.
        weights: id of the record of its weights, where there is one.
        command: what fetches the weights.
        extra: extra of whichmodel that `command` needs: `"convert"`, else empty.
        link: where its authors offer code, and perhaps weights.
    """

    status: Status
    text: str
    weights: str | None = None
    command: str = ""
    extra: str = ""
    link: str = ""

    @property
    def here(self) -> bool:
        """Whether it runs now or after its weights were pulled."""
        return self.status in ("now", "after-pull")


def runs(card: ModelCard) -> Runs:
    """Whether the model of this card runs here; looks at the cache, fetches nothing."""
    task = tasks()[card.task]
    if card.weights is None:
        return _without_weights(card, task)
    missing = what_is_missing(card) or _misfit(card, task)
    if missing:
        return _cannot(missing, card.weights)
    weights = records()[card.weights]
    first = obstacle(weights)
    if first is not None and not first.command:
        return _cannot(first.why, weights.id)
    if weights.given and first is not None:
        return _to_be_given(card, weights)
    if installed(weights.id) is not None:
        own = origin(weights.id)
        came = f" from your file {own.file}" if own is not None else ""
        return Runs(status="now", text=f"runs now, with the weights {weights.id}{came}", weights=weights.id)
    command = pull_command(weights)
    extra = "convert" if weights.convert else ""
    told = [f"after `{command}`"]
    if extra:
        told.append(f"with the extra [{extra}]")
    if not weights.licence_known:
        told.append("(nobody states a licence)")
    return Runs(status="after-pull", text=" ".join(told), weights=weights.id, command=command, extra=extra)


def _to_be_given(card: ModelCard, weights: WeightsRecord) -> Runs:
    """The answer for weights that only the user can bring."""
    link = _place(card)
    licence = "" if weights.licence_known else " (nobody states a licence)"
    extra = " with the extra [convert]" if weights.convert else ""
    return Runs(
        status="needs-weights",
        text=f"needs weights that you bring: {weights.given}; its authors: {link}{licence};"
        f" then `{pull_command(weights)}`{extra}",
        weights=weights.id,
        command=pull_command(weights),
        extra="convert" if weights.convert else "",
        link=link,
    )


def _place(card: ModelCard) -> str:
    return next((link.url for kind in _PLACES for link in card.links if link.kind == kind), "")


def fits(operation: Operation, task: Task) -> bool:
    """Whether an operation gives what a task gives, from what the task takes."""
    needed = {spec.type for spec in operation.ports.values() if spec.required}
    return operation.gives in {port.type for port in task.outputs} and needed <= {
        port.type for port in task.inputs
    }


def _misfit(card: ModelCard, task: Task) -> str:
    """Why the operation that runs a card's weights does not do the card's task; empty where it does."""
    weights = records()[card.weights or ""]
    if fits(OPERATIONS[weights.operation], task):
        return ""
    return f"its weights {weights.id} are run by {weights.operation!r}, which does not do {task.name.lower()}"


def _without_weights(card: ModelCard, task: Task) -> Runs:
    link = _place(card)
    unable = _unable(task)
    if unable:
        return _cannot(unable, link=link)
    if not link:
        return _cannot("neither a package of its weights nor its authors' code is known")
    return Runs(
        status="needs-weights",
        text=f"needs weights, of which no package is known; its authors: {link}",
        link=link,
    )


def _unable(task: Task) -> str:
    """Why nothing here could do a task, whatever weights there were; empty where something could."""
    networks = [operation for operation in OPERATIONS.values() if operation.takes_model]
    if any(fits(operation, task) and _takes_all(operation, task) for operation in networks):
        return ""
    # A model that does the task here shows that it can be done, though not with all that the task may take.
    if any(card.task == task.id and card.weights and not what_is_missing(card) for card in cards().values()):
        return ""
    takes, gives = (_listed([port.type for port in ports]) for ports in (task.inputs, task.outputs))
    return f"no operation of whichmodel turns {takes} into {gives}"


def _takes_all(operation: Operation, task: Task) -> bool:
    """Whether an operation has ports for everything that a task takes."""
    return {port.type for port in task.inputs} <= {spec.type for spec in operation.ports.values()}


def _listed(types: list[DataType]) -> str:
    return " and ".join(dict.fromkeys(type.value.replace("-", " ") for type in types))


def _cannot(why: str, weights: str | None = None, link: str = "") -> Runs:
    return Runs(status="cannot", text=f"cannot run here: {why}", weights=weights, link=link)
