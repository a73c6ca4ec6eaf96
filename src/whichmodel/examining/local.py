"""Local means and strengths of arrays, by sums over squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def box_mean(plane: Floats, radius: int) -> Floats:
    """Mean over the square of `2 radius + 1` pixels around each; beyond the border the last pixel repeats.

    Shape `(h, w)`; sums in double precision.
    """
    side = 2 * radius + 1
    padded = np.pad(plane, ((radius + 1, radius), (radius + 1, radius)), mode="edge").astype(np.float64)
    padded[0], padded[:, 0] = 0, 0
    total = padded.cumsum(axis=0).cumsum(axis=1)
    sums = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    found: Floats = (sums / side**2).astype(np.float32)
    return found


def strength(values: Floats, radius: int) -> Floats:
    """Root of the local mean of squares over a square and all channels; `(h, w, c)` to `(h, w)`."""
    mean = box_mean(np.square(values).mean(axis=2), radius)
    return np.sqrt(np.maximum(mean, 0, out=mean), out=mean)


def detail(before: Floats) -> Floats:
    """How much fine structure BEFORE has around each pixel: `(h, w, c)` to `(h, w)`, in its own units.

    What differs from the mean of 3 x 3 pixels, as strength over 5 x 5.
    """
    fine = np.stack([before[:, :, c] - box_mean(before[:, :, c], 1) for c in range(before.shape[2])], axis=2)
    return strength(fine, 2)
