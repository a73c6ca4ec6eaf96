"""Places that are pointed out: cells that hang together, as boxes of AFTER."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Record
from whichmodel.examining.maps import Maps

_SHARE = 0.4
"""Share of a cell that must contradict BEFORE."""
_LEAST = 2
"""Cells of a place; a single one may be chance."""
_MOST = 50
"""Places that are told."""


class Region(Record, frozen=True, kw_only=True):
    """A place of AFTER that is pointed out.

    Args:
        why: `"contradicts"`: shrunk, it is not what BEFORE shows there. `"stands out"`: its fine detail is far
            stronger than BEFORE's detail there and the rest of the result would suggest.
        left, top, right, bottom: in pixels of AFTER.
        area: pixels of AFTER in its cells.
    """

    why: Literal["contradicts", "stands out"]
    left: int
    top: int
    right: int
    bottom: int
    area: int


def regions(maps: Maps) -> tuple[Region, ...]:
    """The places, the largest first."""
    found = [
        *_named("contradicts", maps.cells >= _SHARE, maps.cell),
        *_named("stands out", (maps.outstanding > 0) & ~_around(maps.cells > 0.1), maps.cell),
    ]
    return tuple(sorted(found, key=lambda region: -region.area)[:_MOST])


def _named(
    why: Literal["contradicts", "stands out"], marks: NDArray[np.bool_], cell: tuple[float, float]
) -> list[Region]:
    wide, high = cell
    return [
        Region(
            why=why,
            left=round(columns.min() * wide),
            top=round(rows.min() * high),
            right=round((columns.max() + 1) * wide),
            bottom=round((rows.max() + 1) * high),
            area=round(len(rows) * wide * high),
        )
        for rows, columns in groups(marks)
        if len(rows) >= _LEAST
    ]


def _around(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The marked cells and their neighbours: what contradicts is not pointed out twice."""
    wide = np.pad(marks, 1)
    rows, columns = marks.shape
    found = np.zeros_like(marks)
    for row in range(3):
        for column in range(3):
            found |= wide[row : row + rows, column : column + columns]
    return found


def groups(marks: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The marked cells in groups that touch by a side or a corner: rows and columns of each group."""
    left = {(int(row), int(column)) for row, column in np.argwhere(marks)}
    found = []
    while left:
        group = [left.pop()]
        for row, column in group:
            for next_row in (row - 1, row, row + 1):
                for next_column in (column - 1, column, column + 1):
                    if (next_row, next_column) in left:
                        left.remove((next_row, next_column))
                        group.append((next_row, next_column))
        cells = np.array(sorted(group), np.int64)
        found.append((cells[:, 0], cells[:, 1]))
    return found
