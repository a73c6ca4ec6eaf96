"""The records of a library on this computer: one SQLite file, which is the truth that the indexes follow.

Every write of a paper gets the next *change number*. The index of words notes up to which change it
has come, so after a crash it is known what has to be indexed again; the table of vectors likewise by a
mark at each paper.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from whichmodel.catalog.library.identity import keys_of, same
from whichmodel.catalog.library.merging import merged
from whichmodel.domain import InputError, Paper, Record
from whichmodel.domain.paper import ABSTRACT

FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS papers (
    row INTEGER PRIMARY KEY, change INTEGER NOT NULL, vector INTEGER NOT NULL DEFAULT 0, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS papers_change ON papers (change);
CREATE INDEX IF NOT EXISTS papers_without ON papers (row) WHERE vector = 0;
CREATE TABLE IF NOT EXISTS keys (key INTEGER PRIMARY KEY, row INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
# SQLite takes at most 32,766 values in a statement; older ones 999.
_AT_ONCE = 900
_DAMAGED = "import into a new folder, or remove this one: what was imported can be imported again"


class Changes(Record, frozen=True, kw_only=True):
    """What a batch did: papers that are new, that changed, and that were known as they are."""

    new: int = 0
    changed: int = 0
    known: int = 0

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            new=self.new + other.new, changed=self.changed + other.changed, known=self.known + other.known
        )


class Records:
    """The records of one folder.

    Args:
        file: of SQLite.
        write: may be written; the file is made where there is none.

    Raises:
        InputError: the file is missing, damaged, of another version, or cannot be written.
    """

    def __init__(self, file: Path, *, write: bool = False) -> None:
        self._file = file
        try:
            self._open(write)
        except sqlite3.Error as error:
            raise InputError(f"the library {file.parent} cannot be opened: {error}", hint=_DAMAGED) from error

    def _open(self, write: bool) -> None:
        if write:
            self._base = sqlite3.connect(
                self._file, isolation_level=None, check_same_thread=False, timeout=30
            )
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.executescript(_TABLES)
            if self.state("format") is None:
                self.note("format", str(FORMAT))
        else:
            uri = f"{self._file.absolute().as_uri()}?mode=ro"
            self._base = sqlite3.connect(
                uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30
            )
            try:
                self._base.execute("SELECT 1 FROM papers LIMIT 1").fetchone()
            except sqlite3.OperationalError:
                # A folder that nobody may write cannot hold the log either; then nobody writes meanwhile.
                self._base.close()
                self._base = sqlite3.connect(
                    f"{uri}&immutable=1", uri=True, isolation_level=None, check_same_thread=False
                )
        if self.state("format") != str(FORMAT):
            raise InputError(
                f"the library {self._file.parent} is of format {self.state('format')}, this program reads {FORMAT}",
                hint=_DAMAGED,
            )

    def __len__(self) -> int:
        return int(self._base.execute("SELECT count(*) FROM papers").fetchone()[0])

    @property
    def end(self) -> int:
        """One more than the highest row."""
        return int(self._base.execute("SELECT coalesce(max(row), -1) + 1 FROM papers").fetchone()[0])

    @property
    def change(self) -> int:
        """The number of the latest change; 0 before the first."""
        return int(self._base.execute("SELECT coalesce(max(change), 0) FROM papers").fetchone()[0])

    def papers(self, rows: Sequence[int]) -> tuple[Paper, ...]:
        """The papers of these rows, in their order.

        Raises:
            InputError: there is no such row, or its record is damaged.
        """
        found: dict[int, Paper] = {}
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            # Only marks are put into the text, never a value.
            query = f"SELECT row, data FROM papers WHERE row IN ({marks})"  # noqa: S608
            found.update((row, _unpacked(data)) for row, data in self._base.execute(query, some))
        missing = [row for row in rows if row not in found]
        if missing:
            raise InputError(f"the library has no paper {missing[0]}")
        return tuple(found[row] for row in rows)

    def since(self, change: int) -> Iterator[tuple[int, int, Paper]]:
        """Row, change number and paper of everything that changed after a change, in that order."""
        for row, number, data in self._base.execute(
            "SELECT row, change, data FROM papers WHERE change > ? ORDER BY change", (change,)
        ):
            yield row, number, _unpacked(data)

    def without_vector(self, most: int) -> list[tuple[int, Paper]]:
        """At most so many papers whose vector is missing or of an older text, the newest first."""
        return [
            (row, _unpacked(data))
            for row, data in self._base.execute(
                "SELECT row, data FROM papers WHERE vector = 0 ORDER BY row DESC LIMIT ?", (most,)
            )
        ]

    def count_without_vector(self) -> int:
        """How many papers have no vector of their present text."""
        return int(self._base.execute("SELECT count(*) FROM papers WHERE vector = 0").fetchone()[0])

    def mark_vectors(self, rows: Iterable[int], present: bool = True) -> None:
        """Note that the vectors of these rows are those of their present texts, or are not."""
        with self.transaction():
            self._base.executemany(
                "UPDATE papers SET vector = ? WHERE row = ?", ((int(present), row) for row in rows)
            )

    def mark_no_vectors(self) -> None:
        """Note that there is no vector at all."""
        self._base.execute("UPDATE papers SET vector = 0 WHERE vector = 1")

    def put(self, papers: Sequence[Paper]) -> Changes:
        """Add papers, or renew those that are there; call it inside `transaction`.

        Which of them is known already is told by `identity`; what becomes of both by `merging`.
        """
        known = self._known([key for paper in papers for key in keys_of(paper)])
        held = self.papers_of(sorted(set(known.values())))
        row, number = self.end, self.change
        done = Changes()
        for paper in papers:
            place = self._place(paper, known, held)
            before = held.get(place) if place is not None else None
            after = paper if before is None else merged(before, paper)
            if after == before:
                done += Changes(known=1)
                continue
            number += 1
            if place is None or before is None:
                place, row = row, row + 1
                self._base.execute(
                    "INSERT INTO papers (row, change, data) VALUES (?, ?, ?)", (place, number, _packed(after))
                )
                done += Changes(new=1)
            else:
                vector = "vector" if embedded_text(before) == embedded_text(after) else "0"
                self._base.execute(
                    f"UPDATE papers SET change = ?, data = ?, vector = {vector} WHERE row = ?",  # noqa: S608
                    (number, _packed(after), place),
                )
                done += Changes(changed=1)
            held[place] = after
            for key in keys_of(after):
                if key not in known:
                    known[key] = place
                    self._base.execute("INSERT OR IGNORE INTO keys (key, row) VALUES (?, ?)", (key, place))
        return done

    def places(self, papers: Sequence[Paper]) -> list[int | None]:
        """The row of each paper, `None` where it is not held."""
        known = self._known([key for paper in papers for key in keys_of(paper)])
        held = self.papers_of(sorted(set(known.values())))
        return [self._place(paper, known, held) for paper in papers]

    def papers_of(self, rows: Sequence[int]) -> dict[int, Paper]:
        """The papers of rows that exist, by row."""
        return dict(zip(rows, self.papers(rows), strict=True))

    def transaction(self) -> sqlite3.Connection:
        """A block that is kept whole or not at all: `with records.transaction(): …`."""
        self._base.execute("BEGIN IMMEDIATE")
        return self._base

    def state(self, name: str) -> str | None:
        """What was noted under a name."""
        found = self._base.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def note(self, name: str, value: str) -> None:
        """Note something under a name."""
        self._base.execute("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Let the file go."""
        self._base.close()

    def _known(self, keys: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            found.update(self._base.execute(f"SELECT key, row FROM keys WHERE key IN ({marks})", some))  # noqa: S608
        return found

    @staticmethod
    def _place(paper: Paper, known: dict[int, int], held: dict[int, Paper]) -> int | None:
        for key in keys_of(paper):
            row = known.get(key)
            if row is not None and same(held[row], paper):
                return row
        return None


def embedded_text(paper: Paper) -> str:
    """What the vector of a paper is made of: its title, and its abstract where one is held."""
    return f"{paper.title}. {paper.summary}" if paper.summary_origin == ABSTRACT else paper.title


def _packed(paper: Paper) -> bytes:
    data = msgspec.json.encode(paper)
    return zlib.compress(data, 6) if paper.summary else data


_decode = msgspec.json.Decoder(Paper).decode


def _unpacked(data: bytes) -> Paper:
    try:
        # A JSON object begins with a brace, compressed data never does.
        return _decode(data if data[:1] == b"{" else zlib.decompress(data))
    except (zlib.error, msgspec.DecodeError) as error:
        raise InputError(f"a record of the library is damaged: {error}", hint=_DAMAGED) from error
