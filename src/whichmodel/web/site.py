"""What all pages of one server share: its folders, its processes, its queue."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.requests import Request

from whichmodel.web.pool import Pool
from whichmodel.web.process import Failed, Limit
from whichmodel.web.queue import Queue
from whichmodel.web.settings import Settings
from whichmodel.web.store import Photo, Run, Store

_SWEEP = 600.0
"""Seconds between two rounds in which what is old is removed."""
_log = logging.getLogger(__name__)


class Missing(Failed):
    """There is no such thing, or it belongs to somebody else: which of the two is not told."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"there is no such {what}", f"it may be older than what is kept: {what}s expire", 404
        )


@dataclass
class Site:
    """One server.

    Args:
        askers: processes for questions, audits and headers; a second one comes when questions wait.
        lookers: processes that look at a photo and plan.
    """

    settings: Settings
    store: Store = field(init=False)
    askers: Pool = field(init=False)
    lookers: Pool = field(init=False)
    queue: Queue = field(init=False)
    _jobs: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = self.settings
        self.store = Store(settings.folder)
        quick = Limit(seconds=settings.ask_seconds, memory_bytes=settings.ask_memory_bytes)
        look = Limit(seconds=settings.look_seconds, memory_bytes=settings.run_memory_bytes)
        self.askers = Pool(settings.askers, settings.most_asks, quick, first="warm")
        self.lookers = Pool(1, settings.most_looks, look, kept=False)
        self.queue = Queue(self.store, settings)

    async def start(self) -> None:
        """Take up what was left, and begin to work."""
        self.store.expire(self.settings.keep_hours * 3600)
        self.queue.recover()
        self._jobs = [
            asyncio.create_task(self.queue.serve()),
            asyncio.create_task(self._sweep()),
            asyncio.create_task(self._warm()),
        ]

    async def stop(self) -> None:
        """End all processes; runs that are not done go on with the next server."""
        for job in self._jobs:
            job.cancel()
        for job in self._jobs:
            with suppress(asyncio.CancelledError):
                await job
        await self.askers.close()
        await self.lookers.close()

    def photo(self, request: Request, id: str) -> Photo:
        """A photo of the person who asks; raises `Missing`."""
        return self.photo_of(id, request.state.owner)

    def photo_of(self, id: str, owner: str) -> Photo:
        """A photo of this person; raises `Missing`."""
        found = self.store.photo(id, owner)
        if found is None:
            raise Missing("photo")
        return found

    def run(self, request: Request) -> Run:
        """The run that the address names, if it is of the person who asks; raises `Missing`."""
        return self.run_of(request.path_params["id"], request.state.owner)

    def run_of(self, id: str, owner: str) -> Run:
        """A run of this person; raises `Missing`."""
        found = self.store.run(id, owner)
        if found is None:
            raise Missing("run")
        return found

    async def _warm(self) -> None:
        try:
            await self.askers.work("warm", {})
        except Failed as failure:
            _log.warning("the first question could not be answered: %s", failure.message)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            removed = await asyncio.to_thread(self.store.expire, self.settings.keep_hours * 3600)
            if removed:
                _log.info("%d old photos and runs were removed", removed)


def site_of(request: Request) -> Site:
    """The server that a request came to."""
    found: Site = request.app.state.site
    return found
