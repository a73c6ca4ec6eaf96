"""Numbers of a claim against those of the evidence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import islice, permutations

from whichmodel.answering.audit.evidence import Passage, Text
from whichmodel.answering.audit.words import Number

_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_ASSUMES = re.compile(r"\b(?:assum(?:e|ing)|suppos(?:e|ing))\b", re.IGNORECASE)
# "h × w × 3", "s·h × s·w × 3": the shape of data, no number of a source.
_SHAPE = re.compile(r"(?:\b(?:[a-z]·)?[a-z]₂?\s?[×x]\s?){1,4}\d{1,2}\b|\b\d{1,2}·[a-z]\b")
_SUM = re.compile(
    r"(\d[\d,.]*)\s*([×x*+/÷−-])\s*(\d[\d,.]*)(?:\s*([×x*+/÷−-])\s*(\d[\d,.]*))?\s*=\s*(\d[\d,.]*\d|\d)"
)
_NEAR = 0.011
_MOST_STATED = 60


def all_values(texts: Iterable[str]) -> frozenset[float]:
    """Every number written in digits, those inside names and links too."""
    return frozenset(
        value for text in texts for match in _DIGITS.finditer(text) if (value := _value(match[0])) is not None
    )


def unstated(claim: Text, stated: Iterable[float], *, derive: bool = True) -> list[Number]:
    """Numbers in digits of a claim that are neither stated nor follow from two stated ones by simple arithmetic.

    Args:
        claim: the claim.
        stated: the numbers of the evidence.
        derive: whether sums, differences, products and ratios of stated numbers count as stated.
    """
    values = set(stated)
    shapes = [match.span() for match in _SHAPE.finditer(claim.text)]
    own = [
        number
        for number in claim.numbers
        if not number.spelt and not any(start <= number.start < end for start, end in shapes)
    ]
    missing = [number for number in own if not _among(number.value, values)]
    if missing and derive and len(own) - len(missing) + len(values) > 1:
        reached = _reached(values)
        missing = [number for number in missing if not _among(number.value, reached)]
    return missing


def assumed_from(sentence: str) -> int | None:
    """Where a sentence begins to assume ("Assume a picture of ..."): numbers after that state nothing."""
    match = _ASSUMES.search(sentence)
    return match.start() if match else None


def wrong_sums(sentence: str) -> list[str]:
    """Arithmetic in a sentence that does not come out: "10 × 24 = 250"."""
    wrong = []
    for match in _SUM.finditer(sentence):
        left, first, middle, second, right, result = match.groups()
        value = _apply(_value(left), first, _value(middle))
        if second:
            value = _apply(value, second, _value(right))
        said = _value(result)
        if value is not None and said is not None and abs(value - said) > 0.006 * max(abs(value), 1):
            wrong.append(match[0])
    return wrong


def spelt_differently(claim: Text, passage: Passage | None, stated: Collection[float]) -> bool:
    """Whether claim and passage put different numbers before the same noun, that of the claim being stated nowhere."""
    if passage is None:
        return False
    theirs = _counted(passage)
    return any(
        noun in theirs and value not in theirs[noun] and value not in stated
        for noun, values in _counted(claim).items()
        for value in values
    )


def _counted(text: Text) -> dict[str, set[float]]:
    """Nouns right after a number, with the numbers."""
    found: dict[str, set[float]] = {}
    for number in text.numbers:
        following = list(islice((word for word in text.words if word.start >= number.end), 2))
        for word in following:
            if word.start - number.end <= 24 and not word.text[:1].isdigit():
                found.setdefault(word.stem, set()).add(number.value)
    return found


def _among(value: float, values: Iterable[float]) -> bool:
    return any(
        abs(value - other) <= _NEAR * max(abs(value), 1e-9) * (0.1 if value > 100 else 0) + 1e-9
        for other in values
    )


def _reached(values: Sequence[float] | set[float]) -> set[float]:
    """What two stated numbers give: only a few, so that chance does not make every number right."""
    some = sorted(values)[:_MOST_STATED]
    reached: set[float] = set()
    for a, b in permutations(some, 2):
        if a > b:
            reached.add(round(a - b, 6))
            if b and (a / b) == int(a / b):
                reached.add(a / b)
        if a <= 100 and b <= 100:
            reached.add(round(a + b, 6))
    return reached


def _value(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text.replace(",", "").rstrip("."))
    except ValueError:
        return None


def _apply(a: float | None, sign: str, b: float | None) -> float | None:
    if a is None or b is None:
        return None
    if sign in "×x*":
        return a * b
    if sign == "+":
        return a + b
    if sign in "/÷":
        return a / b if b else None
    return a - b
