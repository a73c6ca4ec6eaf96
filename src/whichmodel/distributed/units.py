"""One picture on many workers: the units of its steps, handed out by the engine that keeps the journal."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whichmodel.distributed.cluster import Need, broken, environment, lost, workers_with_room
from whichmodel.distributed.unit_worker import Assignment, Told, UnitWorker
from whichmodel.domain import InputError, StepError
from whichmodel.workflow.hosting import Work, Written

_AHEAD = 2
"""Units that a worker has at once: the one it is at, and the next, so that it need not wait for the driver."""

_DEATHS = 4
"""Workers that may die of one unit."""

_PATIENCE = 120.0
"""Seconds without any worker after which the run ends."""


@dataclass(eq=False)
class _Member:
    """A worker: its handle, whether it has answered, and the units it has, in their order."""

    handle: Any
    ready: bool = False
    has: deque[int] = field(default_factory=deque)


class RayUnits:
    """Has units done by the workers of a cluster (`workflow.hosting.Helpers`).

    Workers write into the raster on the storage that all share; numbers, check sums and names of files are
    what travels. Never more than two units a worker are under way. A worker that dies is replaced where there
    is room, and what it had is done by others.

    Args:
        ray: from `cluster.cluster`.
        need: of a worker.
        workers: at most; by default as many as there is room for.
        say: is told lines for people.

    Attributes:
        count: how many workers there may be.
        members: its workers; `starting`: what those that have not answered yet will answer.

    Raises:
        InputError: no machine has room for a worker.
    """

    def __init__(
        self,
        ray: Any,
        need: Need,
        workers: int | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.ray = ray
        self._say = say
        self.count = workers_with_room(ray, need, workers)
        # No restarts by Ray: one that finds no room would keep its units for ever.
        self._kind = ray.remote(UnitWorker).options(max_restarts=0, max_task_retries=0, **need.arguments)
        self._start = (environment(need.cpus), str(Path.cwd()))
        self.members: list[_Member] = []
        self.starting: dict[Any, _Member] = {}

    def __call__(self, work: Work) -> Iterator[Written]:
        """Do the units that are due; see `workflow.hosting.Helpers`.

        Raises:
            StepError: a unit failed, or worker after worker died of it.
            InputError: a worker does not see the folder of the person who asks.
            WhichmodelError: no worker could be started for two minutes.
        """
        most = self.count if work.apart else 1
        if not work.apart and self.count > 1:
            self._say(f"step {work.step.id!r} looks at the whole picture: one worker does all of it")
        yield from _Handing(self, work, min(most, len(work.due))).written()

    def fill_up(self, most: int) -> None:
        """Start workers until there are so many."""
        while len(self.members) < most:
            member = _Member(self._kind.remote(*self._start))
            self.members.append(member)
            self.starting[member.handle.here.remote()] = member

    def drop(self, member: _Member) -> None:
        """Give a worker up."""
        self.members.remove(member)
        for reference in [key for key, value in self.starting.items() if value is member]:
            del self.starting[reference]
        self.ray.kill(member.handle)


class _Handing:
    """Handing out the units of one step."""

    def __init__(self, pool: RayUnits, work: Work, most: int) -> None:
        self._pool = pool
        self._ray = pool.ray
        self._work = work
        self._most = most
        self._assignment = self._ray.put(Assignment.of(work))
        self._waiting = deque(sorted(work.due))
        self._flying: dict[Any, tuple[int, _Member]] = {}
        self._deaths: Counter[int] = Counter()
        self._refused = 0

    def written(self) -> Iterator[Written]:
        """Units as their bytes are written."""
        alone_since = time.monotonic()
        while self._waiting or self._flying:
            self._pool.fill_up(self._most)
            self._hand_out()
            if any(member.ready for member in self._pool.members):
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > _PATIENCE:
                raise lost(f"step {self._work.step.id!r}")
            ready, _ = self._ray.wait([*self._flying, *self._pool.starting], timeout=5.0)
            for reference in ready:
                if reference in self._flying:
                    told = self._landed(reference)
                    if told is not None:
                        yield Written(told.number, told.crc, told.mark)
                elif reference in self._pool.starting:
                    self._answered(reference)

    def _hand_out(self) -> None:
        for _ in range(_AHEAD):
            for member in self._pool.members[: self._most]:
                if member.ready and len(member.has) < _AHEAD and self._waiting:
                    number = self._waiting.popleft()
                    unit = self._work.due[number]
                    self._flying[member.handle.do.remote(self._assignment, number, unit)] = number, member
                    member.has.append(number)

    def _landed(self, reference: Any) -> Told | None:
        """What a worker tells of a unit; `None` where it died."""
        number, member = self._flying.pop(reference)
        try:
            told: Told = self._ray.get(reference)
        except self._ray.exceptions.RayError:
            self._died(member)
            return None
        member.has.remove(number)
        if told.error:
            raise StepError(told.error, hint=told.hint)
        return told

    def _died(self, member: _Member) -> None:
        """Put back what a dead worker had; the first of it is what it was at."""
        at = member.has[0]
        self._deaths[at] += 1
        if self._deaths[at] >= _DEATHS:
            raise StepError(
                f"{self._work.due[at].label}: {_DEATHS} workers died of it",
                hint="did the memory of a machine run out? A smaller --tile needs less",
            )
        for reference in [key for key, (_, owner) in self._flying.items() if owner is member]:
            del self._flying[reference]
        self._waiting.extendleft(sorted(member.has, reverse=True))
        member.has.clear()
        self._pool.drop(member)

    def _answered(self, reference: Any) -> None:
        member = self._pool.starting.pop(reference)
        try:
            error, hint = self._ray.get(reference)
        except self._ray.exceptions.RayError as failed:
            self._pool.drop(member)
            self._refused += 1
            if self._refused >= _DEATHS * self._most and not any(one.ready for one in self._pool.members):
                raise broken(f"step {self._work.step.id!r}", failed) from failed
            return
        self._refused = 0
        if error:
            raise InputError(error, hint=hint)
        member.ready = True
