"""How blurred is a picture, told from itself alone: the blur effect of Crete and others (2007).

A picture that is sharp loses much when it is blurred once more; one that is blurred loses little. So the
differences of neighbours are compared with those after a mean over nine pixels, along rows and along
columns; what remains of them, 0 (all is lost: sharp) to 1 (nothing is lost: blurred), is the measure.
It is a ratio, hence independent of contrast.

Measured on parts of three photographs: original 0.23 to 0.36, enlarged 4× from a quarter by SPAN 0.44 to
0.55, by interpolation 0.67 to 0.71. Like other measures without a reference it takes grain, ringing and
the edges of blocks for detail: with added grain (sigma 10 of 255) the same originals measure 0.19 to 0.25,
repeated pixels 0.21 to 0.24. So it compares honest versions of one picture, and no others.

F. Crete, T. Dolmiere, P. Ladret, M. Nicolas: "The blur effect: perception and estimation with a new
no-reference perceptual blur metric", SPIE Human Vision and Electronic Imaging XII, 2007.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whichmodel.nodes.mask import LUMA
from whichmodel.nodes.operation import Size, row_bands
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster

_TAPS = 9
_BEFORE, _AFTER = _TAPS // 2 + 1, _TAPS // 2
"""Pixels before and after one that its own difference after the mean depends on."""


def blur_effect(picture: Raster) -> float:
    """The blur of a picture, 0 sharp to 1 blurred; read in bands.

    Pictures of less than ten pixels a side, and those of one single colour, count as blurred: 1.0.
    The outermost pixels, whose surroundings are cut off, do not count.
    """
    # Sums of the differences, and of what a mean over nine pixels takes of them, along columns and rows.
    sums = np.zeros((2, 2))
    for unit in row_bands(Size(picture.width, picture.height)):
        band = unit.target
        source = Box(0, max(0, band.top - _BEFORE), picture.width, min(picture.height, band.bottom + _AFTER))
        light = _lightness(picture, source)
        # Along columns the band's neighbours count too, each row in one band only.
        sums[0] += _losses(light, 0)
        inner = light[band.top - source.top : band.bottom - source.top]
        sums[1] += _losses(inner, 1)
    effects = [1 - lost / whole for whole, lost in sums if whole > 0]
    return float(max(effects, default=1.0))


def _losses(light: NDArray[np.float32], axis: int) -> tuple[float, float]:
    """Sums over all places with whole surroundings: of differences, and of what blurring takes of them."""
    length = light.shape[axis]
    if length < _BEFORE + _AFTER + 1:
        return 0.0, 0.0

    def at(offset: int) -> NDArray[np.float32]:
        part = slice(_BEFORE + offset, length - _AFTER + offset)
        return light[part] if axis == 0 else light[:, part]

    sharp = np.abs(at(0) - at(-1))
    # The difference of two neighbouring means of nine: all but the outermost pixels are in both.
    blurred = np.abs(at(_AFTER) - at(-_BEFORE)) / np.float32(_TAPS)
    lost = np.maximum(0, sharp - blurred)
    return float(sharp.sum(dtype=np.float64)), float(lost.sum(dtype=np.float64))


def _lightness(picture: Raster, box: Box) -> NDArray[np.float32]:
    """Lightness 0..1 of a part, shape `(h, w)`; what is transparent counts as black."""
    samples = picture.read_all(box)
    top = np.float32(picture.kind.top)
    light = samples[:, :, 0] / top
    if picture.kind.bands == 3:
        light = sum(samples[:, :, band] * (LUMA[band] / top) for band in range(3))
    if picture.kind.alpha:
        light = light * (samples[:, :, -1] / top)
    found: NDArray[np.float32] = light.astype(np.float32)
    return found
