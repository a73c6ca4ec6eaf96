"""Operation `median`: the middle value of the pixels around; takes specks away and keeps edges."""

from __future__ import annotations

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
from whichmodel.pictures.bridge import from_vips, to_vips
from whichmodel.pictures.raster import Raster

RADIUS = 1
LARGEST_RADIUS = 10


class MedianOperation(Operation):
    """Each colour sample becomes the median of its channel in a square of `2 · radius + 1` pixels.

    J. W. Tukey: "Exploratory Data Analysis", 1977 (running medians). Computed by libvips (`vips_rank`);
    exact for 8 and 16 bits. Beyond the border the last pixels are repeated. Transparency stays as it is and
    does not count. Parameter: `radius`, 1 to 10 pixels (default 1).
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}

    def check(self, step: Step) -> None:
        check_parameters(step, {"radius": int})
        radius = _radius(step)
        if not 1 <= radius <= LARGEST_RADIUS:
            raise InputError(
                f"step {step.id!r}: parameter 'radius' must be 1 to {LARGEST_RADIUS} pixels, not {radius}"
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def identity(self, step: Step, context: Context) -> Mapping[str, Any]:
        # Expected times are remembered under it, and a large square takes many times as long.
        return {"radius": _radius(step)}

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture, radius = inputs["image"], _radius(step)
        source = unit.target.grown(radius, picture.width, picture.height)
        samples = picture.read_all(source)
        bands = picture.kind.bands
        side = 2 * radius + 1
        image = to_vips(samples[:, :, :bands])
        # libvips wants a picture at least as large as the square; repeated pixels change no median.
        image = image.embed(
            radius, radius, source.width + 2 * radius, source.height + 2 * radius, extend="copy"
        )
        middle = image.rank(side, side, side * side // 2)
        middle = middle.crop(radius, radius, source.width, source.height)
        kept = unit.target.within(source).slices
        return Samples(from_vips(middle)[kept], samples[kept][:, :, bands] if picture.kind.alpha else None)


def _radius(step: Step) -> int:
    return int(step.parameters.get("radius", RADIUS))
