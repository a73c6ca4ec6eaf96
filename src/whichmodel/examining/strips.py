"""The forward model strip by strip, so that memory does not grow with the pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.rows import Rows
from whichmodel.pictures import Box, Viewed
from whichmodel.pictures.parts import part_of_resized, window_of
from whichmodel.runtimes.ncnn import usable_threads

_STRIP = 16_000_000
"""Most pixels of the larger picture in one strip of whole rows, as it was read."""
_BLOCK = 1024
"""Side of a block of the larger picture, about; in blocks values are floats. What surrounds a block is computed
with it: 10 % more at this size."""

Size = tuple[int, int]


@dataclass(frozen=True)
class Errors:
    """Mean squared differences at the size of comparison, on the scale 0..255.

    Args:
        result: of the result and the input.
        bicubic: of the input enlarged bicubically and the input; `None` where nothing was enlarged.
    """

    result: float
    bicubic: float | None


def errors(before: Viewed, after: Viewed, small: Size) -> Errors:
    """Bring both to the size `small` by the forward model, and compare.

    Args:
        before, after: each is read once, from top to bottom.
        small: (width, height); no larger than either.
    """
    enlarged = after.width > before.width or after.height > before.height
    rows = Rows(before), Rows(after)
    results: list[float] = []
    plain: list[float] = []

    def collect(done: Future[tuple[float, float]]) -> None:
        own, reference = done.result()
        results.append(own)
        plain.append(reference)

    threads = usable_threads()
    waiting: deque[Future[tuple[float, float]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for strip in _strips(small, before, after):
            model = _Strip(before, after, small, strip, rows, enlarged=enlarged)
            for block in _blocks(strip, max(before.width, after.width)):
                waiting.append(pool.submit(model.squares, block))
            # Not more strips in memory than the one that is worked on.
            while waiting:
                collect(waiting.popleft())
    count = small[0] * small[1] * (1 if before.is_grey and after.is_grey else 3)
    own_count = small[0] * small[1] * (1 if before.is_grey else 3)
    return Errors(sum(results) / count, sum(plain) / own_count if enlarged else None)


class _Strip:
    """Whole rows of both pictures, enough to compare a strip at the small size."""

    def __init__(
        self,
        before: Viewed,
        after: Viewed,
        small: Size,
        strip: Box,
        rows: tuple[Rows, Rows],
        *,
        enlarged: bool,
    ) -> None:
        self._small = small
        self._low_size, self._high_size = (before.width, before.height), (after.width, after.height)
        self._low_top, self._high_top = ((1 << picture.bits) - 1 for picture in (before, after))
        self._enlarged = enlarged
        low, high = self._windows(strip)
        self._low_rows, self._high_rows = low.top, high.top
        self._low = rows[0].take(low.top, low.bottom)
        self._high = rows[1].take(high.top, high.bottom)

    def squares(self, block: Box) -> tuple[float, float]:
        """Summed squared differences of the result and of plain enlargement from the input, in a block."""
        low_window, high_window = self._windows(block)
        low = _cut(self._low, low_window, self._low_rows)
        high = _cut(self._high, high_window, self._high_rows)
        small, low_size, high_size = self._small, self._low_size, self._high_size
        own = part_of_resized(low, low_window, low_size, small, "cubic", block, floats=True)
        own *= np.float32(255 / self._low_top)
        shrunk = part_of_resized(high, high_window, high_size, small, "cubic", block, floats=True)
        shrunk *= np.float32(255 / self._high_top)
        if not self._enlarged:
            return _squares(own, shrunk), 0.0
        made = part_of_resized(low, low_window, low_size, high_size, "cubic", high_window, floats=True)
        # Stored with the bits of the result, as a file of it would be.
        made *= np.float32(self._high_top / self._low_top)
        np.rint(made, out=made)
        np.clip(made, 0, self._high_top, out=made)
        stored = made.astype(high.dtype)
        plain = part_of_resized(stored, high_window, high_size, small, "cubic", block, floats=True)
        plain *= np.float32(255 / self._high_top)
        return _squares(own, shrunk), _squares(own, plain)

    def _windows(self, box: Box) -> tuple[Box, Box]:
        """The parts of both pictures on which a part of the small one depends."""
        high = window_of(box, self._high_size, self._small)
        low = window_of(box, self._low_size, self._small)
        if self._enlarged:
            other = window_of(high, self._low_size, self._high_size)
            low = Box(
                min(low.left, other.left),
                min(low.top, other.top),
                max(low.right, other.right),
                max(low.bottom, other.bottom),
            )
        return low, high


def _squares(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    difference = a - b
    return float(np.square(difference, out=difference).sum(dtype=np.float64))


def _cut(rows: NDArray[Any], window: Box, first: int) -> NDArray[Any]:
    """A part of whole rows, of which the first is row `first` of the picture."""
    return rows[window.top - first : window.bottom - first, window.left : window.right]


def _strips(small: Size, *pictures: Viewed) -> Iterator[Box]:
    """Strips of the compared picture: in each picture at most a block high, and of `_STRIP` pixels."""
    width, height = max(item.width for item in pictures), max(item.height for item in pictures)
    count = max(1, min(small[1], -(-height // max(1, min(_BLOCK, _STRIP // width)))))
    for top, bottom in pairwise([small[1] * i // count for i in range(count + 1)]):
        yield Box(0, top, small[0], bottom)


def _blocks(strip: Box, width: int) -> Iterator[Box]:
    """A strip cut into parts, each a block wide in a picture of this width."""
    count = max(1, min(strip.width, -(-width // _BLOCK)))
    for left, right in pairwise([strip.width * i // count for i in range(count + 1)]):
        yield Box(left, strip.top, right, strip.bottom)
