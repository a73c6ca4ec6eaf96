"""The maps of a pair of pictures, made strip by strip: invention, error, classes, and what stands out.

Memory holds BEFORE, a strip of AFTER, and cells of some pixels of BEFORE; the maps go to files of raw samples,
row after row.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.disagreement import FLOOR
from whichmodel.examining.forward import ForwardModel
from whichmodel.examining.invention import Kind, contradiction, invention, kinds, stands_out
from whichmodel.examining.local import detail
from whichmodel.examining.overlay import Overlay
from whichmodel.examining.rows import Rows
from whichmodel.pictures import Box, Viewed
from whichmodel.pictures.reduction import Axis, applied
from whichmodel.runtimes.ncnn import usable_threads

Floats = NDArray[np.float32]

_BLOCK = 768
"""Side of a block of AFTER, about."""
CELL = 5
"""Side of a cell in pixels of BEFORE; where BEFORE is as large as AFTER, of both."""


@dataclass(frozen=True)
class Maps:
    """What was found, beside the files.

    Args:
        invention, error, classes: files of rows of AFTER: two of `float32`, 0..1 with 1 the full range of
            brightness, one of `uint8` (`Kind`).
        shares: of AFTER's pixels by class, 0..1.
        mean_invention: mean over AFTER, 0..1.
        squares, compared: sum over channels and pixels of BEFORE of the squared differences of reduced AFTER,
            0..255, and how many were compared.
        cells: shape `(rows, columns)`: share of each cell that contradicts BEFORE, 0..1.
        outstanding: same shape: 1 where detail stands out from the rest, 0 elsewhere.
        cell: width and height of a cell in pixels of AFTER.
    """

    invention: Path
    error: Path
    classes: Path
    shares: dict[Kind, float]
    mean_invention: float
    squares: float
    compared: int
    cells: Floats
    outstanding: Floats
    cell: tuple[float, float]


@dataclass(frozen=True)
class _Done:
    """The maps of one block, and its sums."""

    invention: Floats
    error: Floats
    classes: NDArray[np.uint8]
    squares: float
    compared: int


def draw_maps(after: Viewed, overlay: Overlay, model: ForwardModel, folder: Path) -> Maps:
    """Compute the maps of a pair into files in `folder`.

    Args:
        after: read once, from top to bottom.
    """
    width, height = overlay.size
    radius = max(1, round(overlay.scale))
    cell = max(3.0, CELL * overlay.scale)
    grid = _Cells(width, height, cell)
    rows = Rows(after)
    unit = np.float32(255 / ((1 << after.bits) - 1))
    paths = [folder / name for name in ("invention.raw", "error.raw", "classes.raw")]
    counts = np.zeros(len(Kind), np.int64)
    total, squares, compared = 0.0, 0.0, 0
    with ThreadPoolExecutor(usable_threads()) as pool:
        files = [path.open("wb") for path in paths]
        try:
            for top, bottom in _cuts(height):
                needed = overlay.needs((top, bottom), model.kernel, radius + 1)
                window = Box(0, needed[0], width, needed[1])
                held = rows.take(*needed)
                boxes = [Box(left, top, right, bottom) for left, right in _cuts(width)]
                done = list(
                    pool.map(lambda box: _block(overlay, model, box, held, window, radius, unit), boxes)  # noqa: B023 - used up before the next round
                )
                strip = [
                    np.concatenate([getattr(each, name) for each in done], axis=1)
                    for name in ("invention", "error", "classes")
                ]
                grid.add(top, strip[0], strip[2])
                counts += np.bincount(strip[2].ravel(), minlength=len(Kind))
                total += float(strip[0].sum(dtype=np.float64))
                squares += sum(each.squares for each in done)
                compared += sum(each.compared for each in done)
                for file, values in zip(files, strip, strict=True):
                    file.write(np.ascontiguousarray(values).data)
        finally:
            for file in files:
                file.close()
    contradicting, invented = grid.means()
    own = _cell_detail(overlay, grid)
    return Maps(
        invention=paths[0],
        error=paths[1],
        classes=paths[2],
        shares={kind: float(counts[kind]) / (width * height) for kind in Kind},
        mean_invention=total / (width * height),
        squares=squares,
        compared=compared,
        cells=contradicting,
        outstanding=stands_out(own, invented * np.float32(255), model).astype(np.float32),
        cell=(width / grid.shape[1], height / grid.shape[0]),
    )


def _block(
    overlay: Overlay,
    model: ForwardModel,
    box: Box,
    held: NDArray[np.uint8],
    window: Box,
    radius: int,
    unit: np.float32,
) -> _Done:
    """The maps of one block from the rows that are held."""
    margin = int(overlay.across.scale * 24) + radius + 2
    part = Box(max(0, box.left - margin), window.top, min(window.right, box.right + margin), window.bottom)
    pixels = held[:, part.left : part.right].astype(np.float32) * unit
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    block = overlay.block(box, pixels, part, model.kernel, radius + 1)
    shape = (box.height, box.width)
    if block is None:
        return _Done(
            np.ones(shape, np.float32),
            np.zeros(shape, np.float32),
            np.full(shape, Kind.OUTSIDE, np.uint8),
            0.0,
            0,
        )
    free = invention(block, radius)[box.within(block.large).slices]
    contradicts, own = contradiction(block, model)
    local = np.sqrt(np.square(block.error).mean(axis=2))
    spread = [
        _spread(axis, large, small)
        for axis, large, small in (
            (overlay.down, (box.top, box.bottom), (block.small.top, block.small.bottom)),
            (overlay.across, (box.left, box.right), (block.small.left, block.small.right)),
        )
    ]
    raised = applied(spread[0], spread[1], np.stack([contradicts, own, local], axis=2))
    classes = kinds(free, raised[:, :, 1], raised[:, :, 0])
    outside = ~np.outer(
        _inside(overlay.down, (box.top, box.bottom)), _inside(overlay.across, (box.left, box.right))
    )
    free[outside], classes[outside] = 255, Kind.OUTSIDE
    error = raised[:, :, 2] / np.float32(255)
    error[outside] = 0
    # Each pixel of BEFORE counts in the block in which its middle lies.
    core = np.outer(
        _middles(overlay.down, (block.small.top, block.small.bottom), (box.top, box.bottom)),
        _middles(overlay.across, (block.small.left, block.small.right), (box.left, box.right)),
    )
    core &= block.compared
    return _Done(
        free / np.float32(255),
        error,
        classes,
        float(np.square(block.error[core]).sum(dtype=np.float64)),
        int(core.sum()) * block.error.shape[2],
    )


class _Cells:
    """Means over cells of a picture whose rows come from top to bottom."""

    def __init__(self, width: int, height: int, cell: float) -> None:
        self.shape = max(1, round(height / cell)), max(1, round(width / cell))
        self.rows = np.minimum(np.arange(height) * self.shape[0] // height, self.shape[0] - 1)
        self.columns = np.minimum(np.arange(width) * self.shape[1] // width, self.shape[1] - 1)
        self._sums = np.zeros((2, *self.shape))
        self._counts = np.outer(np.bincount(self.rows), np.bincount(self.columns))
        self._starts = np.searchsorted(self.columns, np.arange(self.shape[1]))

    def add(self, top: int, invented: Floats, classes: NDArray[np.uint8]) -> None:
        """Add whole rows of which the first is row `top`."""
        rows = self.rows[top : top + len(invented)]
        known = classes != Kind.OUTSIDE
        for sums, values in zip(
            self._sums, (classes == Kind.CONTRADICTS, np.where(known, invented, 0)), strict=True
        ):
            across = np.add.reduceat(values, self._starts, axis=1, dtype=np.float64)
            np.add.at(sums, rows, across)

    def means(self) -> tuple[Floats, Floats]:
        """Share of each cell that contradicts, and mean invention."""
        first, second = (self._sums / self._counts).astype(np.float32)
        return first, second


def _cell_detail(overlay: Overlay, grid: _Cells) -> Floats:
    """BEFORE's detail, plus the floor, at the middle of each cell; `inf` where BEFORE does not reach."""
    found = np.full(grid.shape, np.inf, np.float32)
    width, height = overlay.size
    middles_y = ((np.arange(grid.shape[0]) + 0.5) * height / grid.shape[0] - overlay.down.offset) / (
        overlay.down.scale
    )
    middles_x = ((np.arange(grid.shape[1]) + 0.5) * width / grid.shape[1] - overlay.across.offset) / (
        overlay.across.scale
    )
    columns = np.flatnonzero((middles_x >= 0) & (middles_x < overlay.across.small))
    places = middles_x[columns].astype(np.int64)
    for row, middle in enumerate(middles_y):
        if columns.size and 0 <= middle < overlay.down.small:
            line = int(middle)
            top, bottom = max(0, line - 4), min(overlay.down.small, line + 5)
            part = overlay.before(Box(0, top, overlay.across.small, bottom))
            found[row, columns] = detail(part)[line - top][places] + np.float32(FLOOR)
    return found


