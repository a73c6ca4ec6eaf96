"""Operation `mask`: a mask that needs no model, from a picture's transparency or its lightness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.operation import (
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    Unit,
    check_parameters,
)
from whichmodel.pictures.raster import Kind, Raster

SOURCES = ("transparency", "lightness")

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Shares of red, green and blue in the lightness of encoded samples; Rec. ITU-R BT.709-6, item 3.2."""


class MaskOperation(Operation):
    """How much of each pixel counts, as a picture of one band: 0 not at all, the largest value wholly.

    Parameters: `of`, `"transparency"` (default; opaque counts) or `"lightness"` (bright counts: the
    luminosity mask of photographers); `inverted`, true to swap both.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    gives: ClassVar[DataType] = DataType.MASK
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"of": str, "inverted": bool})
        if step.parameters.get("of", SOURCES[0]) not in SOURCES:
            raise InputError(
                f"step {step.id!r}: there is no mask of {step.parameters['of']!r}",
                hint=f"parameter 'of' is one of: {', '.join(SOURCES)}",
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        image = kinds["image"]
        if self._of(step) == "transparency" and not image.alpha:
            raise InputError(
                f"step {step.id!r}: the picture at 'image' has no transparency to make a mask of",
                hint="use a picture with transparency (PNG, WebP, TIFF), or parameter of: lightness",
            )
        return Kind(1, image.bits)

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        if self._of(step) == "transparency":
            values = picture.alpha(unit.target)
            if values is None:
                raise InputError(f"step {step.id!r}: the picture at 'image' has no transparency")
        else:
            colour = picture.read(unit.target)
            # One sum after the other, so that a pixel's value does not depend on how many there are.
            values = colour[:, :, 0]
            if colour.shape[2] == 3:
                red, green, blue = (colour[:, :, band].astype(np.float32) for band in range(3))
                values = np.rint(red * LUMA[0] + green * LUMA[1] + blue * LUMA[2]).astype(colour.dtype)
        if step.parameters.get("inverted", False):
            values = picture.kind.dtype.type(picture.kind.top) - values
        return Samples(values[:, :, None])

    @staticmethod
    def _of(step: Step) -> str:
        return str(step.parameters.get("of", SOURCES[0]))
