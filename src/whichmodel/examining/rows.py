"""Rows of a picture from top to bottom, so that no more of it is in memory than is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures import Viewed
from whichmodel.pictures.bridge import FORMATS, pyvips

_AT_ONCE = 64
"""Rows that are asked of libvips at once."""


class Rows:
    """Rows of a picture, each read once; a later stretch may begin before the end of the one before."""

    def __init__(self, picture: Viewed) -> None:
        image = picture.lazy()
        # The region alone would not keep the array alive that the image may share its memory with.
        self._image = image
        self._region = pyvips.Region.new(image)
        self._width = image.width
        self._kind = np.dtype(FORMATS[image.format])
        self._top = 0
        self._bands = image.bands
        self._held = np.empty((0, image.width, image.bands), self._kind)

    def take(self, top: int, bottom: int) -> NDArray[Any]:
        """Rows `top` to `bottom`; shape `(h, width, bands)`. `top` must not go back."""
        tail = self._held[max(0, top - self._top) :][: bottom - top]
        found = np.empty((bottom - top, self._width, self._bands), self._kind)
        found[: len(tail)] = tail
        self._held, self._top = found, top
        for row in range(top + len(tail), bottom, _AT_ONCE):
            count = min(_AT_ONCE, bottom - row)
            fresh = np.frombuffer(self._region.fetch(0, row, self._width, count), self._kind)
            found[row - top : row - top + count] = fresh.reshape(count, self._width, -1)
        return found
