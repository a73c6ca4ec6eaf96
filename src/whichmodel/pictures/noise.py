"""How strong the noise in a picture is, told apart from texture.

Two measurements that texture deceives in different ways, of which the smaller counts:

- *Patches.* G. Chen, F. Zhu, P. A. Heng, "An Efficient Statistical Method for Image Noise Level Estimation", ICCV
  2015: noise is as strong in every direction of the space of patches, and a photo fills few of them. Of the
  eigenvalues of the patches' covariance the largest are left out until the mean of the rest is their median: it is
  the square of sigma.
- *Flat places.* The finest diagonal wavelet band (Daubechies' with four taps), as in D. L. Donoho and
  I. M. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81, 1994, square by square. Noise is
  everywhere, texture is not: the lowest twentieth of the squares counts, less what it lies below the lowest fifth.

Measured on Set14 at half its size and four photographs (`benchmarks/photo_facts.py`): the median error at sigma
5, 10, 15 and 25 is 0.1, 0.1, 0.1 and 0.4; that of Donoho's median over the whole picture was 1.4, 1.2, 0.8 and 0.3.
Noise that is cut off at black and white is reckoned back; at 50 it is still about 2 too low. It is for grain that
differs from pixel to pixel: noise that a camera or JPEG has smeared over neighbours comes out too low.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain.photo import Measured
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.sample import Floats, Part, parts_of

METHOD = "patch covariance (Chen, Zhu, Heng 2015) and wavelet band of the flattest squares (Donoho, Johnstone 1994)"

LARGEST = 75.0
"""Largest level that is told, on the scale 0..255."""

_PATCH_COLOUR, _PATCH_GREY = 5, 7
_MOST_PATCHES = 60_000
_LEAST_PATCHES = 400
_UNCUT = 0.35
"""Least share of patches in which nothing was cut off at black or white: fewer are not like the rest."""
_LOW, _HIGH = 0.05, 0.2
_LEAST_SQUARES = 12
_TIMES, _LEAST_LEFT = 3, 0.4
_PLACES = np.linspace(-6, 6, 1201)
_SHARES = np.array([NormalDist().cdf(place) for place in _PLACES])
_ALONE_SURE = 8.0
"""Sigma from which flat places alone tell: on the pictures below they are then at most a tenth off."""
_ROOT = math.sqrt(3.0)
_TAPS = np.array([1 - _ROOT, _ROOT - 3, 3 + _ROOT, -1 - _ROOT], np.float32) / np.float32(4 * math.sqrt(2))


def noise_level(picture: Raster) -> float:
    """Standard deviation of the noise in a picture's colour, on the scale 0..255, at most 75; 0 where none can be told.

    Reads about a million pixels of a large picture.
    """
    found = noise_of(parts_of(picture))
    return min(LARGEST, found.value) if found else 0.0


def noise_of(parts: tuple[Part, ...]) -> Measured | None:
    """Sigma of the noise on the scale 0..255; `None` where the photo is too small or cut off everywhere."""
    return noise_with(in_flat_places(parts), parts)


def noise_with(flat: float | None, parts: tuple[Part, ...]) -> Measured | None:
    """The same where what flat places say (`in_flat_places`) is known."""
    patches = _in_patches(parts)
    found = [value for value in (flat, patches) if value is not None]
    if not found:
        return None
    sigma = min(found)
    # Below a few levels both are mostly texture, and how far they are apart says nothing.
    apart = abs(found[0] - found[-1]) / max(8.0, *found)
    # Strong noise is cut off somewhere in nearly every patch; then flat places have to do.
    alone = 0.85 if flat is not None and sigma >= _ALONE_SURE else 0.5
    confidence = 0.95 - 0.5 * apart if len(found) == 2 else alone
    return Measured(value=round(sigma, 2), confidence=round(confidence, 2), method=METHOD)


def _in_patches(parts: tuple[Part, ...]) -> float | None:
    """Sigma after Chen, Zhu and Heng."""
    bands = parts[0].colour.shape[2]
    side = _PATCH_COLOUR if bands == 3 else _PATCH_GREY
    usable = [part for part in parts if min(part.colour.shape[:2]) >= side]
    places = sum((part.colour.shape[0] - side + 1) * (part.colour.shape[1] - side + 1) for part in usable)
    step = max(1, math.ceil(math.sqrt(places / _MOST_PATCHES)))
    rows, seen = [], 0
    for part in usable:
        windows = np.lib.stride_tricks.sliding_window_view(part.colour, (side, side), axis=(0, 1))
        whole = np.lib.stride_tricks.sliding_window_view(part.uncut, (side, side))[::step, ::step].all(
            axis=(2, 3)
        )
        rows.append(windows[::step, ::step][whole].reshape(-1, bands * side * side))
        seen += whole.size
    patches = np.concatenate(rows) if rows else np.empty((0, 1), np.float32)
    if len(patches) < max(_LEAST_PATCHES, _UNCUT * seen):
        return None
    centred = patches - patches.mean(axis=0)
    values = np.linalg.eigvalsh((centred.T @ centred).astype(np.float64) / len(centred)).clip(0)
    means = np.cumsum(values) / np.arange(1, len(values) + 1)
    for count in range(len(values), 0, -1):
        if means[count - 1] <= np.median(values[:count]):
            return math.sqrt(means[count - 1])
    return math.sqrt(values[0])


def in_flat_places(parts: tuple[Part, ...]) -> float | None:
    """Sigma in the squares with the least of the finest diagonal band; `None` where there are too few."""
    pixels = sum(part.colour.shape[0] * part.colour.shape[1] for part in parts)
    side = 8 if pixels > 40_000 else 4  # coefficients a side: squares of 16 or 8 pixels
    energy, counts, means = (
        np.concatenate(each, axis=1) for each in zip(*(_squares(part, side) for part in parts), strict=True)
    )
    sigma = _of_the_flattest(energy, counts, side)
    # What is left of noise between black and white is weaker than the noise was.
    for _ in range(_TIMES if sigma else 0):
        sigma = _of_the_flattest(energy / _left(means, sigma or 0.0), counts, side)
    return sigma


def _of_the_flattest(energy: NDArray[np.float64], counts: NDArray[np.float64], side: int) -> float | None:
    """Sigma from the energy of squares, shape `(bands, n)`, and of how many coefficients it is."""
    full = side * side * len(energy)
    whole, number = energy.sum(axis=0), counts.sum(axis=0)
    for share in (2, 8):
        enough = number > full / share
        if enough.sum() >= _LEAST_SQUARES:
            levels = np.sqrt(whole[enough] / number[enough])
            mean = float(number[enough].mean())
            low, high = (
                float(np.quantile(levels, at)) / (1 + NormalDist().inv_cdf(at) / math.sqrt(2 * mean))
                for at in (_LOW, _HIGH)
            )
            return max(0.0, low - max(0.0, high - low))
    return None


def _left(means: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Variance of normal noise around a level where what lies outside of 0..255 is left out, as share of its own."""
    low, high = (0.5 - means) / sigma, (254.5 - means) / sigma
    at_low, at_high = (np.exp(-0.5 * each.clip(-6, 6) ** 2) / math.sqrt(2 * math.pi) for each in (low, high))
    inside = np.maximum(_below(high) - _below(low), 1e-3)
    share = 1 + (low * at_low - high * at_high) / inside - ((at_low - at_high) / inside) ** 2
    return np.asarray(share.clip(_LEAST_LEFT, 1))


