"""Operations that make one picture of two: `composite` by a mask, `blend` by a weight."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.mixing import as_kind, joint_kind, mixed, one_size, share_of
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


class CompositeOperation(Operation):
    """A foreground before a background, or cut out of it, by a mask.

    - foreground, background, mask: the mask says how much of each pixel is foreground, 0..1. Where
      both pictures are transparent alike they stay so.
    - foreground, background: the foreground's own transparency is the mask ("over").
    - foreground, mask: the foreground is cut out: the mask becomes its transparency, or the product with
      the one that it has.

    Values are mixed as they are, not in linear light; see `nodes.mixing`. All pictures must have one size.
    Parameters: none.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        "foreground": PortSpec(DataType.IMAGE),
        "background": PortSpec(DataType.IMAGE, required=False),
        "mask": PortSpec(DataType.MASK, required=False),
    }
    # The foreground may be anything, so nothing can be said of how the result must look.
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {})
        if not {"background", "mask"} & step.takes.keys():
            raise InputError(
                f"step {step.id!r}: nothing is connected to its ports 'background' and 'mask'",
                hint="'mask' cuts the foreground out, 'background' is what it is laid on; connect one or both",
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return one_size(step, sizes)

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        foreground = kinds["foreground"]
        background = kinds.get("background")
        if background is None:
            return joint_kind([foreground], alpha=True)
        if "mask" not in kinds:
            if not foreground.alpha:
                raise InputError(
                    f"step {step.id!r}: the picture at 'foreground' has no transparency, so it would hide"
                    " all of the background",
                    hint="connect a mask to port 'mask'",
                )
            return joint_kind([foreground, background], alpha=background.alpha)
        return joint_kind([foreground, background], alpha=foreground.alpha or background.alpha)

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        kind, box = context.kind, unit.target
        colour, alpha = as_kind(inputs["foreground"], box, kind)
        top = np.float32(kind.top)
        if "background" not in inputs:
            share = share_of(inputs["mask"], box)
            own = np.float32(1) if alpha is None else alpha.astype(np.float32) / top
            return Samples(colour, np.rint(share * own * top).astype(kind.dtype))
        background = as_kind(inputs["background"], box, kind)
        if "mask" in inputs:
            return Samples(*mixed((colour, alpha), background, share_of(inputs["mask"], box), kind))
        if alpha is None:
            raise InputError(f"step {step.id!r}: the picture at 'foreground' has no transparency")
        return Samples(*mixed((colour, None), background, alpha.astype(np.float32) / top, kind))


class BlendOperation(Operation):
    """A weighted mean of two pictures of one size.

    Parameter `weight`: share 0..1 of the picture at `second`; default 0.5. Values are mixed as they are,
    not in linear light; see `nodes.mixing`.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        "first": PortSpec(DataType.IMAGE),
        "second": PortSpec(DataType.IMAGE),
    }
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"weight": (int, float)})
        weight = float(step.parameters.get("weight", 0.5))
        if not (math.isfinite(weight) and 0 <= weight <= 1):
            raise InputError(
                f"step {step.id!r}: parameter 'weight' must be 0 to 1, not {weight}",
                hint="it is the share of the picture at 'second'; the one at 'first' gets the rest",
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return one_size(step, sizes)

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        return joint_kind(kinds.values(), alpha=any(kind.alpha for kind in kinds.values()))

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        first, second = (as_kind(inputs[port], unit.target, context.kind) for port in ("first", "second"))
        share = np.float32(step.parameters.get("weight", 0.5))
        return Samples(*mixed(second, first, share, context.kind))
