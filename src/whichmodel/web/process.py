"""One process of work, with limits: it can be ended at any time without hurting the server."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from whichmodel.domain import Record
from whichmodel.web.memory import memory_of

_LONGEST_LINE = 64 * 2**20
_LOOK = 0.2
"""Seconds between two looks at the memory of a process."""

Watch = Callable[[dict[str, Any]], None]


class Failed(Exception):  # noqa: N818 - what is raised is the failure of work, told to the person
    """Work that failed.

    Args:
        message, hint: for people.
        status: of HTTP.
    """

    def __init__(self, message: str, hint: str = "", status: int = 500) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status


class Limit(Record, frozen=True, kw_only=True):
    """How long a piece of work may take, and how much memory its process."""

    seconds: float
    memory_bytes: int


class Worker:
    """A process that was started; `start` makes one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> Worker:
        """Start a process that waits for work."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # what lies in the current folder is no module
            "-m",
            "whichmodel.web.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            # A group of its own: what it starts (pip, npm) ends with it.
            start_new_session=True,
        )
        return cls(process)

    @property
    def alive(self) -> bool:
        """Whether it can take work."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    async def work(
        self, task: str, given: dict[str, Any], limit: Limit, watch: Watch = lambda event: None
    ) -> dict[str, Any]:
        """Do one piece of work.

        Args:
            watch: is told events while it is done.

        Raises:
            Failed: it failed, took too long or too much memory, or the process died. In the last three
                cases, and where this is cancelled, the process is ended.
        """
        try:
            async with asyncio.timeout(limit.seconds):
                return await self._within(limit.memory_bytes, self._done(task, given, watch))
        except TimeoutError:
            await self.end()
            raise Failed(
                f"this took longer than {limit.seconds:g} s and was ended", "try something smaller", 504
            ) from None
        except asyncio.CancelledError:
            await self.end()
            raise

    async def end(self) -> None:
        """End the process and whatever it started, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _within(self, most: int, work: Any) -> dict[str, Any]:
        """Wait for the work, and end the process if its memory grows beyond the limit."""
        doing = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait({doing}, timeout=_LOOK)
                if done:
                    found: dict[str, Any] = doing.result()
                    return found
                if (memory_of(self.pid) or 0) > most:
                    await self.end()
                    raise Failed(
                        f"this needed more than {most / 1e9:.1f} GB of memory and was ended",
                        "try a smaller picture or a smaller factor",
                        507,
                    )
        finally:
            doing.cancel()

    async def _done(self, task: str, given: dict[str, Any], watch: Watch) -> dict[str, Any]:
        pipe, lines = self._process.stdin, self._process.stdout
        assert pipe is not None
        assert lines is not None
        with suppress(ConnectionError):
            pipe.write(msgspec.json.encode({"task": task, "given": given}) + b"\n")
            await pipe.drain()
        while line := await lines.readline():
            event: dict[str, Any] = msgspec.json.decode(line)
            if "done" in event:
                found: dict[str, Any] = event["done"]
                return found
            if "failed" in event:
                raise Failed(**event["failed"])
            watch(event)
        await self.end()
        raise Failed("the process that did this work ended before it was done", "try it once more", 500)
