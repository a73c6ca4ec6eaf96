"""A library in a folder: records in SQLite, words in tantivy, vectors in a flat file.

Readers open it in milliseconds and need no lock; one writer at a time holds one. The records are the
truth: what the indexes lack after a crash is made good by the next writer.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whichmodel.catalog.library.meaning import Meaning
from whichmodel.catalog.library.protocol import EVERYTHING, Filters, Found
from whichmodel.catalog.library.records import Changes, Records, embedded_text
from whichmodel.catalog.library.words import Words, nothing
from whichmodel.domain import InputError, Paper
from whichmodel.files import Lock, try_lock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whichmodel.catalog.vectors import Encoder

RECORDS, WORDS, VECTORS, LOCK = "papers.sqlite", "words", "vectors.i8", "lock"
# So many passing a filter are compared one by one; of more the nearest are looked through.
_FEW = 20_000
_ENCODED_AT_ONCE, _INDEXED_AT_ONCE = 64, 50_000


class EmbeddedLibrary:
    """The library of a folder; `Library` says what it answers.

    Args:
        folder: holds the library.
        write: may be written; then it is made where there is none, and nobody else can write it.

    Raises:
        InputError: it is missing, damaged, of another version, or somebody else writes it.
    """

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        self.folder = folder
        self._lock: Lock | None = None
        if write:
            self._take(folder)
        elif not (folder / RECORDS).is_file():
            raise InputError(f"{folder} is no library of papers", hint="whichmodel papers import makes one")
        try:
            self._records = Records(folder / RECORDS, write=write)
            self._words = Words(folder / WORDS, write=write)
            self._seen = self._words.stamp()
            self._meaning = Meaning(folder / VECTORS)
            if write:
                self._mend()
        except BaseException:
            self._free()
            raise

    def __enter__(self) -> EmbeddedLibrary:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._records)

    def lexical(self, query: str, *, filters: Filters = EVERYTHING, top: int = 1000) -> Found:
        """See `Library.lexical`; BM25 with English stems."""
        self._renew()
        return self._words.search(query, filters=filters, top=top)

    def nearest(
        self, vector: NDArray[np.float32], *, filters: Filters = EVERYTHING, top: int = 1000
    ) -> Found:
        """See `Library.nearest`; how, `Meaning.nearest` says."""
        self._renew()
        rows = None if filters.empty else self._words.passing(filters, _FEW)
        if rows is not None:
            return self._best_of(rows, vector, top)
        # Where a filter lets many through, enough of them are among the nearest.
        rows, scores = self._meaning.nearest(vector, top if filters.empty else max(10 * top, 2 * _FEW))
        if not filters.empty:
            kept = self._passing(rows, filters, top)
            scores = scores[np.isin(rows, kept)]
            rows = kept
        return Found(rows[:top], scores[:top])

    def vectors(
        self, rows: Sequence[int] | NDArray[np.int64]
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """See `Library.vectors`."""
        return self._meaning.get(np.asarray(rows, np.int64))

    def papers(self, rows: Sequence[int] | NDArray[np.int64]) -> tuple[Paper, ...]:
        """See `Library.papers`."""
        return self._records.papers([int(row) for row in rows])

    def put(self, papers: Sequence[Paper], *, notes: dict[str, str] | None = None) -> Changes:
        """Add or renew papers; they are found after `index`.

        Args:
            papers: with their ids (`identity.id_of`).
            notes: kept with them or not at all, such as how far an import has come.
        """
        with self._records.transaction():
            done = self._records.put(papers)
            for name, value in (notes or {}).items():
                self._records.note(name, value)
        return done

    def index(self) -> int:
        """Index the words of what changed since the last time; returns how many papers."""
        done = 0
        while some := list(
            itertools.islice(self._records.since(int(self._records.state("indexed") or 0)), _INDEXED_AT_ONCE)
        ):
            self._words.put((row, paper) for row, _, paper in some)
            # Noted after every part, so that an interruption loses little.
            self._records.note("indexed", str(some[-1][1]))
            done += len(some)
        return done

    def embed(
        self, encode: Encoder, *, most: int | None = None, watch: Callable[[int], None] = lambda n: None
    ) -> int:
        """Make the vectors that are missing, the newest papers first; interrupted, it goes on where it was.

        Args:
            encode: makes vectors of texts.
            most: how many at most; `None` makes all.
            watch: is told how many were made, now and then.
        """
        made = 0
        while most is None or made < most:
            some = self._records.without_vector(
                min(_ENCODED_AT_ONCE, (most or made + _ENCODED_AT_ONCE) - made)
            )
            if not some:
                break
            some.reverse()
            rows = [row for row, _ in some]
            self._meaning.put(rows, encode([embedded_text(paper) for _, paper in some]))
            self._records.mark_vectors(rows)
            made += len(some)
            watch(made)
        return made

    def places(self, papers: Sequence[Paper]) -> list[int | None]:
        """The row of each paper, `None` where it is not held."""
        return self._records.places(papers)

    def put_vectors(self, rows: Sequence[int], whole: NDArray[np.int8]) -> None:
        """Write vectors that were made before, as whole numbers, `(k, 384)` int8."""
        self._meaning.put_whole(rows, whole)
        self._records.mark_vectors(rows)

    @property
    def without_vector(self) -> int:
        """How many papers have no vector of their present text."""
        return self._records.count_without_vector()

    def state(self, name: str) -> str | None:
        """What was noted under a name."""
        return self._records.state(name)

    def note(self, name: str, value: str) -> None:
        """Note something under a name."""
        self._records.note(name, value)

    def close(self) -> None:
        """Let files and lock go."""
        self._records.close()
        self._free()

    def _best_of(self, rows: NDArray[np.int64], vector: NDArray[np.float32], top: int) -> Found:
        if not len(rows):
            return nothing()
        whole, scale = self._meaning.get(rows)
        similarities = (whole.astype(np.float32) @ vector) * scale
        best = np.argsort(-similarities, kind="stable")
        best = best[scale[best] > 0][:top]
        return Found(rows[best], similarities[best])

    def _passing(self, rows: NDArray[np.int64], filters: Filters, top: int) -> NDArray[np.int64]:
        """The first `top` rows that pass; more than one paper in `_FEW` does, or this would not be asked."""
        kept: list[int] = []
        for start in range(0, len(rows), 1000):
            some = rows[start : start + 1000].tolist()
            kept += [
                row for row, paper in zip(some, self._records.papers(some), strict=True) if filters.let(paper)
            ]
            if len(kept) >= top:
                break
        return np.array(kept, np.int64)

    def _renew(self) -> None:
        """See what somebody else has imported meanwhile; looking costs some microseconds."""
        stamp = self._words.stamp()
        if stamp != self._seen:
            self._words.renew()
            self._seen = stamp
        self._meaning.renew()

    def _mend(self) -> None:
        """What was removed from the folder is made again by the next `index` and `embed`."""
        if len(self._words) == 0:
            self._records.note("indexed", "0")
        if not (self.folder / VECTORS).exists():
            self._records.mark_no_vectors()

    def _take(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = try_lock(folder / LOCK)
        except OSError as error:
            raise InputError(f"{folder} cannot be written: {error.strerror or error}") from error
        if self._lock is None:
            raise InputError(
                f"somebody else is writing the library {folder}", hint="wait until they are done"
            )

    def _free(self) -> None:
        if self._lock is not None:
            self._lock.free()
            self._lock = None
