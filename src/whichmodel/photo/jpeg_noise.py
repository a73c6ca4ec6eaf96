"""Grain in a photo that JPEG has rounded away in its finest detail: told from the coefficients that it kept.

In even places a coefficient of white noise of sigma s is normal with sigma s; JPEG makes it 0 where it is below half
its step. The share of zeros among the evenest blocks therefore tells s, wherever some but not all are 0. Blocks are
chosen by one half of the coefficients and counted by the other, so that choosing does not lower the count.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain.photo import Measured
from whichmodel.photo.jpeg_tables import Table, table_of
from whichmodel.pictures.sample import LUMA

METHOD = "zeros among the JPEG coefficients of the evenest blocks"

_CELLS = tuple((row, column) for row in range(8) for column in range(8) if 2 <= row + column <= 7)
_COUNTED = tuple(cell for cell in _CELLS if cell[1] % 2 == 0)
_CHOOSING = tuple(cell for cell in _CELLS if cell[1] % 2)
_EVENEST = (0.12, 0.35)
"""Shares of the blocks. Texture grows from one to the other, noise does not: the difference is taken off."""
COARSEST = 25
"""Least quality at which noise is told: in coarser steps texture looks like it."""
_CHANNEL = 1 / math.hypot(*LUMA)
COARSE = 60
"""Quality below which more texture looks like noise."""
_LEFT, _LEFT_BY_COARSE = 1.2, 1.7
_LEAST = 12
"""Blocks and non-zero coefficients that are needed."""


def noise_before_jpeg(
    transforms: NDArray[np.float64], quality: int, *, grey: bool, left: float
) -> Measured | None:
    """Sigma of a channel's noise before JPEG, on the scale 0..255; `None` where too little is left to tell.

    In colour the noise is taken to have differed between the channels, of whose sum the lightness has less.

    Args:
        transforms: of blocks, shape `(n, 8, 8)`, on the file's own grid.
        quality: of the JPEG that quantised them.
        grey: whether the photo has no colour.
        left: sigma of what grain the pixels of flat places still show: JPEG leaves some of noise nearly everywhere,
            and of texture none in a sky or a wall. It makes surer.
    """
    if len(transforms) < 4 * _LEAST:
        return None
    table = table_of(quality)
    energy = sum(transforms[:, row, column] ** 2 for row, column in _CHOOSING)
    ordered = transforms[np.argsort(energy, kind="stable")]
    few, more = (_level(ordered[: max(_LEAST, int(len(ordered) * share))], table) for share in _EVENEST)
    if few is None or more is None:
        return None
    value = max(0.0, few - max(0.0, more - few))
    value *= 1.0 if grey else _CHANNEL
    sure = left >= (_LEFT if quality >= COARSE else _LEFT_BY_COARSE)
    return Measured(value=round(value, 2), confidence=0.8 if sure else 0.6, method=METHOD)


def _level(even: NDArray[np.float64], table: Table) -> float | None:
    levels = []
    for row, column in _COUNTED:
        step = int(table[row, column])
        rest = float(np.mean(np.abs(even[:, row, column]) > step / 2))
        if 0.04 <= rest <= 0.9:
            levels.append(step / 2 / NormalDist().inv_cdf(1 - rest / 2))
    return float(np.quantile(levels, 0.3)) if len(levels) >= 3 else None
