"""Faces and text in a result: the places where a wrong guess matters most, called out with what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Record
from whichmodel.examining.invention import Kind
from whichmodel.examining.maps import Maps
from whichmodel.pictures import Box, Raster

What = Literal["face", "text"]
Boxes = tuple[tuple[float, float, float, float], ...]
Looked = tuple[Boxes | None, str]
"""Left, top, right, bottom of each, in pixels; or `None` and why they were not looked for."""

MOST = 12
"""Things of one sort that are called out; the largest."""
_LEAST = 6
"""Pixels of a side of the smallest thing."""
WRONG = 0.1
"""Share of a thing that contradicts BEFORE from which that is what is told of it."""
_SUPPORTED = 0.9
"""Share of a thing that is supported from which nothing is to be told."""
_READABLE = {"face": 32.0, "text": 8.0}
"""Height in pixels of BEFORE below which a thing's features are finer than BEFORE shows: of a face, of a line."""


class Thing(Record, frozen=True, kw_only=True):
    """A face or a line of text in AFTER.

    Args:
        what: `"face"` or `"text"`.
        left, top, right, bottom: in pixels of AFTER.
        height_before: its height in pixels of BEFORE.
        supported, guess, invented, contradicts, outside: shares of its pixels by class, 0..1.
        told: what that means, for people.
    """

    what: What
    left: int
    top: int
    right: int
    bottom: int
    height_before: float
    supported: float
    guess: float
    invented: float
    contradicts: float
    outside: float
    told: str


@dataclass(frozen=True)
class Things:
    """What was found, and for each sort that was not looked for, why."""

    found: tuple[Thing, ...]
    not_looked: dict[str, str]


def things(
    looked: Raster,
    size: tuple[int, int],
    scale: float,
    maps: Maps,
    lookers: dict[What, Callable[[Raster], Looked]],
) -> Things:
    """Look for faces and text in a result, and say of each what it rests on.

    Args:
        looked: AFTER, or a smaller copy.
        size: width and height of AFTER.
        scale: pixels of AFTER for each of BEFORE, downwards.
        lookers: for each sort what finds it, as `photo.things.faces_of`; what needs weights that are not here
            says so and gives `None`.
    """
    told: list[Thing] = []
    missing: dict[str, str] = {}
    grown = size[0] / looked.width
    for what, look in lookers.items():
        boxes, why = look(looked)
        if boxes is None:
            missing[what] = why
            continue
        large = sorted(boxes, key=lambda box: -(box[2] - box[0]) * (box[3] - box[1]))[:MOST]
        told += [
            thing
            for box in large
            if (thing := _thing(what, [edge * grown for edge in box], size, scale, maps)) is not None
        ]
    return Things(tuple(told), missing)


def _thing(what: What, box: Sequence[float], size: tuple[int, int], scale: float, maps: Maps) -> Thing | None:
    place = Box(
        max(0, round(box[0])),
        max(0, round(box[1])),
        min(size[0], round(box[2])),
        min(size[1], round(box[3])),
    )
    if place.right - place.left < _LEAST or place.bottom - place.top < _LEAST:
        return None
    shares = _shares(maps.classes, size[0], place)
    height = (place.bottom - place.top) / max(1.0, scale)
    return Thing(
        what=what,
        left=place.left,
        top=place.top,
        right=place.right,
        bottom=place.bottom,
        height_before=round(height, 1),
        supported=shares[Kind.SUPPORTED],
        guess=shares[Kind.GUESS],
        invented=shares[Kind.INVENTED],
        contradicts=shares[Kind.CONTRADICTS],
        outside=shares[Kind.OUTSIDE],
        told=_told(what, shares, height),
    )


def _shares(classes: Path, width: int, box: Box) -> dict[Kind, float]:
    """Shares of the classes in a part of the map."""
    counts = np.zeros(len(Kind), np.int64)
    with classes.open("rb") as file:
        for row in range(box.top, box.bottom):
            file.seek(row * width + box.left)
            line: NDArray[np.uint8] = np.frombuffer(file.read(box.width), np.uint8)
            counts += np.bincount(line, minlength=len(Kind))
    total = max(1, int(counts.sum()))
    return {kind: round(float(counts[kind] / total), 4) for kind in Kind}


def _told(what: What, shares: dict[Kind, float], height: float) -> str:
    """One or two sentences that claim no more than the shares and the size hold."""
    added = shares[Kind.GUESS] + shares[Kind.INVENTED]
    many = f"{height:.0f} pixels high in your photo"
    if shares[Kind.OUTSIDE] > 0.5:
        return f"This {_NAMES[what]} is not in your photo at all: all of it was made up."
    if shares[Kind.CONTRADICTS] >= WRONG:
        return {
            "face": "This face is not what your photo shows there: it differs even where the photo is clear. Do not"
            " take it for the person.",
            "text": "The letters here are not what your photo shows: do not read a word or a number from them.",
        }[what]
    if shares[Kind.SUPPORTED] >= _SUPPORTED:
        return {
            "face": f"This face ({many}) shows hardly anything that your photo does not hold.",
            "text": f"This text ({many}) shows hardly anything that your photo does not hold.",
        }[what]
    if height < _READABLE[what] or shares[Kind.INVENTED] > 0.2:
        return {
            "face": f"This face is a guess: it is {many}, too few for eyes, mouth and skin. It need not look like"
            " the person; do not recognise anybody by it.",
            "text": f"The letters on this sign are a guess: they are {many}. Do not read a number from them.",
        }[what]
    return {
        "face": f"Of this face ({many}) {added:.0%} has detail that was added: the shape is the photo's; lashes, skin"
        " and the line of the lips are guesses.",
        "text": f"Of what looks like letters ({many}) {added:.0%} has edges that were added: what you can read in the"
        " photo stands; check each number there, not here.",
    }[what]


_NAMES: dict[What, str] = {"face": "face", "text": "text"}