def _below(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the standard normal distribution below values, from a table."""
    return np.asarray(np.interp(values, _PLACES, _SHARES))


def _squares(part: Part, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each square of `side` x `side` coefficients, `(bands, n)`: their energy where nothing is cut off, how many
    these are, and the mean level."""
    bands = part.colour.shape[2]
    if min(part.colour.shape[:2]) < 2 * side + 2:
        return np.empty((bands, 0)), np.empty((bands, 0)), np.empty((bands, 0))
    energy, counts, means = [], [], []
    quarter = np.full(4, 0.25, np.float32)
    for band in range(bands):
        fine = _slid(part.inside[:, :, band].astype(np.float32), quarter) > 0.999
        energy.append(_summed(_slid(part.colour[:, :, band], _TAPS) ** 2 * fine, side))
        counts.append(_summed(fine.astype(np.float32), side))
        means.append(
            _summed(_slid(part.colour[:, :, band], quarter) * fine, side) / np.maximum(counts[-1], 1)
        )
    found = (np.array(each, np.float64) for each in (energy, counts, means))
    return next(found), next(found), next(found)


def _summed(values: Floats, side: int) -> Floats:
    high, wide = (length // side for length in values.shape)
    whole = values[: high * side, : wide * side].reshape(high, side, wide, side)
    found: Floats = whole.sum(axis=(1, 3)).ravel()
    return found


def _slid(plane: Floats, taps: Floats) -> Floats:
    """A plane filtered with four taps along both axes, at every second place."""
    rows, columns = plane.shape
    down = np.zeros(((rows - 2) // 2, columns), np.float32)
    for i, tap in enumerate(taps):
        down += tap * plane[i : rows - 3 + i : 2]
    found = np.zeros((down.shape[0], (columns - 2) // 2), np.float32)
    for i, tap in enumerate(taps):
        found += tap * down[:, i : columns - 3 + i : 2]
    return found
