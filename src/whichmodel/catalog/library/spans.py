"""Where a text has the words of a query: what an answer can show as the reason of a hit."""

from __future__ import annotations

import re

from whichmodel.catalog.lexical import analyzer, terms
from whichmodel.domain import Paper, Record

_WORD = re.compile(r"\w+")


class Match(Record, frozen=True, kw_only=True):
    """Words of a query in a field of a paper.

    Args:
        field: where they stand.
        start: of the first character in the field.
        end: after the last character.
        text: what stands there, verbatim.
    """

    field: str
    start: int
    end: int
    text: str


def spans(query: str, paper: Paper) -> tuple[Match, ...]:
    """The words of a paper's title and summary whose stems the query has, in order; neighbours are one span.

    >>> [match.text for match in spans("deblur my photo", Paper(title="Deblurring photos of cats"))]
    ['Deblurring photos']
    """
    wanted = set(terms(query))
    found: list[Match] = []
    for field, text in (("title", paper.title), ("summary", paper.summary)):
        last: tuple[int, int] | None = None
        for word in _WORD.finditer(text):
            if not wanted & set(analyzer().analyze(word[0])):
                continue
            if last is not None and not text[last[1] : word.start()].strip(" -/"):
                last = (last[0], word.end())
                found[-1] = _match(field, text, last)
            else:
                last = (word.start(), word.end())
                found.append(_match(field, text, last))
    return tuple(found)


def _match(field: str, text: str, place: tuple[int, int]) -> Match:
    return Match(field=field, start=place[0], end=place[1], text=text[place[0] : place[1]])
