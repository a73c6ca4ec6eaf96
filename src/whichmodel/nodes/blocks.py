"""Work on a grid of blocks that never moves, for operations whose arithmetic depends on what is done at once.

A Fourier transform or a running sum gives other last bits for another cut of the same picture. On a fixed
grid every block is always computed from the same pixels, so a result does not depend on how its parts were
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.nodes.operation import Size, Unit
from whichmodel.pictures.box import Box


def block_units(size: Size, side: int) -> list[Unit]:
    """The grid's blocks as units, row by row.

    Args:
        size: of the result, in pixels.
        side: of a block, in pixels; those at the right and at the bottom may be smaller.
    """
    return [Unit(box, f"block at {box}") for box in _grid(Box(0, 0, size.width, size.height), size, side)]


def from_blocks(target: Box, size: Size, side: int, make: Callable[[Box], NDArray[Any]]) -> NDArray[Any]:
    """A part of a result that is computed block by block.

    Args:
        target: the part, in pixels of the result.
        size: of the whole result.
        side: of a block.
        make: gives all of a block: shape `(h, w, ...)`.

    Returns:
        Shape `(h, w, ...)` of the target.
    """
    result: NDArray[Any] | None = None
    for block in _grid(target, size, side):
        made = make(block)
        if block == target:
            return made
        if result is None:
            result = np.empty((target.height, target.width, *made.shape[2:]), made.dtype)
        common = Box(
            max(block.left, target.left),
            max(block.top, target.top),
            min(block.right, target.right),
            min(block.bottom, target.bottom),
        )
        result[common.within(target).slices] = made[common.within(block).slices]
    assert result is not None  # a target is never empty
    return result


def _grid(target: Box, size: Size, side: int) -> list[Box]:
    """The blocks of a picture's grid that meet a part of it, row by row."""
    return [
        Box(left, top, min(left + side, size.width), min(top + side, size.height))
        for top in range(target.top // side * side, target.bottom, side)
        for left in range(target.left // side * side, target.right, side)
    ]
