"""Kernels of common blurs: a moved camera, a lens out of focus, a soft lens."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Kernel = NDArray[np.float64]

_FINE = 16
"""Points a pixel's side, by which areas are measured."""


def motion(length: float, angle: float) -> Kernel:
    """A straight, even movement.

    Args:
        length: in pixels, at least 1; a length of 1 is no blur.
        angle: of the path in degrees, 0 horizontal, 90 vertical, 45 from lower left to upper right.

    Returns:
        Square, of odd side, sum 1: how much of a path one pixel wide lies in each pixel.
    """
    radians = math.radians(angle)
    along = _points(length)[:, None]
    across = _points(1.0)[None, :]
    x = along * math.cos(radians) + across * math.sin(radians)
    y = across * math.cos(radians) - along * math.sin(radians)
    return _counted(x, y, length / 2 + 1)


def disk(radius: float) -> Kernel:
    """A lens out of focus: even light on a disk of this radius in pixels; square, of odd side, sum 1."""
    x, y = np.meshgrid(_points(2 * radius), _points(2 * radius))
    inside = np.hypot(x, y) <= radius
    return _counted(x[inside], y[inside], radius)


def gaussian(sigma: float) -> Kernel:
    """A Gauss curve of this sigma in pixels, cut off at four sigmas; square, of odd side, sum 1."""
    reach = max(1, math.ceil(4 * sigma))
    line = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel: Kernel = np.outer(line, line)
    return np.asarray(kernel / kernel.sum())


def reach_of(kernel: Kernel) -> int:
    """How many pixels around one count."""
    return int(kernel.shape[0] // 2)


def _points(length: float) -> NDArray[np.float64]:
    """Points at equal distances over a length about 0, none at its very ends."""
    count = max(1, math.ceil(length * _FINE))
    return (np.arange(count) + 0.5) / count * length - length / 2


def _counted(x: NDArray[np.float64], y: NDArray[np.float64], radius: float) -> Kernel:
    """The share of points that lie in each pixel; pixels without any at the rim are left out."""
    reach = math.ceil(radius)
    side = 2 * reach + 1
    columns = np.floor(np.broadcast_to(x, y.shape) + 0.5).astype(np.int64) + reach
    rows = np.floor(y + 0.5).astype(np.int64) + reach
    counts = np.bincount((rows * side + columns).ravel(), minlength=side * side).reshape(side, side)
    # The points are symmetric about 0 but for rounding at the borders of pixels.
    kernel: Kernel = (counts + counts[::-1, ::-1]) / (2 * counts.sum())
    used = np.argwhere(kernel > 0)
    rim = int(min(used.min(), side - 1 - used.max()))
    return kernel[rim : side - rim, rim : side - rim]
