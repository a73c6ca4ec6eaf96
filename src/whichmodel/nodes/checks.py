"""Is a result plausible? A wrong picture must never be reported as a success.

Black tiles, swapped tiles, constant pictures and lost colour channels are what broken runs look like.
All of them move the *local mean*; honest enlargement and resampling hardly do. The result is looked at
unit by unit while it is at hand, so that a large one is not read a second time.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import StepError
from whichmodel.nodes.operation import Samples, Size, Unit, row_bands
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Kind, Raster

MEAN_TOLERANCE = 0.3
"""Greatest difference of a block's mean before and after, as a share of the sample range. Measured at
SPAN 2x and 4x: at most 0.015 on photographs, 0.05 on tiny pictures, 0.23 on one-pixel checkerboards and
hatching, which no picture of the real world looks like. Generous, so that drawings pass."""

CONTRAST_FLOOR = 0.02
"""Inputs whose samples span less than this share of the range may come out constant by rounding."""

_BLOCKS = 32
_BLOCK_SIDE = 16


class Likeness:
    """Compares a step's result with its input from afar: block by block, by the mean.

    Blocks are at least 16 pixels wide in both where the pictures allow it, and at most 32 a side.

    Args:
        name: of the step, for messages.
        before: what the result must look like.
        size, kind: of the result.
        most: greatest plausible difference of a local mean, as a share 0..1 of the range.
    """

    def __init__(
        self, name: str, before: Raster, size: Size, kind: Kind, most: float = MEAN_TOLERANCE
    ) -> None:
        self._most = most
        rows = _edges(before.height, size.height)
        columns = _edges(before.width, size.width)
        self._name = name
        self._before = _Means(rows[0], columns[0], before.kind)
        self._after = _Means(rows[1], columns[1], kind)
        for band in row_bands(Size(before.width, before.height)):
            self._before.add(band.target, before.read(band.target))

    def add(self, box: Box, colour: NDArray[Any]) -> None:
        """Take in a finished part of the result: shape `(h, w, bands)`."""
        self._after.add(box, colour)

    def check(self) -> None:
        """Judge, when every part of the result was taken in once.

        Raises:
            StepError: constant although the input is not, or local means that left the input.
        """
        name = self._name
        if self._before.span > CONTRAST_FLOOR and self._after.span == 0:
            raise StepError(f"step {name!r} gave a picture of one single colour, which its input is not")
        worst = self.difference()
        if worst > self._most:
            raise StepError(
                f"step {name!r}: the result does not look like its input: a local mean moved by"
                f" {worst:.0%} of the range (at most {self._most:.0%} is plausible)",
                hint="the network or its weights may be damaged: whichmodel weights verify",
            )

    def difference(self) -> float:
        """Greatest difference between the means of corresponding blocks, as a share 0..1 of the range."""
        before, after = self._before.shares(), self._after.shares()
        if before.shape[2] != after.shape[2]:  # grey and colour meet in their mean
            before, after = (means.mean(axis=2, keepdims=True) for means in (before, after))
        return float(np.abs(before - after).max())


class _Means:
    """Sums of a picture's blocks, taken in part by part."""

    def __init__(self, rows: list[int], columns: list[int], kind: Kind) -> None:
        self._rows = rows
        self._columns = columns
        self._top = kind.top
        self._sums = np.zeros((len(rows) - 1, len(columns) - 1, kind.bands), np.uint64)
        self._lowest, self._highest = kind.top, 0

    @property
    def span(self) -> float:
        """Share 0..1 of the range between the darkest and the brightest sample."""
        return (self._highest - self._lowest) / self._top

    def add(self, box: Box, colour: NDArray[Any]) -> None:
        self._lowest = min(self._lowest, int(colour.min()))
        self._highest = max(self._highest, int(colour.max()))
        across = _cuts(self._columns, box.left, box.right)
        starts = [start for _, start, _ in across]
        first = across[0][0]
        for block, top, bottom in _cuts(self._rows, box.top, box.bottom):
            # 32 bits hold the sum of 65,537 rows of 16 bits; a unit is never so high.
            line = colour[top:bottom].sum(axis=0, dtype=np.uint32)
            self._sums[block, first : first + len(across)] += np.add.reduceat(
                line, starts, axis=0, dtype=np.uint64
            )

    def shares(self) -> NDArray[np.float64]:
        """Mean of each block, 0..1 of the range: shape `(rows, columns, bands)`."""
        area = np.outer(np.diff(self._rows), np.diff(self._columns))[:, :, None]
        means: NDArray[np.float64] = self._sums / (area * float(self._top))
        return means


def check_samples(unit: Unit, given: Samples, kind: Kind) -> None:
    """Check that a unit gave what was planned.

    Raises:
        StepError: another size, sample type or number of channels than planned.
    """
    due = (unit.target.height, unit.target.width, kind.bands)
    if given.colour.shape[:2] != due[:2]:
        height, width = given.colour.shape[:2]
        raise StepError(f"gave {width} × {height} pixels instead of {due[1]} × {due[0]}")
    if given.colour.shape != due or given.colour.dtype != kind.dtype:
        raise StepError("changed the sample type or the number of channels")
    if (given.alpha is not None) != kind.alpha:
        raise StepError("lost or invented transparency")
    if given.alpha is not None and (given.alpha.shape != due[:2] or given.alpha.dtype != kind.dtype):
        raise StepError("gave transparency of another size or sample type")


def _edges(before: int, after: int) -> tuple[list[int], list[int]]:
    count = max(1, min(_BLOCKS, min(before, after) // _BLOCK_SIDE))
    first = [before * i // count for i in range(count + 1)]
    return first, [round(edge * after / before) for edge in first]


def _cuts(edges: list[int], start: int, stop: int) -> list[tuple[int, int, int]]:
    """Where blocks meet a stretch: number of the block, and the part of the stretch, counted from it."""
    return [
        (block, max(low, start) - start, min(high, stop) - start)
        for block, (low, high) in enumerate(pairwise(edges))
        if low < stop and high > start
    ]
