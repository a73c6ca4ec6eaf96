"""Parts of a photo that stand for all of it: few enough for any size, at full resolution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

WHOLE = 900_000
"""Pixels up to which all of a photo is looked at."""
_SIDE = 320
_COUNT = 9

COLOURLESS = 4.0
"""Difference of a pixel's channels, of 255, up to which it is grey: chroma that JPEG rounds makes as much."""
GREY_SHARE = 0.999
"""Share of grey pixels from which a picture has no colour."""

LUMA = (0.299, 0.587, 0.114)
"""Weights of R, G and B in the Y of JFIF, in which JPEG works."""


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One part of a photo.

    Args:
        left, top: of its corner in the photo; both are multiples of 8.
        colour: shape `(h, w, 1 or 3)`, scale 0..255, not rounded where the photo has 16 bits.
        inside: shape of the colour: which samples are not at either end of the range, where noise is cut off.
    """

    left: int
    top: int
    colour: Floats
    inside: Mask

    @property
    def uncut(self) -> Mask:
        """Pixels in which nothing was cut off: shape `(h, w)`."""
        return np.asarray(self.inside.all(axis=2))

    @property
    def grey(self) -> bool:
        """Whether it holds no colour, however it is stored."""
        if self.colour.shape[2] == 1:
            return True
        apart = self.colour.max(axis=2) - self.colour.min(axis=2)
        return bool(np.mean(apart <= COLOURLESS) >= GREY_SHARE)

    @property
    def light(self) -> Floats:
        """Y of JFIF, shape `(h, w)`, scale 0..255."""
        if self.colour.shape[2] == 1:
            return self.colour[:, :, 0]
        found: Floats = self.colour @ np.array(LUMA, np.float32)
        return found


def parts_of(picture: Raster) -> tuple[Part, ...]:
    """All of a small photo, else parts of 320 x 320 pixels spread evenly over it."""
    return tuple(_part(picture, box) for box in _boxes(picture.width, picture.height))


def _boxes(width: int, height: int) -> Iterator[Box]:
    if width * height <= WHOLE:
        yield Box(0, 0, width, height)
        return
    wide, high = min(_SIDE, width), min(_SIDE, height)
    down = max(1, min(height // high, round(math.sqrt(_COUNT * height / width))))
    across = max(1, min(width // wide, round(_COUNT / down)))
    for row in range(down):
        for column in range(across):
            left = int((width - wide) * (column + 0.5) / across) // 8 * 8
            top = int((height - high) * (row + 0.5) / down) // 8 * 8
            yield Box(left, top, left + wide, top + high)


def _part(picture: Raster, box: Box) -> Part:
    samples = picture.read_all(box)
    colour, top = samples[:, :, : picture.kind.bands], picture.kind.top
    inside = (colour > 0) & (colour < top)
    if picture.kind.alpha:
        inside &= samples[:, :, -1:] > 0
    return Part(box.left, box.top, colour.astype(np.float32) * np.float32(255 / top), inside)
