"""Find thin lines and small spots that do not belong to a photograph, in its lightness.

Both are found by what morphology calls a top hat (J. Serra: "Image Analysis and Mathematical Morphology",
1982): what an opening by a square takes away is bright and narrower than the square; what a closing adds is
dark and narrow. A photograph has narrow things of its own, so they count only where they stand out:

- against the clutter around: the mean square of both top hats over 65 × 65 pixels, and the share of pixels
  there with a top hat half as high;
- *lines* by the profile across that A. Kokaram ("Detection and removal of line scratches in degraded motion
  picture sequences", 1996) describes: higher than both sides, which are about equally high, for a scratch
  lies over a scene that goes on below it; and by going straight on: of the pixels on a stretch of 61 pixels,
  in one of 40 directions, most are such;
- *spots* by being alone: hardly anything around is half as high.

What is found is then followed to half the height (hysteresis), at most six pixels far. All numbers are whole,
and every pixel is decided by what lies at most `MARGIN` pixels away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.int16]
Mask = NDArray[np.bool_]

_SQUARE = 4
"""Half the side of the square of the top hats, less one half: what is at most 8 pixels wide is narrow."""
_WINDOW = 32
"""Half the side of the window in which clutter is measured."""
_SIDE = 3
"""Distance of the pixels on both sides of a line from its middle."""
_LENGTH, _STEP = 61, 2
"""Pixels of a stretch of a line, and the distance at which they are looked at."""
_DIRECTIONS = 40
_FOLLOWED = 6
_WIDENED = 1
_LEVELS = (10, 15, 25, 40)
"""Heights at which clutter is counted."""

MARGIN = 2 * _SQUARE + _WINDOW + (_LENGTH + 3) + _SIDE + _FOLLOWED + _WIDENED + 1
"""How far around a pixel everything lies that decides about it."""


@dataclass(frozen=True, slots=True)
class Level:
    """How much must speak for damage.

    Args:
        line: least height of a line, of 255; `line_clutter`: as multiple of the root mean square around.
        share: of the pixels of a stretch that must be such.
        even: least ratio of a line's height to the difference of its sides.
        spot, spot_clutter: the same for spots; `crowd`: largest share of pixels around with half the height.
        bends: whether a line may bend: one pixel to the side, and all of a stretch is taken for a line, to
            its ends; else it must be straight, and the middles of stretches are taken.
    """

    line: int
    line_clutter: float
    share: float
    even: float
    spot: int
    spot_clutter: float
    crowd: float
    bends: bool


STRICT = Level(line=12, line_clutter=2.0, share=0.9, even=4, spot=30, spot_clutter=8, crowd=0.05, bends=False)
"""What it flags is nearly always damage, or very much like it; it misses most of what is faint."""
KEEN = Level(line=12, line_clutter=1.3, share=0.9, even=4, spot=28, spot_clutter=4.5, crowd=0.07, bends=True)
"""For photographs that are known to be damaged: in clean ones it flags wires, twigs and glints."""


def damaged(light: Light, level: Level) -> Mask:
    """Which pixels are lines or spots, with what belongs to them.

    Args:
        light: lightness 0..255 of a part with `MARGIN` pixels around on each side: shape `(h, w)`.

    Returns:
        Shape `(h - 2 * MARGIN, w - 2 * MARGIN)`.
    """
    opened, closed = _opened(light), 255 - _opened(255 - light)
    hats = (light - opened, closed - light)
    either = np.maximum(*hats)
    area = (2 * _WINDOW + 1) ** 2
    clutter = np.sqrt(_sums(either.astype(np.int32) ** 2) / area)
    alone = {height: _sums((either >= height).astype(np.int32)) <= level.crowd * area for height in _LEVELS}
    found = np.zeros(light.shape, np.bool_)
    for hat, plane in zip(hats, (light, 255 - light), strict=True):
        needed = np.maximum(level.spot, clutter * level.spot_clutter)
        spots = np.zeros(light.shape, np.bool_)
        for height in _LEVELS:
            spots |= alone[height] & (hat >= 2 * height)
        spots &= hat >= needed
        rise = np.maximum(level.line, clutter * level.line_clutter).astype(np.int16)
        lines = _lines(plane, rise, level)
        found |= _followed(spots, 2 * hat >= needed) | _followed(lines, 2 * hat >= rise)
    for _ in range(_WIDENED):
        found = _spread(found)
    return found[MARGIN:-MARGIN, MARGIN:-MARGIN]


def _lines(plane: Light, rise: Light, level: Level) -> Mask:
    """Pixels in the middle of bright lines."""
    found = np.zeros(plane.shape, np.bool_)
    half = _LENGTH // 2 // _STEP * _STEP
    least = math.ceil(level.share * (half // _STEP * 2 + 1))
    for number in range(_DIRECTIONS):
        angle = math.pi * number / _DIRECTIONS
        cosine, sine = math.cos(angle), math.sin(angle)
        one, other = (
            _moved(plane, sign * round(_SIDE * cosine), -sign * round(_SIDE * sine)) for sign in (1, -1)
        )
        height = plane - np.maximum(one, other)
        on = (height >= rise) & (height >= level.even * np.abs(one - other))
        if not on.any():
            continue
        near = on
        if level.bends:
            side = (1, 0) if abs(cosine) >= abs(sine) else (0, 1)
            near = on | _moved(on, *side) | _moved(on, -side[0], -side[1])
        counts = np.zeros(plane.shape, np.uint8)
        for place in range(-half, half + 1, _STEP):
            counts += _moved(near, round(place * sine), round(place * cosine))
        middles = on & (counts >= least)
        found |= middles
        if level.bends and middles.any():
            stretch = middles.copy()
            for place in range(-half, half + 1):
                stretch |= _moved(middles, round(place * sine), round(place * cosine))
            found |= on & _spread(stretch)
    return found


def _opened(light: Light) -> Light:
    """The opening by a square: the highest of the lowest."""
    for extreme in (np.minimum, np.maximum):
        for axis in (0, 1):
            result = light
            for distance in range(1, _SQUARE + 1):
                step = (distance, 0) if axis == 0 else (0, distance)
                result = extreme(result, extreme(_moved(light, *step), _moved(light, -step[0], -step[1])))
            light = result
    return light


def _followed(seeds: Mask, allowed: Mask) -> Mask:
    """Seeds with the allowed pixels that are connected to them, a few pixels far."""
    for _ in range(_FOLLOWED):
        seeds = seeds | (_spread(seeds) & allowed)
    return seeds


def _spread(mask: Mask) -> Mask:
    rows = mask | _moved(mask, 1, 0) | _moved(mask, -1, 0)
    spread: Mask = rows | _moved(rows, 0, 1) | _moved(rows, 0, -1)
    return spread


def _sums(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Sums over the window around each pixel; near the rim, which is cut off later, of what is there."""
    total = values.astype(np.int64)
    for axis in (0, 1):
        pads = [(0, 0), (0, 0)]
        pads[axis] = (_WINDOW + 1, _WINDOW)
        sums = np.cumsum(np.pad(total, pads), axis=axis, dtype=np.int64)
        width = 2 * _WINDOW + 1
        total = sums[width:] - sums[:-width] if axis == 0 else sums[:, width:] - sums[:, :-width]
    return total


def _moved(plane: NDArray[Any], down: int, right: int) -> NDArray[Any]:
    """What lies so many pixels further on; the rim is filled with what is there."""
    if down == right == 0:
        return plane
    height, width = plane.shape
    result = plane.copy()
    to = (slice(max(0, -down), min(height, height - down)), slice(max(0, -right), min(width, width - right)))
    source = (
        slice(max(0, down), min(height, height + down)),
        slice(max(0, right), min(width, width + right)),
    )
    result[to] = plane[source]
    return result
