"""What a question says apart from the task: medium, damage, subject, constraints."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec
import yaml

from whichmodel.domain import Words
from whichmodel.understand.phrases import find_all, plain

# Where a change is meant to happen, not what is to be done.
_PARTS = ("subject-only", "background-only")


def read_qualities(question: str) -> dict[str, dict[str, Words]]:
    """The fields `media`, `degradations`, `subjects` and `constraints` of an intent."""
    text = plain(question)
    found: dict[str, dict[str, Words]] = {}
    for field, names in _quality_phrases().items():
        found[field] = {}
        for name, phrases in names.items():
            hits = find_all(phrases, text)
            if hits:
                _, start, end = min(hits, key=lambda item: item[1])
                found[field][name] = Words(text=question[start:end], start=start, end=end)
    return found


def without_part(piece: str) -> str:
    """A piece of a question without the words that restrict it to a part of the picture.

    >>> without_part("sharpen only the subject")
    'sharpen'
    """
    text = plain(piece)
    phrases = [phrase for name in _PARTS for phrase in _quality_phrases()["constraints"][name]]
    hits = [(start, end) for _, start, end in find_all(phrases, text)]
    for start, end in sorted(hits, reverse=True):
        piece = piece[:start] + " " + piece[end:]
    return " ".join(piece.split())


@cache
def _quality_phrases() -> dict[str, dict[str, tuple[str, ...]]]:
    text = resources.files("whichmodel.understand").joinpath("data/qualities.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), type=dict[str, dict[str, tuple[str, ...]]])
