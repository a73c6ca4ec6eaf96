"""Run steps unit by unit: memory bounded by a unit, every finished unit remembered.

For each step: the raster of its result is made on disk with all its room; each unit that the journal does
not hold is computed, written, and then entered into the journal; units that it holds count when their
bytes have the CRC of the journal. So a run that was killed at any moment goes on with the unit it was at,
and ends with the bytes of a run that was not. A finished step is kept under the name of all that it was
made from and is not run again.
"""

from __future__ import annotations

import errno
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from whichmodel.domain import Step, StepError, WhichmodelError, Workflow
from whichmodel.nodes.checks import MEAN_TOLERANCE, Likeness, check_samples
from whichmodel.nodes.operation import Context, Operation, Samples, Size, State, Unit, row_bands
from whichmodel.nodes.registry import operation_of
from whichmodel.nodes.whole import forget_kept
from whichmodel.pictures import Kind, Opened, Picture, Raster, decode
from whichmodel.pictures.raster import joined, store
from whichmodel.runtimes.devices import choose
from whichmodel.runtimes.ncnn import forget_nets
from whichmodel.runtimes.onnx import forget_sessions
from whichmodel.weights import WeightsRecord, hashes, records
from whichmodel.workflow.hosting import ALONE, Hosting, Work
from whichmodel.workflow.journal import Journal
from whichmodel.workflow.keys import input_key, step_key
from whichmodel.workflow.report import StepReport
from whichmodel.workflow.scratch import Entry, Scratch, gigabytes

Progress = Callable[[Step, int, int], None]
"""Is told the step, how many of its output pixels are done, and how many there are."""

RESUME = "what is done is kept: the same command with --resume goes on from there"


@dataclass(frozen=True)
class Value:
    """What flows between steps: its samples, where they are kept, under which name; and data, where it is that."""

    raster: Raster
    entry: Entry
    key: str
    data: State | None = None


@dataclass(frozen=True)
class Outcome:
    """What the steps of a workflow gave: the result, a report for each step, and notes for people."""

    value: Value
    steps: tuple[StepReport, ...]


def decoded(opened: Opened, sha256: str, scratch: Scratch) -> Value:
    """The input as value, decoded once and kept like the result of a step.

    Args:
        sha256: of the file.

    Raises:
        PictureError: the file is damaged.
        WhichmodelError: the disk has no room.
    """
    key = input_key(sha256)
    entry = scratch.entry(key)
    raster = Raster(entry.samples, opened.width, opened.height, opened.kind, opened.metadata)
    units = row_bands(Size(raster.width, raster.height))
    journal = Journal(entry.journal, _work(raster, units))
    try:
        if not (entry.done and _all_hold(raster, units, journal)):
            decode(opened, entry.samples)
            for number, unit in enumerate(units):
                journal.append(number, zlib.crc32(raster.read_all(unit.target).data), "")
            entry.mark_done()
    except OSError as error:
        raise _no_room("reading the picture", raster, error, scratch) from error
    finally:
        journal.close()
    return Value(raster, entry, key)


def in_memory(picture: Picture, scratch: Scratch) -> Value:
    """A picture in memory as value; its scratch must be one without cache, as the picture has no name."""
    entry = scratch.entry("")
    return Value(store(picture, entry.samples), entry, "")


def kinds_of(workflow: Workflow, start: Kind, others: Mapping[str, Kind] | None = None) -> dict[str, Kind]:
    """Kind of every value of a workflow, by name, from those of its inputs.

    Args:
        start: of the first input, and of those that `others` does not tell.
        others: of further inputs by name.
    """
    kinds = {port.name: (others or {}).get(port.name, start) for port in workflow.inputs}
    for step in workflow.steps:
        taken = {port: kinds[source] for port, source in step.takes.items()}
        kinds[step.id] = operation_of(step).output_kind(step, taken)
    return kinds


