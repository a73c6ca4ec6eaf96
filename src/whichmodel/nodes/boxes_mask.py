"""Operation `boxes-mask`: a mask of what lies in boxes, soft at the edge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from whichmodel.domain import DataType, InputError, Step, StepError
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

GROW, FEATHER = 0.2, 0.3


class BoxesMaskOperation(Operation):
    """For each box the ellipse that touches the middles of its sides; where several meet, the largest share.

    Ports: `boxes`, and `image`, whose size the mask gets; boxes of a picture of another size are scaled.

    Parameters: `grow`, by which share of its size a box is widened on all sides together (default 0.2, 0 to
    2); `feather`, share of the radius over which the edge falls from 1 to 0, half inside and half outside of
    the ellipse (default 0.3, 0 to 1).
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        "image": PortSpec(DataType.IMAGE),
        "boxes": PortSpec(DataType.BOXES),
    }
    gives: ClassVar[DataType] = DataType.MASK
    steady: ClassVar[bool] = False
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"grow": (int, float), "feather": (int, float)})
        for name, most in (("grow", 2), ("feather", 1)):
            value = float(step.parameters.get(name, 0))
            if not (math.isfinite(value) and 0 <= value <= most):
                raise InputError(f"step {step.id!r}: parameter {name!r} must be 0 to {most}, not {value:g}")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        return Kind(1, kinds["image"].bits)

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        found = context.data.get("boxes")
        if found is None or not found.get("width") or not found.get("height"):
            raise StepError(f"step {step.id!r}: what is connected to port 'boxes' gave no boxes")
        across = context.size.width / found["width"]
        down = context.size.height / found["height"]
        grow = 1 + float(step.parameters.get("grow", GROW))
        feather = max(float(step.parameters.get("feather", FEATHER)), 1e-6)
        target = unit.target
        x = np.arange(target.left, target.right, dtype=np.float32) + np.float32(0.5)
        y = np.arange(target.top, target.bottom, dtype=np.float32) + np.float32(0.5)
        share = np.zeros((target.height, target.width), np.float32)
        for box in found["boxes"]:
            wide, high = (
                _radius(box, "left", "right", across * grow),
                _radius(box, "top", "bottom", down * grow),
            )
            middle = (box["left"] + box["right"]) / 2 * across, (box["top"] + box["bottom"]) / 2 * down
            # Only what the ellipse with its soft edge reaches.
            reach = 1 + feather / 2
            columns = _near(x, middle[0], wide * reach)
            rows = _near(y, middle[1], high * reach)
            far = ((x[columns] - middle[0]) / wide)[None, :] ** 2 + ((y[rows] - middle[1]) / high)[
                :, None
            ] ** 2
            own = ((1 - np.sqrt(far)) / feather + 0.5).clip(0, 1).astype(np.float32)
            share[rows, columns] = np.maximum(share[rows, columns], own)
        return Samples(np.rint(share * np.float32(context.kind.top)).astype(context.kind.dtype)[:, :, None])


def _radius(box: Mapping[str, Any], low: str, high: str, scale: float) -> float:
    return max(0.5, float(box[high] - box[low]) / 2 * scale)


def _near(places: np.ndarray[Any, np.dtype[np.float32]], middle: float, reach: float) -> slice:
    return slice(
        int(np.searchsorted(places, middle - reach)), int(np.searchsorted(places, middle + reach, "right"))
    )
