"""The place of one picture over another, finer than a pixel, by least squares; and how well they agree there.

Lucas and Kanade (1981, "An iterative image registration technique"), with two scales, two shifts, a gain and an
offset of brightness as unknowns, from coarse copies to fine ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.reduction import Axis, applied
from whichmodel.pictures.resample import resample

Floats = NDArray[np.float32]

_LEVELS = (4, 2, 1)
_ROUNDS = 12
_STILL = 0.002
"""Pixels: a step smaller than this ends a level."""
_LEAST = 12
"""Pixels of BEFORE's copy that must be seen along each side."""
_PARTS = 4
"""Parts along each side whose correlations are looked at one by one."""
_LEAST_SHARE = 0.3
"""Of the smaller picture's area, the least share that the other must show too."""


@dataclass(frozen=True)
class Placed:
    """Point x of the one lies at `scale * x + offset` of the other, in pixels counted from the corner."""

    scale_y: float
    scale_x: float
    offset_y: float
    offset_x: float


def refined(before: Floats, after: Floats, start: Placed) -> Placed | None:
    """The place nearby at which both agree best; `None` where they hardly overlap or it cannot be found.

    Args:
        before, after: grey copies of shape `(h, w)`, 0..255.
        start: within some pixels of the right place.
    """
    placed = start
    for level in _LEVELS:
        if min(before.shape) // level < 2 * _LEAST:
            continue
        size = (max(1, before.shape[0] // level), max(1, before.shape[1] // level))
        small = before if level == 1 else _resized(before, size)
        share = (small.shape[0] / before.shape[0], small.shape[1] / before.shape[1])
        found = _level(small, after, placed, share)
        if found is None:
            return None
        placed = found
    return placed


def seen_on(
    before: tuple[int, ...], after: Floats, placed: Placed, share: tuple[float, float] = (1.0, 1.0)
) -> tuple[Floats, tuple[slice, slice]] | None:
    """AFTER brought to the pixels of BEFORE that it shows, and which those are; `None` where too few.

    Args:
        before: shape of BEFORE's copy, of which the first two numbers count.
        after: shape `(h, w)` or `(h, w, c)`.
        share: how much smaller that copy is than the one that `placed` is about.
    """
    matrices, stretches, area = [], [], 1.0
    pixels = after if after.ndim == 3 else after[:, :, None]
    for side, (scale, offset) in enumerate(
        ((placed.scale_y, placed.offset_y), (placed.scale_x, placed.offset_x))
    ):
        axis = Axis(scale / share[side], offset, before[side], pixels.shape[side])
        # Pixels that AFTER shows wholly.
        first = max(0, int(np.ceil(-axis.offset / axis.scale)))
        last = min(axis.small, int(np.floor((axis.large - axis.offset) / axis.scale)))
        if last - first < _LEAST:
            return None
        area *= (last - first) / min(axis.small, axis.large / axis.scale)
        stretches.append((first, last))
        # Where AFTER is the coarser one it is interpolated between its pixels.
        matrices.append(
            axis.reduction("linear", (first, last), (0, axis.large))
            if axis.scale >= 1
            else _between(axis, (first, last))
        )
    if area < _LEAST_SHARE:
        return None
    seen = applied(matrices[0], matrices[1], pixels)
    rows, columns = slice(*stretches[0]), slice(*stretches[1])
    return (seen if after.ndim == 3 else seen[:, :, 0]), (rows, columns)


def correlation(before: Floats, after: Floats, placed: Placed) -> float:
    """Correlation of the fine structure of two grey copies where they overlap, -1..1; -1 where they do not.

    That of the whole or the median of 16 parts, whichever is larger: what was painted over spoils a few parts.
    """
    share = (1.0, 1.0)
    if placed.scale_y * placed.scale_x < 1:
        # At the size of the coarser one: there is no fine structure to compare beyond it.
        size = (
            max(1, round(before.shape[0] * placed.scale_y)),
            max(1, round(before.shape[1] * placed.scale_x)),
        )
        share = (size[0] / before.shape[0], size[1] / before.shape[1])
        before = _resized(before, size)
    found = seen_on(before.shape, after, placed, share)
    if found is None:
        return -1.0
    seen, part = found
    a, b = _fine(before[part]), _fine(seen)
    scores = [_correlated(a, b)]
    rows, columns = (np.linspace(0, side, _PARTS + 1).astype(int) for side in a.shape)
    if min(a.shape) >= _PARTS * _LEAST:
        parts = [
            np.s_[rows[i] : rows[i + 1], columns[k] : columns[k + 1]]
            for i in range(_PARTS)
            for k in range(_PARTS)
        ]
        scores.append(float(np.median([_correlated(a[part], b[part]) for part in parts])))
    return max(scores)


def _correlated(a: Floats, b: Floats) -> float:
    weight = math.sqrt(float((a * a).sum(dtype=np.float64)) * float((b * b).sum(dtype=np.float64)))
    return float((a * b).sum(dtype=np.float64)) / weight if weight > 0 else -1.0


def fitted_colour(
    before: Floats, after: Floats, placed: Placed
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """Gain and offset of each channel from BEFORE to AFTER, and the largest change that they make.

    Least squares, repeated without what then lies furthest off: a part that was painted over must not pull.
    """
    found = seen_on(before.shape, after, placed)
    if found is None:
        return (1.0,) * 3, (0.0,) * 3, 0.0
    seen, part = found
    # Means over areas: sharpening changes the contrast of what is fine, and that is no change of colour.
    coarse = [_means(each) for each in (before[part], seen)]
    gains, offsets, changes = [], [], []
    for channel in range(before.shape[2]):
        x, y = (each[..., channel].ravel() for each in coarse)
        kept = np.ones(x.shape, bool)
        gain, offset = 1.0, 0.0
        for _ in range(6):
            gain, offset = _line(x[kept], y[kept])
            off = np.abs(y - gain * x - offset)
            kept = off <= max(1.0, 2.5 * 1.4826 * float(np.median(off)))
        gains.append(float(gain))
        offsets.append(float(offset))
        ends = np.percentile(x, (5, 95))
        changes.append(float(np.abs((gain - 1) * ends + offset).max()))
    return tuple(gains), tuple(offsets), max(changes)


def _means(pixels: Floats) -> Floats:
    """Means over squares of up to 8 pixels; what does not fill one at the right and below is left out."""
    side = max(1, min(8, min(pixels.shape[:2]) // 8))
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    cut = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side, -1)
    found: Floats = cut.mean(axis=(1, 3))
    return found


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    mean_x, mean_y = float(x.mean(dtype=np.float64)), float(y.mean(dtype=np.float64))
    spread = float(np.square(x - mean_x).mean(dtype=np.float64))
    # On a plain area no gain can be told from an offset.
    gain = float(((x - mean_x) * (y - mean_y)).mean(dtype=np.float64)) / spread if spread > 1 else 1.0
    return gain, mean_y - gain * mean_x


def _level(small: Floats, after: Floats, start: Placed, share: tuple[float, float]) -> Placed | None:
    """Gauss-Newton steps on one copy."""
    placed = start
    for _ in range(_ROUNDS):
        found = seen_on(small.shape, after, placed, share)
        if found is None:
            return None
        seen, (rows, columns) = found
        own = small[rows, columns]
        slope_y, slope_x = np.gradient(seen)
        y = (np.arange(rows.start, rows.stop) + 0.5).astype(np.float32)[:, None] / np.float32(share[0])
        x = (np.arange(columns.start, columns.stop) + 0.5).astype(np.float32)[None] / np.float32(share[1])
        slope_y *= np.float32(share[0] / placed.scale_y)
        slope_x *= np.float32(share[1] / placed.scale_x)
        height, width = small.shape[0] / share[0], small.shape[1] / share[1]
        # own = gain * (seen + slope * step) + offset, steps of scale counted at the far end.
        columns_of = [
            slope_y * (y / height),
            slope_y,
            slope_x * (x / width),
            slope_x,
            seen,
            np.ones_like(seen),
        ]
        matrix = np.stack([each.ravel() for each in columns_of], axis=1).astype(np.float64)
        try:
            steps = np.linalg.solve(
                matrix.T @ matrix + 1e-3 * np.eye(6), matrix.T @ own.ravel().astype(np.float64)
            )
        except np.linalg.LinAlgError:
            return None
        gain = steps[4]
        if abs(gain) < 0.05:
            return None
        moves = steps[:4] / gain
        limit = 3.0 * max(placed.scale_y / share[0], placed.scale_x / share[1])
        longest = float(np.abs(moves).max())
        if longest > limit:
            moves *= limit / longest
        placed = Placed(
            float(placed.scale_y + moves[0] / height),
            float(placed.scale_x + moves[2] / width),
            float(placed.offset_y + moves[1]),
            float(placed.offset_x + moves[3]),
        )
        if not (_near(placed.scale_y, start.scale_y) and _near(placed.scale_x, start.scale_x)):
            return None
        if longest < _STILL * max(1.0, placed.scale_y):
            break
    return placed


def _near(found: float, start: float) -> bool:
    return 0.9 < found / start < 1.1


def _between(axis: Axis, small: tuple[int, int]) -> Floats:
    """Linear interpolation between the pixels of a side that has fewer."""
    place = axis.scale * (np.arange(*small) + 0.5) + axis.offset - 0.5
    left = np.clip(np.floor(place).astype(np.int64), 0, axis.large - 1)
    right = np.minimum(left + 1, axis.large - 1)
    weight = np.clip(place - left, 0, 1)
    matrix = np.zeros((len(place), axis.large), np.float32)
    matrix[np.arange(len(place)), left] += (1 - weight).astype(np.float32)
    matrix[np.arange(len(place)), right] += weight.astype(np.float32)
    return matrix


def _fine(pixels: Floats) -> Floats:
    """Differences to what lies two pixels away, diagonally: neither light nor slow shading counts."""
    fine: Floats = pixels[2:-2, 2:-2] - 0.25 * (
        pixels[:-4, :-4] + pixels[4:, 4:] + pixels[4:, :-4] + pixels[:-4, 4:]
    )
    return fine


def _resized(pixels: Floats, size: tuple[int, int]) -> Floats:
    return resample(np.ascontiguousarray(pixels[:, :, None]), size[1], size[0], "linear")[:, :, 0]
