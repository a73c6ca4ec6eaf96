"""Operation `subject-mask`: which pixels belong to what stands out in a picture, whatever it is.

Source: Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object Detection", Pattern
Recognition 2020, arXiv 2005.09007. The network was trained on squares of 320 pixels, to which the
picture is brought whatever its shape. As its authors do, the picture is divided by its largest value
before, and the result is stretched to 0..1 after; a picture in which nothing stands out is left empty.
"""

from __future__ import annotations

import numpy as np

from whichmodel.domain import Step, StepError
from whichmodel.nodes.operation import Context, Size
from whichmodel.nodes.whole import Floats, WholeMask, as_input, network_of, reduced, weights_of
from whichmodel.pictures.raster import Raster

FAINTEST = 0.05
"""Largest probability below which nothing stands out: stretching it would make a subject of noise."""


class SubjectMaskOperation(WholeMask):
    """A mask of the subject of a picture. Parameters: none."""

    def small(self, step: Step, picture: Raster, context: Context) -> Floats:
        weights = weights_of(step, context.cards)
        if weights.input_size is None:
            raise StepError(f"step {step.id!r}: the weights {weights.id} do not say their input_size")
        size = Size(*weights.input_size)
        colour = reduced(picture, size)
        colour = colour / max(np.float32(1e-6), colour.max())
        given = network_of(step, context).infer({weights.inputs["image"]: as_input(colour, weights)})
        saliency = given[weights.outputs["mask"]]
        if saliency.shape != (1, 1, size.height, size.width):
            raise StepError(f"the network gave a mask of shape {saliency.shape} for {size} pixels")
        return stretched(saliency[0, 0])


def stretched(saliency: Floats) -> Floats:
    """Probabilities stretched to the whole of 0..1; empty where even the largest is faint."""
    low, high = float(saliency.min()), float(saliency.max())
    if high < FAINTEST or high <= low:
        return np.zeros_like(saliency)
    found: Floats = ((saliency - np.float32(low)) / np.float32(high - low)).astype(np.float32)
    return found
