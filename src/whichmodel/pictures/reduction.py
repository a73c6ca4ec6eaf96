"""Reduction as an explicit linear map: which pixels of a large picture make up one of the small picture.

The model of acquisition is `y = S(h * x) + n` (Elad and Feuer 1997, "Restoration of a single superresolution
image from several blurred, noisy, and undersampled measured images", equation 1): the large picture x is blurred
by h, sampled by S, and noise n is added. All kernels here are separable, so along each side S(h *) is a
matrix with few entries off a diagonal, and its adjoint, inverses and products can be written down for any part.

Unlike `resample` it knows crops and shifts: pixel i of the small side lies, with its centre, at
`scale * (i + 0.5) + offset` of the large side. Beyond a border the picture repeats its last pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
Floats = NDArray[np.float32]
Stretch = tuple[int, int]
"""First pixel, and the first pixel behind the last."""

_RIDGE = 1e-3
"""Keeps the inverse finite where the blur leaves next to nothing."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A blur before sampling, as a function of the distance in pixels of the small picture.

    Args:
        weight: of distances; even, not normalised.
        reach: beyond this distance it is 0.
    """

    weight: Callable[[Weights], Weights]
    reach: float


def _cubic(x: Weights) -> Weights:
    """Keys 1981, a = -0.5 (Catmull-Rom)."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    found: Weights = np.where(x <= 1, near, np.where(x < 2, far, 0.0))
    return found


def _lanczos(x: Weights) -> Weights:
    found: Weights = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    return found


def _linear(x: Weights) -> Weights:
    found: Weights = np.maximum(0.0, 1 - np.abs(x))
    return found


def _gaussian(sigma: float) -> Kernel:
    return Kernel(lambda x: np.exp(-(x * x) / (2 * sigma * sigma)), 3.5 * sigma)


KERNELS: dict[str, Kernel] = {
    "cubic": Kernel(_cubic, 2.0),
    "area": Kernel(lambda x: (np.abs(x) <= 0.5).astype(np.float64), 0.5),
    "lanczos3": Kernel(_lanczos, 3.0),
    "linear": Kernel(_linear, 1.0),
    "gaussian-0.4": _gaussian(0.4),
    "gaussian-0.55": _gaussian(0.55),
    "gaussian-0.7": _gaussian(0.7),
}
"""The usual blurs of reduction by name; that of a Gaussian is its sigma in pixels of the small picture."""


@dataclass(frozen=True, slots=True)
class Axis:
    """How one side of a small picture lies over that of a large one.

    Args:
        scale: pixels of the large side for each of the small one, at least 1.
        offset: where the small side begins, in pixels of the large one; negative where the large picture is
            a crop.
        small, large: pixels of either side.
    """

    scale: float
    offset: float
    small: int
    large: int

    def under(self, large: Stretch, margin: float = 0.0) -> Stretch:
        """The pixels of the small side that lie under a stretch of the large one; may be empty."""
        first = int(np.floor((large[0] - self.offset) / self.scale - margin))
        last = int(np.ceil((large[1] - self.offset) / self.scale + margin))
        first = min(max(first, 0), self.small)
        return first, max(first, min(last, self.small))

    def over(self, small: Stretch, margin: float = 0.0) -> Stretch:
        """The pixels of the large side that a stretch of the small one covers, and `margin` small pixels more."""
        first = int(np.floor((small[0] - margin) * self.scale + self.offset))
        last = int(np.ceil((small[1] + margin) * self.scale + self.offset))
        first = min(max(first, 0), self.large - 1)
        return first, max(first + 1, min(last, self.large))

    def reduction(self, kernel: str, small: Stretch, large: Stretch) -> Floats:
        """The matrix of S(h *): shape `(pixels of small, pixels of large)`, rows sum to 1.

        Args:
            kernel: name in `KERNELS`.
            small: the pixels that are made.
            large: what is there to make them from; `over(small, reach)` is enough.
        """
        known = KERNELS[kernel]
        centres = self.scale * (np.arange(*small) + 0.5) + self.offset
        # An interval that holds the kernel is cut into pixels; each weighs by the kernel at its middle, but for
        # "area", whose steps would be ragged at sizes that are no whole multiples: by its share of the interval.
        reach = known.reach * self.scale
        count = int(np.ceil(2 * reach)) + 2
        first = np.floor(centres - reach).astype(np.int64)
        places = first[:, None] + np.arange(count)
        distance = places + 0.5 - centres[:, None]
        if kernel == "area":
            weights = np.clip(reach + 0.5 - np.abs(distance), 0, 1)
        else:
            weights = known.weight(distance / self.scale)
        return _gathered(places, weights, self.large, large)

    def enlargement(self, large: Stretch, small: Stretch) -> Floats:
        """The matrix of cubic interpolation: shape `(pixels of large, pixels of small)`, rows sum to 1."""
        centres = (np.arange(*large) + 0.5 - self.offset) / self.scale - 0.5
        first = np.floor(centres).astype(np.int64) - 1
        places = first[:, None] + np.arange(4)
        return _gathered(places, _cubic(places - centres[:, None]), self.small, small)

    def recovery(self, kernel: str, large: Stretch, small: Stretch) -> Floats:
        """What turns a reduced side into the large one that cubic interpolation can make and that reduces to it.

        The matrix U (S U)^-1, shape `(pixels of large, pixels of small)`, with S the reduction and U the
        enlargement: where back-projection (Irani and Peleg 1991) that begins with cubic enlargement ends. With
        it, whatever was enlarged cubically is recovered as it was.

        Args:
            large: the pixels that are wished.
            small: those that it rests on. A dozen more on either side than lie under `large` are enough.
        """
        around = self.over(small, KERNELS[kernel].reach + 2)
        both = self.reduction(kernel, small, around).astype(np.float64)
        both = both @ self.enlargement(around, small)
        # The ridge pulls towards plain enlargement, not towards black.
        ridge = _RIDGE * np.eye(len(both))
        inverse = np.linalg.solve(both.T @ both + ridge, both.T + ridge)
        return (self.enlargement(large, small).astype(np.float64) @ inverse).astype(np.float32)


def applied(down: Floats, across: Floats, pixels: Floats) -> Floats:
    """`down @ pixels @ across.T` for each channel; pixels of shape `(h, w, c)`, contiguous result."""
    wide = np.einsum("ij,jkc->ikc", down, pixels, optimize=True)
    found = np.einsum("lk,ikc->ilc", across, wide, optimize=True)
    return np.ascontiguousarray(found, dtype=np.float32)


def _gathered(places: NDArray[np.int64], weights: Weights, length: int, held: Stretch) -> Floats:
    """Weights at places as a matrix over the pixels `held`; what lies beyond the borders counts for the border.

    Places outside of `held` count for its ends too, which matters to nobody who holds enough.
    """
    weights = weights / weights.sum(axis=1, keepdims=True)
    columns = np.clip(np.clip(places, 0, length - 1), held[0], held[1] - 1) - held[0]
    matrix = np.zeros((len(places), held[1] - held[0]))
    np.add.at(matrix, (np.arange(len(places))[:, None], columns), weights)
    return matrix.astype(np.float32)
