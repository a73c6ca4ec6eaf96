"""Changes that need no model: "crop to 4:3", "rotate 90 degrees to the left", "a bit brighter", "black 5 %".

They are read before the rest of a question, by their exact words, and blanked out in it, so that what is left is
understood as if they had not been said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from whichmodel.domain import Edit, Parameter, Words

_IT = r"(?:\s+(?:it|this|that|them|(?:the|my|this|that|our)\s+(?:\w+\s+)?(?:photo|picture|image|scan|print)\w*))?"
_NUMBER = r"\d{1,5}(?:\.\d{1,4})?"
_SIDE = r"top left|top right|bottom left|bottom right|top|bottom|left|right|centre|center|middle"
_STRENGTH = r"(?:a (?:bit|little|touch|lot)|slightly|somewhat|much|far|very)"
_TONE = rf"(?P<strong>{_STRENGTH})?\s*(?P<tone>brighter|lighter|darker)(?:\s+(?P<after>{_STRENGTH}))?"

_GAMMA = {"": 1.25, "weak": 1.12, "strong": 1.6}
"""Exponents that make the middle of the range (128 of 255) 147, 138 and 166."""
_SPAN = {"": 0.05, "weak": 0.025, "strong": 0.1}
"""Share of the range that is cut off at each end for more contrast: its slope grows by 11, 5 and 25 %."""

Found = tuple[Literal["crop", "rotate", "levels"], dict[str, Parameter]] | None


@dataclass(frozen=True, slots=True)
class Edits:
    """What was read.

    Args:
        edits: in the order in which they were said.
        rest: the question with their words blanked out, each character in its place.
    """

    edits: tuple[Edit, ...]
    rest: str


def read_edits(question: str) -> Edits:
    """The changes that a request asks for which need no model.

    >>> read_edits("crop to 4:3 and enlarge 2x").edits[0].parameters
    {'aspect': '4:3'}
    >>> read_edits("rotate it 90 degrees to the left").edits[0].parameters
    {'angle': -90.0}
    """
    found: list[Edit] = []
    rest = question
    for pattern, read in _READERS:
        for match in pattern.finditer(rest):
            made = read(match)
            if made is None or _refused(rest, match.start()):
                continue
            operation, parameters = made
            words = Words(text=question[match.start() : match.end()], start=match.start(), end=match.end())
            found.append(Edit(operation=operation, parameters=parameters, words=words))
        for edit in found:
            start, end = edit.words.start, edit.words.end
            rest = rest[:start] + " " * (end - start) + rest[end:]
    return Edits(tuple(sorted(found, key=lambda edit: edit.words.start)), rest)


def _refused(text: str, start: int) -> bool:
    return bool(
        re.search(r"(?:\bnot|n't|\bnever|\bwithout|\bno)\s+(?:\w+\s+)?$", text[:start], re.IGNORECASE)
    )


def _cropped(match: re.Match[str]) -> Found:
    parameters: dict[str, Parameter] = {}
    if match["aspect"]:
        parameters["aspect"] = ":".join(re.findall(_NUMBER, match["aspect"]))
    elif match["square"]:
        parameters["aspect"] = "1:1"
    elif match["wide"]:
        parameters |= {"width": int(match["wide"]), "height": int(match["high"])}
    else:
        return None
    side = (match["side"] or "").lower()
    if side and side not in ("centre", "center", "middle"):
        parameters["gravity"] = side.replace(" ", "-")
    return "crop", parameters


def _turned(match: re.Match[str]) -> Found:
    angle = float(match["angle"] or 90)
    way = (match["way"] or "").lower()
    if not match["angle"] and not way:
        return None
    if angle > 360:
        return None
    back = "counter" in way or "anti" in way or "left" in way
    return "rotate", {"angle": -angle if back else angle}


def _straightened(match: re.Match[str]) -> Found:
    angle = float(match["angle"])
    back = bool(match["minus"]) or "left" in (match["way"] or "").lower()
    return ("rotate", {"angle": -angle if back else angle}) if angle <= 45 else None


def _toned(match: re.Match[str]) -> Found:
    strength = _strength(f"{match['strong'] or ''}{match['after'] or ''}")
    gamma = _GAMMA[strength]
    return "levels", {"gamma": round(1 / gamma, 3) if match["tone"].lower() == "darker" else gamma}


def _toned_by_verb(match: re.Match[str]) -> Found:
    gamma = _GAMMA[_strength(match["strong"])]
    return "levels", {"gamma": round(1 / gamma, 3) if match["tone"].lower() == "darken" else gamma}


def _contrasted(match: re.Match[str]) -> Found:
    cut = _SPAN[_strength(match["strong"] or "")]
    return "levels", {"black": cut, "white": 1 - cut}


def _levelled(match: re.Match[str]) -> Found:
    low, high = float(match["low"]) / 100, float(match["high"]) / 100
    return ("levels", {"black": round(low, 4), "white": round(high, 4)}) if low < high <= 1 else None


def _strength(words: str) -> str:
    words = words.lower()
    if not words:
        return ""
    return "weak" if re.search(r"bit|little|touch|slight|somewhat", words) else "strong"


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_FROM = rf"(?:\s+(?:from|at|keeping|towards?|around)\s+(?:the\s+)?(?P<side>{_SIDE}))?"
_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Found]], ...] = (
    (
        _compiled(
            rf"\b(?:crop|trim)(?:ped|ping)?{_IT}\s+(?:in)?to\s+(?:a\s+|an\s+)?(?:(?P<square>square)|"
            rf"(?P<wide>\d{{3,5}})\s*[x×]\s*(?P<high>\d{{3,5}})(?!\s*(?:[cm]m|in|m)\b)\s*(?:px|pixels?)?|"
            rf"(?P<aspect>{_NUMBER}\s*(?::|/|to|by)\s*{_NUMBER}))(?!\w)"
            rf"(?:\s+(?:format|shape|ratio|aspect ratio|crop))?{_FROM}"
        ),
        _cropped,
    ),
    (
        _compiled(rf"\b(?:turn|rotate|flip){_IT}\s+(?:it\s+)?upside[- ]down\b"),
        lambda match: ("rotate", {"angle": 180.0}),
    ),
    (
        _compiled(
            rf"\b(?:rotat(?:e|ing)|turn(?:ing)?){_IT}(?:\s+by)?(?:\s+(?P<angle>{_NUMBER})\s*(?:°|deg\b|degrees?\b))?"
            rf"(?:\s+(?P<way>(?:counter|anti)[- ]?clockwise|clockwise|(?:to\s+the\s+)?(?:left|right)))?"
        ),
        _turned,
    ),
    (
        _compiled(
            rf"\bstraighten(?:ing)?{_IT}\s+(?:by\s+)?(?P<minus>[-−])?(?P<angle>{_NUMBER})\s*(?:°|deg\b|degrees?\b)"
            rf"(?:\s+(?P<way>(?:to\s+the\s+)?(?:left|right)))?"
        ),
        _straightened,
    ),
    (_compiled(rf"\b(?:make|made){_IT}\s+{_TONE}(?!\w)"), _toned),
    (
        _compiled(
            rf"\b(?P<tone>brighten|lighten|darken)(?:ing)?{_IT}\s+(?P<strong>{_STRENGTH})(?P<after>)(?!\w)"
        ),
        _toned_by_verb,
    ),
    (
        _compiled(
            rf"\b(?:(?:add|give(?:\s+it)?|with)\s+(?P<strong>{_STRENGTH})?\s*more\s+contrast|"
            rf"(?:increase|raise|boost)\s+(?:the\s+)?contrast)\b"
        ),
        _contrasted,
    ),
    (
        _compiled(
            rf"\b(?:set\s+(?:the\s+)?)?levels\s+(?:from\s+|to\s+)?(?P<low>{_NUMBER})\s*%?"
            rf"\s*(?:to|and|-|–)\s*(?P<high>{_NUMBER})\s*%"
        ),
        _levelled,
    ),
    (
        _compiled(rf"\b(?:set\s+(?:the\s+)?)?gamma\s+(?:to\s+|of\s+)?(?P<gamma>{_NUMBER})"),
        lambda match: (
            ("levels", {"gamma": float(match["gamma"])}) if 0.1 <= float(match["gamma"]) <= 10 else None
        ),
    ),
)
