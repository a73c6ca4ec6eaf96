"""The sentence vectors of a library on this computer: flat files of whole numbers, memory-mapped.

Row `i` stands at byte `384 * i` as 384 whole numbers from -127 to 127. No scale is stored: the vectors
have length 1, so the scale is one over the length of the stored row. A row of zeros has no vector.

A second file holds the signs alone, 48 bytes a row. In a large library the rows whose signs differ least
from those of a query are looked for first, and only these are compared as whole numbers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whichmodel.catalog.library.protocol import DIMENSIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A float32 copy of so many rows stays in the processor's cache, and signs of so many.
_BLOCK, _BLOCK_OF_SIGNS = 512, 8192
_SIGN_BYTES = DIMENSIONS // 8
# Up to so many rows every one is compared; of more, so many whose signs are nearest.
EXACT, NEAR_BY_SIGNS = 50_000, 4000


class Meaning:
    """The vectors of one file; a file that is not there holds none."""

    def __init__(self, file: Path) -> None:
        self._file, self._sign_file = file, file.with_suffix(".signs")
        self._table: NDArray[np.int8] = np.zeros((0, DIMENSIONS), np.int8)
        self._signs: NDArray[np.uint64] = np.zeros((0, _SIGN_BYTES // 8), np.uint64)
        self.renew()

    def renew(self) -> None:
        """See what was written meanwhile."""
        rows = _rows(self._file, DIMENSIONS)
        if rows != len(self._table):
            self._table = np.memmap(self._file, np.int8, "r", shape=(rows, DIMENSIONS))
        rows = _rows(self._sign_file, _SIGN_BYTES)
        if rows != len(self._signs):
            self._signs = np.memmap(self._sign_file, np.uint64, "r", shape=(rows, _SIGN_BYTES // 8))

    def put(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Write vectors, `(k, 384)` of length 1, to their rows, and see that they reach the disk."""
        self.put_whole(rows, to_whole(vectors))

    def put_whole(self, rows: Sequence[int], whole: NDArray[np.int8]) -> None:
        """As `put`, of vectors that are whole numbers already."""
        _write(self._sign_file, rows, signs(whole))
        _write(self._file, rows, whole)
        self.renew()

    def get(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Stored rows and their scales; see `Library.vectors`."""
        found = np.zeros((len(rows), DIMENSIONS), np.int8)
        there = rows < len(self._table)
        found[there] = self._table[rows[there]]
        return found, scales(found)

    def nearest(self, vector: NDArray[np.float32], top: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The rows nearest to a vector of length 1, best first, and their cosine.

        Up to `EXACT` rows every one is compared. Of more, those count whose signs are nearest; what is
        missed by that is measured in `benchmarks/library.py`.
        """
        if (
            len(self._table) <= EXACT
            or len(self._signs) != len(self._table)
            or not hasattr(np, "bitwise_count")
        ):
            similarities = self.similarities(vector)
            best = _largest(similarities, top)
            best = best[similarities[best] > -2]
            return best, similarities[best]
        rows = self._near_by_signs(vector, max(NEAR_BY_SIGNS, 4 * top))
        whole, scale = self.get(rows)
        similarities = (whole.astype(np.float32) @ vector) * scale
        best = np.argsort(-similarities, kind="stable")
        best = best[scale[best] > 0][:top]
        return rows[best], similarities[best]

    def _near_by_signs(self, vector: NDArray[np.float32], most: int) -> NDArray[np.int64]:
        asked = np.packbits(vector > 0).view(np.uint64)
        differing = np.empty(len(self._signs), np.uint16)
        for start in range(0, len(differing), _BLOCK_OF_SIGNS):
            block = np.bitwise_count(self._signs[start : start + _BLOCK_OF_SIGNS] ^ asked).astype(np.uint16)
            total = differing[start : start + _BLOCK_OF_SIGNS]
            np.add(block[:, 0], block[:, 1], out=total)
            for column in range(2, block.shape[1]):
                total += block[:, column]
        # Distances are small whole numbers: counting them finds the bound faster than sorting.
        bound = int(np.searchsorted(np.cumsum(np.bincount(differing, minlength=DIMENSIONS + 1)), most))
        return np.flatnonzero(differing <= bound).astype(np.int64)

    def similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine of every row with a vector of length 1, `(n,)`; -2 where there is no vector."""
        found = np.empty(len(self._table), np.float32)
        for start in range(0, len(found), _BLOCK):
            block = self._table[start : start + _BLOCK].astype(np.float32)
            lengths = np.sqrt(np.einsum("ij,ij->i", block, block))
            with np.errstate(invalid="ignore", divide="ignore"):
                found[start : start + _BLOCK] = np.where(lengths > 0, (block @ vector) / lengths, -2)
        return found


def to_whole(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Vectors as whole numbers, each by its own largest number.

    >>> to_whole(np.array([[0.6, -0.8]], np.float32))
    array([[  95, -127]], dtype=int8)
    """
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-12)
    whole: NDArray[np.int8] = np.rint(vectors * (127 / largest)).astype(np.int8)
    return whole


def scales(whole: NDArray[np.int8]) -> NDArray[np.float32]:
    """One over the length of each row, `(k,)`; 0 for a row of zeros."""
    wide = whole.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    found: NDArray[np.float32] = np.where(lengths > 0, 1 / np.maximum(lengths, 1), 0).astype(np.float32)
    return found


def signs(whole: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Which numbers of each row are above zero, a bit each: `(k, 48)`."""
    return np.packbits(whole > 0, axis=1)


def _largest(values: NDArray[np.float32], top: int) -> NDArray[np.int64]:
    """Places of the largest values, the largest first, the earlier of equals first."""
    if top < len(values):
        bound = np.partition(values, len(values) - top)[len(values) - top]
        places = np.flatnonzero(values >= bound)
    else:
        places = np.arange(len(values))
    best: NDArray[np.int64] = places[np.argsort(-values[places], kind="stable")][:top].astype(np.int64)
    return best


def _rows(file: Path, width: int) -> int:
    try:
        return file.stat().st_size // width
    except OSError:
        return 0


def _write(file: Path, rows: Sequence[int], values: NDArray[np.int8] | NDArray[np.uint8]) -> None:
    """Write rows to their places, those that follow each other at once."""
    width = values.shape[1]
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as stream:
        start = 0
        for place in range(1, len(rows) + 1):
            if place == len(rows) or rows[place] != rows[place - 1] + 1:
                stream.seek(rows[start] * width)
                stream.write(np.ascontiguousarray(values[start:place]).tobytes())
                start = place
        stream.flush()
        os.fsync(stream.fileno())
