"""Operation `resample`: bring a picture to an exact size by interpolation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.operation import (
    BAND,
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    Unit,
    check_parameters,
    row_bands,
)
from whichmodel.pictures.box import Box
from whichmodel.pictures.parts import part_of_resized, window_of
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.resample import Kernel

KERNELS = ("lanczos3", "cubic", "linear", "nearest")


class ResampleOperation(Operation):
    """Changes the size of a picture without adding detail.

    Parameters: either `factor`, or `width` and `height` in pixels, or `longer`, pixels of the longer side
    (the other keeps the shape, rounded); `kernel` (default `lanczos3`).
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
                "longer": int,
                "kernel": str,
                "substituted_for": str,
            },
        )
        given = step.parameters
        if step.model is not None:
            raise InputError(f"step {step.id!r}: operation 'resample' uses no model")
        ways = ("factor" in given) + ("width" in given) + ("longer" in given)
        if ways != 1 or ("width" in given) != ("height" in given):
            raise InputError(f"step {step.id!r}: give either 'factor', or 'width' and 'height', or 'longer'")
        for name in ("factor", "width", "height", "longer"):
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
        if "longer" in given:
            size, longer = sizes.get("image"), int(given["longer"])
            return size.times(longer / max(size.width, size.height)) if size else None
        return Size(int(given["width"]), int(given["height"]))

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        # A band of the result needs a band of the source, which may be the larger one.
        shrink = max(1, -(-sizes["image"].pixels // context.size.pixels))
        return row_bands(context.size, BAND // shrink)

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        kernel = cast(Kernel, step.parameters.get("kernel", KERNELS[0]))
        picture = inputs["image"]
        # One pass for colour and alpha together: the interpolation works band by band.
        samples = resized_part(picture, context.size, kernel, unit.target)
        bands = picture.kind.bands
        return Samples(samples[:, :, :bands], samples[:, :, bands] if picture.kind.alpha else None)


def resized_part(
    picture: Raster, size: Size, kernel: Kernel, box: Box, *, alpha_only: bool = False
) -> NDArray[Any]:
    """A part of a picture brought to another size, in its own sample type, rounded.

    The pixels are those of the whole picture resized. Only what the part depends on is read.

    Args:
        picture: colour and any alpha behind it are resized alike.
        size: of the whole result.
        box: the part of the result.
        alpha_only: only the transparency, as one band.

    Returns:
        Shape `(h, w, bands)`.
    """
    before, after = (picture.width, picture.height), (size.width, size.height)
    window = window_of(box, before, after)
    source = picture.read_all(window)
    if alpha_only:
        source = source[:, :, picture.kind.bands :]
    return part_of_resized(source, window, before, after, kernel, box)
