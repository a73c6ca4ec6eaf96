"""Tiling as pure geometry: which part of a picture is computed from which.

A *tile* has a core and a source. The cores partition the picture; the source is the core grown by a
halo of real pixels, as wide as the network's receptive field, so that the core comes out as it would
from the whole picture. At the border of the picture the source is clipped instead of padded: there
the network pads with zeros itself, as it did in training (padding by reflection costs 0.05-0.2 dB).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from whichmodel.pictures.box import Box

__all__ = ["Box", "Tile", "grid", "tiles"]


@dataclass(frozen=True)
class Tile:
    """One piece of work: read `source`, keep `core`. All boxes count pixels of the input picture."""

    column: int
    row: int
    core: Box
    source: Box

    def kept(self, scale: int) -> Box:
        """Where the core lies in the network's output for `source`."""
        return self.core.within(self.source).times(scale)

    def __str__(self) -> str:
        return f"tile column {self.column}, row {self.row} (input {self.core})"


def tiles(width: int, height: int, *, size: int, halo: int) -> Iterator[Tile]:
    """Tiles of a picture, row by row.

    Args:
        width, height: of the picture, in pixels, at least 1.
        size: largest side of a core, in pixels, at least 1. Cores are made equally large, so that no
            thin remainder is left.
        halo: how far a result reaches into its surroundings (receptive field radius), in pixels.

    Raises:
        ValueError: a size is not positive.
    """
    if min(width, height, size) < 1 or halo < 0:
        raise ValueError(f"no tiles for {width} x {height}, size {size}, halo {halo}")
    columns = _edges(width, size)
    rows = _edges(height, size)
    for row, (top, bottom) in enumerate(pairwise(rows)):
        for column, (left, right) in enumerate(pairwise(columns)):
            core = Box(left, top, right, bottom)
            yield Tile(column=column, row=row, core=core, source=core.grown(halo, width, height))


def grid(width: int, height: int, size: int) -> tuple[int, int]:
    """Number of columns and rows that `tiles` gives."""
    return len(_edges(width, size)) - 1, len(_edges(height, size)) - 1


def _edges(length: int, size: int) -> list[int]:
    count = -(-length // size)
    return [length * i // count for i in range(count + 1)]
