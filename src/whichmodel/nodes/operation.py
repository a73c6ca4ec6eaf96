"""What an operation is: typed ports, a rule for sizes, and the work cut into units.

An operation never sees a whole picture in memory. Its inputs are rasters on disk, and it computes its
result one unit at a time. The engine (`workflow.engine`) decides which units are due, writes what comes
back, and remembers it, so that a run can go on after it was killed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, ModelCard, Step
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Kind, Raster

DEFAULT_TILE = 256
"""Side of a tile's core in input pixels. With the 33 pixels of overlap that SPAN needs an inner tile is
1.6 times the work of its core, and the network takes 0.5 GB of memory whatever the size of the picture."""

BAND = 1 << 20
"""Pixels of the result in one band of rows, about."""

Cards = Mapping[str, ModelCard]
State = Mapping[str, Any]
"""What an operation found out about whole inputs before its first unit: plain JSON values."""


@dataclass(frozen=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def times(self, factor: float) -> Size:
        """Both sides times `factor`, rounded to whole pixels, at least 1."""
        return Size(max(1, round(self.width * factor)), max(1, round(self.height * factor)))

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"


@dataclass(frozen=True, slots=True)
class PortSpec:
    """What an input port takes, and whether a step must connect it."""

    type: DataType
    required: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of a step's work.

    Args:
        target: the pixels of the result that it gives. The targets of a step's units partition it.
        label: for messages: `"tile column 1, row 0 (input x 256..512, y 0..256)"`.
    """

    target: Box
    label: str


@dataclass(frozen=True, slots=True)
class Samples:
    """What a unit gave, in the kind that `output_kind` told.

    Args:
        colour: shape `(h, w, bands)` of the unit's target.
        alpha: shape `(h, w)`, same type, where the kind has alpha; else `None`.
        mark: a word that the engine remembers with the unit and counts for `Operation.notes`;
            at most 20 ASCII letters, digits and hyphens.
    """

    colour: NDArray[Any]
    alpha: NDArray[Any] | None = None
    mark: str = ""


@dataclass(frozen=True)
class Context:
    """What operations get from the run.

    Args:
        cards: model cards by name.
        weights: gives the files of a weights id by role; they were fetched before the run.
        tile: side of a tile's core, in input pixels.
        device: that was asked for: one of `runtimes.devices.WISHES`.
        size, kind: of the step's result, as planned; set for each step by the engine.
        state: what `Operation.prepare` of this step gave.
        data: what the steps at its ports gave, by port, where that is data.
    """

    cards: Cards
    weights: Callable[[str], Mapping[str, Path]]
    tile: int = DEFAULT_TILE
    device: str = "cpu"
    size: Size = field(default_factory=lambda: Size(1, 1))
    kind: Kind = field(default_factory=lambda: Kind(3, 8))
    state: State = field(default_factory=dict)
    data: Mapping[str, State] = field(default_factory=dict)


class Operation(ABC):
    """An operation that a step may name; all are listed in `nodes.registry`.

    Operations hold no state of their own: the same call gives the same result, on any computer of one
    kind, in any order of the units. That is what makes cache and resumption exact.

    Attributes:
        ports: the inputs that a step may connect, by name.
        gives: type of the result.
        takes_model: whether its steps name a model of the catalog, whose network it runs.
        data: whether the result is no picture but data (`nodes.data`).
        steady: whether the time that it takes follows from the sizes; else it is not told beforehand.
        apart: whether several processes can do its units at once without each doing the same for all of them
            first, such as a network that looks at the whole picture.
        resembles: port whose picture the result must look like from afar (the local means agree), or
            `None` where no such thing can be said.
    """

    ports: ClassVar[Mapping[str, PortSpec]]
    gives: ClassVar[DataType] = DataType.IMAGE
    takes_model: ClassVar[bool] = False
    data: ClassVar[bool] = False
    steady: ClassVar[bool] = True
    apart: ClassVar[bool] = True
    resembles: ClassVar[str | None] = "image"

    @abstractmethod
    def check(self, step: Step) -> None:
        """Check the step's fields and parameters.

        Raises:
            InputError: names the step and the parameter.
        """

    @abstractmethod
    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        """Size of the result, from the sizes at its ports as far as known; `None` where it is not."""

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        """Kind of the result's samples, from those at its ports; by default that at port `image`."""
        return kinds["image"]

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        """Id of the weights that the step needs, or `None`."""
        return None

    def keeps_light(self, step: Step, cards: Cards) -> bool:
        """Whether the local means of what it `resembles` must stay; else only that the result is no single colour."""
        return True

    def identity(self, step: Step, context: Context) -> Mapping[str, Any]:
        """What the result depends on beside operation, parameters and inputs, as plain JSON values.

        It is part of the name under which a result is kept: hashes of weights, tile, overlap, runtime.
        """
        return {}

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        """Find out what has to be known of whole inputs before the first unit; small and plain JSON.

        Must read the inputs in parts, or as a stream through `Raster.lazy`.
        """
        return {}

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        """The work in pieces, always the same for the same arguments; by default bands of rows."""
        return row_bands(context.size)

    @abstractmethod
    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        """Do one unit.

        It reads the parts of its inputs that it needs (`Raster.read`, with what lies around); libvips
        takes such a part through `bridge.to_vips`.

        Raises:
            Exception: any; the engine makes it a `StepError` that names the step and the unit.
        """

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        """Sentences for people about the finished step.

        Args:
            marks: how many of the `units` gave which `Samples.mark`.
        """
        return ()


def row_bands(size: Size, pixels: int = BAND) -> list[Unit]:
    """Bands of whole rows, from top to bottom, of about `pixels` pixels each."""
    rows = max(1, min(size.height, pixels // size.width))
    count = -(-size.height // rows)
    edges = [size.height * i // count for i in range(count + 1)]
    return [Unit(Box(0, top, size.width, bottom), f"rows {top}..{bottom}") for top, bottom in pairwise(edges)]


def check_parameters(step: Step, allowed: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse parameters that are not `allowed` or of another type.

    Raises:
        InputError: names the step and the parameter.
    """
    for name, value in step.parameters.items():
        if name not in allowed:
            raise InputError(
                f"step {step.id!r}: operation {step.operation!r} has no parameter {name!r}",
                hint=f"it has: {', '.join(sorted(allowed))}",
            )
        wanted = allowed[name]
        # bool is a subclass of int in Python, but `true` is no number of pixels.
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise InputError(f"step {step.id!r}: parameter {name!r} cannot be {value!r}")
