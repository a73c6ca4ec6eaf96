"""Is a result plausible? A wrong picture must never be reported as a success.

Black tiles, swapped tiles, constant pictures and lost colour channels are what broken runs look like.
All of them move the *local mean*; honest enlargement and resampling hardly do.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import StepError
from whichmodel.nodes.operation import Size
from whichmodel.pictures import Picture

MEAN_TOLERANCE = 0.3
"""Greatest difference of a block's mean before and after, as a share of the sample range. Measured at
SPAN 2x and 4x: at most 0.015 on photographs, 0.05 on tiny pictures, 0.23 on one-pixel checkerboards and
hatching, which no picture of the real world looks like. Generous, so that drawings pass."""

CONTRAST_FLOOR = 0.02
"""Inputs whose samples span less than this share of the range may come out constant by rounding."""

_BLOCKS = 32
_BLOCK_SIDE = 16


def check_result(name: str, before: Picture, after: Picture, planned: Size) -> None:
    """Compare a step's result with its input.

    Args:
        name: of the step, for messages.
        before, after: input and result.
        planned: size that the result must have.

    Raises:
        StepError: another size, sample type or number of channels than planned; constant although
            the input is not; or local means that left the input.
    """
    if (after.width, after.height) != (planned.width, planned.height):
        raise StepError(f"step {name!r} gave {after.width} × {after.height} pixels instead of {planned}")
    if after.pixels.dtype != before.pixels.dtype or after.pixels.shape[2] != before.pixels.shape[2]:
        raise StepError(f"step {name!r} changed the sample type or the number of channels")
    if (after.alpha is None) != (before.alpha is None):
        raise StepError(f"step {name!r} lost or invented transparency")
    top = float(np.iinfo(before.pixels.dtype).max)
    if _span(before.pixels) > CONTRAST_FLOOR * top and _span(after.pixels) == 0:
        raise StepError(f"step {name!r} gave a picture of one single colour, which its input is not")
    worst = mean_difference(before.pixels, after.pixels)
    if worst > MEAN_TOLERANCE:
        raise StepError(
            f"step {name!r}: the result does not look like its input: a local mean moved by"
            f" {worst:.0%} of the range (at most {MEAN_TOLERANCE:.0%} is plausible)",
            hint="the network or its weights may be damaged: whichmodel weights verify",
        )


def mean_difference(before: NDArray[Any], after: NDArray[Any]) -> float:
    """Greatest difference between the means of corresponding blocks, as a share 0..1 of the range.

    Args:
        before, after: `(H, W, C)` and `(H2, W2, C)` of the same unsigned integer type. Blocks are at
            least 16 pixels wide in both where the pictures allow it, and at most 32 a side.
    """
    rows = _edges(before.shape[0], after.shape[0])
    columns = _edges(before.shape[1], after.shape[1])
    means = [_block_means(pixels, rows[i], columns[i]) for i, pixels in enumerate((before, after))]
    return float(np.abs(means[0] - means[1]).max()) / float(np.iinfo(before.dtype).max)


def _edges(before: int, after: int) -> tuple[list[int], list[int]]:
    count = max(1, min(_BLOCKS, min(before, after) // _BLOCK_SIDE))
    first = [before * i // count for i in range(count + 1)]
    return first, [round(edge * after / before) for edge in first]


def _block_means(pixels: NDArray[Any], rows: list[int], columns: list[int]) -> NDArray[np.float64]:
    # Band by band: converting the whole canvas to 64 bits would take eight times its memory.
    sums = np.stack(
        [
            np.add.reduceat(pixels[top:bottom].sum(axis=0, dtype=np.uint64), columns[:-1], axis=0)
            for top, bottom in pairwise(rows)
        ]
    )
    area = np.outer(np.diff(rows), np.diff(columns))[:, :, None]
    means: NDArray[np.float64] = sums / area
    return means


def _span(pixels: NDArray[Any]) -> int:
    return int(pixels.max()) - int(pixels.min())
