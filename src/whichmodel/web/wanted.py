"""From a wish on a page to what `whichmodel plan` and `run` do for the same words."""

from __future__ import annotations

from pathlib import Path

import msgspec

from whichmodel.api.ask import Asking, ask_about
from whichmodel.api.asked import Asked
from whichmodel.api.look import Looking
from whichmodel.catalog import cards, tasks
from whichmodel.domain import Intent
from whichmodel.understand import understand
from whichmodel.understand.intent import for_print
from whichmodel.web.ordered import asked_by, looking_by
from whichmodel.web.orders import beside
from whichmodel.web.store import Wish
from whichmodel.workflow import enlarges


def answered(wish: Wish, photo: Path | None = None) -> Asking:
    """The answer to a question; of a photo only the header is read."""
    return ask_about(wish.question, photo, look=Looking(False))


def asked_of(wish: Wish) -> Asked:
    """What is to be done to the photo: an order, the name of a model, or plain words with what the form adds.

    A question is never taken for the name of a file.

    Raises:
        InputError: the print size is not understood, or the order cannot be followed.
    """
    if wish.order is not None:
        return asked_by(wish.order, beside)
    if wish.question in cards():
        return Asked(wish.question, None)
    intent = understand(wish.question)
    if not sized(intent):
        if wish.paper:
            intent = for_print(intent, wish.paper, wish.dpi)
        elif wish.factor:
            intent = msgspec.structs.replace(intent, scale=float(wish.factor))
    return Asked(wish.question, intent)


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
