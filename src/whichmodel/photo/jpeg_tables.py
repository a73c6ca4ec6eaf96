"""The quantisation tables of JPEG: those of a file, and what quality they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int64]

# ITU-T T.81 (1992), table K.1: the luminance steps at quality 50.
_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
_HEADER = 1 << 20
"""Bytes of a file in which its tables are looked for: embedded profiles and thumbnails come before them."""
_SEGMENTS = 4096


def table_of(quality: int) -> Table:
    """Steps of the luminance, shape `(8, 8)`, rows first, as libjpeg scales them for 1..100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.asarray(np.clip((_LUMINANCE * scale + 50) // 100, 1, 255), np.int64)


def quality_of(table: Table) -> tuple[int, float]:
    """The quality whose table is nearest, and the mean relative difference of the steps from it."""
    apart = {
        quality: float(np.mean(np.abs(table_of(quality) - table) / table_of(quality)))
        for quality in range(1, 101)
    }
    best = min(apart, key=lambda quality: (apart[quality], -quality))
    return best, apart[best]


def table_in(path: Path) -> Table | None:
    """The first quantisation table (that of the luminance) of a JPEG file; `None` where it is none or has none.

    Reads one megabyte at most and believes no length in the file.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(_HEADER)
    if data[:2] != b"\xff\xd8":
        return None
    place = 2
    for _ in range(_SEGMENTS):
        while data[place : place + 2] == b"\xff\xff":
            place += 1
        if place + 4 > len(data) or data[place] != 0xFF:
            return None
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in (0xDA, 0xD9) or length < 2:
            return None
        if marker == 0xDB:
            found = _first_table(data[place + 4 : place + 2 + length])
            if found is not None:
                return found
        place += 2 + length
    return None


def _first_table(segment: bytes) -> Table | None:
    """Table 0 of a DQT segment (T.81, B.2.4.1), unzigzagged."""
    place = 0
    while place < len(segment):
        wide, number = segment[place] >> 4, segment[place] & 15
        size = 128 if wide else 64
        steps = np.frombuffer(segment[place + 1 : place + 1 + size], ">u2" if wide else "u1")
        if wide > 1 or len(steps) != 64:
            return None
        if number == 0:
            table = np.empty((8, 8), np.int64)
            for step, (row, column) in zip(steps, ZIGZAG, strict=True):
                table[row, column] = max(1, int(step))
            return table
        place += 1 + size
    return None


def _zigzag() -> tuple[tuple[int, int], ...]:
    cells = [(row, column) for row in range(8) for column in range(8)]
    return tuple(sorted(cells, key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1])))


ZIGZAG = _zigzag()
"""Row and column of the 64 coefficients in the order of a file (T.81, figure A.6)."""
