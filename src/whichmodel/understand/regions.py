"""Regions of a picture that a request wants left alone: "but leave the background as it is".

What is said there asks for no work, so it is taken out before the rest is understood: "leave the faces alone"
is no wish for faces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from whichmodel.domain import Words
from whichmodel.understand.phrases import plain

_CONNECTIVE = r"(?:[,;.]?\s*\b(?:but|and|while|yet|though|only)\s+)?(?:please\s+)?"
_WHAT = (
    r"((?:\w[\w'’-]*)(?:(?:,(?=\s+(?:the|my|and|or)\b))?\s+(?!as\b|alone\b|the\s+same\b)\w[\w'’-]*){0,8}?)"
)
_SO = (
    r"(?:just\s+|completely\s+|exactly\s+|all\s+)?"
    r"(?:alone|untouched|unchanged|unaltered|intact|the\s+same|as\s+is|as\s+(?:it|they)\s+(?:is|are|was|were))\b"
)
_LEAVE = re.compile(rf"{_CONNECTIVE}\b(?:leave|leaving|keep|keeping)\s+{_WHAT}\s+{_SO}")
_DO_NOT = re.compile(
    rf"{_CONNECTIVE}\b(?:don't|do not|never|without)\s+(?:touch|chang|alter|modify|affect)\w*\s+{_WHAT}"
    r"(?=\s*(?:[,.;:!?]|$|\bbut\b|\bthen\b))"
)
_AND = re.compile(r"\s*(?:,|\band\b|\bor\b|\bnor\b)\s*")

_REGIONS = (
    ("background", re.compile(r"\b(?:back\s?grounds?|surroundings)\b")),
    ("faces", re.compile(r"\bfaces?\b")),
    (
        "subject",
        re.compile(
            r"\b(?:subjects?|foreground|persons?|people|figures?|model|man|woman|men|women|girl|boy|child|children|"
            r"kids?|baby|babies|family|couple|bride|groom|dogs?|cats?|pets?|animals?|product|main (?:object|thing))\b"
        ),
    ),
)
# Properties of the whole picture are no regions; nor is what a pronoun stands for.
_NO_REGION = re.compile(
    r"\b(?:it|its|them|this|that|these|those|anything|everything|rest|else|size|sizes|resolution|aspect|ratio|shape|"
    r"proportions?|format|file|names?|colou?rs?|tones?|brightness|contrast|light|lighting|style|look|feel|mood|meaning|"
    r"content|composition|identity|expressions?|quality|details?|text|words|wording|layout|original|picture|photo|image|"
    r"way|much|too|no|nothing|noise|grain)\b"
)


@dataclass(frozen=True, slots=True)
class Regions:
    """What a request wants left alone.

    Args:
        kept: region ("background", "subject", "faces") -> the words that say so.
        unread: words that name another region, which nothing here can find.
        rest: the request with those words blanked out, of the same length, so that places stay.
    """

    kept: dict[str, Words]
    unread: tuple[Words, ...]
    rest: str


def read_regions(question: str) -> Regions:
    """The regions that a request wants left alone.

    >>> found = read_regions("enlarge it 4x but leave the background alone")
    >>> list(found.kept), found.rest.rstrip()
    (['background'], 'enlarge it 4x')
    >>> [words.text for words in read_regions("sharpen it, don't touch the sky").unread]
    ["don't touch the sky"]
    """
    text = plain(question)
    kept: dict[str, Words] = {}
    unread: list[Words] = []
    rest = question
    for pattern in (_LEAVE, _DO_NOT):
        for match in pattern.finditer(text):
            start = match.start() + len(match.group()) - len(_without_connective(match.group()))
            words = Words(text=question[start : match.end()], start=start, end=match.end())
            named = [_region(part) for part in _AND.split(match.group(1)) if part.strip()]
            if not any(named) and _NO_REGION.search(match.group(1)):
                continue
            for region in named:
                if region:
                    kept.setdefault(region, words)
            if not any(named):
                unread.append(words)
            elif not all(named):
                unread += _unnamed(question, *match.span(1))
            if any(named):
                rest = rest[: match.start()] + " " * len(match.group()) + rest[match.end() :]
    return Regions(kept, tuple(unread), rest)


def _region(part: str) -> str:
    """The region that a few words name; empty where it is none that can be found."""
    return next((name for name, pattern in _REGIONS if pattern.search(part)), "")


def _unnamed(question: str, start: int, end: int) -> list[Words]:
    """The parts of an enumeration that name no region which can be found."""
    found, begin = [], start
    for separator in (*_AND.finditer(plain(question)[:end], start), None):
        stop = separator.start() if separator else end
        text = question[begin:stop].strip()
        if text and not _region(plain(text)):
            place = question.index(text, begin)
            found.append(Words(text=text, start=place, end=place + len(text)))
        begin = separator.end() if separator else end
    return found


def _without_connective(text: str) -> str:
    found = re.match(_CONNECTIVE, text)
    return (text[found.end() :] if found else text).lstrip(" ,;.")
