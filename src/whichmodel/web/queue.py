"""Runs: they wait in order, one is under way at a time, all are on disk; what a killed server left goes on.

What a person sees is a `Progress`, which listeners get whenever it changes.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from whichmodel.web.pool import Busy
from whichmodel.web.process import Failed, Limit, Worker
from whichmodel.web.settings import Settings
from whichmodel.web.store import FINAL, Photo, Run, Store, Wish

_OFTEN = 0.2
"""Seconds between two progress messages to a listener, at least."""
_HEARTBEAT = 15.0


@dataclass
class Progress:
    """How far a run is.

    Args:
        run: its record.
        place: how many are before it, while it waits.
        stage: what is done now, for people.
        steps: id, title and share 0..1 of each step of its workflow.
        said: lines about weights that are fetched.
        viewable: whether the result can be looked at already.
    """

    run: Run
    place: int = 0
    stage: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    share: float = 0.0
    said: list[str] = field(default_factory=list)
    viewable: bool = False
    version: int = 0

    @property
    def mark(self) -> str:
        """What tells this progress from every other of its run."""
        return f"{self.run.attempts}.{'end' if self.run.state in FINAL else self.version}"

    def data(self) -> dict[str, Any]:
        """What a page shows, as plain data."""
        return {
            "state": self.run.state,
            "place": self.place,
            "stage": self.stage,
            "steps": self.steps,
            "share": round(self.share, 4),
            "said": self.said[-6:],
            "viewable": self.viewable,
        }


class Queue:
    """The runs of a server.

    Args:
        store: where they are kept.
        settings: limits of time, memory and length.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._waiting: deque[str] = deque()
        self._coming = 0
        self._known: dict[str, Progress] = {}
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._current: tuple[str, asyncio.Task[dict[str, Any]]] | None = None
        self._mean = 30.0

    @property
    def waiting(self) -> int:
        """How many runs wait."""
        return len(self._waiting)

    def recover(self) -> None:
        """Take up what an earlier server left: what waited waits again, what was under way is begun again.

        A run that was begun too often is reported as failed: it may be what kills the server.
        """
        for run in self._store.all_runs():
            if run.state in FINAL:
                continue
            if run.attempts >= self._settings.attempts:
                told = f"the server was ended {run.attempts} times while this ran, so it is not tried again"
                self._keep(msgspec.structs.replace(run, state="failed", error=told, ended=time.time()))
                continue
            again = msgspec.structs.replace(run, state="queued")
            self._keep(again)
            self._waiting.append(run.id)
            said = ["the server was restarted; this goes on where it was"] if run.attempts else []
            self._known[run.id] = Progress(again, said=said)
        self._number()
        self._wake.set()

    async def put(self, owner: str, photos: Sequence[Photo], wish: Wish) -> list[Run]:
        """Put a run for each photo at the end of the queue, or none; they are on disk when this returns.

        Raises:
            Busy: too many wait.
        """
        self._check_room(len(photos))
        self._coming += len(photos)
        try:
            # Where a photo cannot be linked it is copied, which may take a while.
            runs = await asyncio.to_thread(self._store.new_runs, owner, photos, wish)
        finally:
            self._coming -= len(photos)
        for run in runs:
            self._line_up(run)
        return runs

    def _check_room(self, more: int) -> None:
        if len(self._waiting) + self._coming + more > self._settings.most_runs:
            raise Busy(max(1, round(self._mean)))

    def _line_up(self, run: Run) -> None:
        self._known[run.id] = Progress(run)
        self._waiting.append(run.id)
        self._number()
        self._wake.set()

    def progress(self, run: Run) -> Progress:
        """How far a run is; for one that has ended, its end."""
        return self._known.get(run.id) or Progress(run, viewable=run.state == "done")

    async def cancel(self, run: Run) -> None:
        """Take a run out of the queue, or end it while it runs; one that has ended is left as it is."""
        if run.id in self._waiting:
            self._waiting.remove(run.id)
            self._finish(self._known[run.id].run, state="cancelled")
            self._number()
        elif self._current is not None and self._current[0] == run.id:
            self._current[1].cancel()
            with suppress(asyncio.CancelledError, Failed):
                await self._current[1]

    async def events(self, run: Run) -> AsyncIterator[dict[str, Any] | None]:
        """What a page shows, as `changes`."""
        async for found in self.changes(run):
            yield None if found is None else found.data()

    async def changes(self, run: Run, seen: str = "") -> AsyncIterator[Progress | None]:
        """The progress of a run whenever it changed, until it has ended; `None` to keep a connection open.

        Args:
            seen: mark of what the listener has already.
        """
        clock = asyncio.get_running_loop().time
        told, last = clock(), Progress(run)
        while True:
            found = self._known.get(run.id)
            if found is None:
                # What was removed meanwhile is on disk no more; its last progress says how it ended.
                kept = self._store.run(run.id, run.owner)
                yield last if kept is None else self.progress(kept)
                return
            changed = self._changed
            if found.mark != seen:
                seen, told, last = found.mark, clock(), found
                yield found
                if found.run.state in FINAL:
                    return
            elif clock() - told >= _HEARTBEAT:
                told = clock()
                yield None
            # What changes while this sleeps sets the event that is held already.
            await asyncio.sleep(_OFTEN)
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), max(0.0, told + _HEARTBEAT - clock()))

    async def serve(self) -> None:
        """Do one run after the other, for ever."""
        while True:
            while not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            id = self._waiting.popleft()
            self._number()
            progress = self._known[id]
            run = msgspec.structs.replace(
                progress.run, state="running", started=time.time(), attempts=progress.run.attempts + 1
            )
            self._keep(run, progress)
            task = asyncio.ensure_future(self._do(run, progress))
            self._current = (id, task)
            try:
                found = await task
                self._finish(run, state="done", title=found["title"], note=found["note"])
            except Failed as failure:
                self._finish(run, state="failed", error=failure.message, hint=failure.hint)
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if current is not None and current.cancelling():
                    # The server stops: the run stays as it is on disk, and goes on with the next server.
                    raise
                self._finish(run, state="cancelled")
            except Exception as error:  # noqa: BLE001 - one run must not end the queue
                self._finish(run, state="failed", error=f"an error of ours: {type(error).__name__}: {error}")
            finally:
                self._current = None

    async def _do(self, run: Run, progress: Progress) -> dict[str, Any]:
        given = {
            "folder": str(self._store.run_folder(run).absolute()),
            "wish": msgspec.to_builtins(run.wish),
            "max_megapixels": self._settings.max_megapixels,
        }
        limit = Limit(seconds=self._settings.run_seconds, memory_bytes=self._settings.run_memory_bytes)
        if run.wish.comparing:
            return await self._in_a_process("compare", given, limit, progress)
        # Two processes, one after the other: what the networks needed is given back before the comparison begins.
        found = await self._in_a_process("run", given, limit, progress)
        return {**found, **await self._in_a_process("show", given, limit, progress)}

    async def _in_a_process(
        self, task: str, given: dict[str, Any], limit: Limit, progress: Progress
    ) -> dict[str, Any]:
        worker = await Worker.start()
        try:
            return await worker.work(task, given, limit, lambda event: self._told(progress, event))
        finally:
            if worker.alive:
                await worker.end()

    def _told(self, progress: Progress, event: dict[str, Any]) -> None:
        """An event of the process that works."""
        if "steps" in event:
            progress.steps = [{**step, "share": 0.0} for step in event["steps"]]
            progress.run = msgspec.structs.replace(progress.run, title=event["title"])
        if "step" in event:
            for step in progress.steps:
                if step["id"] == event["step"]:
                    step["share"] = event["share"]
        elif "share" in event:
            progress.share = event["share"]
        if "stage" in event:
            progress.stage, progress.share = event["stage"], 0.0
        if "say" in event:
            progress.said.append(str(event["say"])[:600])
        if event.get("viewable"):
            progress.viewable = True
        self._touch(progress)

    def _finish(self, run: Run, **fields: Any) -> None:
        if fields["state"] == "done" and run.started is not None:
            self._mean = 0.7 * self._mean + 0.3 * (time.time() - run.started)
        progress = self._known.pop(run.id)
        self._keep(msgspec.structs.replace(run, ended=time.time(), **fields), progress)

    def _keep(self, run: Run, progress: Progress | None = None) -> None:
        self._store.keep_run(run)
        if progress is not None:
            progress.run = run
            self._touch(progress)

    def _touch(self, progress: Progress) -> None:
        progress.version += 1
        # Whoever listens holds the old event.
        self._changed.set()
        self._changed = asyncio.Event()

    def _number(self) -> None:
        first = 1 if self._current is not None else 0
        for place, id in enumerate(self._waiting):
            self._known[id].place = place + first
            self._touch(self._known[id])
