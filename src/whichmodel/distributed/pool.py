"""Pieces of work on a number of workers: each at a time one piece, none lost when a worker is.

A worker is a process that Ray starts and keeps (an actor). It gets the next piece when it gives back the last, so no
more is under way than there are workers, and a slow one holds up nobody. A worker that dies is replaced, and its piece
is done again by whoever is free first.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from whichmodel.distributed.cluster import Need, environment, lost, workers_with_room
from whichmodel.domain import WhichmodelError

T = TypeVar("T")
R = TypeVar("R")

MOST_TRIES = 4
"""Of one piece, before it is taken to be what kills the workers."""

PATIENCE = 120.0
"""Seconds without a worker that has started, after which there will be none."""

_MOST_FALSE_STARTS = 10


class _Worker(Generic[T, R]):
    """The process that does pieces."""

    def __init__(self, variables: Mapping[str, str], do: Callable[[T], R]) -> None:
        os.environ.update(variables)
        self._do = do

    def ready(self) -> None:
        """Comes back when the worker has started."""

    def done(self, piece: T) -> R:
        """Do one piece."""
        return self._do(piece)


def spread(
    ray: Any, do: Callable[[T], R], pieces: Iterable[T], need: Need, workers: int | None = None
) -> Iterator[R]:
    """Do pieces on the workers of a cluster, and give the results as they come.

    Args:
        ray: from `cluster.cluster`.
        do: a function of this package, or a `partial` of one; it may be called twice with the same piece, where the
            first call's worker was lost.
        pieces: taken one by one, when a worker is free.
        workers: at most; by default as many as there is room for.

    Raises:
        InputError: no machine has room for a worker.
        WhichmodelError: what `do` raised; or a piece was tried four times and its worker died each time; or no
            worker could be started.
    """
    from ray.exceptions import RayError, RayTaskError

    crew = _Crew(ray, do, need, workers_with_room(ray, need, workers, "give it more, or leave out --engine"))
    source = iter(pieces)
    again: deque[T] = deque()
    tries: dict[int, int] = {}
    false_starts = 0
    try:
        while crew.give_out(again, source) or crew.at_work:
            ready = crew.wait()
            if ready is None:
                if crew.at_work:
                    continue
                raise lost("the batch")
            ref, worker, piece = ready
            try:
                result = ray.get(ref)
            except RayTaskError as error:
                if isinstance(error.cause, WhichmodelError):
                    raise error.cause from None
                raise
            except RayError as error:
                crew.replace(worker)
                false_starts += not piece
                for one in piece:
                    tries[id(one)] = tries.get(id(one), 1) + 1
                    if tries[id(one)] > MOST_TRIES:
                        raise WhichmodelError(
                            f"{one}: the worker that did it died, {MOST_TRIES} times",
                            hint="has a machine too little memory? fewer --workers leave more to each",
                        ) from error
                    again.append(one)
                if false_starts > _MOST_FALSE_STARTS:
                    raise lost("the batch") from error
                continue
            false_starts = 0
            crew.idle.append(worker)
            if piece:
                yield result
    finally:
        crew.dismiss()


class _Crew(Generic[T]):
    """The workers: which are idle, and what the others are at."""

    def __init__(self, ray: Any, do: Callable[[T], Any], need: Need, count: int) -> None:
        self._ray = ray
        self._make = ray.remote(_Worker).options(max_restarts=0, max_task_retries=0, **need.arguments)
        self._given = (environment(need.cpus), do)
        self.idle: deque[Any] = deque()
        # What is waited for: of whom, and for which piece; for none where a worker only starts.
        self._awaited: dict[Any, tuple[Any, tuple[T, ...]]] = {}
        for _ in range(count):
            self._start()

    @property
    def at_work(self) -> bool:
        """Whether a piece is under way."""
        return any(piece for _, piece in self._awaited.values())

    def give_out(self, first: deque[T], then: Iterator[T]) -> bool:
        """Give each idle worker a piece; returns whether there may be more of them than idle workers."""
        while self.idle:
            if first:
                piece = first.popleft()
            else:
                try:
                    piece = next(then)
                except StopIteration:
                    return False
            worker = self.idle.popleft()
            self._awaited[worker.done.remote(piece)] = worker, (piece,)
        return True

    def wait(self) -> tuple[Any, Any, tuple[T, ...]] | None:
        """The next that is done, its worker and its piece; None where nothing came for two minutes."""
        ready, _ = self._ray.wait(list(self._awaited), num_returns=1, timeout=PATIENCE)
        return (ready[0], *self._awaited.pop(ready[0])) if ready else None

    def replace(self, worker: Any) -> None:
        """Give a worker up, and start another in its place."""
        self._ray.kill(worker)
        self._start()

    def dismiss(self) -> None:
        """End all workers, whatever they are at."""
        for worker in (*self.idle, *(worker for worker, _ in self._awaited.values())):
            self._ray.kill(worker)

    def _start(self) -> None:
        worker = self._make.remote(*self._given)
        self._awaited[worker.ready.remote()] = worker, ()
