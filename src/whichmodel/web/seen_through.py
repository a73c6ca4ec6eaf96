"""Results with see-through places: there nothing is to be compared, and they are shown on a chequered ground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from whichmodel.examining import Evidence, paragraph
from whichmodel.examining.full import Shares
from whichmodel.examining.invention import Kind
from whichmodel.pictures import Box, Raster
from whichmodel.pictures.bridge import pyvips
from whichmodel.web.html import percent

CLEAR = 5
"""Class of a see-through pixel, beside those of `examining.invention.Kind`."""
NAME = "see-through: nothing to compare"
COLOUR = (128, 128, 128)
_ROWS = 256
_SQUARE = 8
"""Side of a square of the chequered ground, in pixels."""
_LIGHT, _DARK = 255, 213


def mark_clear(after: Raster, classes: Path) -> float:
    """Give the pixels of `after` that are more than half see-through a class of their own.

    Args:
        after: the result.
        classes: file of one `uint8` a pixel, row after row; it is changed.

    Returns:
        Their share 0..1.
    """
    if not after.has_alpha:
        return 0.0
    half = 2**15 if after.bits == 16 else 2**7
    kinds = np.memmap(classes, np.uint8, "r+", shape=(after.height, after.width))
    found = 0
    for top in range(0, after.height, _ROWS):
        bottom = min(after.height, top + _ROWS)
        clear = after.read_all(Box(0, top, after.width, bottom))[:, :, -1] < half
        kinds[top:bottom][clear] = CLEAR
        found += int(clear.sum())
    kinds.flush()
    return found / (after.width * after.height)


def shares_left(classes: Path, count: int) -> tuple[float, ...]:
    """Shares 0..1 of all pixels by class, as they are in the file now.

    Args:
        count: of classes.
    """
    found = np.zeros(256, np.int64)
    kinds = np.memmap(classes, np.uint8, "r")
    for start in range(0, len(kinds), 2**24):
        found += np.bincount(kinds[start : start + 2**24], minlength=256)
    return tuple(float(each) / max(1, len(kinds)) for each in found[:count])


def paragraph_left(found: Evidence, shares: tuple[float, ...], clear: float) -> str:
    """What the evidence says of what can be seen, behind a sentence about what cannot.

    Args:
        shares: of all pixels, in the order of the legend.
        clear: share of those that are see-through.
    """
    if not clear:
        return paragraph(found)
    told = f"{percent(clear)} of the result is see-through now: nothing is to be compared there."
    if clear >= 1:
        return told
    names = (kind.name.lower() for kind in Kind)
    left = Shares(**{name: min(1.0, share / (1 - clear)) for name, share in zip(names, shares, strict=True)})
    return f"{told} Of the rest: {paragraph(msgspec.structs.replace(found, shares=left))}"


def on_chequers(image: Any) -> Any:
    """A libvips image of 8 bits with alpha, laid on a chequered ground; one without stays as it is."""
    if not image.hasalpha():
        return image
    places = pyvips.Image.xyz(image.width, image.height)
    odd = ((places[0] // _SQUARE).floor() + (places[1] // _SQUARE).floor()) % 2
    ground = (odd * (_DARK - _LIGHT) + _LIGHT).cast("uchar")
    alpha = image[image.bands - 1] / 255.0
    colour = image[0] if image.bands == 2 else image.extract_band(0, n=3)
    return (
        (colour * alpha + ground * (1.0 - alpha))
        .round("rint")
        .cast("uchar")
        .copy(interpretation=colour.interpretation)
    )
