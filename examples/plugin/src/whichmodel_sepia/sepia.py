"""Operation `sepia`: the brown of old prints."""

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
from whichmodel.pictures.raster import Raster

# Rows give red, green and blue of the result; the luma of Rec. 601, times the tint of a toned print.
_LUMA = np.array([0.299, 0.587, 0.114])
_TINT = np.array([1.08, 0.96, 0.78])


class SepiaOperation(Operation):
    """The picture in shades of brown; `amount`, 0..1 (default 1), is the share of it in the result.

    Grey pictures stay as they are: they have no colours to hold the tint.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"amount": (int, float)})
        if not 0 <= float(step.parameters.get("amount", 1)) <= 1:
            raise InputError(f"step {step.id!r}: parameter 'amount' must be 0 to 1")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        samples = picture.read_all(unit.target)
        bands = picture.kind.bands
        colour = samples[:, :, :bands]
        if bands == 3:
            amount = float(step.parameters.get("amount", 1))
            brown = (colour @ _LUMA)[:, :, np.newaxis] * _TINT
            mixed = np.rint((1 - amount) * colour + amount * brown)
            colour = np.clip(mixed, 0, np.iinfo(samples.dtype).max).astype(samples.dtype)
        return Samples(colour, samples[:, :, bands] if picture.kind.alpha else None)
