"""The one sentence of general understanding that an answer may give: how such a thing is possible at all.

People do not ask how super-resolution works but how it keeps edges sharp, why it is so fast, what it
learned from. For such a special "how" there may be a special sentence; else the task has its own.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec
import yaml

from whichmodel.answering.concerns import concerns_in
from whichmodel.answering.question import Asked, questions_in
from whichmodel.domain import Record, Task

_LONGEST = 78


class General(Record, frozen=True, kw_only=True):
    """A sentence for a concern (`about`) in some tasks or fields; no full stop, lower-case start."""

    about: str
    tasks: tuple[str, ...]
    text: str


@cache
def _entries() -> tuple[General, ...]:
    text = resources.files("whichmodel.answering").joinpath("data/general.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), type=tuple[General, ...])


def general_sentence(question: str, task: Task) -> str:
    """How it is possible at all, as directly as general knowledge allows for what was asked.

    Two questions in one ("how ..., and what was it trained on?") get both their answers where these
    make a sentence that can be read.

    Returns:
        Words that follow "You describe *task*: ", without a full stop.
    """
    own = lower_first(task.in_general.rstrip("."))
    told: list[str] = []
    for asked in questions_in(question):
        special = _special(question, asked, task)
        text = special or (own if not told else "")
        if text and text not in told:
            told.append(text)
    if not told:
        return own
    together = "; ".join(told[:2])
    return together if len(together.split()) <= _LONGEST else told[0]


def _special(question: str, asked: Asked, task: Task) -> str:
    for concern, _ in concerns_in(question, asked.start, asked.end):
        for entry in _entries():
            if entry.about == concern.id and {task.id, task.field} & set(entry.tasks):
                return entry.text
    return ""


def lower_first(text: str) -> str:
    """The text with a small first letter, unless it begins with an abbreviation or "I".

    >>> lower_first("From many pairs"), lower_first("3D is"), lower_first("A model"), lower_first("MRI of")
    ('from many pairs', '3D is', 'a model', 'MRI of')
    """
    first = text.split(maxsplit=1)[0] if text else ""
    capitals = sum(character.isupper() for character in first)
    return text if capitals > 1 or first == "I" else text[:1].lower() + text[1:]