def keys_of(
    workflow: Workflow, starts: Mapping[str, Value], sizes: Mapping[str, Size], context: Context
) -> dict[str, str]:
    """The key of every value of a workflow, by name; `starts` are its inputs."""
    kinds = _kinds(workflow, starts)
    keys = {name: value.key for name, value in starts.items()}
    for step in workflow.steps:
        taken = {port: keys[source] for port, source in step.takes.items()}
        own = replace(context, size=sizes[step.id], kind=kinds[step.id])
        keys[step.id] = step_key(step, operation_of(step), taken, own)
    return keys


def run_steps(
    workflow: Workflow,
    start: Value,
    sizes: Mapping[str, Size],
    context: Context,
    scratch: Scratch,
    progress: Progress,
    others: Mapping[str, Value] | None = None,
    hosting: Hosting = ALONE,
) -> Outcome:
    """Run the steps of a workflow in order.

    Args:
        start: the workflow's first input, whose metadata the result gets.
        sizes: of every value by name, as planned.
        others: its further inputs by name.
        hosting: who does the units.

    Raises:
        StepError: a unit failed, or a result is not plausible; names the step and the unit.
        WhichmodelError: the disk has no room; told before the first step where it can be.
    """
    values = {workflow.inputs[0].name: start, **(others or {})}
    kinds = _kinds(workflow, values)
    keys = keys_of(workflow, values, sizes, context)
    scratch.make_room(
        {keys[step.id]: sizes[step.id].pixels * kinds[step.id].bytes for step in workflow.steps}
    )
    reports = []
    notes: list[str] = []
    for position, step in enumerate(workflow.steps):
        taken = {port: values[source] for port, source in step.takes.items()}
        data = {port: value.data for port, value in taken.items() if value.data is not None}
        own = replace(context, size=sizes[step.id], kind=kinds[step.id], data=data)
        began = time.perf_counter()
        job = _Job(step, keys[step.id], taken, own, scratch, progress, hosting)
        try:
            values[step.id] = job.run()
        finally:
            for value in taken.values():
                value.raster.close()
            # Or their memory would count beside what the next steps, encoding and evidence take.
            if not hosting.keeps_networks:
                forget_nets()
                forget_sessions()
            forget_kept()
        notes += job.notes()
        reports.append(_report(step, taken, own, time.perf_counter() - began, cached=job.cached))
        # The input stays, for the comparison with the result.
        wanted = {workflow.output, workflow.inputs[0].name}
        wanted.update(*(later.takes.values() for later in workflow.steps[position + 1 :]))
        values = _without(values, wanted, scratch)
    result = values[workflow.output]
    metadata = start.raster.metadata
    metadata = replace(metadata, notes=(*metadata.notes, *notes))
    return Outcome(replace(result, raster=result.raster.with_metadata(metadata)), tuple(reports))


def _kinds(workflow: Workflow, starts: Mapping[str, Value]) -> dict[str, Kind]:
    kinds = {name: value.raster.kind for name, value in starts.items()}
    return kinds_of(workflow, kinds[workflow.inputs[0].name], kinds)


