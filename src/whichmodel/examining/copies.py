"""Small copies of pictures as floats, made while they are read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures import Viewed
from whichmodel.pictures.bridge import from_vips
from whichmodel.pictures.resample import resized

Floats = NDArray[np.float32]


def shrunk_copy(picture: Viewed, longest: int) -> Floats:
    """The colours, shape `(h, w, 3)`, 0..255, with the longest side at most `longest` pixels; never enlarged.

    Grey becomes three equal channels. Reads the picture once, from top to bottom.
    """
    share = min(1.0, longest / max(picture.width, picture.height))
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    pixels = from_vips(resized(picture.lazy(), *size, "linear")).astype(np.float32)
    pixels *= np.float32(255 / ((1 << picture.bits) - 1))
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
