"""Operation `matte`: how much of each pixel belongs to the people in a picture, soft at hair.

Source: Ke et al., "MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition",
AAAI 2022, arXiv 2011.11961. The network was trained on pictures of 512 pixels, so the shorter side is
brought to 512, both sides to multiples of 32, the sizes that its halvings divide.
"""

from __future__ import annotations

from whichmodel.domain import Step, StepError
from whichmodel.nodes.operation import Context, Size
from whichmodel.nodes.whole import Floats, WholeMask, as_input, network_of, reduced, weights_of
from whichmodel.pictures.raster import Raster

SIDE, MULTIPLE = 512, 32
LONGEST = 2048
"""Pixels of the longer side of the reduced picture; keeps memory bounded for panoramas."""


class MatteOperation(WholeMask):
    """A soft mask of the people in a picture. Parameters: none."""

    def small(self, step: Step, picture: Raster, context: Context) -> Floats:
        weights = weights_of(step, context.cards)
        size = matte_size(Size(picture.width, picture.height))
        given = network_of(step, context).infer(
            {weights.inputs["image"]: as_input(reduced(picture, size), weights)}
        )
        matte = given[weights.outputs["mask"]]
        if matte.shape != (1, 1, size.height, size.width):
            raise StepError(f"the network gave a mask of shape {matte.shape} for {size} pixels")
        found: Floats = matte[0, 0].clip(0, 1)
        return found


def matte_size(size: Size) -> Size:
    """Size of the reduced picture: the shorter side 512, no side above 2048, multiples of 32.

    >>> str(matte_size(Size(6000, 4000))), str(matte_size(Size(100, 100)))
    ('768 × 512', '512 × 512')
    """
    factor = min(SIDE / min(size.width, size.height), LONGEST / max(size.width, size.height))
    width, height = (
        max(MULTIPLE, round(side * factor / MULTIPLE) * MULTIPLE) for side in (size.width, size.height)
    )
    return Size(width, height)
