"""Where the work of a run is done: in this process, or by others that share its storage.

The engine decides which units are due and remembers what was done. Who computes them is the matter of its
host: by default the engine itself, one after the other. The bytes of a result do not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from whichmodel.domain import Step
from whichmodel.nodes.operation import Context, Unit
from whichmodel.pictures import Raster


@dataclass(frozen=True)
class Work:
    """Units of one step that are due.

    Args:
        step: that they belong to.
        key: name of its result (`workflow.keys`): who computes a unit must find the same.
        inputs: the values at its ports, and `keys` their names.
        context: with the state of the step.
        result: the raster that the units are written into, made with all its room.
        due: the units by number.
        apart: whether units can be done by several at once; else each of them would have to look at the
            whole picture first.
    """

    step: Step
    key: str
    inputs: Mapping[str, Raster]
    keys: Mapping[str, str]
    context: Context
    result: Raster
    due: Mapping[int, Unit] = field(default_factory=dict)
    apart: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """A unit whose bytes stand in the raster: its number, their CRC-32, its mark."""

    number: int
    crc: int
    mark: str


class Helpers(Protocol):
    """Does units of steps for the engine."""

    def __call__(self, work: Work) -> Iterator[Written]:
        """Do the units that are due, in any order, and tell of each when its bytes are written.

        Raises:
            StepError: a unit failed; names it.
        """
        ...


@dataclass(frozen=True)
class Hosting:
    """How a run is hosted; nothing of its result depends on it.

    Args:
        helpers: does the units; `None`: the engine itself.
        keeps_networks: whether networks stay loaded when a step has ended, for the next picture.
        tidies: whether kept results are brought within their limit when the run ends; a host of many runs
            does that itself now and then.
    """

    helpers: Helpers | None = None
    keeps_networks: bool = False
    tidies: bool = True


ALONE = Hosting()
