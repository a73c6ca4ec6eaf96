"""The holes of a mask: which there are, and from which part of the picture each is filled.

A hole is a connected region of the mask. How it is filled depends on its shape:

- what is thin or tiny (nowhere further than 16 pixels from what is known; where it is long, 64): in windows of
  a fixed grid at full size, so that a scratch across the whole picture keeps the sharpness around it;
- any other blob: in one square crop with its surroundings, twice as wide as the blob and at least 512
  pixels; a crop larger than the network's 512 pixels is reduced, whatever its size.

Masks are looked at on a grid of at most 2,048 cells a side; a cell counts where any of its pixels does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError
from whichmodel.nodes.grow import largest_around
from whichmodel.nodes.operation import Size, row_bands
from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import to_vips
from whichmodel.pictures.raster import Raster

SIDE = 512
"""Side of what the network takes, in pixels."""

CORE = 256
"""Side of a window's core; around it lie as many known pixels as the window has room for."""

TENTH = 0.1
"""Share of the mask's range from which a pixel counts as hole: less is the noise of masks made by networks."""

_THIN, _THIN_LONG = 16, 64
_MOST_CELLS = 2048
_MOST_BLOBS = 60_000

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
    count = int(_regions(cells).max())
    # A blob with a scratch through it is a blob and a scratch: what an opening takes away is thin.
    reach = max(1, _THIN // cell)
    blobs = cells & _grown(_shrunk(cells, reach), reach)
    regions = _regions(blobs)
    if regions.max(initial=0) > _MOST_BLOBS:
        regions = np.zeros_like(regions)  # a mask of noise: all of it in windows
    boxes = _boxes(regions, cell, size)
    deep = np.zeros(len(boxes) + 1, bool)
    deep[np.unique(regions[_shrunk(cells, max(1, _THIN_LONG // cell))])] = True
    sides = np.array([max(box.width, box.height) for box in boxes])
    whole = deep[1:] | (sides <= SIDE)
    labels = np.concatenate([[0], np.where(whole, 1 + np.cumsum(whole), 0)]).astype(np.uint16)[regions]
    # The rim of a blob, which a square does not reach, belongs to it.
    near = largest_around(largest_around(labels, reach // 2 + 1, 0), reach // 2 + 1, 1)
    labels = np.where(cells & (labels == 0), near, labels)
    labels[cells & (labels == 0)] = 1
    own = _boxes(np.where(labels > 1, labels.astype(np.int64) - 1, 0), cell, size)
    crops = tuple(_crop(box, size) for box in own)
    return Holes(cell, labels, crops, tuple(own), _windows(labels == 1, cell, size), count)


def _regions(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Connected regions of cells, numbered from 1; 0 is the rest."""
    found = from_vips_int(to_vips(cells.astype(np.uint8) * 255).labelregions())
    _, numbers = np.unique(np.where(cells, found.astype(np.int64) + 1, 0), return_inverse=True)
    numbers = numbers.reshape(cells.shape)
    # Where no cell is left out there is no 0, and numbers begin one too low.
    return np.asarray(numbers + int(bool(cells.all())), np.int64)


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


def _grown(cells: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Cells with another one within a square around them."""
    found: NDArray[np.bool_] = largest_around(largest_around(cells, reach, 0), reach, 1)
    return found


def _shrunk(cells: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Cells with nothing but others in a square around them; the border of the picture is no edge of a hole."""
    return ~_grown(~cells, reach)


def _boxes(regions: NDArray[np.int64], cell: int, size: Size) -> list[Box]:
    """The box of each region, in pixels."""
    count = int(regions.max(initial=0))
    rows, columns = np.nonzero(regions)
    number = regions[rows, columns]
    places = np.stack([columns, rows], axis=1)
    low = np.full((count + 1, 2), np.iinfo(np.int64).max)
    high = np.full((count + 1, 2), -1)
    np.minimum.at(low, number, places)
    np.maximum.at(high, number, places)
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
