"""Operation `back-project`: a result is changed until, reduced, it is the picture that it was made from.

Irani and Peleg (1991), "Improving resolution by image registration", CVGIP 53(3), equation 4: the difference of
the input and the reduced result is enlarged and added to the result, and so on,

    x_{k+1} = x_k + U (y - D x_k),

here with D the antialiased cubic reduction and U cubic interpolation. All corrections lie in the range of U, so
they are summed at the size of the input, where the loop is cheap: x_k = x_0 + U sum_j (I - D U)^j (y - D x_0).
What D does not see of the result, its guesses beyond the input's resolution, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

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
from whichmodel.nodes.tiles import tiles
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Kind, Raster
from whichmodel.pictures.reduction import Axis, Stretch, applied

DEFAULT_ITERATIONS, MOST_ITERATIONS = 5, 20

_KERNEL = "cubic"
_REACH = 4
"""Pixels of the input that one round carries a value: two of the interpolation and two of the reduction."""
_TILE = 384
"""Side of a tile of the result, about. Tiles do not depend on what is asked for, so that sums come out the same."""

Floats = NDArray[np.float32]


class BackProjectOperation(Operation):
    """Keep of a result only what its input supports.

    Ports: `image`, the result; `reference`, the input that it was made from, of the same shape and no larger.

    Parameters: `iterations`, 1 to 20 (default 5): rounds of back-projection. After five, reduction of the result
    gives the input but for rounding and for what would be darker than black or lighter than white.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        "image": PortSpec(DataType.IMAGE),
        "reference": PortSpec(DataType.IMAGE),
    }
    resembles: ClassVar[str | None] = "reference"

    def check(self, step: Step) -> None:
        check_parameters(step, {"iterations": int})
        rounds = _iterations(step)
        if not 1 <= rounds <= MOST_ITERATIONS:
            raise InputError(
                f"step {step.id!r}: parameter 'iterations' must be 1 to {MOST_ITERATIONS}, not {rounds}"
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        image, reference = sizes.get("image"), sizes.get("reference")
        if image is not None and reference is not None:
            slack = max(image.width, image.height) + max(reference.width, reference.height)
            if abs(image.width * reference.height - image.height * reference.width) > slack:
                raise InputError(
                    f"step {step.id!r}: the result has {image} pixels, another shape than its input's"
                    f" {reference}",
                    hint="leave out what crops, turns or stretches the picture, or do it before",
                )
            if image.width < reference.width or image.height < reference.height:
                raise InputError(
                    f"step {step.id!r}: the result, {image} pixels, is smaller than its input, {reference}",
                    hint="back-projection is for results that were enlarged",
                )
        return image

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        image, reference = kinds["image"], kinds["reference"]
        if image.bands != reference.bands:
            raise InputError(
                f"step {step.id!r}: one of the result and its input is grey and the other has colour",
                hint="back-projection needs both of one kind",
            )
        return image

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        return [
            Unit(core, f"tile x {core.left}..{core.right}, y {core.top}..{core.bottom}")
            for core in _tiles(context.size)
        ]

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        image, reference, box = inputs["image"], inputs["reference"], unit.target
        samples = image.read_all(box)
        colour = np.empty((box.height, box.width, image.kind.bands), image.kind.dtype)
        for tile in _tiles(context.size):
            left, right = max(tile.left, box.left), min(tile.right, box.right)
            top, bottom = max(tile.top, box.top), min(tile.bottom, box.bottom)
            if left < right and top < bottom:
                part = Box(left, top, right, bottom)
                done = _projected(image, reference, tile, _iterations(step))
                colour[part.within(box).slices] = done[part.within(tile).slices]
        alpha = np.ascontiguousarray(samples[:, :, image.kind.bands]) if image.kind.alpha else None
        return Samples(colour, alpha)


def _iterations(step: Step) -> int:
    return int(step.parameters.get("iterations", DEFAULT_ITERATIONS))


def _tiles(size: Size) -> Iterator[Box]:
    return (tile.core for tile in tiles(size.width, size.height, size=_TILE, halo=0))


def _projected(image: Raster, reference: Raster, tile: Box, iterations: int) -> NDArray[np.generic]:
    """One tile of the result, from all that it depends on."""
    axes = (
        Axis(image.height / reference.height, 0.0, reference.height, image.height),
        Axis(image.width / reference.width, 0.0, reference.width, image.width),
    )
    margin = 3 + _REACH * iterations
    small = [
        axis.under(side, margin)
        for axis, side in zip(axes, ((tile.top, tile.bottom), (tile.left, tile.right)), strict=True)
    ]
    large = [axis.over(side, 3) for axis, side in zip(axes, small, strict=True)]
    source = _box(*large)
    down = [axis.reduction(_KERNEL, s, g) for axis, s, g in zip(axes, small, large, strict=True)]
    top = image.kind.top
    held = image.read(source).astype(np.float32)
    measured = reference.read(_box(*small)).astype(np.float32) * np.float32(top / reference.kind.top)
    # The input could not hold what is darker than black or lighter than white.
    left = measured - np.clip(applied(down[0], down[1], held), 0, top)
    again = [d @ axis.enlargement(g, s) for d, axis, g, s in zip(down, axes, large, small, strict=True)]
    correction = left.copy()
    for _ in range(iterations - 1):
        left = left - applied(again[0], again[1], left)
        correction += left
    up = [
        axis.enlargement(side, s)
        for axis, side, s in zip(axes, ((tile.top, tile.bottom), (tile.left, tile.right)), small, strict=True)
    ]
    values = held[tile.within(source).slices] + applied(up[0], up[1], correction)
    np.rint(values, out=values)
    found: NDArray[np.generic] = np.clip(values, 0, top).astype(image.kind.dtype)
    return found


def _box(rows: Stretch, columns: Stretch) -> Box:
    return Box(columns[0], rows[0], columns[1], rows[1])
