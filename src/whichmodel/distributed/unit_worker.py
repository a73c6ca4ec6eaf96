"""The process that does units of one step after the other, with the network loaded once for each step."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whichmodel.distributed.file_worker import enter
from whichmodel.domain import InputError, ModelCard, Step, StepError, WhichmodelError

if TYPE_CHECKING:
    from whichmodel.nodes.operation import Context, Operation, Size, Unit
    from whichmodel.pictures import Kind, Raster
    from whichmodel.workflow.hosting import Work


@dataclass(frozen=True)
class Place:
    """A raster as it travels: the name of its file, and what is in it."""

    path: str
    width: int
    height: int
    kind: Kind

    @classmethod
    def of(cls, raster: Raster) -> Place:
        """Where a raster is, without what its picture's file said beside the pixels."""
        return cls(str(raster.path.absolute()), raster.width, raster.height, raster.kind)

    def raster(self) -> Raster:
        """The raster itself."""
        from whichmodel.pictures import Raster

        return Raster(Path(self.path), self.width, self.height, self.kind)


@dataclass(frozen=True)
class Assignment:
    """A step as it travels: everything that its units need but the pixels.

    Args:
        step, key, keys: as of `workflow.hosting.Work`.
        inputs, result: where the rasters are.
        cards: the step's model card by name.
        weights: files by weights id and role.
        tile, device, size, kind, state, data: as of `nodes.operation.Context`.
    """

    step: Step
    key: str
    keys: Mapping[str, str]
    inputs: Mapping[str, Place]
    result: Place
    cards: Mapping[str, ModelCard]
    weights: Mapping[str, Mapping[str, Path]]
    tile: int
    device: str
    size: Size
    kind: Kind
    state: Mapping[str, Any]
    data: Mapping[str, Any]

    @classmethod
    def of(cls, work: Work) -> Assignment:
        """The work as it travels."""
        from whichmodel.nodes.registry import operation_of

        step, context = work.step, work.context
        weights_id = operation_of(step).needs_weights(step, context.cards)
        card = context.cards.get(step.model or "")
        return cls(
            step=step,
            key=work.key,
            keys=dict(work.keys),
            inputs={port: Place.of(raster) for port, raster in work.inputs.items()},
            result=Place.of(work.result),
            cards={card.name: card} if card else {},
            weights={weights_id: dict(context.weights(weights_id))} if weights_id else {},
            tile=context.tile,
            device=context.device,
            size=context.size,
            kind=context.kind,
            state=dict(context.state),
            data=dict(context.data),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a unit: CRC-32 of its bytes and its mark, or an error with a hint."""

    number: int
    crc: int = 0
    mark: str = ""
    error: str = ""
    hint: str = ""


class UnitWorker:
    """Does units; one process of a cluster.

    Args:
        environment: variables that it takes over.
        folder: of the person who asks.
    """

    def __init__(self, environment: Mapping[str, str], folder: str) -> None:
        # Before libvips is loaded, which looks at it once.
        os.environ.update(environment)
        self._fault: InputError | None = None
        self._doing: _Doing | None = None
        try:
            enter(folder)
        except InputError as error:
            self._fault = error

    def here(self) -> tuple[str, str]:
        """That it is ready: an empty error, or one with its hint."""
        return (self._fault.message, self._fault.hint) if self._fault else ("", "")

    def do(self, assignment: Assignment, number: int, unit: Unit) -> Told:
        """Compute a unit and write it into the raster of its step."""
        try:
            if self._doing is None or self._doing.assignment != assignment:
                if self._doing is not None:
                    self._doing.close()
                self._doing = None
                self._doing = _Doing(assignment)
            crc, mark = self._doing.written(unit)
        except WhichmodelError as error:
            return Told(number, error=f"{unit.label}: {error.message}", hint=error.hint)
        except Exception as error:  # noqa: BLE001 - told where the step is reported as failed
            return Told(number, error=f"{unit.label}: {error!r}")
        return Told(number, crc, mark)


class _Doing:
    """The step that a worker is at."""

    def __init__(self, assignment: Assignment) -> None:
        from whichmodel.nodes.operation import Context
        from whichmodel.nodes.registry import operation_of
        from whichmodel.workflow.keys import step_key

        self.assignment = assignment
        step = assignment.step
        self._operation: Operation = operation_of(step)
        self._context: Context = Context(
            cards=assignment.cards,
            weights=assignment.weights.__getitem__,
            tile=assignment.tile,
            device=assignment.device,
            size=assignment.size,
            kind=assignment.kind,
            state=assignment.state,
            data=assignment.data,
        )
        if step_key(step, self._operation, assignment.keys, self._context) != assignment.key:
            raise StepError(
                "a worker would compute something else",
                hint="every machine must have the same versions of whichmodel, libvips and the runtimes, the same"
                " weights, and the same kind of processor or GPU",
            )
        self._inputs = {port: place.raster() for port, place in assignment.inputs.items()}
        self._result = assignment.result.raster()

    def written(self, unit: Unit) -> tuple[int, str]:
        """CRC-32 and mark of a unit whose bytes stand in the raster."""
        from whichmodel.nodes.checks import check_samples
        from whichmodel.pictures.raster import joined

        given = self._operation.compute(self.assignment.step, unit, self._inputs, self._context)
        check_samples(unit, given, self._context.kind)
        part = joined(given.colour, given.alpha)
        try:
            self._result.write(unit.target, part)
        finally:
            # On shared storage others see what was written when the file is closed.
            self._result.close()
        return zlib.crc32(part.data), given.mark

    def close(self) -> None:
        """Let go of files and networks, whose memory would count beside that of the next step."""
        from whichmodel.nodes.whole import forget_kept
        from whichmodel.runtimes.ncnn import forget_nets
        from whichmodel.runtimes.onnx import forget_sessions

        for raster in self._inputs.values():
            raster.close()
        forget_nets()
        forget_sessions()
        forget_kept()