class _Job:
    """One step of one run."""

    def __init__(
        self,
        step: Step,
        key: str,
        taken: Mapping[str, Value],
        context: Context,
        scratch: Scratch,
        progress: Progress,
        hosting: Hosting,
    ) -> None:
        self._step = step
        self._key = key
        self._operation: Operation = operation_of(step)
        self._inputs = {port: value.raster for port, value in taken.items()}
        self._input_keys = {port: value.key for port, value in taken.items()}
        self._hosting = hosting
        self._context = context
        self._scratch = scratch
        self._progress = progress
        self._marks: Counter[str] = Counter()
        self._units: Sequence[Unit] = ()
        self.cached = False

    def run(self) -> Value:
        entry = self._scratch.entry(self._key)
        try:
            raster = self._filled(entry)
            return Value(raster, entry, self._key, self._context.state if self._operation.data else None)
        except OSError as error:
            size, kind = self._context.size, self._context.kind
            due = Raster(entry.samples, size.width, size.height, kind)
            raise _no_room(f"step {self._step.id!r}", due, error, self._scratch) from error

    def notes(self) -> tuple[str, ...]:
        return self._operation.notes(self._step, self._marks, len(self._units), self._context.state)

    def _filled(self, entry: Entry) -> Raster:
        step, operation = self._step, self._operation
        size, kind = self._context.size, self._context.kind
        self.cached = entry.done
        state = entry.state
        if state is None:
            state = entry.keep_state(self._prepared())
        self._context = replace(self._context, state=state)
        sizes = {port: Size(raster.width, raster.height) for port, raster in self._inputs.items()}
        self._units = operation.units(step, sizes, self._context)
        if sum(unit.target.pixels for unit in self._units) != size.pixels:
            raise StepError(f"step {step.id!r}: its units do not make up {size} pixels")
        raster = Raster.create(entry.samples, size.width, size.height, kind)
        like = self._inputs[operation.resembles] if operation.resembles and not entry.done else None
        most = MEAN_TOLERANCE if operation.keeps_light(step, self._context.cards) else 1.0
        likeness = Likeness(step.id, like, size, kind, most) if like else None
        journal = Journal(entry.journal, _work(raster, self._units))
        try:
            self._do_units(raster, journal, likeness)
        finally:
            journal.close()
            raster.close()
        if not entry.done:
            try:
                if likeness:
                    likeness.check()
            except StepError:
                # To go on with it would end in the same.
                entry.clear()
                raise
            entry.mark_done()
        return raster

    def _do_units(self, raster: Raster, journal: Journal, likeness: Likeness | None) -> None:
        total, done = self._context.size.pixels, 0

        def finished(unit: Unit, part: NDArray[Any], mark: str) -> None:
            nonlocal done
            if likeness:
                likeness.add(unit.target, part[:, :, : raster.kind.bands])
            if mark:
                self._marks[mark] += 1
            done += unit.target.pixels
            self._progress(self._step, done, total)

        self._progress(self._step, 0, total)
        due: dict[int, Unit] = {}
        for number, unit in enumerate(self._units):
            part = _held(raster, unit, number, journal)
            if part is not None:
                finished(unit, part, journal.done[number].mark)
                continue
            self.cached = False
            if self._hosting.helpers and not self._operation.data:
                due[number] = unit
                continue
            given = self._computed(unit)
            part = joined(given.colour, given.alpha)
            raster.write(unit.target, part)
            journal.append(number, zlib.crc32(part.data), given.mark)
            finished(unit, part, given.mark)
        if due:
            self._have_done(due, raster, journal, finished)

    def _have_done(
        self,
        due: Mapping[int, Unit],
        raster: Raster,
        journal: Journal,
        finished: Callable[[Unit, NDArray[Any], str], None],
    ) -> None:
        """Have units done by others; a unit counts when its bytes, read here, are those that were written."""
        assert self._hosting.helpers is not None
        inputs, keys, apart = self._inputs, self._input_keys, self._operation.apart
        work = Work(self._step, self._key, inputs, keys, self._context, raster, due, apart)
        try:
            for written in self._hosting.helpers(work):
                unit = due[written.number]
                part = raster.read_all(unit.target)
                if zlib.crc32(part.data) != written.crc:
                    raise StepError(
                        f"{unit.label}: what a worker wrote is not what is read here",
                        hint=f"{raster.path.parent.parent} must be the same folder on every machine",
                    )
                journal.append(written.number, written.crc, written.mark)
                finished(unit, part, written.mark)
        except StepError as error:
            raise self._failure("", error) from error

    def _prepared(self) -> State:
        try:
            return self._operation.prepare(self._step, self._inputs, self._context)
        except Exception as error:
            raise self._failure("before its first unit", error) from error

    def _computed(self, unit: Unit) -> Samples:
        try:
            given = self._operation.compute(self._step, unit, self._inputs, self._context)
            check_samples(unit, given, self._context.kind)
        except Exception as error:
            # Any failure of a unit fails the step: a patched-up tile would be a lie in the picture.
            raise self._failure(unit.label, error) from error
        return given

    def _failure(self, where: str, error: Exception) -> StepError:
        reason = error.message if isinstance(error, WhichmodelError) else repr(error)
        hints = [error.hint] if isinstance(error, WhichmodelError) and error.hint else []
        if self._scratch.resumable:
            hints.append(RESUME)
        place = f"step {self._step.id!r}" + (f", {where}" if where else "")
        return StepError(f"{place}: {reason}", hint="; ".join(hints))


