"""How much larger: factors and print sizes in plain words.

"twice", "4×", "x4", "by a factor of 8", "9.6 times larger", "200 %", "60x90 cm at 150 dpi", "A3".
Numbers that count something else ("3x faster", "2x2 grid") are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from whichmodel.domain import InputError, PixelSize, PrintSize, Words
from whichmodel.understand.phrases import find_all, plain

_NUMBER = r"\d{1,4}(?:[.,]\d{1,3})?"
_WORDED = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "sixteen": 16, "twenty": 20,
}  # fmt: skip
_WORD_NUMBER = "|".join(_WORDED)
_NOT_SIZE = (
    r"(?!\s*(?:as\s+)?(?:fast|quick|good|cheap|faster|quicker|slower|cheaper|speed|more\s+accurate|better|smaller|fewer|less|"
    r"the\s+(?:price|speed|cost|time)|a\s+(?:day|week|month|year)|per\b|longer|more\s+often))"
)
_FACTORS = (
    # 4x, 4 x, 4×, 9.6x; not 60x90 and not 2x2
    re.compile(rf"(?<![\w.,])({_NUMBER})\s?x(?![\w])(?!\s*\d){_NOT_SIZE}"),
    re.compile(rf"(?<![\w.,])x\s?({_NUMBER})(?![\w.,]\d)(?!\w)"),
    re.compile(rf"(?<![\w.,])({_NUMBER}|{_WORD_NUMBER})(?:\s+|-)(?:times|fold){_NOT_SIZE}"),
    re.compile(rf"(?<![\w.,])({_NUMBER}|{_WORD_NUMBER})-?fold\b{_NOT_SIZE}"),
    re.compile(
        rf"\b(?:factor\s+(?:of\s+)?|(?:enlarg|upscal|scal|magnif|blow|blew|zoom)\w*\s+(?:\w+\s+){{0,3}}?by\s+)"
        rf"({_NUMBER}|{_WORD_NUMBER})(?![\w%])(?!\s*(?:%|percent|cm|mm|inch|dpi|px|pixel|second|minute))"
    ),
)
_TIMES = re.compile(rf"\btimes\s+({_NUMBER}|{_WORD_NUMBER})\b{_NOT_SIZE}")
# "from 500 px to 2000 px": a factor by division. Names of video formats stand for their rows of pixels.
_ROWS = {"sd": 480, "hd": 720, "full hd": 1080, "2k": 1440, "4k": 2160, "uhd": 2160, "8k": 4320}
_FORMAT = r"(\d{3,5})\s?(?:px|pixels?|p|i)?|(full hd|sd|hd|2k|4k|uhd|8k)"
_FROM_TO = re.compile(
    rf"\bfrom\s+(?:{_FORMAT})(?:\s+\w+)?\s+(?:up\s+)?to\s+(?:{_FORMAT})(?!\w)(?!\s*(?:%|dollars?|euros?))"
)
# Longer sides of video formats, ITU-R BT.709 and BT.2020.
_LONGER = {"full hd": 1920, "2k": 2560, "4k": 3840, "uhd": 3840, "8k": 7680}
_PIXELS_NAMED = re.compile(r"\b(?:to|in|into|at|for)\s+(?:a\s+|an\s+|my\s+)?(full hd|2k|4k|uhd|8k)\b")
_PIXELS_BOTH = re.compile(r"\b(\d{3,5})\s?(?:px|pixels)?\s?(?:x|by)\s?(\d{3,5})\s?(?:px|pixels)\b")
_PIXELS_ONE = re.compile(r"\b(\d{3,5})\s?-?(?:px|pixels?)\s+(wide|across|tall|high)\b")
_PERCENT = re.compile(rf"\b(?:to|at)\s+({_NUMBER})\s?(?:%|percent)")
_FIXED = (
    (re.compile(r"\b(?:twice|doubl(?:e|ed|es|ing))\b" + _NOT_SIZE), 2.0),
    (re.compile(r"\b(?:tripl(?:e|ed|es|ing)|thrice)\b" + _NOT_SIZE), 3.0),
    (re.compile(r"\b(?:quadrupl(?:e|ed|es|ing))\b" + _NOT_SIZE), 4.0),
)
# Sizes that are large but open: only an arbitrary-scale model or a computed chain can serve them.
OPEN_SIZE = (
    "wall print", "full wall", "whole wall", "wall-sized", "wall size|sized", "wall|walls", "poster*",
    "billboard*", "banner*", "mural*", "any size", "any scale", "any magnification", "any resolution",
    "arbitrary scale|size", "gigapixel*", "big|large|huge|giant print", "canvas print", "exhibition print",
    "print .. huge|giant|large", "huge print", "far|way beyond .. original|normal", "beyond .. original size",
    "infinitely", "endlessly", "keep* zooming", "as far as i want*", "no matter how far|much",
)  # fmt: skip
_UNIT_CM = {
    "cm": 1.0, "centimetres": 1.0, "centimeters": 1.0, "centimetre": 1.0, "centimeter": 1.0, "mm": 0.1,
    "m": 100.0, "metres": 100.0, "meters": 100.0, "metre": 100.0, "meter": 100.0,
    "in": 2.54, "inch": 2.54, "inches": 2.54, '"': 2.54, "ft": 30.48, "feet": 30.48, "foot": 30.48,
}  # fmt: skip
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNIT_CM, key=len, reverse=True))
_AREA = re.compile(rf"(?<![\w.,])({_NUMBER})\s?({_UNIT})?\s?(?:x|by)\s?({_NUMBER})\s?({_UNIT})(?!\w)")
_WIDE = re.compile(rf"(?<![\w.,])({_NUMBER})\s?-?\s?({_UNIT})\s+(?:wide|across|tall|high)\b")
_DPI = re.compile(r"(\d{2,4})\s?(?:dpi|ppi)\b")
_PAPER = re.compile(r"\b(a[0-5])\b(?=\s*(?:print|poster|paper|sheet|size|format|at\b|,|\.|$|\?))")
# "A letter" is read and written; only with one of these words it is paper.
_SHEET = re.compile(
    r"\b(letter|tabloid)(?:\s+|-)(?:size|sized|format|paper|print|sheet)\b|\bus(?:\s+|-)(letter|tabloid)\b"
)
# ISO 216 and ANSI/ASME Y14.1, portrait, in centimetres.
PAPER_CM = {
    "a0": (84.1, 118.9), "a1": (59.4, 84.1), "a2": (42.0, 59.4),
    "a3": (29.7, 42.0), "a4": (21.0, 29.7), "a5": (14.8, 21.0),
    "letter": (21.59, 27.94), "tabloid": (27.94, 43.18),
}  # fmt: skip
_PAPER_FIRST = re.compile(rf"\s*(?:{'|'.join(PAPER_CM)})\b(?!\s*print)", re.IGNORECASE)
_WALL = re.compile(r"\b(?:walls?|murals?|billboards?|banners?)\b")
_SEEN = re.compile(
    rf"\b(?:(?:seen|viewed|looked at|viewing distance)\s+(?:from\s+|of\s+)?|from\s+)(?:about\s+|a\s+distance\s+of\s+)?"
    rf"({_NUMBER})\s?({_UNIT})(?!\w)(\s+away\b)?"
)
_LEAST_DPI, _MOST_DPI = 5, 4800
_LARGEST = 9999.0


def read_scale(question: str) -> tuple[float | Literal["any"] | None, Words | None]:
    """The factor of enlargement that a question names, and the words that name it.

    Returns `"any"` for a large but open size ("poster", "wall print"). An explicit factor wins.

    >>> read_scale("I blew it up 4×")[0], read_scale("make it twice as big")[0]
    (4.0, 2.0)
    >>> read_scale("it runs 3x faster")[0] is None
    True
    >>> read_scale("to fill a full wall print")[0]
    'any'
    """
    text = plain(question)
    for pattern in _FACTORS:
        for match in pattern.finditer(text):
            factor = _number(match.group(1))
            if 0 < factor <= _LARGEST:
                return factor, _words(question, *match.span())
    for ratio, span in _ratios(text):
        return ratio, _words(question, *span)
    for pattern, value in _FIXED:
        fixed = pattern.search(text)
        if fixed:
            return value, _words(question, *fixed.span())
    percent = _PERCENT.search(text)
    if percent and _number(percent.group(1)) > 100:
        return _number(percent.group(1)) / 100, _words(question, *percent.span())
    found = find_all(OPEN_SIZE, text)
    if found:
        _, start, end = max(found, key=lambda item: item[2] - item[1])
        return "any", _words(question, start, end)
    return None, None


def _ratios(text: str) -> Iterator[tuple[float, tuple[int, int]]]:
    """Factors above 1 that are said as two sizes, and those said behind "times"."""
    for match in _FROM_TO.finditer(text):
        before, before_name, after, after_name = match.groups()
        start = float(before) if before else _ROWS[before_name]
        end = float(after) if after else _ROWS[after_name]
        years = all(value and 1800 <= float(value) <= 2100 for value in (before, after))
        if start < end <= _LARGEST * start and not years:
            yield round(end / start, 3), match.span()
    for match in _TIMES.finditer(text):
        yield _number(match.group(1)), match.span()


def read_print_size(question: str) -> PrintSize | None:
    """A print size with its unit, and the dots per inch if said.

    >>> size = read_print_size("enlarge to 60x90 cm at 150 dpi")
    >>> size.width_cm, size.height_cm, size.dpi
    (60.0, 90.0, 150)
    """
    text = plain(question)
    dpi_match = _DPI.search(text)
    dpi = int(dpi_match.group(1)) if dpi_match else None
    for found in (_read_area(text), _read_paper(text), _read_side(text)):
        if found is not None:
            width, height, span = found
            return PrintSize(
                width_cm=round(width, 3) if width is not None else None,
                height_cm=round(height, 3) if height is not None else None,
                dpi=dpi,
                words=_words(question, *span),
                wall=bool(_WALL.search(text)),
                distance_cm=_read_distance(text),
            )
    return None


def print_size_of(text: str, dpi: int | None = None) -> PrintSize:
    """The print size that stands alone: `"60x90cm"`, `"24x36in"`, `"A3"`, `"letter"`, `"wall 3x2 m"`.

    Args:
        dpi: dots per inch; else those in the text, if any.

    Raises:
        InputError: not understood, a size of nothing, or dots per inch out of range.
    """
    paper = _PAPER_FIRST.match(text)
    size = read_print_size(text if paper is None else f"{paper.group()} print{text[paper.end() :]}")
    if size is None:
        raise InputError(
            f"the print size {text!r} is not understood",
            hint="say it like 60x90cm, 24x36in, A3, letter, '90 cm wide', or 'wall 3x2 m'",
        )
    if not all(side is None or side > 0 for side in (size.width_cm, size.height_cm, size.distance_cm)):
        raise InputError(f"the print size {text!r} has a length of 0")
    return size if dpi is None else checked_dpi(size, dpi)


def checked_dpi(size: PrintSize, dpi: int) -> PrintSize:
    """A print size with other dots per inch; raises `InputError` where they are out of range."""
    if not _LEAST_DPI <= dpi <= _MOST_DPI:
        raise InputError(f"{dpi} dots per inch are not from {_LEAST_DPI} to {_MOST_DPI}")
    return msgspec.structs.replace(size, dpi=dpi)


_Read = tuple[float | None, float | None, tuple[int, int]]


def _read_area(text: str) -> _Read | None:
    """Width and height in centimetres, and where they stand: "60x90 cm", "2 ft by 30 in"."""
    area = _AREA.search(text)
    if area is None:
        return None
    last = _UNIT_CM[area.group(4)]
    first = _UNIT_CM[area.group(2)] if area.group(2) else last
    return _number(area.group(1)) * first, _number(area.group(3)) * last, area.span()


def _read_paper(text: str) -> _Read | None:
    """A size of paper by its name."""
    paper = _PAPER.search(text) or _SHEET.search(text)
    if paper is None:
        return None
    return *PAPER_CM[next(name for name in paper.groups() if name)], paper.span()


def _read_side(text: str) -> _Read | None:
    """One side: "90 cm wide"."""
    wide = _WIDE.search(text)
    if wide is None:
        return None
    length = _number(wide.group(1)) * _UNIT_CM[wide.group(2)]
    tall = wide.group().endswith(("tall", "high"))
    return None if tall else length, length if tall else None, wide.span()


def _read_distance(text: str) -> float | None:
    """Centimetres from which it will be seen: "seen from 2 m", "from 2 m away"."""
    for match in _SEEN.finditer(text):
        # "From 10 cm to 60 cm" is no distance.
        if match.group(3) or not match.group().startswith("from"):
            return _number(match.group(1)) * _UNIT_CM[match.group(2)]
    return None


def read_pixel_size(question: str) -> PixelSize | None:
    """A size in pixels: "1000 pixels wide", "to 1920x1080 px", "to 4K".

    >>> size = read_pixel_size("enlarge it to 4K")
    >>> size.longer
    3840
    """
    text = plain(question)
    both = _PIXELS_BOTH.search(text)
    if both:
        words = _words(question, *both.span())
        return PixelSize(width=int(both.group(1)), height=int(both.group(2)), words=words)
    one = _PIXELS_ONE.search(text)
    if one:
        side = int(one.group(1))
        words = _words(question, *one.span())
        tall = one.group(2) in ("tall", "high")
        return PixelSize(height=side, words=words) if tall else PixelSize(width=side, words=words)
    named = _PIXELS_NAMED.search(text)
    if named and not _FROM_TO.search(text):
        return PixelSize(longer=_LONGER[named.group(1)], words=_words(question, *named.span()))
    return None


def _number(text: str) -> float:
    return float(_WORDED[text]) if text in _WORDED else float(text.replace(",", "."))


def _words(question: str, start: int, end: int) -> Words:
    return Words(text=question[start:end], start=start, end=end)