def _cuts(length: int) -> Iterator[tuple[int, int]]:
    count = -(-length // _BLOCK)
    return pairwise([length * i // count for i in range(count + 1)])


def _spread(axis: Axis, large: tuple[int, int], small: tuple[int, int]) -> Floats:
    """Linear interpolation from BEFORE's pixels to AFTER's."""
    place = np.clip((np.arange(*large) + 0.5 - axis.offset) / axis.scale - 0.5, small[0], small[1] - 1)
    left = np.floor(place).astype(np.int64)
    right = np.minimum(left + 1, small[1] - 1)
    weight = (place - left).astype(np.float32)
    matrix = np.zeros((len(place), small[1] - small[0]), np.float32)
    index = np.arange(len(place))
    matrix[index, left - small[0]] += 1 - weight
    matrix[index, right - small[0]] += weight
    return matrix


def _inside(axis: Axis, large: tuple[int, int]) -> NDArray[np.bool_]:
    middle = np.arange(*large) + 0.5
    found: NDArray[np.bool_] = (middle >= axis.offset) & (middle <= axis.offset + axis.scale * axis.small)
    return found


def _middles(axis: Axis, small: tuple[int, int], large: tuple[int, int]) -> NDArray[np.bool_]:
    middle = (np.arange(*small) + 0.5) * axis.scale + axis.offset
    found: NDArray[np.bool_] = (middle >= large[0]) & (middle < large[1])
    return found
