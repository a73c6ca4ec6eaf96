"""Verbatim pieces of a summary: sentences, what the authors say they contribute, threads to a question.

Whatever an answer says about a source rests on a piece found here. A piece is always a substring of
the summary (`summary[start:end]`), never a rewording.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from whichmodel.domain import Source, Span
from whichmodel.understand.phrases import plain

# A quote that a reader can take in: longer ones are cut at a clause.
LONGEST_WORDS = 36
_GRACE = 6
# Summaries are read up to here; an abstract has about 1,500 characters.
READ_CHARACTERS = 20_000

_ABBREVIATIONS = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|resp|approx|fig|eq|sec|no|al|dr|mr|mrs|st|ca|incl|w\.r\.t)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[.!?]+[\"”’')\]]*(?=\s+[\"“‘'(\[]?[A-Z0-9]|\s*\n|\s*$)")
_ADVERBS = r"(?:\w+ly\s+|also\s+|then\s+|further\s+|first\s+|here\s+|therefore\s+){0,2}"
_UNQUOTABLE = re.compile(
    r"https?:|www\.|\\[a-z]{2,}|```|^\s*#|\|.*\||<\w+|\]\(|"
    r"^\s*(?:model|paper|github|hugging ?face|summary|answer)\s*:|"
    r"[\u202a-\u202e\u2066-\u2069\u200e\u200f]",
    re.IGNORECASE | re.MULTILINE,
)
# What authors do in an abstract, and how we retell it in the third person.
VERBS = {
    "introduce": "introduces", "introduces": "introduces", "present": "presents", "presents": "presents",
    "propose": "proposes", "proposes": "proposes", "develop": "develops", "develops": "develops",
    "study": "studies", "studies": "studies", "investigate": "investigates", "investigates": "investigates",
    "explore": "explores", "explores": "explores", "describe": "describes", "describes": "describes",
    "design": "designs", "designs": "designs", "devise": "devises", "examine": "examines",
    "examines": "examines", "analyze": "analyses", "analyse": "analyses", "analyzes": "analyses",
    "evaluate": "evaluates", "evaluates": "evaluates", "argue": "argues", "argues": "argues",
    "show": "shows", "shows": "shows", "demonstrate": "demonstrates", "demonstrates": "demonstrates",
    "find": "finds", "finds": "finds", "address": "addresses", "addresses": "addresses",
    "tackle": "tackles", "create": "creates", "build": "builds", "collect": "collects",
    "offer": "offers", "offers": "offers", "provide": "provides", "provides": "provides",
    "establish": "establishes", "formulate": "formulates", "extend": "extends", "adapt": "adapts",
    "conduct": "conducts", "use": "uses", "employ": "employs", "leverage": "leverages", "train": "trains",
    "hypothesize": "supposes", "hypothesise": "supposes", "review": "reviews", "reviews": "reviews",
    "survey": "surveys", "surveys": "surveys", "compare": "compares", "compares": "compares",
}  # fmt: skip
# Verbs with which authors name the thing that is theirs; the others describe what they did with it.
_NAMING = {"introduces", "presents", "proposes", "develops", "designs", "devises", "describes", "offers"}
_STUDYING = {"studies", "investigates", "explores", "examines", "analyses", "evaluates", "argues", "reviews",
             "surveys", "compares", "addresses", "tackles", "creates", "builds", "collects"}  # fmt: skip
_SUBJECT = (
    r"\b(?:we|this (?:paper|work|study|article|report|survey|thesis)|(?:the|our) (?:paper|authors?|work|"
    r"approach|method|framework))\b"
)
_CONTRIBUTION = re.compile(
    rf"{_SUBJECT}\s+{_ADVERBS}(?P<verb>{'|'.join(VERBS)})\s+(?P<object>\S.*)", re.IGNORECASE | re.DOTALL
)


# What a quotation leaves behind: the number in a list, and words that tie a sentence to the one before.
_LEAD = re.compile(
    r"\s*(?:\(?(?:\d{1,2}|[ivx]{1,4}|[a-e])\)\s*|[-•*–]\s+)?"
    r"(?:(?:in particular|in addition|in contrast|furthermore|moreover|finally|specifically|additionally|therefore|"
    r"to this end|to that end|however|consequently|notably|importantly|meanwhile|thus|first|second|third|lastly|"
    r"hence),\s+)?",
    re.IGNORECASE,
)
# Where a sentence can be left early: at the end of a clause, else before a preposition.
_CLAUSES = re.compile(r"[,;:]\s|\s(?:while|whereas|by|so|because|thereby|thus)\s|\s[–—]\s", re.IGNORECASE)
_PHRASES = re.compile(r"\s(?:for|with|from|using|in|on|and|to|via|through|under|over|at)\s", re.IGNORECASE)
_OWN = re.compile(
    r"\b(?:we|our|ours|this (?:allows|enables|leads|method|approach|design|module)|proposed|(?:is|was|are) trained|"
    r"it (?:uses|learns|works|combines|predicts|overcomes|employs|separates|estimates|keeps|builds|takes|"
    r"generates|encodes))\b",
    re.IGNORECASE,
)
_LONGEST_OWN_NAME = 4
# Sentences that report results; they tell how well, not how.
RESULTS = re.compile(
    r"\d%|\b(?:percent|outperform\w*|state[- ]of[- ]the[- ]art|sota|experiment\w*|superior\w*|accuracy (?:of|from)|"
    r"compared (?:to|with)|drops? by|points on average|we (?:observe|find|found) that|"
    r"evaluating \w+|benchmarks?|promising|significant(?:ly)? (?:improv|better)\w*)\b",
    re.IGNORECASE,
)
# An object that only the sentence before explains ("addresses this by ...").
_POINTS_BACK = re.compile(r"(?:that (?:our|we)|this|these|such|it|them)\b(?! (?:a|an)\b)", re.IGNORECASE)
_AND_THEN = re.compile(
    r",? and (?:then |further |also |thus )?"
    rf"(?:{'|'.join(verb for verb in VERBS if not verb.endswith('s'))}|focus|achieve)\b"
)
_SHORTEST_OBJECT = 4
_ASIDE = re.compile(r"in this (?:paper|work|study|article),?\s+|here,?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """`summary[start:end]` of one source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The piece on one line: runs of white space become one space."""
        return " ".join(self.source.summary[self.start : self.end].split())

    def span(self) -> Span:
        """The evidence that an answer records; its text is verbatim, line breaks included."""
        return Span(
            source=self.source.number,
            field="summary",
            start=self.start,
            end=self.end,
            text=self.source.summary[self.start : self.end],
        )


@dataclass(frozen=True, slots=True)
class Contribution:
    """What the authors say they do: a verb of ours in the third person, its object verbatim."""

    verb: str
    piece: Piece
    cut: bool


@lru_cache(maxsize=256)
def sentences(source: Source) -> tuple[Piece, ...]:
    """The summary's sentences, without those that hold a link or markup of their own."""
    text = source.summary[:READ_CHARACTERS]
    pieces = []
    start = 0
    for match in [*_BREAK.finditer(text), None]:
        end = match.end() if match else len(text)
        if match and _ABBREVIATIONS.search(text[start : match.start() + 1]):
            continue
        piece = _trim(source, start, end)
        start = end
        if piece is not None and len(piece.text.split()) >= 3 and is_quotable(piece.text):
            pieces.append(piece)
    return tuple(pieces)


