"""Operation `sharpen`: stronger edges by an unsharp mask on the lightness. It adds no detail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

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
from whichmodel.pictures.bridge import from_vips, pyvips, to_vips
from whichmodel.pictures.raster import Raster

RADIUS, AMOUNT = 1.0, 1.0
LARGEST_RADIUS, _LARGEST_AMOUNT = 10.0, 5.0

_FLAT = 2.0
"""Differences of lightness below it, of 100, are left alone: they are grain rather than edges."""
_BRIGHTER, _DARKER = 10.0, 20.0
"""Most that lightness is raised and lowered, of 100, so that no haloes show; the defaults of libvips."""
_SMALLEST_WEIGHT = 0.1
"""Where libvips cuts off the Gauss curve of its sharpening."""


class SharpenOperation(Operation):
    """libvips' unsharp mask on the lightness of CIE Lab; colours and transparency stay.

    Parameters: `radius`, the sigma of the Gauss curve in pixels of this picture, 0.3 to 10 (default 1);
    `amount`, how much of the difference is added, above 0 to 5 (default 1). 16 bits keep more than 10 of
    them: on its way through Lab a sample moves by at most 43 of 65535 (measured on noise).
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}

    def check(self, step: Step) -> None:
        check_parameters(step, {"radius": (int, float), "amount": (int, float)})
        radius, amount = _settings(step)
        if not (math.isfinite(radius) and 0.3 <= radius <= LARGEST_RADIUS):
            raise InputError(
                f"step {step.id!r}: parameter 'radius' must be 0.3 to {LARGEST_RADIUS:g} pixels, not {radius}"
            )
        if not (math.isfinite(amount) and 0 < amount <= _LARGEST_AMOUNT):
            raise InputError(
                f"step {step.id!r}: parameter 'amount' must be above 0, at most {_LARGEST_AMOUNT:g}, not {amount}"
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        radius, amount = _settings(step)
        # With the surroundings that the curve reaches, a part comes out as it would from the whole; at the
        # border of the picture libvips repeats the last pixels in both cases.
        source = unit.target.grown(_reach(radius), picture.width, picture.height)
        samples = picture.read_all(source)
        bands = picture.kind.bands
        kept = unit.target.within(source).slices
        sharpened = from_vips(_sharpened(to_vips(samples[:, :, :bands]), radius, amount))
        return Samples(sharpened[kept], samples[kept][:, :, bands] if picture.kind.alpha else None)


def _sharpened(image: Any, radius: float, amount: float) -> Any:
    return image.sharpen(sigma=radius, x1=_FLAT, y2=_BRIGHTER, y3=_DARKER, m1=0, m2=amount)


def _reach(radius: float) -> int:
    """How many pixels around one count, as libvips cuts the curve off."""
    width = pyvips.Image.gaussmat(radius, _SMALLEST_WEIGHT, separable=True, precision="integer").width
    return int(width // 2)


def _settings(step: Step) -> tuple[float, float]:
    return float(step.parameters.get("radius", RADIUS)), float(step.parameters.get("amount", AMOUNT))
