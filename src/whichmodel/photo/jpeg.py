"""What JPEG did to a photo: its quality, from the file or from the pixels alone, and how the blocks show.

From pixels: Z. Fan and R. L. de Queiroz, "Identification of bitmap compression history: JPEG detection and quantizer
estimation", IEEE Transactions on Image Processing 12, 2003. Where pixels went through JPEG, the transform of its
blocks lies on multiples of the steps of its table but for what rounding moved, about 0.6. The likelihood of the
tables of all qualities is compared with that of no table, coefficient by coefficient, over the blocks that tell
something. Where the blocks begin is told by the same paper's measure: the step across a border of blocks less those
beside it; positions that it proposes are tried by likelihood, as is the corner.

Other tables than those of the standard, and JPEG before a later change of size, are not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain.photo import Jpeg
from whichmodel.photo.jpeg_tables import Table, quality_of, table_in, table_of
from whichmodel.pictures.sample import Floats, Mask, Part

OF_FILE = "quantisation table of the file (ITU-T T.81)"
OF_PIXELS = "likelihood of quantised block transforms (Fan, de Queiroz 2003)"

QUALITIES = range(5, 96)
"""Those that are told from pixels; finer steps drown in the rounding."""
_ROUNDING = 0.6
_OUTLIERS = 0.1
"""Share of coefficients that colour conversion has moved farther."""
_CELLS = tuple((row, column) for row in range(8) for column in range(8) if 0 < row + column <= 5)
_MOST_BLOCKS, _LEAST_BLOCKS = 2500, 12
_EMPTY = 20.0
"""Energy of a block's transform below which it tells nothing."""
_SURE = 60.0
"""Logarithm of the likelihood ratio from which there was JPEG."""

_K = np.arange(8)
_COSINES = (
    np.cos((2 * _K[None] + 1) * _K[:, None] * np.pi / 16) * np.where(_K == 0, np.sqrt(1 / 8), 0.5)[:, None]
).astype(np.float32)


def jpeg_of(parts: tuple[Part, ...], path: Path | None = None) -> Jpeg | None:
    """Traces of JPEG in the pixels, and the quality of the file's own table where it is a JPEG.

    Args:
        parts: of the photo, their corners on multiples of 8.
        path: of its file, where there is one.

    Returns:
        `None` where the photo is too small to tell.

    Raises:
        OSError: the file cannot be read.
    """
    table = table_in(path) if path else None
    if table is not None:
        quality, apart = quality_of(table)
        return Jpeg(
            quality=quality,
            blocking=round(blocking_of(parts, (0, 0)), 2),
            confidence=1.0 if apart < 0.02 else 0.8,
            method=OF_FILE,
        )
    best: tuple[float, int, tuple[int, int]] | None = None
    for offset in _offsets(parts):
        found = _likeliest(block_transforms(parts, offset))
        if found and (best is None or found[0] > best[0]):
            best = (*found, offset)
    if best is None:
        return None
    ratio, quality, offset = best
    if ratio < _SURE:
        return Jpeg(quality=None, confidence=0.9, method=OF_PIXELS)
    blocking = round(blocking_of(parts, offset), 2)
    sure = round(float(ratio / (ratio + _SURE)), 2)
    return Jpeg(quality=quality, blocking=blocking, offset=offset, confidence=sure, method=OF_PIXELS)


