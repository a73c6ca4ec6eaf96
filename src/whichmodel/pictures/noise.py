"""How strong the noise in a picture is: Donoho's robust estimate from the finest diagonal wavelet band.

Donoho and Johnstone (1994, "Ideal spatial adaptation by wavelet shrinkage", section 4.2): the finest coefficients
of a picture are nearly all noise, and the few that edges cause do not move their median, so

    sigma = median(|d|) / 0.6745,

0.6745 being the median of |x| for a standard normal x. The wavelet is Daubechies' with four taps ("db2"), which
straight gradients leave at zero. The estimate is for grain that differs from pixel to pixel; noise that a camera
or JPEG has smeared over neighbours comes out too low, and dense texture (fur, grass) too high.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster

LARGEST = 75.0
"""Largest level that is told, on the scale 0..255."""

_ROOT = math.sqrt(3.0)
_TAPS = np.array([1 - _ROOT, _ROOT - 3, 3 + _ROOT, -1 - _ROOT], np.float32) / np.float32(4 * math.sqrt(2))
"""High-pass filter of db2; its square sum is 1, so that white noise keeps its strength."""

_NORMAL_MEDIAN = 0.6745
_BINS_A_LEVEL = 64
_HIGHEST = 512
"""Largest coefficient of 8-bit samples, rounded up: 255 times the square of the sum of the positive taps."""

_BAND = 1 << 20
"""Pixels that are looked at together."""


def noise_level(picture: Raster) -> float:
    """Standard deviation of the noise in a picture's colour, on the scale 0..255, at most 75.

    The mean over the channels. Reads the picture band by band; the bands do not change the result. Places
    where a sample is black or white are left out, because noise is cut off there; 0 where nothing is left,
    or a side is below 4 pixels.
    """
    width, height, bands = picture.width, picture.height, picture.kind.bands
    if min(width, height) < len(_TAPS):
        return 0.0
    counts = np.zeros((bands, _HIGHEST * _BINS_A_LEVEL), np.int64)
    rows = max(2, _BAND // width // 2 * 2)
    for top in range(0, height - len(_TAPS) + 1, rows):
        # Two rows more, on which the last coefficients of this band lie; the next band begins before them.
        part = picture.read(Box(0, top, width, min(height, top + rows + len(_TAPS) - 2)))
        for band in range(bands):
            counts[band] += _counted(part[:, :, band], picture.kind.top)
    levels = [_median(each) / _NORMAL_MEDIAN for each in counts]
    return min(LARGEST, float(np.mean(levels)))


def _counted(samples: NDArray[Any], top: int) -> NDArray[np.int64]:
    """How many coefficients of `(h, w)` samples fall into each bin of 1/64 of a level."""
    plane = samples.astype(np.float32) * np.float32(255 / top)
    inside = (samples > 0) & (samples < top)
    down = sum(tap * plane[i : plane.shape[0] - 3 + i : 2] for i, tap in enumerate(_TAPS))
    both = np.abs(sum(tap * down[:, i : down.shape[1] - 3 + i : 2] for i, tap in enumerate(_TAPS)))
    fine = np.ones(both.shape, bool)
    for i in range(4):
        for j in range(4):
            fine &= inside[i : plane.shape[0] - 3 + i : 2, j : plane.shape[1] - 3 + j : 2]
    places = (both[fine] * _BINS_A_LEVEL).astype(np.int64)
    return np.bincount(places, minlength=_HIGHEST * _BINS_A_LEVEL)


def _median(counts: NDArray[np.int64]) -> float:
    """Median of counted values: the middle of the bin that holds it; 0 where none was counted."""
    total = int(counts.sum())
    if total == 0:
        return 0.0
    place = int(np.searchsorted(np.cumsum(counts), (total + 1) // 2))
    return 0.0 if place == 0 else (place + 0.5) / _BINS_A_LEVEL
