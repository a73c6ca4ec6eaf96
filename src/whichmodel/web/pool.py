"""Processes that answer quick questions, kept warm; and a bound on how much may wait."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

import msgspec

from whichmodel.web.process import Failed, Limit, Worker

_PATIENCE = 0.5
"""Seconds that work waits before a further process is started for it."""
_IDLE = 120.0
"""Seconds after which a further process that has nothing to do is ended: it holds some 200 MB."""
_START = 90.0
"""Seconds that a fresh process gets in addition: it loads its libraries and networks with its first piece of work."""
_log = logging.getLogger(__name__)


class Busy(Failed):
    """Too much waits already.

    Args:
        seconds: after which it is worth to try again.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__("the server is busy", f"try again in {seconds} s", 429)
        self.seconds = seconds


class Pool:
    """Processes that share a queue: one, and more while work waits for long.

    Args:
        size: processes at the same time, at most.
        most: pieces of work that may wait; more are refused.
        limit: of each piece; the first one of a process may take longer.
        kept: whether processes stay for the next piece of work.
        first: what a further process does before it is given work, so that nobody waits for its start.
    """

    def __init__(self, size: int, most: int, limit: Limit, *, kept: bool = True, first: str = "") -> None:
        self._most = most + size
        self._limit = limit
        self._fresh = msgspec.structs.replace(limit, seconds=limit.seconds + _START)
        self._kept = kept
        self._first = first
        self._size = size
        self._open = 1  # processes that there are, or that the next piece of work starts
        self._free = asyncio.Semaphore(1)
        self._idle: list[Worker] = []
        self._inside = 0
        self._mean = 0.2
        self._growing: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def work(self, task: str, given: dict[str, Any]) -> dict[str, Any]:
        """Do a piece of work when a process is free.

        Raises:
            Busy: too much waits.
            Failed: as `Worker.work`.
        """
        if self._inside >= self._most:
            raise Busy(max(1, round(self._inside * self._mean / self._open)))
        self._inside += 1
        waiting = asyncio.get_running_loop().call_later(_PATIENCE, self._grow)
        try:
            async with self._free:
                waiting.cancel()
                return await self._do(task, given)
        finally:
            waiting.cancel()
            self._inside -= 1

    async def close(self) -> None:
        """End all processes that wait for work."""
        if self._ending is not None:
            self._ending.cancel()
        if self._growing is not None:
            self._growing.cancel()
            with suppress(asyncio.CancelledError):
                await self._growing
        await asyncio.gather(*self._tasks)
        while self._idle:
            await self._idle.pop().end()

    async def _do(self, task: str, given: dict[str, Any]) -> dict[str, Any]:
        worker = self._idle.pop() if self._idle else None
        limit = self._limit
        if worker is None or not worker.alive:
            worker = await Worker.start()
            limit = self._fresh
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await worker.work(task, given, limit)
        finally:
            self._mean = 0.9 * self._mean + 0.1 * (clock() - began)
            if self._kept and worker.alive:
                self._idle.append(worker)
                self._shrink_later()
            elif worker.alive:
                await worker.end()

    def _grow(self) -> None:
        """Start a further process, where there may be one."""
        if self._kept and self._open < self._size and self._growing is None:
            self._growing = asyncio.create_task(self._grown())

    async def _grown(self) -> None:
        try:
            worker = await Worker.start()
            with suppress(Failed):
                await worker.work(self._first, {}, self._fresh)
            if worker.alive:
                self._idle.append(worker)
                self._open += 1
                self._free.release()
                self._shrink_later()
        except OSError as error:
            _log.warning("a further process could not be started: %s", error)
        finally:
            self._growing = None

    def _shrink_later(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._ending = None
        if self._open > 1:
            self._ending = asyncio.get_running_loop().call_later(_IDLE, self._shrink)

    def _shrink(self) -> None:
        task = asyncio.create_task(self._shrunk())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shrunk(self) -> None:
        """End the process that was idle the longest, unless it is the last or all of them work."""
        if self._open == 1 or not self._idle or self._free.locked():
            return
        await self._free.acquire()  # at once, as it is not locked
        self._open -= 1
        await self._idle.pop(0).end()
        self._shrink_later()
