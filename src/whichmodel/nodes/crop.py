"""Operation `crop`: keep a rectangle of a picture, pixel for pixel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import ClassVar

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
from whichmodel.pictures.raster import Raster

GRAVITIES = {
    "centre": (0.5, 0.5),
    "top": (0.5, 0.0),
    "bottom": (0.5, 1.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
    "top-left": (0.0, 0.0),
    "top-right": (1.0, 0.0),
    "bottom-left": (0.0, 1.0),
    "bottom-right": (1.0, 1.0),
}
"""Names of places, with the share 0..1 of the spare room that is left of and above the rectangle."""

UNITS = ("pixels", "share")

_ASPECT = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)\s*[:/x]\s*(\d{1,5}(?:\.\d{1,4})?)")


class CropOperation(Operation):
    """Keeps a rectangle; no sample changes.

    Parameters, in one of two ways:

    - `width` and `height`, with `left` and `top` or with a `gravity`; `unit` says whether they are
      `"pixels"` (default) or a `"share"` 0..1 of the picture's sides. Shares are rounded edge by edge to
      the nearest pixel, so that halves of a picture meet without gap and without overlap.
    - `aspect`, `"3:2"`: the largest rectangle of that shape, placed by `gravity`.

    `gravity` (default `"centre"`) says to which side of the picture the rectangle goes.
    A rectangle that reaches outside is refused; it is never moved or made smaller silently.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    # Of a part nothing can be said from the means of the whole.
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        number = (int, float)
        allowed = {"left": number, "top": number, "width": number, "height": number}
        check_parameters(step, {**allowed, "unit": str, "aspect": str, "gravity": str})
        given = step.parameters
        _check_form(step)
        if given.get("unit", UNITS[0]) not in UNITS:
            raise InputError(
                f"step {step.id!r}: there is no unit {given['unit']!r}", hint=f"known: {', '.join(UNITS)}"
            )
        if given.get("gravity", "centre") not in GRAVITIES:
            raise InputError(
                f"step {step.id!r}: there is no gravity {given['gravity']!r}",
                hint=f"known: {', '.join(GRAVITIES)}",
            )
        for name in allowed:
            value = float(given.get(name, 1))
            room = value >= 0 if name in ("left", "top") else value > 0
            if not (math.isfinite(value) and room and (value.is_integer() or given.get("unit") == "share")):
                raise InputError(f"step {step.id!r}: parameter {name!r} cannot be {given[name]!r}")
        if "aspect" in given:
            aspect_of(step)

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        if "image" not in sizes:
            return None
        box = rectangle(step, sizes["image"])
        return Size(box.width, box.height)

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        left, top = self._corner(step, picture, context.size)
        target = unit.target
        box = Box(target.left + left, target.top + top, target.right + left, target.bottom + top)
        samples = picture.read_all(box)
        bands = picture.kind.bands
        return Samples(samples[:, :, :bands], samples[:, :, bands] if picture.kind.alpha else None)

    @staticmethod
    def _corner(step: Step, picture: Raster, size: Size) -> tuple[int, int]:
        """Where the rectangle begins; where a plan times the work on a smaller picture, as far as it fits."""
        try:
            box = rectangle(step, Size(picture.width, picture.height))
        except InputError:
            box = Box(0, 0, 0, 0)
        if (box.width, box.height) == (size.width, size.height):
            return box.left, box.top
        return max(0, picture.width - size.width) // 2, max(0, picture.height - size.height) // 2


def rectangle(step: Step, size: Size) -> Box:
    """The rectangle that a step keeps of a picture.

    Raises:
        InputError: it is empty or reaches outside; names the step.
    """
    given = step.parameters
    across, down = GRAVITIES[str(given.get("gravity", "centre"))]
    if "aspect" in given:
        aspect = aspect_of(step)
        width = min(size.width, max(1, round(size.height * aspect)))
        height = min(size.height, max(1, round(size.width / aspect)))
        left, top = math.floor((size.width - width) * across), math.floor((size.height - height) * down)
        return Box(left, top, left + width, top + height)
    sides = (size.width, size.height) if given.get("unit") == "share" else (1, 1)
    wide, high = float(given["width"]) * sides[0], float(given["height"]) * sides[1]
    if "left" in given:
        x, y = float(given["left"]) * sides[0], float(given["top"]) * sides[1]
    else:
        wide, high = round(wide), round(high)
        x, y = math.floor((size.width - wide) * across), math.floor((size.height - high) * down)
    box = Box(round(x), round(y), round(x + wide), round(y + high))
    if min(box.left, box.top) < 0 or box.right > size.width or box.bottom > size.height:
        raise InputError(
            f"step {step.id!r}: the rectangle ({box}) reaches outside the picture of {size} pixels",
            hint="choose a smaller one, or name one by 'aspect' or with unit: share",
        )
    if not box.width or not box.height:
        raise InputError(f"step {step.id!r}: of a picture of {size} pixels the rectangle would keep nothing")
    return box


def aspect_of(step: Step) -> float:
    """Width by height that parameter `aspect` asks for.

    Raises:
        InputError: it is no shape like `"3:2"`, or one beyond 1:100.
    """
    text = str(step.parameters["aspect"])
    match = _ASPECT.fullmatch(text.strip())
    sides = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    if min(sides) <= 0 or not 0.01 <= sides[0] / sides[1] <= 100:
        raise InputError(
            f"step {step.id!r}: parameter 'aspect' cannot be {text!r}",
            hint="write width and height like '3:2' or '1:1'",
        )
    return sides[0] / sides[1]


def _check_form(step: Step) -> None:
    """Raises `InputError` unless the parameters say a rectangle in one way and only one."""
    given = step.parameters.keys()
    by_box = {"left", "top", "width", "height", "unit"} & given
    if "aspect" in given:
        if by_box:
            raise InputError(f"step {step.id!r}: give either 'aspect', or 'width' and 'height'")
        return
    if not {"width", "height"} <= given:
        raise InputError(
            f"step {step.id!r}: it does not say what to keep",
            hint="give 'width' and 'height' (with 'left' and 'top', or a 'gravity'), or an 'aspect' like '3:2'",
        )
    if ("left" in given) != ("top" in given):
        raise InputError(f"step {step.id!r}: 'left' and 'top' go together")
    if "left" in given and "gravity" in given:
        raise InputError(f"step {step.id!r}: give either 'left' and 'top', or 'gravity'")
