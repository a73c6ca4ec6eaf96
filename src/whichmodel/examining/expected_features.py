"""What BEFORE and AFTER show around each patch of AFTER that tells how far AFTER may be from the truth.

All is measured in luma of BT.601 (`0.299 R + 0.587 G + 0.114 B`, 0..255), for patches of 8 x 8 pixels of AFTER.
Nothing here knows the model that made AFTER, and nothing runs one.

The measures are means over a patch, unless something else is said:

- of AFTER: its gradient; three bands of an à trous wavelet transform with the kernel [1 2 1] / 4 (Shensa 1992);
  second differences, the weaker and the stronger direction; the largest gradient; how much the gradients agree
  in direction (coherence of the structure tensor, Förstner and Gülch 1987);
- of AFTER less the cubic enlargement of BEFORE, which is what was added: its mean, its maximum, its gradient;
- of AFTER, reduced cubically, less BEFORE: a result that contradicts its input is wrong there for sure;
- of BEFORE: its gradient, two bands, the diagonal difference next to its Nyquist limit, where detail folds over,
  and its coherence;
- the luma.

Each is taken of the patch, of 3 x 3 patches and of 7 x 7 patches around it. How three of AFTER's measures spread
inside the patch tells edges from texture: they are taken of its quarters too, in the order of their size, and two as
concentration, mean fourth power over squared mean square. What is 0 where a picture is flat is taken as a logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.local import box_mean

Floats = NDArray[np.float32]

PATCH = 8
"""Side of a patch in pixels of AFTER."""
_NEAR, _AROUND = 1, 3
"""Patches on each side that features look at."""
WINDOWS = (0, _NEAR, _AROUND)
"""The same, and the patch alone."""
MARGIN = (_AROUND + 2) * PATCH
"""Pixels of AFTER around a patch that its features may depend on."""

_TENSORS = ("xx", "yy", "xy")
_LOGARITHMS = (
    "fine",
    "middle",
    "coarse",
    "weaker second difference",
    "stronger second difference",
    "largest gradient",
    "added",
    "most added",
    "gradient of what was added",
    "disagreement",
    "before's fine",
    "before's middle",
    "before's diagonal",
)
FLOOR = np.float32(0.1)
"""Added before a logarithm is taken: a tenth of a step of brightness is nothing."""

_QUARTERED = ("fine", "slope", "added")
_CONCENTRATED = ("slope", "added")

NAMES = (
    *(
        f"{name}, {where}"
        for where in ("here", "near", "around")
        for name in (*_LOGARITHMS, "gradient", "before's gradient", "coherence", "before's coherence", "luma")
    ),
    *(f"{name}, quarter {place}" for name in _QUARTERED for place in range(1, 5)),
    *(f"{name}, concentration" for name in _CONCENTRATED),
)
"""Of the features, in their order."""


def luma(pixels: NDArray[Any], bits: int) -> Floats:
    """Luma of samples `(h, w, 3)` or `(h, w, 1)` of 8 or 16 bits: `(h, w)`, 0..255."""
    unit = np.float32(255 / ((1 << bits) - 1))
    if pixels.shape[2] == 1:
        return pixels[:, :, 0].astype(np.float32) * unit
    found: Floats = pixels.astype(np.float32) @ (np.array([0.299, 0.587, 0.114], np.float32) * unit)
    return found


def logarithm(value: float) -> float:
    """What a feature that is taken as a logarithm has where its measure is `value`."""
    return float(np.log(value + FLOOR))


def features(before: Floats, after: Floats, scale: int) -> Floats:
    """The features of every patch: `(rows of patches, columns of patches, len(NAMES))`.

    Args:
        before: luma `(h, w)`, 0..255.
        after: luma `(h * scale, w * scale)`. A patch that the right or the lower border cuts is filled up with the
            last pixels.
        scale: 2 or 4.

    Raises:
        ValueError: the sizes do not fit (a fault of the caller).
    """
    measured, inside = _measured(before, after, scale)
    return np.concatenate([_around(measured), inside], axis=2).astype(np.float32)


def _measured(before: Floats, after: Floats, scale: int) -> tuple[Floats, Floats]:
    """The measures of every patch alone, `(rows, columns, measures)`: `_LOGARITHMS`, tensors, luma; and the
    features of its inside."""
    if (before.shape[0] * scale, before.shape[1] * scale) != after.shape or scale not in (2, 4):
        raise ValueError(f"{after.shape} is not {scale} times {before.shape}")
    after = filled(after, PATCH)
    before = filled(before, PATCH // scale)
    cell = PATCH // scale
    added = after - enlarged(before, scale)
    first, first_before = smoothed(after, 1), smoothed(before, 1)
    second, second_before = smoothed(first, 2), smoothed(first_before, 2)
    bends = [pooled(np.abs(_bend(after, axis)), PATCH) for axis in (0, 1)]
    down, across = slope(after, 0), slope(after, 1)
    down_before, across_before = slope(before, 0), slope(before, 1)
    fine, steep, size = np.abs(after - first), np.abs(down) + np.abs(across), np.abs(added)
    found = (
        pooled(fine, PATCH),
        pooled(np.abs(first - second), PATCH),
        pooled(np.abs(second - smoothed(second, 4)), PATCH),
        np.minimum(*bends),
        np.maximum(*bends),
        largest(steep, PATCH),
        pooled(size, PATCH),
        largest(size, PATCH),
        pooled(np.abs(slope(added, 0)) + np.abs(slope(added, 1)), PATCH),
        pooled(np.abs(reduced(after, scale) - before), cell),
        pooled(np.abs(before - first_before), cell),
        pooled(np.abs(first_before - second_before), cell),
        pooled(np.abs(_diagonal(before)), cell),
        pooled(across * across, PATCH),
        pooled(down * down, PATCH),
        pooled(across * down, PATCH),
        pooled(across_before * across_before, cell),
        pooled(down_before * down_before, cell),
        pooled(across_before * down_before, cell),
        pooled(before, cell),
    )
    inside = [*(quarters(plane) for plane in (fine, steep, size))]
    inside += [concentration(plane) for plane in (steep, size)]
    return np.stack(found, axis=2), np.concatenate(inside, axis=2)


def quarters(plane: Floats) -> Floats:
    """Logarithms of the means over a patch's quarters, the smallest first: `(rows, columns, 4)`."""
    means = pooled(plane, PATCH // 2)
    high, wide = means.shape[0] // 2, means.shape[1] // 2
    parts = means.reshape(high, 2, wide, 2).transpose(0, 2, 1, 3).reshape(high, wide, 4)
    found: Floats = np.log(np.sort(parts, axis=2) + FLOOR)
    return found


def concentration(plane: Floats) -> Floats:
    """How much of a patch's energy lies in few of its pixels: `(rows, columns, 1)`."""
    squares = plane * plane
    fourth, second = pooled(squares * squares, PATCH), pooled(squares, PATCH)
    found: Floats = np.log((fourth + 1) / (second * second + 1))[:, :, None]
    return found


def _around(measured: Floats) -> Any:
    """Features from the measures of patches: of each, of those near, and of those around."""
    count = len(_LOGARITHMS)
    parts = []
    for radius in WINDOWS:
        seen = measured
        if radius:
            seen = np.stack([box_mean(measured[:, :, i], radius) for i in range(measured.shape[2])], axis=2)
        parts.append(np.log(seen[:, :, :count] + FLOOR))
        for start in (count, count + len(_TENSORS)):
            xx, yy, _ = np.moveaxis(seen[:, :, start : start + 3], 2, 0)
            parts.append(np.log(np.sqrt(np.maximum(xx + yy, 0)) + FLOOR)[:, :, None])
        for start in (count, count + len(_TENSORS)):
            xx, yy, xy = np.moveaxis(seen[:, :, start : start + 3], 2, 0)
            parts.append((np.hypot(xx - yy, 2 * xy) / (xx + yy + 1))[:, :, None])
        parts.append(seen[:, :, -1:] / np.float32(255))
    return np.concatenate(parts, axis=2)


def enlarged(plane: Floats, scale: int) -> Floats:
    """Cubic enlargement (Keys 1981, a = -0.5) by a whole factor: `(h, w)` to `(h * scale, w * scale)`."""
    return _enlarged(_enlarged(plane, scale, 0), scale, 1)


def _enlarged(plane: Floats, scale: int, axis: int) -> Floats:
    length = plane.shape[axis]
    wide = _padded(plane, axis, 2, 2)
    shape = list(plane.shape)
    shape[axis] *= scale
    found = np.empty(shape, np.float32)
    for phase in range(scale):
        # Pixel `scale * i + phase` of the large side has its centre here, counted from that of pixel i.
        place = (phase + 0.5) / scale - 0.5
        start = int(np.floor(place)) - 1
        taps = keys(np.arange(start, start + 4) - place)
        total = sum(
            np.float32(tap) * _cut(wide, axis, 2 + start + i, length) for i, tap in enumerate(taps) if tap
        )
        found[(slice(None),) * axis + (slice(phase, None, scale),)] = total
    return found


def reduced(plane: Floats, scale: int) -> Floats:
    """Antialiased cubic reduction by a whole factor: `(h, w)` to `(h / scale, w / scale)`; beyond a border the
    last pixel repeats."""
    return _reduced(_reduced(plane, scale, 0), scale, 1)


def _reduced(plane: Floats, scale: int, axis: int) -> Floats:
    length = plane.shape[axis] // scale
    reach = 2 * scale
    before = reach - scale // 2
    wide = _padded(plane, axis, before, reach)
    taps = keys((np.arange(2 * reach, dtype=np.float64) - before + 0.5 - scale / 2) / scale)
    taps /= taps.sum()
    total = np.zeros([length if i == axis else n for i, n in enumerate(plane.shape)], np.float32)
    for i, tap in enumerate(taps):
        part = (slice(None),) * axis + (slice(i, i + scale * (length - 1) + 1, scale),)
        total += np.float32(tap) * wide[part]
    return total


def keys(distance: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The cubic kernel of Keys with a = -0.5 at distances in samples."""
    x = np.abs(distance)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    found: NDArray[np.float64] = np.where(x <= 1, near, np.where(x < 2, far, 0.0))
    return found


def pooled(plane: Floats, side: int) -> Floats:
    """Means over squares: `(h, w)` to `(h / side, w / side)`; both sides are multiples."""
    height, width = plane.shape
    lines = plane.reshape(height // side, side, width).sum(axis=1)
    found: Floats = lines.reshape(height // side, width // side, side).sum(axis=2) / np.float32(side * side)
    return found


def largest(plane: Floats, side: int) -> Floats:
    """Maxima over squares, as `pooled`."""
    height, width = plane.shape
    lines = plane.reshape(height // side, side, width).max(axis=1)
    found: Floats = lines.reshape(height // side, width // side, side).max(axis=2)
    return found


def filled(plane: Floats, side: int) -> Floats:
    """With the last pixels repeated to the right and below, up to multiples of `side`."""
    height, width = plane.shape
    return np.pad(plane, ((0, -height % side), (0, -width % side)), mode="edge")


def _padded(plane: Floats, axis: int, before: int, after: int) -> Floats:
    widths = [(before, after) if i == axis else (0, 0) for i in range(2)]
    return np.pad(plane, widths, mode="edge")


def _cut(plane: Floats, axis: int, start: int, length: int) -> Floats:
    return plane[(slice(None),) * axis + (slice(start, start + length),)]


def smoothed(plane: Floats, step: int) -> Floats:
    """[1 2 1] / 4 along both sides, with `step - 1` pixels left out between the taps."""
    for axis in (0, 1):
        wide = _padded(plane, axis, step, step)
        length = plane.shape[axis]
        sides = _cut(wide, axis, 0, length) + _cut(wide, axis, 2 * step, length)
        plane = sides * np.float32(0.25) + plane * np.float32(0.5)
    return plane


def slope(plane: Floats, axis: int) -> Floats:
    """Half the difference of the two neighbours."""
    wide = _padded(plane, axis, 1, 1)
    length = plane.shape[axis]
    return (_cut(wide, axis, 2, length) - _cut(wide, axis, 0, length)) * np.float32(0.5)


def _bend(plane: Floats, axis: int) -> Floats:
    """Second difference."""
    wide = _padded(plane, axis, 1, 1)
    length = plane.shape[axis]
    return _cut(wide, axis, 2, length) + _cut(wide, axis, 0, length) - plane * np.float32(2)


def _diagonal(plane: Floats) -> Floats:
    """What [1 -1; -1 1] / 2 gives at each pixel and those to its right and below."""
    wide = np.pad(plane, ((0, 1), (0, 1)), mode="edge")
    return (wide[:-1, :-1] - wide[:-1, 1:] - wide[1:, :-1] + wide[1:, 1:]) * np.float32(0.5)
