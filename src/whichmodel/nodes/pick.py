"""Operation `pick-best`: of several versions of one picture, the sharpest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from whichmodel.domain import DataType, Step
from whichmodel.nodes.mixing import as_kind, joint_kind, one_size
from whichmodel.nodes.operation import (
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    State,
    Unit,
    check_parameters,
)
from whichmodel.nodes.sharpness import blur_effect
from whichmodel.pictures.raster import Kind, Raster

_PORTS = ("first", "second", "third", "fourth")


class PickBestOperation(Operation):
    """The least blurred of two to four pictures of one size, as a whole; of equals the earlier port.

    The measure is `nodes.sharpness.blur_effect`. It is taken once, of the whole pictures, before the
    first unit; the run's report tells the choice. Parameters: none.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        port: PortSpec(DataType.IMAGE, required=port in _PORTS[:2]) for port in _PORTS
    }
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {})

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return one_size(step, sizes)

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        # Which one is taken is known only later, so the result is of a kind that holds any of them.
        return joint_kind(kinds.values(), alpha=any(kind.alpha for kind in kinds.values()))

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        blur = {port: round(blur_effect(inputs[port]), 6) for port in _PORTS if port in inputs}
        return {"blur": blur, "best": min(blur, key=lambda port: (blur[port], _PORTS.index(port)))}

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        kind = context.kind
        colour, alpha = as_kind(inputs[context.state["best"]], unit.target, kind)
        if kind.alpha and alpha is None:
            alpha = np.full(colour.shape[:2], kind.top, kind.dtype)
        return Samples(colour, alpha)

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        best, blur = state["best"], state["blur"]
        others = ", ".join(f"{value:.3f} at {port!r}" for port, value in blur.items() if port != best)
        return (
            f"{step.id}: took {step.takes[best]!r} (port {best!r}), the least blurred: {blur[best]:.3f}, against"
            f" {others} (blur effect, 0 sharp to 1 blurred)",
        )
