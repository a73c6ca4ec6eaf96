"""How the person put it: what they ask in so many words, and the clause around a word of theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from whichmodel.domain import Span

# A question of several pages is no question; what lies beyond is not read for its wording.
_READ = 4_000
_LONGEST_CLAUSE = 10
_MOST_QUESTIONS = 4
_SHORTEST_HALF = 4
_LONGEST_QUESTION = 60

_SENTENCE_END = re.compile(r"[.!?…]+[\"”’')]*\s+|\n+")
_LEAD = r"(?:(?:and|but|so|then|also|yet)\s+)?"
_ASKS = r"(?:how|what|why|which|who|where|when|can|could|does|do|did|is|are|was|will)\b"
# Where a question begins inside a sentence: after a dash, a semicolon, a colon or a comma.
_INNER = re.compile(rf"(?:[—–;:…]|\s-|,|\.\.\.)\s*{_LEAD}(?={_ASKS})", re.IGNORECASE)
# "How does it ..., and why is it ...?" asks two things.
_AND_ASKS = re.compile(
    r",?\s+and\s+(?=(?:how|what|why|which|who|where|when|can|does|is|are|will)\b)", re.IGNORECASE
)
_BEGINS = re.compile(rf"{_LEAD}(?={_ASKS})", re.IGNORECASE)
# A comma in a list of words ("clear, detailed pictures") ends no clause; one before four words may.
_EDGE = re.compile(r"[;:.!?…—–()\"“”\n]|\s-\s|,(?=\s+\S+\s+\S+\s+\S+\s+[^\s,]+)")
_JOINT = re.compile(r"\s(?:and|but|while|when|because|so|then|yet|as if|like|with|without)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """`question[start:end]`, something that is asked."""

    start: int
    end: int


def questions_in(question: str) -> list[Asked]:
    """The questions that a text asks, in order, without what leads up to them; at most four.

    >>> text = "It looks new—how does it know? What was it trained on?"
    >>> [text[part.start:part.end] for part in questions_in(text)]
    ['how does it know?', 'What was it trained on?']
    """
    text = question[:_READ]
    found = []
    start = 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = match.end() if match else len(text)
        sentence = text[start:end].rstrip().rstrip("\"”’')").rstrip()
        if sentence.endswith("?"):
            found += _halves(text, _without_lead(text, start, start + len(sentence)))
        start = end
    short = [part for part in found if len(text[part.start : part.end].split()) <= _LONGEST_QUESTION]
    return short[:_MOST_QUESTIONS]


def _halves(text: str, asked: Asked) -> list[Asked]:
    """The questions that one sentence joins by "and", where each is long enough to stand by itself."""
    parts = []
    start = asked.start
    for match in _AND_ASKS.finditer(text, asked.start, asked.end):
        rest, part = text[match.end() : asked.end], text[start : match.start()]
        if min(len(part.split()), len(rest.split())) >= _SHORTEST_HALF:
            parts.append(Asked(start, match.start()))
            start = match.end()
    return [*parts, Asked(start, asked.end)]


def _without_lead(text: str, start: int, end: int) -> Asked:
    while start < end and text[start] in " \t\n\"“'‘":
        start += 1
    begins = _BEGINS.match(text, start, end)
    if begins:
        return Asked(begins.end(), end)
    inner = [match.end() for match in _INNER.finditer(text, start, end) if end - match.end() > 8]
    return Asked(inner[0] if inner else start, end)


def asked_span(question: str, start: int, end: int) -> Span:
    """A piece of the question as evidence."""
    return Span(source=0, field="question", start=start, end=end, text=question[start:end])


def clause_around(question: str, start: int, end: int) -> tuple[int, int]:
    """The clause in which a word stands: what a reader needs to see the word in its sense.

    >>> text = "I blew it up, and the edges stayed sharp without any pixels."
    >>> left, right = clause_around(text, 22, 27)
    >>> text[left:right]
    'the edges stayed sharp'
    """
    left = max((match.end() for match in _EDGE.finditer(question, 0, start)), default=0)
    after = _EDGE.search(question, end)
    right = after.start() if after else len(question)
    for match in _JOINT.finditer(question, left, right):
        if match.end() <= start:
            left = match.end()
        elif match.start() >= end:
            right = match.start()
            break
    return _tighten(question, left, right, start, end)


def _tighten(question: str, left: int, right: int, start: int, end: int) -> tuple[int, int]:
    """Without white space and joining words at its ends, and no longer than a reader takes in."""
    lead = re.compile(r"(?:\s|and\b|but\b|so\b|then\b)+", re.IGNORECASE).match(question, left, start)
    left = lead.end() if lead else left
    while right > end and question[right - 1].isspace():
        right -= 1
    words = list(re.finditer(r"\S+", question[left:right]))
    if len(words) <= _LONGEST_CLAUSE:
        return left, right
    first = next((i for i, word in enumerate(words) if left + word.end() > start), 0)
    last = next((i for i, word in enumerate(words) if left + word.end() >= end), len(words) - 1)
    spare = max(_LONGEST_CLAUSE - (last - first + 1), 0)
    low = max(first - spare // 2, 0)
    high = min(low + _LONGEST_CLAUSE, len(words)) - 1
    return left + words[low].start(), left + words[max(high, last)].end()
