"""What a second model makes of BEFORE, and what that tells about the error of AFTER.

A network that learned to be right on average (least absolute or squared error) gives about the mean of all pictures
that could lie behind BEFORE. One that learned to look real gives one of them: how far that one is from the mean is a
better guess of its error than how far it is from an enlargement without a model. So BEFORE is enlarged again, by
a second model, and the difference is measured. That costs a run, and is done only where somebody asks for it.

The measures are means over a patch of `expected_features.PATCH` pixels, in luma, of AFTER less the second result: its
size, its maximum, its gradient; each here, near and around, as logarithms; the size in the quarters of the patch, the
smallest first, and its concentration.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whichmodel.catalog import card_with, cards
from whichmodel.domain import InputError
from whichmodel.examining.expected_features import (
    FLOOR,
    PATCH,
    WINDOWS,
    concentration,
    filled,
    largest,
    pooled,
    quarters,
    slope,
)
from whichmodel.examining.local import box_mean
from whichmodel.pictures import Picture, Viewed, open_picture, write_picture
from whichmodel.pictures.bridge import from_vips
from whichmodel.workflow import run_workflow, workflow_for_card

Floats = NDArray[np.float32]

_MEASURES = ("difference", "most difference", "gradient of the difference")
SECOND_NAMES = (
    *(f"{name} from the second, {where}" for where in ("here", "near", "around") for name in _MEASURES),
    *(f"difference from the second, quarter {place}" for place in range(1, 5)),
    "difference from the second, concentration",
)
"""Of the further features, in their order."""


def second_features(after: Floats, second: Floats) -> Floats:
    """The further features of every patch: `(rows of patches, columns of patches, len(SECOND_NAMES))`.

    Args:
        after, second: luma `(h, w)`, 0..255. A patch that the right or the lower border cuts is filled up with the
            last pixels.
    """
    if after.shape != second.shape:
        raise ValueError(f"{second.shape} is not {after.shape}")
    difference = filled(after, PATCH) - filled(second, PATCH)
    size = np.abs(difference)
    steep = np.abs(slope(difference, 0)) + np.abs(slope(difference, 1))
    measured = (pooled(size, PATCH), largest(size, PATCH), pooled(steep, PATCH))
    around = [
        np.log((box_mean(plane, radius) if radius else plane) + FLOOR)[:, :, None]
        for radius in WINDOWS
        for plane in measured
    ]
    return np.concatenate([*around, quarters(size), concentration(size)], axis=2).astype(np.float32)


def enlarge_again(before: Viewed, weights: str, folder: Path) -> Viewed:
    """What the model of these weights makes of BEFORE, as a file in `folder`; memory does not grow with it.

    Raises:
        InputError: its weights are not here, or no model of the catalog has them.
    """
    card = card_with(weights)
    if card is None:
        raise InputError(f"no model of the catalog has the weights {weights}")
    small, large = folder / "before-again.tif", folder / "second.tif"
    write_picture(Picture(from_vips(before.lazy())), small)
    run_workflow(workflow_for_card(card), small, large, cards=cards(), cache=False)
    return open_picture(large)
