"""Operations whose result is no picture but data: boxes, labels.

The data are plain JSON values, small enough to be kept whole; the engine keeps them where it keeps what an
operation found out beforehand (`State`), and hands them to the steps that take them (`Context.data`). In
the place of a picture stands a single grey pixel.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from whichmodel.domain import DataType, InputError, Step
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
from whichmodel.nodes.whole import network_identity
from whichmodel.pictures.raster import Kind, Raster


class DataOperation(Operation):
    """An operation that finds something out about a picture; a subclass says what (`find`)."""

    takes_model: ClassVar[bool] = True
    data: ClassVar[bool] = True
    resembles: ClassVar[str | None] = None

    @abstractmethod
    def find(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        """The result, as plain JSON values."""

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        return self.find(step, inputs, context)

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return Size(1, 1) if "image" in sizes else None

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        return Kind(1, 8)

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        card = cards.get(step.model or "")
        return card.weights if card else None

    def identity(self, step: Step, context: Context) -> Mapping[str, Any]:
        return network_identity(step, context)

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        return Samples(np.zeros((unit.target.height, unit.target.width, 1), np.uint8))


class DetectorOperation(DataOperation):
    """An operation that finds things of one sort in a picture, as boxes with scores.

    Parameter: `score`, the least that counts, 0.3 to 1; a subclass says what it is by default (`score`).
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    gives: ClassVar[DataType] = DataType.BOXES
    score: ClassVar[float]

    def least(self, step: Step) -> float:
        """The score from which a thing counts in this step."""
        return float(step.parameters.get("score", self.score))

    def check(self, step: Step) -> None:
        check_parameters(step, {"score": (int, float), "substituted_for": str})
        score = self.least(step)
        if not (math.isfinite(score) and 0.3 <= score <= 1):
            raise InputError(f"step {step.id!r}: parameter 'score' must be 0.3 to 1, not {score:g}")
