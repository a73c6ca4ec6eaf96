"""Operation `resample`: bring a picture to an exact size by interpolation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, cast

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
from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import region
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.resample import Kernel, nearest_index, quantised, resized

KERNELS = ("lanczos3", "cubic", "linear", "nearest")


class ResampleOperation(Operation):
    """Changes the size of a picture without adding detail.

    Parameters: either `factor`, or `width` and `height` in pixels; `kernel` (default `lanczos3`).
    The factor counts from the picture at port `size_of` where that is connected, else from `image`:
    "three times the input" stays exact after a step in between has enlarged it by four.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        "image": PortSpec(DataType.IMAGE),
        "size_of": PortSpec(DataType.IMAGE, required=False),
    }

    def check(self, step: Step) -> None:
        check_parameters(
            step,
            {
                "factor": (int, float),
                "width": int,
                "height": int,
                "kernel": str,
                "substituted_for": str,
            },
        )
        given = step.parameters
        if step.model is not None:
            raise InputError(f"step {step.id!r}: operation 'resample' uses no model")
        if ("factor" in given) == ("width" in given) or ("width" in given) != ("height" in given):
            raise InputError(f"step {step.id!r}: give either 'factor', or 'width' and 'height'")
        for name in ("factor", "width", "height"):
            number = float(given.get(name, 1))
            if not (math.isfinite(number) and number > 0):
                raise InputError(f"step {step.id!r}: parameter {name!r} must be above 0, not {number}")
        kernel = given.get("kernel", KERNELS[0])
        if kernel not in KERNELS:
            raise InputError(
                f"step {step.id!r}: there is no kernel {kernel!r}", hint=f"known: {', '.join(KERNELS)}"
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        given = step.parameters
        if "factor" in given:
            reference = sizes.get("size_of" if "size_of" in step.takes else "image")
            return reference.times(float(given["factor"])) if reference else None
        return Size(int(given["width"]), int(given["height"]))

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        kernel = cast(Kernel, step.parameters.get("kernel", KERNELS[0]))
        picture = inputs["image"]
        # One pass for colour and alpha together: the interpolation works band by band.
        samples = resized_part(picture.lazy_all(), context.size, kernel, unit.target)
        bands = picture.kind.bands
        return Samples(samples[:, :, :bands], samples[:, :, bands] if picture.kind.alpha else None)


def resized_part(image: Any, size: Size, kernel: Kernel, box: Box) -> NDArray[Any]:
    """A part of a lazy libvips image brought to another size, in its own sample type, rounded.

    Only what the part depends on is read and computed, so a result can be made in bands. The part is
    asked for in one piece: libvips steps through a piece by adding up fractions, and how it cuts a large
    one depends on the number of processors.

    Args:
        image: of 8 or 16 bits.
        size: of the whole result.
        box: the part of the result, shape `(h, w, bands)` then.
    """
    if (image.width, image.height) == (size.width, size.height):
        result = image
    elif kernel == "nearest":
        return _nearest_part(image, size, box)
    else:
        result = quantised(resized(image, size.width, size.height, kernel), image.format)
    return region(result, box)


def _nearest_part(image: Any, size: Size, box: Box) -> NDArray[Any]:
    rows = nearest_index(image.height, size.height)[box.top : box.bottom]
    columns = nearest_index(image.width, size.width)[box.left : box.right]
    source = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    part = region(image, source)
    return np.ascontiguousarray(part[rows - source.top][:, columns - source.left])
