"""Put the rows of a source into a library: in batches, each kept with how far the source was read.

Interrupted, by the user, the network or the machine, the same import goes on at the last batch. Papers
that come again are known by number and version, so nothing is held twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from whichmodel.catalog.library.records import Changes
from whichmodel.catalog.library.sources import Problem, Row
from whichmodel.domain import Paper, Record

_BATCH = 1000
# After so many new papers they are made findable, so that an interruption has little left to do.
_INDEXED_AT_ONCE = 50_000
_MOST_SHOWN = 20


class Writable(Protocol):
    """A library that takes papers; in a folder or on a server."""

    def put(self, papers: list[Paper], *, notes: dict[str, str] | None = None) -> Changes:
        """Add or renew papers, and keep the notes with them or not at all."""

    def index(self) -> int:
        """Make what was put in findable; how many papers that concerned."""

    def state(self, name: str) -> str | None:
        """What was noted under a name."""

    def note(self, name: str, value: str) -> None:
        """Note something under a name."""


class ImportReport(Record, frozen=True, kw_only=True):
    """What an import did.

    Args:
        changes: papers that are new, changed, and known as they are.
        problems: the first of the rows that could not be used.
        bad_rows: how many there were.
        resumed: where it went on, "" from the beginning.
        stopped: why it stopped early; "" for a whole one.
    """

    changes: Changes
    problems: tuple[Problem, ...] = ()
    bad_rows: int = 0
    resumed: str = ""
    stopped: str = ""


def import_rows(
    library: Writable,
    rows: Callable[[str], Iterable[Row]],
    *,
    name: str,
    keep_place: bool,
    most: int | None = None,
    watch: Callable[[Changes, int], None] = lambda changes, bad: None,
) -> ImportReport:
    """Import a source.

    Args:
        rows: gives the rows from a position.
        name: under which the position is noted; of the source and of what was asked of it.
        keep_place: the position of a whole import tells the next one what is new (harvests); else it
            is forgotten and the next import reads everything again (files).
        most: stop after so many papers; the next import goes on there.
        watch: is told what was done so far.

    Raises:
        WhichmodelError: the source cannot be read; what came before is imported, indexed and noted.
    """
    note = f"import {name}"
    place = library.state(note) or ""
    resumed = place
    changes, bad, taken, fresh, stopped = Changes(), 0, 0, 0, ""
    problems: list[Problem] = []
    waiting: list[Paper] = []

    def keep() -> None:
        nonlocal changes, waiting, fresh
        changes += library.put(waiting, notes={note: place})
        fresh += len(waiting)
        waiting = []
        if fresh >= _INDEXED_AT_ONCE:
            library.index()
            fresh = 0
        watch(changes, bad)

    try:
        for row in rows(place):
            place = row.position or place
            if row.problem is not None:
                bad += 1
                problems += [row.problem] if len(problems) < _MOST_SHOWN else []
            if row.paper is not None:
                waiting.append(row.paper)
                taken += 1
            if len(waiting) >= _BATCH and row.position:
                keep()
            # Only where a position is told: what follows it is what the next import begins with.
            if most is not None and taken >= most and row.position:
                stopped = f"after {most} papers, as asked"
                break
        else:
            keep()
            if not keep_place:
                library.note(note, "")
    finally:
        # An interruption keeps what was read whole.
        if waiting or stopped:
            keep()
        library.index()
    return ImportReport(
        changes=changes, problems=tuple(problems), bad_rows=bad, resumed=resumed, stopped=stopped
    )


def name_of_file(path: Path) -> str:
    """Under which the position in a file is noted: a file that was changed begins anew."""
    facts = path.stat()
    told = f"{path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}"
    return f"file {hashlib.sha256(told.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def name_of_query(kind: str, base: str, asked: str) -> str:
    """Under which the place of a harvest is noted."""
    return f"{kind} {hashlib.sha256(f'{base}{chr(0)}{asked}'.encode()).hexdigest()[:16]}"