def is_own(piece: Piece) -> bool:
    """Whether a sentence is about the source's own work; those before it lead up to it."""
    return piece.source.kind == "model" or piece.start >= _own_from(piece.source)


@lru_cache(maxsize=256)
def _own_from(source: Source) -> int:
    """Where the part of an abstract begins that is about the authors' own work."""
    head = source.name.partition(":")[0].strip()
    named = head if 0 < len(head.split()) <= _LONGEST_OWN_NAME else ""
    for piece in sentences(source):
        if _OWN.search(piece.text) or (named and named in piece.text):
            return piece.start
    return len(source.summary)


def is_quotable(text: str) -> bool:
    """Whether a piece can stand in our answer: no links, no field-like, heading-like or marked-up text."""
    return not _UNQUOTABLE.search(text)


def contributions(source: Source) -> list[Contribution]:
    """What the authors say they do, in the order in which they say it."""
    found = [contribution_in(piece) for piece in sentences(source)]
    return [item for item in found if item is not None]


def contribution_in(piece: Piece) -> Contribution | None:
    """What the authors say they do in one sentence: verb and object; None where it is no such sentence."""
    summary = piece.source.summary
    match = _CONTRIBUTION.search(summary, piece.start, piece.end)
    if match is None:
        return None
    start = match.start("object")
    aside = _ASIDE.match(summary, start, piece.end)
    clause, cut = shorten(Piece(piece.source, aside.end() if aside else start, piece.end))
    if len(clause.text.split()) < 3 or _POINTS_BACK.match(clause.text):
        return None
    more = _AND_THEN.search(clause.text)
    if more and len(clause.text[: more.start()].split()) >= _SHORTEST_OBJECT:
        # "..., and show that": what the authors do next would not agree with the verb that we put before it.
        clause, cut = _until(clause, more.start()), True
    return Contribution(VERBS[match.group("verb").lower()], clause, cut)


