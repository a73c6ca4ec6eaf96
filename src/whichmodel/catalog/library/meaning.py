"""The sentence vectors of a library on this computer: a flat file of whole numbers, memory-mapped.

Row `i` stands at byte `384 * i` as 384 whole numbers from -127 to 127. No scale is stored: the vectors
have length 1, so the scale is one over the length of the stored row. A row of zeros has no vector.
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

# A float32 copy of so many rows stays in the processor's cache.
_BLOCK = 512


class Meaning:
    """The vectors of one file; a file that is not there holds none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._table: NDArray[np.int8] = np.zeros((0, DIMENSIONS), np.int8)
        self.renew()

    def renew(self) -> None:
        """See what was written meanwhile."""
        try:
            rows = self._file.stat().st_size // DIMENSIONS
        except OSError:
            rows = 0
        if rows != len(self._table):
            self._table = np.memmap(self._file, np.int8, "r", shape=(rows, DIMENSIONS))

    def put(self, rows: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Write vectors, `(k, 384)` of length 1, to their rows, and see that they reach the disk."""
        self.put_whole(rows, to_whole(vectors))

    def put_whole(self, rows: Sequence[int], whole: NDArray[np.int8]) -> None:
        """As `put`, of vectors that are whole numbers already."""
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o666)
        with os.fdopen(handle, "r+b") as file:
            # Rows that follow each other are written at once.
            start = 0
            for place in range(1, len(rows) + 1):
                if place == len(rows) or rows[place] != rows[place - 1] + 1:
                    file.seek(rows[start] * DIMENSIONS)
                    file.write(np.ascontiguousarray(whole[start:place]).tobytes())
                    start = place
            file.flush()
            os.fsync(file.fileno())
        self.renew()

    def get(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Stored rows and their scales; see `Library.vectors`."""
        found = np.zeros((len(rows), DIMENSIONS), np.int8)
        there = rows < len(self._table)
        found[there] = self._table[rows[there]]
        return found, scales(found)

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
