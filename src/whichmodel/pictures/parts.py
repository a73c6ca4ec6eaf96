"""A part of a resized picture, exactly as it comes out of the whole, from the pixels that it depends on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import pyvips, to_vips
from whichmodel.pictures.resample import Kernel, nearest_index, resized

_PIECE = 1 << 18
"""Pixels of the source or the result that are interpolated at once: such pieces stay in the cache of the
processor, which is five times as fast."""


def window_of(box: Box, before: tuple[int, int], after: tuple[int, int]) -> Box:
    """The part of the source that a part of the result depends on, generously.

    Args:
        box: a part of the result.
        before, after: (width, height) of the whole source and the whole result.
    """
    left, right = _reach(box.left, box.right, before[0], after[0])
    top, bottom = _reach(box.top, box.bottom, before[1], after[1])
    return Box(left, top, right, bottom)


def part_of_resized(
    source: NDArray[Any],
    window: Box,
    before: tuple[int, int],
    after: tuple[int, int],
    kernel: Kernel,
    box: Box,
    *,
    floats: bool = False,
) -> NDArray[Any]:
    """A part of the resized picture.

    It is computed in small pieces that are always the same for the same arguments: libvips steps
    through a piece by adding up fractions, and how it cuts a picture by itself depends on the number of
    processors.

    Args:
        source: shape `(h, w, bands)` of the window, `uint8` or `uint16`.
        window: where it lies in the source; must hold `window_of` the box.
        before, after: (width, height) of the whole source and the whole result.
        box: the part of the result.
        floats: leave the values as `float32`, neither rounded nor clipped, instead of the source's type.

    Returns:
        Shape `(h, w, bands)` of the box.
    """
    if kernel == "nearest":
        rows = nearest_index(before[1], after[1])[box.top : box.bottom] - window.top
        columns = nearest_index(before[0], after[0])[box.left : box.right] - window.left
        found = source[rows][:, columns]
        return np.ascontiguousarray(found, np.float32 if floats else source.dtype)
    if before == after:
        found = source[box.within(window).slices]
        return np.ascontiguousarray(found, np.float32 if floats else source.dtype)
    held = np.ascontiguousarray(source)
    # As large as the source, but nothing around the window is ever asked for.
    virtual = to_vips(held).embed(window.left, window.top, *before)
    whole = pyvips.Region.new(resized(virtual, *after, kernel))
    result = np.empty((box.height, box.width, held.shape[2]), np.float32 if floats else held.dtype)
    most = None if floats else float(np.iinfo(held.dtype).max)
    rows_at_once = max(1, _PIECE // max(box.width, window.pixels // box.height))
    for row in range(box.top, box.bottom, rows_at_once):
        count = min(rows_at_once, box.bottom - row)
        values = np.frombuffer(whole.fetch(box.left, row, box.width, count), np.float32)
        if most is not None:
            values = np.rint(values)
            np.clip(values, 0, most, out=values)
        result[row - box.top : row - box.top + count] = values.reshape(count, box.width, -1)
    return result


def _reach(start: int, stop: int, before: int, after: int) -> tuple[int, int]:
    """The stretch of the source that a stretch of the result depends on.

    Lanczos reaches three pixels at the scale of the smaller side, in each of the passes, of which only
    the last one but three can be as wide.
    """
    ratio = before / after
    margin = math.ceil(4 * max(1.0, ratio)) + 8
    return max(0, math.floor(start * ratio) - margin), min(before, math.ceil(stop * ratio) + margin)
