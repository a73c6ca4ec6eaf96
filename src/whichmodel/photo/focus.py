"""How wide the sharpest edges of a photo are, by blurring it once more.

S. Zhuo and T. Sim, "Defocus map estimation from a single image", Pattern Recognition 44, 2011: an edge that a
Gauss curve of sigma s blurred has, after one more of sigma t, a gradient lower by R = sqrt((s² + t²) / s²), so
s = t / sqrt(R² - 1). Looked at are the strongest ridges of the gradient; as most photos have parts out of focus
on purpose, the sharpest fifth of them speaks for the photo.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.sample import Floats, Part

METHOD = "ratio of gradients before and after one more blur (Zhuo, Sim 2011)"

_FIRST, _MORE = 1.0, 1.5
"""Sigmas of the blur against grain, and of the one more."""
_EDGES = 0.04
"""Share of the pixels, those with the strongest gradients, among which edges are."""
_SHARPEST = 0.2
_WIDEST = 8.0


def edge_width(parts: tuple[Part, ...], noise: float) -> tuple[float, int] | None:
    """Sigma of the sharpest fifth of the edges in pixels, at most 8, and how many edges there were.

    Args:
        noise: sigma on the scale 0..255; edges that it could have made do not count.

    Returns:
        `None` where there are hardly any edges.
    """
    widths = [_widths(part, noise) for part in parts if min(part.colour.shape[:2]) >= 32]
    found = np.concatenate(widths) if widths else np.empty(0)
    if len(found) < 40:
        return None
    return float(np.quantile(found, _SHARPEST)), len(found)


def _widths(part: Part, noise: float) -> NDArray[np.float64]:
    light = _blurred(part.light, _FIRST)
    before = _gradient(light)
    after = _gradient(_blurred(light, _MORE))
    size = np.hypot(*before)
    steep, flat = np.maximum(np.abs(before[0]), np.abs(before[1])), np.abs(before[0]) > np.abs(before[1])
    # A ridge: no neighbour across the edge is steeper.
    down = (size[1:-1] >= size[:-2]) & (size[1:-1] >= size[2:])
    across = (size[:, 1:-1] >= size[:, :-2]) & (size[:, 1:-1] >= size[:, 2:])
    ridge = np.zeros(size.shape, bool)
    ridge[1:-1, 1:-1] = np.where(flat[1:-1, 1:-1], down[:, 1:-1], across[1:-1])
    ridge[:8] = ridge[-8:] = False
    ridge[:, :8] = ridge[:, -8:] = False
    # After the first blur grain of sigma n has gradients of about n / 5.
    least = max(float(np.quantile(size, 1 - _EDGES)), 1.5, noise)
    chosen = ridge & (size >= least) & (steep > 0)
    ratio = size[chosen] / np.maximum(np.hypot(*after)[chosen], 1e-6)
    seen = _MORE / np.sqrt(np.maximum(ratio.astype(np.float64) ** 2 - 1, 1e-4))
    widths: NDArray[np.float64] = np.sqrt(np.maximum(seen**2 - _FIRST**2, 0)).clip(0, _WIDEST)
    return widths


def _gradient(light: Floats) -> tuple[Floats, Floats]:
    """Central differences along rows and columns; 0 at the border."""
    down, across = np.zeros_like(light), np.zeros_like(light)
    down[1:-1] = (light[2:] - light[:-2]) / 2
    across[:, 1:-1] = (light[:, 2:] - light[:, :-2]) / 2
    return down, across


def _blurred(light: Floats, sigma: float) -> Floats:
    reach = math.ceil(3 * sigma)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    padded = np.pad(light, reach, mode="edge")
    rows, columns = light.shape
    down = np.zeros((rows, padded.shape[1]), np.float32)
    for i, tap in enumerate(taps):
        down += tap * padded[i : i + rows]
    found = np.zeros((rows, columns), np.float32)
    for i, tap in enumerate(taps):
        found += tap * down[:, i : i + columns]
    return found
