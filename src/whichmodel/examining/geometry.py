"""How a result lies over the picture that it was made from: orientation, scale, crop and colour; or that it does not.

The search is that of `examining.search` (phase correlation on small copies), the refinement that of
`examining.refine` (least squares, finer than a pixel). Whether two pictures belong together is decided by the
correlation of their fine structure where they overlap: `BELONG`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError, Record
from whichmodel.examining.copies import shrunk_copy
from whichmodel.examining.refine import Placed, correlation, fitted_colour, refined
from whichmodel.examining.search import candidates
from whichmodel.pictures import Viewed
from whichmodel.pictures.reduction import Axis
from whichmodel.pictures.resample import resample

BELONG = 0.4
"""Least correlation of fine structure of pictures that belong together and show the same area. See
`benchmarks/evidence.py --part geometry`: different photographs stay far below, honest enlargements far above."""
BELONG_CROPPED = 0.5
"""The same where a crop was sought and found: the best of very many places fits a little by chance ..."""
_CHANCE = 12.0
"""... the more so the less both show: at least this much over the root of the number of BEFORE's pixels that AFTER
shows. Of 20 pairs of different photographs 18 stayed below 10.6."""

_COPY = 640
"""Longest side of the copies on which the place is refined, in pixels."""
_SURE = 0.8
"""A candidate this good ends the search."""
_CLEARLY = 0.1
"""By this much another place must correlate better than that of the whole photo."""
_SNAP = 0.25
"""A picture's corner this close to the other's, in pixels of the smaller, is taken to lie on it."""

Floats = NDArray[np.float32]


class ColourShift(Record, frozen=True, kw_only=True):
    """How the colours of a result differ everywhere: `after = gain * before + offset`.

    Args:
        gain: for each channel; 1 where nothing changed.
        offset: for each channel, on the scale 0..255.
        largest: largest difference that it makes to a channel between the 5th and 95th percentile of BEFORE,
            0..255.
    """

    gain: tuple[float, ...]
    offset: tuple[float, ...]
    largest: float


class Geometry(Record, frozen=True, kw_only=True):
    """How AFTER lies over BEFORE.

    BEFORE is first mirrored left to right if `mirrored`, then turned by `quarter_turns` quarters clockwise; then
    its point (x, y), counted in pixels from the corner, lies at `(scale_x x + offset_x, scale_y y + offset_y)`
    of AFTER.

    Args:
        mirrored, quarter_turns: the eight ways in which a picture can lie; 0 to 3 turns.
        scale_x, scale_y: pixels of AFTER for each of BEFORE, as it lies then.
        offset_x, offset_y: where BEFORE begins, in pixels of AFTER; negative where AFTER is a crop.
        cropped: whether AFTER does not show all of BEFORE, or more than it.
        overlap: left, top, right, bottom of what both show, in pixels of AFTER.
        colour: how the colours differ everywhere.
        confidence: correlation of the fine structure of both where they overlap, -1..1.
    """

    mirrored: bool
    quarter_turns: int
    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float
    cropped: bool
    overlap: tuple[int, int, int, int]
    colour: ColourShift
    confidence: float

    @property
    def turned(self) -> bool:
        """Whether BEFORE must be mirrored or turned to lie like AFTER."""
        return self.mirrored or self.quarter_turns != 0


@dataclass(frozen=True)
class Best:
    """The best way to lay two pictures over each other, whether or not they belong together."""

    mirrored: bool
    quarter_turns: int
    placed: Placed
    confidence: float
    whole: bool = False


def find_geometry(before: Viewed, after: Viewed) -> Geometry:
    """Find how `after` lies over `before`.

    Both are read once, reduced while they are read. Found are crops down to a quarter of a side, scales of the
    whole from 1/2 to 16, quarter turns and mirrorings, and colours that were changed by a gain and an offset for
    each channel. Not found are other angles, perspective, and stretching by more than 3 %.

    Raises:
        InputError: the pictures do not belong together, as far as can be seen.
    """
    first, second = shrunk_copy(before, _COPY), shrunk_copy(after, _COPY)
    best = best_fit(first, second)
    needed = BELONG if best is None else _needed(best, first.shape, second.shape)
    if best is None or best.confidence < needed:
        found = "nothing fits" if best is None else f"the best fit correlates by {best.confidence:.2f}"
        raise InputError(
            f"the two pictures do not belong together: {found}, and {needed:.2g} is needed",
            hint="AFTER must show BEFORE, or a part of at least a quarter of its sides, enlarged, turned by"
            " quarters, mirrored or with other colours",
        )
    return _told(before, after, first, second, best)


def _needed(best: Best, before: tuple[int, ...], after: tuple[int, ...]) -> float:
    """The least correlation with which a fit of two copies counts."""
    high, wide = before[:2] if best.quarter_turns % 2 == 0 else before[1::-1]
    placed = best.placed
    # Of a fit that was refined but lies over the whole nothing was sought either.
    near = 0.03 * max(after[:2])
    if best.whole or (
        max(abs(placed.offset_y), abs(placed.offset_x)) < near
        and abs(placed.offset_y + placed.scale_y * high - after[0]) < near
        and abs(placed.offset_x + placed.scale_x * wide - after[1]) < near
    ):
        return BELONG
    seen = min(high, after[0] / placed.scale_y) * min(wide, after[1] / placed.scale_x)
    return float(max(BELONG_CROPPED, _CHANCE / np.sqrt(max(1.0, seen))))


def best_fit(before: Floats, after: Floats) -> Best | None:
    """The best fit of two copies of shape `(h, w, c)`, 0..255; `None` where no place is worth a look."""
    grey = before.mean(axis=2), after.mean(axis=2)
    coarse = [_halved(each) for each in grey]
    best: Best | None = None
    whole: Best | None = None
    for place in candidates(*grey):
        lying = laid(grey[0], place.mirrored, place.quarter_turns)
        # Where much was painted over, least squares may run away from a place that was right.
        for placed in (refined(lying, grey[1], place.placed), place.placed):
            if placed is None:
                continue
            score = correlation(lying, grey[1], placed)
            if place.whole and placed is place.placed:
                # Where BEFORE is noisy and AFTER is not, what is fine has little in common.
                low = laid(coarse[0], place.mirrored, place.quarter_turns)
                score = max(
                    score,
                    correlation(low, coarse[1], _between_copies(placed, lying, low, *grey[1:], coarse[1])),
                )
                if whole is None or score > whole.confidence:
                    whole = Best(place.mirrored, place.quarter_turns, placed, score, whole=True)
            if best is None or score > best.confidence:
                best = Best(place.mirrored, place.quarter_turns, placed, score)
        if best is not None and best.confidence > _SURE:
            break
    # Most results show the whole photo: another place must fit clearly better.
    if best is not None and whole is not None and whole.confidence > best.confidence - _CLEARLY:
        return whole
    return best


def _halved(pixels: Floats) -> Floats:
    size = [max(1, side // 2) for side in pixels.shape]
    return resample(np.ascontiguousarray(pixels[:, :, None]), size[1], size[0], "linear")[:, :, 0]


def _between_copies(placed: Placed, before: Floats, low: Floats, after: Floats, low_after: Floats) -> Placed:
    """A place between two copies as one between smaller copies of both."""
    down, across = (low_after.shape[i] / after.shape[i] for i in (0, 1))
    return Placed(
        placed.scale_y * down * before.shape[0] / low.shape[0],
        placed.scale_x * across * before.shape[1] / low.shape[1],
        placed.offset_y * down,
        placed.offset_x * across,
    )


def laid(pixels: NDArray[Any], mirrored: bool, quarter_turns: int) -> NDArray[Any]:
    """An array `(h, w, ...)` mirrored left to right if wished and then turned clockwise."""
    lying = pixels[:, ::-1] if mirrored else pixels
    return np.ascontiguousarray(np.rot90(lying, -quarter_turns))


def axes_of(geometry: Geometry, before: tuple[int, int], after: tuple[int, int]) -> tuple[Axis, Axis]:
    """The vertical and the horizontal axis; sizes are (width, height), of BEFORE as it lies in its file."""
    wide, high = before if geometry.quarter_turns % 2 == 0 else before[::-1]
    return (
        Axis(geometry.scale_y, geometry.offset_y, high, after[1]),
        Axis(geometry.scale_x, geometry.offset_x, wide, after[0]),
    )


def _told(before: Viewed, after: Viewed, first: Floats, second: Floats, best: Best) -> Geometry:
    """The fit of the copies as one of the pictures, with what lies on a corner put on it."""
    lying = laid(first, best.mirrored, best.quarter_turns)
    wide, high = (before.width, before.height)[:: -1 if best.quarter_turns % 2 else 1]
    placed = best.placed
    sides = []
    for scale, offset, small, small_copy, large, large_copy in (
        (placed.scale_y, placed.offset_y, high, lying.shape[0], after.height, second.shape[0]),
        (placed.scale_x, placed.offset_x, wide, lying.shape[1], after.width, second.shape[1]),
    ):
        grown = large / large_copy
        sides.append(_snapped(scale * grown * small_copy / small, offset * grown, small, large))
    (scale_y, offset_y), (scale_x, offset_x) = sides
    edges = [
        (max(0, round(offset)), min(large, round(offset + scale * small)))
        for scale, offset, small, large in (
            (scale_x, offset_x, wide, after.width),
            (scale_y, offset_y, high, after.height),
        )
    ]
    cropped = not (
        abs(offset_x) < 1e-9
        and abs(offset_y) < 1e-9
        and abs(scale_x * wide - after.width) < 1e-6
        and abs(scale_y * high - after.height) < 1e-6
    )
    gain, shift, largest = fitted_colour(lying, second, placed)
    return Geometry(
        mirrored=best.mirrored,
        quarter_turns=best.quarter_turns,
        scale_x=scale_x,
        scale_y=scale_y,
        offset_x=offset_x,
        offset_y=offset_y,
        cropped=cropped,
        overlap=(edges[0][0], edges[1][0], edges[0][1], edges[1][1]),
        colour=ColourShift(gain=gain, offset=shift, largest=largest),
        confidence=best.confidence,
    )


def _snapped(scale: float, offset: float, small: int, large: int) -> tuple[float, float]:
    """Scale and offset, with both ends of the small side on those of the large one if they lie next to them."""
    # One pixel of the copies is several of the pictures, and what is measured there is no finer than a share of it.
    close = max(_SNAP * max(1.0, scale) * max(1.0, small / _COPY), 0.51)
    if abs(offset) < close and abs(offset + scale * small - large) < close:
        return large / small, 0.0
    whole = round(scale)
    # A crop is cut at whole pixels of a picture that was enlarged by a whole number, more often than not.
    if whole >= 1 and abs(scale - whole) * small < close:
        middle = offset + scale * small / 2 - whole * small / 2
        return float(whole), float(round(middle)) if abs(middle - round(middle)) < 0.3 else middle
    return scale, offset
