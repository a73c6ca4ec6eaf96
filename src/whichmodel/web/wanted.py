"""From a wish on a page to what `whichmodel plan` and `run` do for the same words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from whichmodel.api.as_it_runs import as_it_runs, runs_as
from whichmodel.api.ask import ask_about
from whichmodel.api.asked import Asked
from whichmodel.api.look import Looking
from whichmodel.catalog import cards, tasks
from whichmodel.domain import Answer, Intent, WhichmodelError, Workflow
from whichmodel.pictures import read_header
from whichmodel.understand import understand
from whichmodel.understand.intent import for_print
from whichmodel.web.ordered import asked_by, looking_by
from whichmodel.web.orders import beside
from whichmodel.web.store import Wish
from whichmodel.workflow import enlarges


@dataclass(frozen=True)
class Answered:
    """A question that has been answered.

    Args:
        answer: its workflow is what runs, where anything can.
        intent: what was understood.
        runs_as: what runs, in words, where it is more or something else than what is recommended.
    """

    answer: Answer
    intent: Intent
    runs_as: str


def answered(
    wish: Wish,
    photo: Path | None = None,
    *,
    workflow: Workflow | None = None,
    look: Looking = Looking(False),  # noqa: B008 - frozen
) -> Answered:
    """The answer to a question; its workflow is what runs for it.

    Args:
        photo: only its header is read, unless `look` says otherwise.
        workflow: what runs, where that is known; else what would be planned for the words.
    """
    asking = ask_about(wish.question, photo, look=look)
    answer = asking.answer
    planned = workflow or _planned(wish, photo)
    if planned is None:
        return Answered(answer, asking.intent, "")
    return Answered(as_it_runs(answer, planned), asking.intent, runs_as(answer, planned))


def _planned(wish: Wish, photo: Path | None) -> Workflow | None:
    """What would run before the photo is looked at; `None` where nothing can, or something is still to be said."""
    try:
        header = read_header(photo) if photo is not None else None
        return asked_of(wish).workflow(header)  # type: ignore[arg-type]
    except WhichmodelError:
        return None


def asked_of(wish: Wish, keep: Path | None = None) -> Asked:
    """What is to be done to the photo: an order, the name of a model, or plain words with what the form adds.

    A question is never taken for the name of a file.

    Args:
        keep: a mask of what is left alone, which the form brought.

    Raises:
        InputError: the print size is not understood, or the order cannot be followed.
    """
    if wish.order is not None:
        return asked_by(wish.order, beside)
    if wish.question in cards():
        return Asked(wish.question, None, keep)
    intent = understand(wish.question)
    if not sized(intent):
        if wish.paper:
            intent = for_print(intent, wish.paper, wish.dpi)
        elif wish.factor:
            intent = msgspec.structs.replace(intent, scale=float(wish.factor))
    return Asked(wish.question, intent, keep)


def looking_of(wish: Wish) -> Looking:
    """How the photo is looked at."""
    return looking_by(wish.order) if wish.order is not None else Looking(True, wish.without)


def sized(intent: Intent) -> bool:
    """Whether the words themselves say how large the result shall be."""
    return isinstance(intent.scale, float | int) or intent.target is not None or intent.pixels is not None


def needs_size(intent: Intent) -> bool:
    """Whether the words ask for a larger picture and do not say how large."""
    larger = intent.task is not None and tasks()[intent.task].size == "larger"
    return (larger or enlarges(intent)) and not sized(intent)
