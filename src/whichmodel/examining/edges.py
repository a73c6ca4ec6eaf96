"""How steep a few strong edges are, in the photo and in its result: 10-90 % rise widths.

An edge is sharper in an enlargement than a photo's pixels can show, or it is not; where it is, the steepness was
computed. The width is the distance over which luma rises from 10 % to 90 % of its step, across the edge, counted in
pixels of BEFORE; an ideal edge that a camera or a cubic reduction sampled has about 1 to 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Record
from whichmodel.examining.places import Place

Floats = NDArray[np.float64]

_MOST = 6
"""Edges that are told."""
_APART = 16
"""Pixels of BEFORE between two of them, at least."""
_HALF = 5.0
"""Length of a profile on either side of the edge, pixels of BEFORE."""
_STEP = 1 / 16
_LINES = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Profiles beside each other that are averaged, pixels of BEFORE."""
_CONTRAST = 30.0
"""Least step of luma, 0..255."""


class Edge(Record, frozen=True, kw_only=True):
    """One edge.

    Args:
        x, y: its place in pixels of AFTER.
        before_width, after_width: 10-90 % rise in pixels of BEFORE.
        profile_at: places along the profiles, pixels of BEFORE from the edge.
        before_profile, after_profile: luma there, 0..255.
    """

    x: int
    y: int
    before_width: float
    after_width: float
    profile_at: tuple[float, ...]
    before_profile: tuple[float, ...]
    after_profile: tuple[float, ...]


def strong_edges(seen: Sequence[Place]) -> tuple[Edge, ...]:
    """The steepest edges of BEFORE with their profiles in both pictures, the steepest first; may be empty."""
    found: list[tuple[float, Edge]] = []
    each = max(2, -(-_MOST // max(1, len(seen))))
    for place in seen:
        found += _in_place(place, each)
    found.sort(key=lambda item: -item[0])
    return tuple(edge for _, edge in found[:_MOST])


def _in_place(place: Place, most: int) -> list[tuple[float, Edge]]:
    """Up to `most` edges of a place, with their steepness."""
    luma = place.before.astype(np.float64)
    slope_y, slope_x = (np.gradient(_smoothed(luma), axis=axis) for axis in (0, 1))
    steep: Floats = np.hypot(slope_y, slope_x)
    border = int(_HALF) + 2
    steep[:border], steep[-border:], steep[:, :border], steep[:, -border:] = 0, 0, 0, 0
    found: list[tuple[float, Edge]] = []
    for _ in range(4 * most):
        y, x = (int(each) for each in np.unravel_index(int(steep.argmax()), steep.shape))
        height = float(steep[y, x])
        if height <= 0 or len(found) == most:
            break
        edge = _edge(place, luma, (y, x), (slope_y[y, x] / height, slope_x[y, x] / height))
        if edge is not None:
            found.append((height, edge))
        steep[max(0, y - _APART) : y + _APART, max(0, x - _APART) : x + _APART] = 0
    return found


def _edge(place: Place, luma: Floats, at: tuple[int, int], across: tuple[float, float]) -> Edge | None:
    """The edge through a pixel, where its profile is a step in both pictures."""
    along = np.arange(-_HALF, _HALF + _STEP / 2, _STEP)
    y = at[0] + 0.5 + along[:, None] * across[0] - np.array(_LINES) * across[1]
    x = at[1] + 0.5 + along[:, None] * across[1] + np.array(_LINES) * across[0]
    before = _sampled(luma, y, x).mean(axis=1)
    down, side = place.down, place.across
    large_y, large_x = y * down.scale + down.offset, x * side.scale + side.offset
    after = _sampled(place.after.astype(np.float64), large_y, large_x).mean(axis=1)
    widths = rise_width(before, _STEP), rise_width(after, _STEP)
    if widths[0] is None or widths[1] is None:
        return None
    middle = len(along) // 2
    every = slice(None, None, 4)
    return Edge(
        x=round(float(large_x[middle, 2])) + place.large.left,
        y=round(float(large_y[middle, 2])) + place.large.top,
        before_width=round(widths[0], 2),
        after_width=round(widths[1], 2),
        profile_at=tuple(round(float(each), 3) for each in along[every]),
        before_profile=tuple(round(float(each), 1) for each in before[every]),
        after_profile=tuple(round(float(each), 1) for each in after[every]),
    )


def rise_width(profile: Floats, step: float) -> float | None:
    """The 10-90 % width of the rise at the middle of a profile, in units of `step` times samples.

    The rise reaches from the lowest to the highest point that can be reached from the middle without turning back;
    turns below a tenth of it are ripple. `None` where that is no step of some contrast.

    >>> rise_width(np.clip(np.arange(-50, 51) * 4.0, -100, 100), 1.0)
    40.0
    """
    middle = len(profile) // 2
    low, high = middle, middle
    ripple = 0.1 * float(profile.max() - profile.min())
    for place in range(middle, -1, -1):
        if profile[place] < profile[low]:
            low = place
        elif profile[place] > profile[low] + ripple:
            break
    for place in range(middle, len(profile)):
        if profile[place] > profile[high]:
            high = place
        elif profile[place] < profile[high] - ripple:
            break
    step_height = float(profile[high] - profile[low])
    if step_height < _CONTRAST:
        return None
    rise = np.maximum.accumulate(profile[low : high + 1])
    # Equal neighbours would make the inverse ambiguous.
    rise = rise + np.arange(len(rise)) * 1e-9
    marks = np.interp(profile[low] + np.array([0.1, 0.9]) * step_height, rise, np.arange(len(rise)))
    return float((marks[1] - marks[0]) * step)


def _smoothed(plane: Floats) -> Floats:
    weights = np.array([0.25, 0.5, 0.25])
    for axis in (0, 1):
        padded = np.pad(plane, [(1, 1) if side == axis else (0, 0) for side in (0, 1)], mode="edge")
        count = plane.shape[axis]
        plane = sum(
            weight * np.take(padded, np.arange(i, i + count), axis=axis) for i, weight in enumerate(weights)
        )
    return plane


def _sampled(plane: Floats, y: Floats, x: Floats) -> Floats:
    """Cubic interpolation (Keys 1981, a = -0.5) at points counted from the corner of the first pixel."""
    found = np.zeros(y.shape)
    top, left = np.floor(y - 0.5).astype(int), np.floor(x - 0.5).astype(int)
    for i in range(-1, 3):
        weight_y = _cubic(y - 0.5 - (top + i))
        row = np.clip(top + i, 0, plane.shape[0] - 1)
        for k in range(-1, 3):
            column = np.clip(left + k, 0, plane.shape[1] - 1)
            found += weight_y * _cubic(x - 0.5 - (left + k)) * plane[row, column]
    return found


def _cubic(distance: Floats) -> Floats:
    x = np.abs(distance)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    found: Floats = np.where(x <= 1, near, np.where(x < 2, far, 0.0))
    return found
