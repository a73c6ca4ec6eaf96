"""Operation `levels`: set what is black, what is white, and the tone between, by one curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

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

_LARGEST_GAMMA = 10.0


class LevelsOperation(Operation):
    """`((v - black) / (white - black)) ^ (1 / gamma)` of every colour sample, clipped to 0..1.

    `v` is the encoded sample as share 0..1 of the range. It is the levels dialogue of picture editors; all
    channels get the same curve. Parameters: `black` and `white`, shares 0..1 (default 0 and 1, black below
    white); `gamma`, 0.1 to 10 (default 1), above 1 makes the middle brighter. Transparency stays.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    # Means move as far as is asked for.
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        number = (int, float)
        check_parameters(step, {"black": number, "white": number, "gamma": number})
        black, white, gamma = _settings(step)
        if not all(math.isfinite(value) for value in (black, white, gamma)):
            raise InputError(f"step {step.id!r}: its parameters must be finite numbers")
        if not 0 <= black < white <= 1:
            raise InputError(
                f"step {step.id!r}: 'black' {black:g} and 'white' {white:g} must be 0 to 1, black below white",
                hint="they are shares of the range: 0.05 is 13 of 255",
            )
        if not 1 / _LARGEST_GAMMA <= gamma <= _LARGEST_GAMMA:
            raise InputError(f"step {step.id!r}: parameter 'gamma' must be 0.1 to 10, not {gamma:g}")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        samples = picture.read_all(unit.target)
        bands = picture.kind.bands
        curve = _curve(*_settings(step), picture.kind.bits)
        return Samples(curve[samples[:, :, :bands]], samples[:, :, bands] if picture.kind.alpha else None)


@lru_cache(maxsize=4)
def _curve(black: float, white: float, gamma: float, bits: int) -> NDArray[Any]:
    """What each possible sample becomes, rounded."""
    top = (1 << bits) - 1
    shares = (np.arange(top + 1) / top - black) / (white - black)
    curve = np.rint(np.clip(shares, 0, 1) ** (1 / gamma) * top)
    return curve.astype(np.uint8 if bits == 8 else np.uint16)


def _settings(step: Step) -> tuple[float, float, float]:
    given = step.parameters
    return float(given.get("black", 0.0)), float(given.get("white", 1.0)), float(given.get("gamma", 1.0))