def _held(raster: Raster, unit: Unit, number: int, journal: Journal) -> NDArray[Any] | None:
    """The bytes of a unit that the journal holds, if they are what it says."""
    known = journal.done.get(number)
    if known is None:
        return None
    part = raster.read_all(unit.target)
    if zlib.crc32(part.data) == known.crc:
        return part
    journal.forget(number)
    return None


def _all_hold(raster: Raster, units: Sequence[Unit], journal: Journal) -> bool:
    if not raster.path.is_file() or raster.path.stat().st_size != raster.bytes:
        return False
    held = all(_held(raster, unit, number, journal) is not None for number, unit in enumerate(units))
    raster.close()
    return held


def _work(raster: Raster, units: Sequence[Unit]) -> str:
    """What the units of a journal are."""
    kind = raster.kind
    shape = f"{raster.width}x{raster.height}x{kind.samples}x{kind.bits}"
    targets = zlib.crc32(repr([unit.target for unit in units]).encode())
    return f"{shape} {len(units)} {targets:08x}"


def _without(values: dict[str, Value], wanted: set[str], scratch: Scratch) -> dict[str, Value]:
    """The values that are still wanted; the folders of the others are let go."""
    kept = {name: value for name, value in values.items() if name in wanted}
    used = {id(value.entry) for value in kept.values()}
    for name, value in values.items():
        if name not in wanted and id(value.entry) not in used:
            scratch.release(value.entry)
            used.add(id(value.entry))
    return kept


def _no_room(what: str, raster: Raster, error: OSError, scratch: Scratch) -> WhichmodelError:
    """The error for a raster that cannot be written or read."""
    place = scratch.home
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return WhichmodelError(f"{what}: intermediate results in {place}: {error.strerror or error}")
    hint = "free some space, or set WHICHMODEL_CACHE to a folder on a larger disk"
    if scratch.resumable:
        hint += f"; {RESUME}"
    return WhichmodelError(
        f"{what} needs {gigabytes(raster.bytes)} in {place}, and the disk is full", hint=hint
    )


def _pinned(weights: WeightsRecord) -> dict[str, str]:
    """SHA-256 of the pinned files by role; of what the user gave, of what was made from it."""
    return hashes(weights.id) if weights.given else {file.role: file.sha256 for file in weights.files}


def _report(
    step: Step, taken: Mapping[str, Value], context: Context, seconds: float, *, cached: bool
) -> StepReport:
    weights_id = operation_of(step).needs_weights(step, context.cards)
    weights = records()[weights_id] if weights_id else None
    first = (taken.get("image") or next(iter(taken.values()))).raster
    return StepReport(
        step=step.id,
        title=step.title,
        operation=step.operation,
        size_in=(first.width, first.height),
        size_out=(context.size.width, context.size.height),
        seconds=round(seconds, 3),
        model=step.model,
        weights=weights_id,
        weights_sha256=_pinned(weights) if weights else {},
        licence=weights.licence if weights else None,
        cached=cached,
        device=choose(context.device, weights.format).name if weights else "cpu",
    )
