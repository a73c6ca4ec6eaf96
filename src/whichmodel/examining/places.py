"""Places of a pair that are looked at closely: squares of BEFORE, spread over what both pictures show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.overlay import Overlay
from whichmodel.pictures import Box, Raster
from whichmodel.pictures.reduction import Axis

Floats = NDArray[np.float32]

SIDE = 96
"""Side of a place in pixels of BEFORE, at most."""
_ALONG = 4
"""Places along each side, at most."""
_LEAST = 24
"""A smaller place tells nothing."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Place:
    """A square of BEFORE and what AFTER shows of it; luma (BT.601), 0..255.

    Args:
        small: the square.
        before: shape of the square.
        large: the pixels of AFTER that lie over it.
        after: their luma.
        down, across: the axes from the square to those pixels, counted from the corner of either.
    """

    small: Box
    before: Floats
    large: Box
    after: Floats
    down: Axis
    across: Axis


def places(overlay: Overlay, after: Raster) -> Iterator[Place]:
    """Up to 16 places, from top to bottom; none where the pictures are too small.

    Args:
        after: read in parts, from anywhere.
    """
    unit = np.float32(255 / after.kind.top)
    for top, bottom in _stretches(overlay.down):
        for left, right in _stretches(overlay.across):
            small = Box(left, top, right, bottom)
            rows, columns = overlay.down.over((top, bottom)), overlay.across.over((left, right))
            large = Box(columns[0], rows[0], columns[1], rows[1])
            luma: Floats = after.read(large).astype(np.float32) * unit
            luma = luma @ _LUMA if luma.shape[2] == 3 else luma[:, :, 0]
            yield Place(
                small,
                overlay.before(small) @ _LUMA,
                large,
                luma,
                _moved(overlay.down, (top, bottom), rows),
                _moved(overlay.across, (left, right), columns),
            )


def _stretches(axis: Axis) -> list[tuple[int, int]]:
    """Where squares begin and end along a side of BEFORE, within what AFTER shows."""
    first = max(0, int(np.ceil(-axis.offset / axis.scale)))
    last = min(axis.small, int(np.floor((axis.large - axis.offset) / axis.scale)))
    side = min(SIDE, last - first)
    if side < _LEAST:
        return []
    count = min(_ALONG, (last - first) // side)
    starts = (
        np.linspace(first, last - side, count).round().astype(int)
        if count > 1
        else [(first + last - side) // 2]
    )
    return [(int(start), int(start) + side) for start in starts]


def _moved(axis: Axis, small: tuple[int, int], large: tuple[int, int]) -> Axis:
    offset = axis.offset + axis.scale * small[0] - large[0]
    return Axis(axis.scale, offset, small[1] - small[0], large[1] - large[0])
