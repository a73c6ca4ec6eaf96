"""What an operation is: a rule for sizes, a need for weights, and the work itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from whichmodel.domain import InputError, ModelCard, Step
from whichmodel.pictures import Picture

DEFAULT_TILE = 256
"""Side of a tile's core in input pixels. With the 33 pixels of overlap that SPAN needs an inner tile is
1.6 times the work of its core, and the network takes 0.5 GB of memory whatever the size of the picture."""

Cards = Mapping[str, ModelCard]


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


@dataclass(frozen=True)
class Context:
    """What operations get from the run.

    Args:
        cards: model cards by name.
        weights: gives the files of a weights id by role; fetches them first where needed.
        tile: side of a tile's core, in input pixels.
        progress: is told how many output pixels of the step were finished since the last call.
    """

    cards: Cards
    weights: Callable[[str], Mapping[str, Path]]
    tile: int = DEFAULT_TILE
    progress: Callable[[int], None] = lambda pixels: None


class Operation(Protocol):
    """An operation that a step may name; all are listed in `nodes.registry`."""

    @property
    def ports(self) -> frozenset[str]:
        """Names of the inputs that a step may connect; `"image"` must be."""

    def check(self, step: Step) -> None:
        """Check the step's fields and parameters.

        Raises:
            InputError: names the step and the parameter.
        """

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        """Size of the result, from the sizes at its ports as far as known; `None` where it is not."""

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        """Id of the weights that the step needs, or `None`."""

    def run(self, step: Step, picture: Picture, size: Size, context: Context) -> Picture:
        """Do the work.

        Args:
            picture: the value at port `"image"`.
            size: of the result, as `output_size` planned it.

        Raises:
            StepError: names the step, and the tile where there are tiles.
        """


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
