"""Is what a document shows what the program prints? Compared token by token, with room for what may differ.

- `[…]` stands for anything, also for nothing.
- White space is one blank however much of it there is: documents break lines elsewhere.
- A number may be off by 5 %, or by two in its last place: arithmetic differs from processor to processor.
- Seconds, minutes and megabytes are those of another computer: any number does.
"""

from __future__ import annotations

import re

ELISION = "[…]"
_TOKEN = re.compile(r"\[…\]|\d+(?:,\d{3})*(?:\.\d+)?|\w+|[^\w\s]")
_UNITS = frozenset(("s", "ms", "min", "minutes", "seconds", "MB", "GB"))
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def tokens(text: str) -> list[str]:
    """Numbers, words and signs of a text in their order."""
    return _TOKEN.findall(_ESCAPES.sub("", text))


def mismatch(shown: str, printed: str) -> str | None:
    """Where the two part, in words; `None` where the printed text is what is shown."""
    wanted, there = tokens(shown), tokens(printed)
    parts: list[list[str]] = [[]]
    for token in wanted:
        if token == ELISION:
            parts.append([])
        else:
            parts[-1].append(token)
    if len(parts) == 1:
        return _exactly(wanted, there)
    first, *middle, last = parts
    if _differ_at(first, there) is not None:
        return _told(first, there[: len(first) + 5], _differ_at(first, there) or 0)
    at = len(first)
    for part in middle:
        found = next(
            (i for i in range(at, len(there) - len(part) + 1) if _differ_at(part, there[i:]) is None), None
        )
        if found is None:
            return _nearest(part, there[at:])
        at = found + len(part)
    if len(there) - at < len(last) or _differ_at(last, there[len(there) - len(last) :]) is not None:
        return f"not printed at the end: {' '.join(last)}\nthe end is: {' '.join(there[-len(last) - 5 :])}"
    return None


def _exactly(wanted: list[str], there: list[str]) -> str | None:
    at = _differ_at(wanted, there)
    if at is None and len(there) > len(wanted):
        at = len(wanted)
    return None if at is None else _told(wanted, there, at)


def _differ_at(wanted: list[str], there: list[str]) -> int | None:
    """The first place at which `there` does not begin as `wanted` says."""
    for place, token in enumerate(wanted):
        after = wanted[place + 1] if place + 1 < len(wanted) else ""
        if place >= len(there) or not _same(token, there[place], after):
            return place
    return None


def _same(wanted: str, there: str, after: str) -> bool:
    if wanted == there:
        return True
    if not (wanted[0].isdigit() and there[0].isdigit()):
        return False
    try:
        first, second = float(wanted.replace(",", "")), float(there.replace(",", ""))
    except ValueError:  # letters follow the digits: a hash, or a name
        return False
    last_place = 10.0 ** -len(wanted.partition(".")[2])
    return after in _UNITS or abs(first - second) <= max(0.05 * abs(first), 2.001 * last_place)


def _nearest(part: list[str], there: list[str]) -> str:
    """Where the most of a part is printed, and how it goes on there."""
    ends = [_differ_at(part, there[i:]) or 0 for i in range(len(there))] or [0]
    begin = ends.index(max(ends))
    return "nowhere printed as a whole; the nearest:\n" + _told(part, there[begin:], max(ends))


def _told(wanted: list[str], there: list[str], at: int) -> str:
    begin = max(0, at - 6)
    return f"shown:   … {' '.join(wanted[begin : at + 12])}\nprinted: … {' '.join(there[begin : at + 12])}"
