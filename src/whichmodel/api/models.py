"""The models of the catalog as programs get them: found by name, filtered, with whether they run here."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import msgspec

from whichmodel.catalog import cards, check, require_collection, tasks
from whichmodel.domain import InputError, ModelCard, to_data

if TYPE_CHECKING:
    from whichmodel.workflow.runs import Runs


def find_card(name: str) -> ModelCard:
    """The card of this name; upper and lower case may differ.

    Raises:
        InputError: there is none; the hint suggests names that are close.
    """
    known = cards()
    if name in known:
        return known[name]
    folded = {other.casefold(): other for other in known}
    wanted = name.casefold()
    if wanted in folded:
        return known[folded[wanted]]
    inside = [other for lower, other in folded.items() if wanted and wanted in lower]
    close = [folded[lower] for lower in get_close_matches(wanted, folded, n=5, cutoff=0.6)]
    pieces: dict[str, list[str]] = {}
    for lower, other in folded.items():
        for piece in re.split(r"[\W_]+", lower):
            pieces.setdefault(piece, []).append(other)
    alike = [
        other for piece in get_close_matches(wanted, pieces, n=2, cutoff=0.75) for other in pieces[piece][:2]
    ]
    suggestions = list(dict.fromkeys([*inside[:5], *close, *alike]))[:5]
    hint = f"did you mean: {', '.join(suggestions)}" if suggestions else "`whichmodel models list` names all"
    raise InputError(f"the catalog has no model called {name!r}", hint=hint)


def chosen_models(
    *, task: str | None = None, collection: str | None = None, runs_here: bool = False
) -> list[tuple[ModelCard, Runs]]:
    """The models that match all filters, each with whether it runs on this computer.

    Args:
        task: id of a task; narrower ones that it includes count too.
        collection: `"cnaps"`, `"whichmodel"`, or a catalog that an installed package brings.
        runs_here: only those that run now, or after their weights were pulled.

    Raises:
        InputError: there is no such task or collection; the hint suggests names that are close.
    """
    from whichmodel.workflow.runs import runs

    check()
    if task is not None:
        _known_task(task)
    require_collection(collection)
    asked = [
        card
        for card in cards().values()
        if (task is None or _does(card, task)) and (collection is None or card.collection == collection)
    ]
    return [(card, found) for card in asked if (found := runs(card)).here or not runs_here]


def model_data(card: ModelCard, found: Runs) -> dict[str, Any]:
    """A card as JSON, and whether its model runs here."""
    return {**to_data(card), "runs_here": found.here, "runs": msgspec.to_builtins(found)}


def _known_task(task_id: str) -> None:
    if task_id not in tasks():
        close = get_close_matches(task_id.casefold(), tasks(), n=3, cutoff=0.4)
        hint = f"did you mean: {', '.join(close)}" if close else f"tasks are: {', '.join(tasks())}"
        raise InputError(f"there is no task called {task_id!r}", hint=hint)


def _does(card: ModelCard, task_id: str) -> bool:
    """Whether the model is for this task, or for a narrower one that it includes."""
    return card.task == task_id or task_id in tasks()[card.task].parents
