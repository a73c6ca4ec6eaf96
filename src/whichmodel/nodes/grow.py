"""Operation `grow`: make what a mask marks wider on all sides."""

from __future__ import annotations

from collections.abc import Mapping
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

WIDEST = 200


class GrowOperation(Operation):
    """Each pixel of the mask gets the largest value around it (grey dilation by a square; Serra 1982).

    What is filled or cut out by a mask of its exact outline keeps a fringe of the thing itself, as the pixels
    at its edge are mixed.

    Parameter: `pixels`, half the width of the square, 1 to 200.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.MASK)}
    gives: ClassVar[DataType] = DataType.MASK
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"pixels": int})
        pixels = step.parameters.get("pixels")
        if not (isinstance(pixels, int) and 1 <= pixels <= WIDEST):
            raise InputError(f"step {step.id!r}: parameter 'pixels' must be 1 to {WIDEST}, not {pixels!r}")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        mask, reach = inputs["image"], int(step.parameters["pixels"])
        source = unit.target.grown(reach, mask.width, mask.height)
        samples = mask.read(source)
        for axis in (0, 1):
            samples = largest_around(samples, reach, axis)
        kept = samples[unit.target.within(source).slices]
        return Samples(np.ascontiguousarray(kept))


def largest_around(samples: NDArray[Any], reach: int, axis: int) -> NDArray[Any]:
    """The largest of the `2 * reach + 1` samples around each one along an axis, in steps that double."""
    room = [(reach, reach) if axis == number else (0, 0) for number in range(samples.ndim)]
    length, wanted = samples.shape[axis], 2 * reach + 1
    padded = np.pad(samples, room)
    width = 1
    while width < wanted:
        step = min(width, wanted - width)
        end = padded.shape[axis] - step
        padded = np.maximum(
            padded.take(range(end), axis=axis), padded.take(range(step, step + end), axis=axis)
        )
        width += step
    return padded.take(range(length), axis=axis)