def block_transforms(parts: tuple[Part, ...], offset: tuple[int, int]) -> NDArray[np.float64]:
    """Cosine transforms of the blocks that tell something, shape `(n, 8, 8)`.

    Blocks in which something was cut off at black or white are left out while enough others are there.
    """
    across, down = offset
    blocks, whole = [], []
    for part in parts:
        light, inside = part.light[down:, across:], part.uncut[down:, across:]
        rows, columns = light.shape[0] // 8, light.shape[1] // 8
        if rows and columns:
            blocks.append(_cut(light, rows, columns))
            whole.append(_cut(inside, rows, columns).all(axis=(1, 2)))
    if not blocks:
        return np.empty((0, 8, 8))
    found, uncut = np.concatenate(blocks), np.concatenate(whole)
    if uncut.sum() >= _LEAST_BLOCKS:
        found = found[uncut]
    found = found[:: max(1, -(-len(found) // _MOST_BLOCKS))]
    transforms: NDArray[np.float64] = (_COSINES @ (found - np.float32(128)) @ _COSINES.T).astype(np.float64)
    return transforms


def blocking_of(parts: tuple[Part, ...], offset: tuple[int, int]) -> float:
    """How much larger the steps across borders of blocks are than those beside them, levels of 255, at least 0."""
    rows, columns = _borders(parts)
    return max(0.0, float(rows[offset[1]] + columns[offset[0]]) / 2)


def _likeliest(transforms: NDArray[np.float64]) -> tuple[float, int] | None:
    """Logarithm of the likelihood ratio of the likeliest quality against no JPEG, and that quality."""
    energy = (transforms**2).sum(axis=(1, 2)) - transforms[:, 0, 0] ** 2
    told = transforms[energy > _EMPTY]
    if len(told) < _LEAST_BLOCKS:
        return None
    tables: dict[int, Table] = {quality: table_of(quality) for quality in QUALITIES}
    sums = dict.fromkeys(QUALITIES, 0.0)
    for row, column in _CELLS:
        values = told[:, row, column]
        known: dict[int, float] = {}
        for quality, table in tables.items():
            step = int(table[row, column])
            if step not in known:
                known[step] = _speaks(values, step)
            sums[quality] += known[step]
    best = max(sums, key=lambda quality: sums[quality])
    return sums[best], best


def _speaks(values: NDArray[np.float64], step: int) -> float:
    """Logarithm of how much likelier coefficients are with a step than without; those near 0 say nothing."""
    multiples = np.rint(values / step)
    used = multiples != 0
    apart = values[used] - step * multiples[used]
    density = step / (_ROUNDING * np.sqrt(2 * np.pi)) * np.exp(-0.5 * (apart / _ROUNDING) ** 2)
    return float(np.log((1 - _OUTLIERS) * density + _OUTLIERS).sum())


def _offsets(parts: tuple[Part, ...]) -> Iterator[tuple[int, int]]:
    rows, columns = _borders(parts)
    proposed = product({0, int(np.argmax(columns))}, {0, int(np.argmax(rows))})
    yield from sorted(proposed)


def _borders(parts: tuple[Part, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each of the eight positions of borders: their mean step beyond those beside; for rows and columns."""
    lights = [part.light for part in parts]
    insides = [part.uncut for part in parts]
    return (
        _positions([light.T for light in lights], [inside.T for inside in insides]),
        _positions(lights, insides),
    )


def _positions(lights: list[Floats], insides: list[Mask]) -> NDArray[np.float64]:
    sums, counts = np.zeros(8), np.zeros(8)
    for light, inside in zip(lights, insides, strict=True):
        if light.shape[1] < 16:
            continue
        steps = np.abs(np.diff(light, axis=1))
        beyond = steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2
        fine = inside[:, 1:-2] & inside[:, 2:-1]
        weighed = (beyond.clip(-20, 20) * fine).sum(axis=0, dtype=np.float64)
        number = fine.sum(axis=0)
        for position in range(8):
            # beyond[:, j] is the step between columns j + 1 and j + 2.
            chosen = slice((position - 2) % 8, None, 8)
            sums[position] += weighed[chosen].sum()
            counts[position] += number[chosen].sum()
    means = sums / np.maximum(counts, 1)
    return np.asarray(means - np.median(means))


def _cut(plane: NDArray[np.generic], rows: int, columns: int) -> NDArray[np.generic]:
    whole = plane[: rows * 8, : columns * 8].reshape(rows, 8, columns, 8)
    return whole.transpose(0, 2, 1, 3).reshape(-1, 8, 8)
