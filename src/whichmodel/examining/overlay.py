"""BEFORE and AFTER laid over each other, block by block: what the forward model says about each.

Of a block of AFTER, x, and the part of BEFORE under it, y, three things follow from the reduction D and the
recovery R = U (D U)^-1 (`pictures.reduction`):

- `D x - y`: where it is not 0, AFTER contradicts BEFORE;
- `R D x`: the part of AFTER that its own reduction determines;
- `x - R D x`: the rest, in the null space of D. Nothing in BEFORE speaks for or against it.

So `x - R y = (x - R D x) + R (D x - y)`: what was added to BEFORE is what is free plus what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.geometry import Geometry, axes_of, laid
from whichmodel.pictures import Viewed
from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import from_vips
from whichmodel.pictures.reduction import KERNELS, Axis, Stretch, applied

Floats = NDArray[np.float32]

MARGIN = 14
"""Pixels of BEFORE around a block that are looked at with it: beyond them nothing changes a block by 1/1000."""
_EDGE = 2
"""Pixels of BEFORE along the edge of a crop that are not compared: part of what made them was cut off."""


@dataclass(frozen=True)
class Block:
    """What follows for one block; values on the scale 0..255.

    Args:
        small: the part of BEFORE under the block and `MARGIN` more, as its box.
        before: BEFORE there, in AFTER's colours, shape `(h, w, 3)`.
        error: `D x - y` there, 0 where it cannot be compared.
        compared: shape `(h, w)`, where it can.
        free: `x - R D x` of the block and its surroundings, shape `(H, W, 3)`.
        large: which part of AFTER that is.
    """

    small: Box
    before: Floats
    error: Floats
    compared: NDArray[np.bool_]
    free: Floats
    large: Box


class Overlay:
    """BEFORE in memory, turned to lie like AFTER, and the axes from the one to the other.

    Where AFTER has fewer pixels, BEFORE is reduced to its size first.
    """

    def __init__(self, before: Viewed, after_size: tuple[int, int], geometry: Geometry) -> None:
        self.size = after_size
        self.down, self.across = axes_of(geometry, (before.width, before.height), after_size)
        pixels = laid(from_vips(before.lazy()), geometry.mirrored, geometry.quarter_turns)
        self._unit = np.float32(255 / ((1 << before.bits) - 1))
        if self.down.scale < 1 or self.across.scale < 1:
            pixels, self.down, self.across = _reduced(pixels, self.down, self.across)
        self._pixels = pixels
        # What is no change is not undone: a gain that was only measured adds noise.
        shift = geometry.colour
        told = shift.largest >= COLOUR_CHANGE
        self._gain = np.array(shift.gain if told else (1.0,) * 3, np.float32)
        self._offset = np.array(shift.offset if told else (0.0,) * 3, np.float32)

    @property
    def scale(self) -> float:
        """Pixels of AFTER for each of BEFORE, along a side; at least 1."""
        return float(np.sqrt(self.down.scale * self.across.scale))

    def before(self, box: Box) -> Floats:
        """A part of BEFORE in AFTER's colours, shape `(h, w, 3)`, 0..255."""
        part = self._pixels[box.slices].astype(np.float32) * self._unit
        if part.shape[2] == 1:
            part = np.repeat(part, 3, axis=2)
        found: Floats = np.clip(part * self._gain + self._offset, 0, 255)
        return found

    def needs(self, rows: Stretch, kernel: str, around: int) -> Stretch:
        """The rows of AFTER on which a block of these rows depends."""
        small = self.down.under(rows, MARGIN)
        first, last = self.down.over(small, KERNELS[kernel].reach + 1)
        return max(0, min(first, rows[0] - around)), min(self.size[1], max(last, rows[1] + around))

    def block(
        self, box: Box, after: Floats, window: Box, kernel: str, around: int, *, recover: bool = True
    ) -> Block | None:
        """Look at one block; `None` where BEFORE does not reach.

        Args:
            box: of AFTER.
            after: AFTER's pixels in `window`, shape `(h, w, 3)`, 0..255; `window` holds what is needed.
            kernel: blur of the reduction.
            around: pixels of AFTER around the block that `free` shall hold too.
            recover: whether `free` is wished; else it is 0.
        """
        down, across = self.down, self.across
        rows = down.under((box.top, box.bottom), MARGIN)
        columns = across.under((box.left, box.right), MARGIN)
        if rows[1] - rows[0] < 1 or columns[1] - columns[0] < 1:
            return None
        reach = KERNELS[kernel].reach + 1
        high_rows, high_columns = down.over(rows, reach), across.over(columns, reach)
        source = Box(high_columns[0], high_rows[0], high_columns[1], high_rows[1])
        x = after[source.within(window).slices]
        shrunk = applied(
            down.reduction(kernel, rows, high_rows), across.reduction(kernel, columns, high_columns), x
        )
        small = Box(columns[0], rows[0], columns[1], rows[1])
        before = self.before(small)
        compared = np.outer(_compared(down, rows), _compared(across, columns))
        # BEFORE could not hold what is darker than black or lighter than white.
        error = (np.clip(shrunk, 0, 255) - before) * compared[:, :, None]
        large = box.grown(around, *self.size)
        free = after[large.within(window).slices]
        if not recover:
            free = np.zeros_like(free)
        elif down.scale == 1 and across.scale == 1 and down.offset == 0 == across.offset:
            # Nothing is free: every pixel was measured.
            free = np.zeros_like(free)
        else:
            free = free - applied(
                down.recovery(kernel, (large.top, large.bottom), rows),
                across.recovery(kernel, (large.left, large.right), columns),
                shrunk,
            )
        return Block(small, before, error, compared, free, large)


COLOUR_CHANGE = 4.0
"""Largest difference, 0..255, up to which colours count as left alone everywhere."""


def _compared(axis: Axis, small: Stretch) -> NDArray[np.bool_]:
    """Which pixels of a stretch AFTER shows whole, with what made them."""
    place = np.arange(*small)
    start, end = place * axis.scale + axis.offset, (place + 1) * axis.scale + axis.offset
    edge = _EDGE * axis.scale
    low = 0 if axis.offset >= -1e-6 else edge
    high = 0 if axis.offset + axis.scale * axis.small <= axis.large + 1e-6 else edge
    found: NDArray[np.bool_] = (start >= low - 1e-6) & (end <= axis.large - high + 1e-6)
    return found


def _reduced(pixels: NDArray[Any], down: Axis, across: Axis) -> tuple[NDArray[Any], Axis, Axis]:
    """BEFORE at AFTER's size and place where AFTER is the smaller one, and the axes that are left."""
    inverse = [
        Axis(1 / axis.scale, -axis.offset / axis.scale, axis.large, axis.small) for axis in (down, across)
    ]
    top = float(np.iinfo(pixels.dtype).max)
    height, width = inverse[0].small, inverse[1].small
    result = np.empty((height, width, pixels.shape[2]), pixels.dtype)
    columns = inverse[1].reduction("cubic", (0, width), (0, inverse[1].large))
    for first in range(0, height, 256):
        rows = (first, min(height, first + 256))
        held = inverse[0].over(rows, 3)
        part = pixels[slice(*held)].astype(np.float32)
        values = applied(inverse[0].reduction("cubic", rows, held), columns, part)
        result[slice(*rows)] = np.clip(np.rint(values), 0, top).astype(pixels.dtype)
    return result, Axis(1.0, 0.0, height, height), Axis(1.0, 0.0, width, width)
