"""The forward model strip by strip, so that memory does not grow with the pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures import Box, Viewed
from whichmodel.pictures.bridge import FORMATS, pyvips
from whichmodel.pictures.parts import part_of_resized, window_of
from whichmodel.runtimes.ncnn import usable_threads

_STRIP = 2_000_000
"""Pixels of the larger picture in one strip, about."""

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
    rows = [_Rows(before), _Rows(after)]
    strips = _strips(small, max(before.width * before.height, after.width * after.height))
    results: list[float] = []
    plain: list[float] = []

    def collect(done: Future[tuple[float, float]]) -> None:
        own, reference = done.result()
        results.append(own)
        plain.append(reference)

    threads = usable_threads()
    waiting: deque[Future[tuple[float, float]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for strip in strips:
            work = _strip_work(before, after, small, strip, rows, enlarged=enlarged)
            waiting.append(pool.submit(work))
            # Not more strips in memory than are worked on.
            while len(waiting) > threads:
                collect(waiting.popleft())
        while waiting:
            collect(waiting.popleft())
    count = small[0] * small[1] * (1 if before.is_grey and after.is_grey else 3)
    own_count = small[0] * small[1] * (1 if before.is_grey else 3)
    return Errors(sum(results) / count, sum(plain) / own_count if enlarged else None)


def _strip_work(
    before: Viewed, after: Viewed, small: Size, strip: Box, rows: list[_Rows], *, enlarged: bool
) -> Callable[[], tuple[float, float]]:
    """Reads what a strip needs; the work itself: summed squares of the result and of plain enlargement."""
    low_size, high_size = (before.width, before.height), (after.width, after.height)
    low_scale, high_scale = ((1 << picture.bits) - 1 for picture in (before, after))
    high_window = _full_rows(window_of(strip, high_size, small), after.width)
    low_window = _full_rows(window_of(strip, low_size, small), before.width)
    if enlarged:
        needed = _full_rows(window_of(high_window, low_size, high_size), before.width)
        low_window = Box(
            0, min(low_window.top, needed.top), before.width, max(low_window.bottom, needed.bottom)
        )
    low = rows[0].take(low_window.top, low_window.bottom)
    high = rows[1].take(high_window.top, high_window.bottom)

    def work() -> tuple[float, float]:
        own = part_of_resized(low, low_window, low_size, small, "cubic", strip, floats=True)
        own *= np.float32(255 / low_scale)
        shrunk = part_of_resized(high, high_window, high_size, small, "cubic", strip, floats=True)
        shrunk *= np.float32(255 / high_scale)
        if not enlarged:
            return _squares(own, shrunk), 0.0
        made = part_of_resized(low, low_window, low_size, high_size, "cubic", high_window, floats=True)
        # Stored with the bits of the result, as a file of it would be.
        made *= np.float32(high_scale / low_scale)
        np.rint(made, out=made)
        np.clip(made, 0, high_scale, out=made)
        stored = made.astype(high.dtype)
        plain = part_of_resized(stored, high_window, high_size, small, "cubic", strip, floats=True)
        plain *= np.float32(255 / high_scale)
        return _squares(own, shrunk), _squares(own, plain)

    return work


class _Rows:
    """Rows of a picture, each read once; a later stretch may begin before the end of the one before."""

    def __init__(self, picture: Viewed) -> None:
        image = picture.lazy()
        # The region alone would not keep the array alive that the image may share its memory with.
        self._image = image
        self._region = pyvips.Region.new(image)
        self._width = image.width
        self._kind = np.dtype(FORMATS[image.format])
        self._top = 0
        self._held = np.empty((0, image.width, image.bands), self._kind)

    def take(self, top: int, bottom: int) -> NDArray[Any]:
        """Rows `top` to `bottom`; shape `(h, width, bands)`. `top` must not go back."""
        held = self._held[max(0, top - self._top) :]
        start = max(top, self._top + len(self._held))
        if start < bottom:
            fresh = np.frombuffer(self._region.fetch(0, start, self._width, bottom - start), self._kind)
            fresh = fresh.reshape(bottom - start, self._width, -1)
            held = np.concatenate([held, fresh]) if len(held) else fresh
        self._held, self._top = held, max(top, self._top)
        return held[: bottom - top]


def _squares(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    difference = a - b
    return float(np.square(difference, out=difference).sum(dtype=np.float64))


def _full_rows(box: Box, width: int) -> Box:
    return Box(0, box.top, width, box.bottom)


def _strips(size: Size, pixels: int) -> list[Box]:
    """Strips of the compared picture, each worth about `_STRIP` of the `pixels` of the larger one."""
    count = max(1, min(size[1], -(-pixels // _STRIP)))
    edges = [size[1] * i // count for i in range(count + 1)]
    return [Box(0, top, size[0], bottom) for top, bottom in pairwise(edges)]
