"""The holes of a mask: which there are, and from which part of the picture each is filled.

A hole is a connected region of the mask. How it is filled depends on its shape:

- thin or tiny (nowhere further than 16 pixels from what is known; for long ones 64): in windows of a fixed
  grid at full size, so that a scratch across the whole picture keeps the sharpness around it;
- any other: in one square crop with its surroundings, twice as wide as the hole and at least 512 pixels;
  a crop larger than the network's 512 pixels is reduced, whatever its size.

Masks are looked at on a grid of at most 2,048 cells a side; a cell counts where any of its pixels does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError
from whichmodel.nodes.operation import Size, row_bands
from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import from_vips, to_vips
from whichmodel.pictures.raster import Raster

SIDE = 512
"""Side of what the network takes, in pixels."""

CORE = 256
"""Side of a window's core; around it lie as many known pixels as the window has room for."""

TENTH = 0.1
"""Share of the mask's range from which a pixel counts as hole: less is the noise of masks made by networks."""

_THIN, _THIN_LONG = 16, 64
_MOST_CELLS = 2048
_MOST_HOLES = 60_000

Grid = NDArray[np.uint16]


@dataclass(frozen=True)
class Holes:
    """What was found.

    Args:
        cell: side of a cell in pixels.
        labels: of each cell: 0 nothing to fill, 1 filled in windows, 2 and more: number of a crop, plus 2.
        crops: part of the picture from which each of those holes is filled.
        boxes: where the holes themselves lie.
        windows: cores of the windows.
        count: of all holes.
    """

    cell: int
    labels: Grid
    crops: tuple[Box, ...]
    boxes: tuple[Box, ...]
    windows: tuple[Box, ...]
    count: int

    @property
    def largest_reduction(self) -> float:
        """By how much the largest crop is reduced, at least 1."""
        return max((max(box.width, box.height) / SIDE for box in self.crops), default=1.0)

    def labels_of(self, box: Box) -> Grid:
        """Labels of the pixels of a part of the picture."""
        rows = np.arange(box.top, box.bottom) // self.cell
        columns = np.arange(box.left, box.right) // self.cell
        found: Grid = self.labels[rows[:, None], columns[None, :]]
        return found


def hole_pixels(samples: NDArray[Any], top: int) -> NDArray[np.bool_]:
    """Which samples of a mask, any shape, count as hole."""
    found: NDArray[np.bool_] = samples > TENTH * top
    return found


def find_holes(mask: Raster) -> Holes:
    """Find the holes of a mask of the picture's size.

    Raises:
        InputError: nothing is left of the picture from which a hole could be filled.
    """
    size = Size(mask.width, mask.height)
    cell = -(-max(size.width, size.height) // _MOST_CELLS)
    cells = _cells(mask, cell)
    if cells.all():
        raise InputError(
            "the mask covers the whole picture: nothing is left from which it could be filled",
            hint="in a mask, white is what is filled and black is what stays",
        )
    if not cells.any():
        return Holes(cell, np.zeros(cells.shape, np.uint16), (), (), (), 0)
    found = from_vips_int(to_vips(cells.astype(np.uint8) * 255).labelregions())
    # Numbers without gaps, 0 for what is known.
    _, regions = np.unique(np.where(cells, found + 1, 0), return_inverse=True)
    regions = regions.reshape(cells.shape)
    count = int(regions.max())
    if count > _MOST_HOLES:
        regions, count = cells.astype(regions.dtype), 1  # a mask of noise: all of it in windows
    depth = _depths(cells, regions, count) * cell
    boxes = _boxes(regions, count, cell, size)
    sides = np.array([max(box.width, box.height) for box in boxes])
    thin = (depth <= _THIN) | ((sides > SIDE) & (depth <= _THIN_LONG))
    number = np.where(thin, 1, 1 + np.cumsum(~thin))
    labels = np.concatenate([[0], number]).astype(np.uint16)[regions]
    deep = [box for box, is_thin in zip(boxes, thin, strict=True) if not is_thin]
    crops = tuple(_crop(box, size) for box in deep)
    return Holes(cell, labels, crops, tuple(deep), _windows(labels == 1, cell, size), count)


def from_vips_int(image: Any) -> NDArray[np.int32]:
    """A libvips image of 32-bit integers of one band: `(h, w)`."""
    buffer = image.cast("int").write_to_memory()
    return np.frombuffer(buffer, np.int32).reshape(image.height, image.width)


def _cells(mask: Raster, cell: int) -> NDArray[np.bool_]:
    """Which cells hold a pixel to be filled."""
    rows, columns = -(-mask.height // cell), -(-mask.width // cell)
    found = np.zeros((rows, columns), bool)
    starts = np.arange(0, mask.width, cell)
    for band in row_bands(Size(mask.width, mask.height)):
        holes = hole_pixels(mask.read(band.target), mask.kind.top).any(axis=2)
        across = np.logical_or.reduceat(holes, starts, axis=1)
        places = np.arange(band.target.top, band.target.bottom) // cell
        np.logical_or.at(found, places, across)
    return found


def _depths(cells: NDArray[np.bool_], regions: NDArray[Any], count: int) -> NDArray[np.float64]:
    """How far the innermost cell of each region is from a known one, in cells."""
    known = to_vips((~cells).astype(np.uint8) * 255)
    # What lies outside of the picture is not known, so its border is no edge of a hole.
    distance = known.fill_nearest(distance=True)[1]["distance"]
    values = from_vips(distance.cast("float"))[:, :, 0]
    deepest = np.zeros(count + 1)
    np.maximum.at(deepest, regions.ravel(), values.ravel())
    return deepest[1:]


def _boxes(regions: NDArray[Any], count: int, cell: int, size: Size) -> list[Box]:
    """The box of each region, in pixels."""
    rows, columns = np.nonzero(regions)
    number = regions[rows, columns]
    low = np.full((count + 1, 2), np.iinfo(np.int64).max)
    high = np.full((count + 1, 2), -1)
    np.minimum.at(low, number, np.stack([columns, rows], axis=1))
    np.maximum.at(high, number, np.stack([columns, rows], axis=1))
    return [
        Box(
            left * cell,
            top * cell,
            min((right + 1) * cell, size.width),
            min((bottom + 1) * cell, size.height),
        )
        for (left, top), (right, bottom) in zip(low[1:].tolist(), high[1:].tolist(), strict=True)
    ]


def _crop(box: Box, size: Size) -> Box:
    """The square around a hole from which it is filled, shifted into the picture; smaller pictures whole."""
    side = max(SIDE, 2 * max(box.width, box.height))
    left, right = _stretch((box.left + box.right) // 2, side, size.width)
    top, bottom = _stretch((box.top + box.bottom) // 2, side, size.height)
    return Box(left, top, right, bottom)


def _stretch(middle: int, side: int, length: int) -> tuple[int, int]:
    if side >= length:
        return 0, length
    start = min(max(0, middle - side // 2), length - side)
    return start, start + side


def _windows(thin: NDArray[np.bool_], cell: int, size: Size) -> tuple[Box, ...]:
    """Cores of the grid that hold thin holes."""
    found = []
    for top in range(0, size.height, CORE):
        for left in range(0, size.width, CORE):
            box = Box(left, top, min(left + CORE, size.width), min(top + CORE, size.height))
            rows = slice(box.top // cell, (box.bottom - 1) // cell + 1)
            if thin[rows, box.left // cell : (box.right - 1) // cell + 1].any():
                found.append(box)
    return tuple(found)
