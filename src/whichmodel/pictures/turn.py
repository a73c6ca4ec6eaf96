"""Turn and mirror pictures as their EXIF orientation says, whole or part by part."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.box import Box

_MOVES = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
"""EXIF orientation: whether rows and columns change places, then which of them are reversed."""


def turned(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Samples the right way up, contiguous.

    Args:
        samples: shape `(H, W, C)`, as they stand in the file.
        orientation: of EXIF, 1..8; others count as 1.
    """
    swapped, down, across = _MOVES.get(orientation, _MOVES[1])
    view = samples.transpose(1, 0, 2) if swapped else samples
    return np.ascontiguousarray(view[:: -1 if down else 1, :: -1 if across else 1])


def turned_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height the right way up, from those in the file."""
    return (height, width) if _MOVES.get(orientation, _MOVES[1])[0] else (width, height)


def place_in_file(box: Box, width: int, height: int, orientation: int) -> Box:
    """Where the pixels of a part stand in the file.

    Args:
        box: a part of the picture the right way up.
        width, height: of the picture the right way up.
    """
    swapped, down, across = _MOVES.get(orientation, _MOVES[1])
    left, right = (width - box.right, width - box.left) if across else (box.left, box.right)
    top, bottom = (height - box.bottom, height - box.top) if down else (box.top, box.bottom)
    return Box(top, left, bottom, right) if swapped else Box(left, top, right, bottom)
