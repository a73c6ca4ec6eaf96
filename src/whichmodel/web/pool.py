"""Processes that answer quick questions, kept warm; and a bound on how much may wait."""

from __future__ import annotations

import asyncio
from typing import Any

from whichmodel.web.process import Failed, Limit, Worker


class Busy(Failed):
    """Too much waits already.

    Args:
        seconds: after which it is worth to try again.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__("the server is busy", f"try again in {seconds} s", 429)
        self.seconds = seconds


class Pool:
    """A number of processes that share a queue.

    Args:
        size: processes at the same time.
        most: pieces of work that may wait; more are refused.
        limit: of each.
        kept: whether processes stay for the next piece of work.
    """

    def __init__(self, size: int, most: int, limit: Limit, *, kept: bool = True) -> None:
        self._most = most + size
        self._limit = limit
        self._kept = kept
        self._free = asyncio.Semaphore(size)
        self._idle: list[Worker] = []
        self._size = size
        self._inside = 0
        self._mean = 0.2

    async def warm(self, task: str) -> None:
        """Start all processes and let each do a first piece of work."""
        await asyncio.gather(*(self.work(task, {}) for _ in range(self._size)))

    async def work(self, task: str, given: dict[str, Any]) -> dict[str, Any]:
        """Do a piece of work when a process is free.

        Raises:
            Busy: too much waits.
            Failed: as `Worker.work`.
        """
        if self._inside >= self._most:
            raise Busy(max(1, round(self._inside * self._mean / self._size)))
        self._inside += 1
        try:
            async with self._free:
                return await self._do(task, given)
        finally:
            self._inside -= 1

    async def close(self) -> None:
        """End all processes that wait for work."""
        while self._idle:
            await self._idle.pop().end()

    async def _do(self, task: str, given: dict[str, Any]) -> dict[str, Any]:
        worker = self._idle.pop() if self._idle else None
        if worker is None or not worker.alive:
            worker = await Worker.start()
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await worker.work(task, given, self._limit)
        finally:
            self._mean = 0.9 * self._mean + 0.1 * (clock() - began)
            if self._kept and worker.alive:
                self._idle.append(worker)
            elif worker.alive:
                await worker.end()
