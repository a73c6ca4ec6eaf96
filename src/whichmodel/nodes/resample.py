"""Operation `resample`: bring a picture to an exact size by interpolation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

from whichmodel.domain import InputError, Step
from whichmodel.nodes.operation import Cards, Context, Size, check_parameters
from whichmodel.pictures import Picture, resample
from whichmodel.pictures.resample import Kernel

KERNELS = ("lanczos3", "cubic", "linear", "nearest")


class ResampleOperation:
    """Changes the size of a picture without adding detail.

    Parameters: either `factor`, or `width` and `height` in pixels; `kernel` (default `lanczos3`).
    The factor counts from the picture at port `size_of` where that is connected, else from `image`:
    "three times the input" stays exact after a step in between has enlarged it by four.
    """

    ports = frozenset({"image", "size_of"})

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

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        return None

    def run(self, step: Step, picture: Picture, size: Size, context: Context) -> Picture:
        kernel = cast(Kernel, step.parameters.get("kernel", KERNELS[0]))
        pixels = resample(picture.pixels, size.width, size.height, kernel)
        alpha = None
        if picture.alpha is not None:
            alpha = resample(picture.alpha[:, :, None], size.width, size.height, kernel)[:, :, 0]
        context.progress(size.pixels)
        return picture.with_pixels(pixels, alpha)