def _until(piece: Piece, characters: int) -> Piece:
    """The piece up to that many characters of its text on one line."""
    words = len(piece.text[:characters].split())
    ends = [match.end() for match in re.finditer(r"\S+", piece.source.summary[piece.start : piece.end])]
    stop = piece.source.summary[piece.start : piece.start + ends[words - 1]].rstrip(",;")
    return Piece(piece.source, piece.start, piece.start + len(stop))


def kind_of(contribution: Contribution) -> Literal["names", "studies", "other"]:
    """Whether authors name the thing that is theirs, what they study, or what else they do."""
    if contribution.verb in _NAMING:
        return "names"
    return "studies" if contribution.verb in _STUDYING else "other"


def shorten(piece: Piece, longest: int = LONGEST_WORDS) -> tuple[Piece, bool]:
    """The piece without its full stop, cut where a clause ends before `longest` words.

    A sentence that is only a little too long stays whole; one without a clause to cut at is cut
    before a preposition, never in the middle of a phrase.

    Returns the shorter piece and whether words were left out at its end.
    """
    text = piece.source.summary[piece.start : piece.end]
    stripped = text.rstrip().rstrip(".!?;:,").rstrip()
    end = piece.start + len(stripped)
    words = list(re.finditer(r"\S+", stripped))
    if len(words) <= longest + _GRACE:
        return Piece(piece.source, piece.start, end), False
    limit = words[longest].start()
    for joints in (_CLAUSES, _PHRASES):
        places = [
            match.start()
            for match in joints.finditer(stripped)
            if words[min(8, longest - 1)].start() < match.start() <= limit
            and _balanced(stripped[: match.start()])
        ]
        if places:
            return Piece(piece.source, piece.start, piece.start + places[-1]), True
    return Piece(piece.source, piece.start, piece.start + words[longest - 1].end()), True


def _balanced(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count('"') % 2 == 0


def _trim(source: Source, start: int, end: int) -> Piece | None:
    text = source.summary[start:end]
    # "(2) We add ...": the number belongs to a list that the quotation leaves behind.
    lead = _LEAD.match(text)
    left = lead.end() if lead else 0
    stripped = text[left:].strip()
    return Piece(source, start + left, start + left + len(stripped)) if stripped else None


def find(piece: Piece, pattern: re.Pattern[str]) -> bool:
    """Whether a pattern over `plain` text occurs in the piece."""
    return bool(pattern.search(plain(piece.text)))
