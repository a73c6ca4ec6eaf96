"""A library on a PostgreSQL server with pgvector: one for many users and many computers.

It answers what the library of a folder answers. Words are compared by the same stems and the same BM25
(Robertson and Zaragoza 2009, with k1 = 1.2 and b = 0.75); vectors are kept in half precision under an HNSW
index. Readers are never kept waiting; imports wait for each other. The extra `postgres` has the client.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from whichmodel.catalog.lexical import analyzer, terms
from whichmodel.catalog.library.identity import keys_of, same
from whichmodel.catalog.library.meaning import scales, to_whole
from whichmodel.catalog.library.merging import merged
from whichmodel.catalog.library.postgres_schema import FORMAT, TABLES, VECTOR_INDEX
from whichmodel.catalog.library.protocol import DIMENSIONS, EVERYTHING, Filters, Found, plain_topic, topics_of
from whichmodel.catalog.library.records import Changes, embedded_text
from whichmodel.catalog.library.words import nothing
from whichmodel.domain import InputError, Paper, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from numpy.typing import NDArray

    from whichmodel.catalog.vectors import Encoder

_K1, _B = 1.2, 0.75
# The rarest words of a query choose which papers are scored, until they choose so many; all words score.
_CHOSEN = 10_000
_ENCODED_AT_ONCE = 64
_IMPORTS = 7_046_521  # any number, that of the lock for which imports wait
_HINT = "see that the server runs, has the extension pgvector, and that you may use the database"
_decode = msgspec.json.Decoder(Paper).decode


class PostgresLibrary:
    """The library of a database; `Library` says what it answers.

    Args:
        url: `postgresql://USER@HOST/DATABASE`; what libpq understands, its environment and password file too.
        write: may be written; then the tables are made where there are none.

    Raises:
        InputError: the client is not installed, the server cannot be reached, or holds no library.
    """

    def __init__(self, url: str, *, write: bool = False) -> None:
        try:
            import psycopg
        except ModuleNotFoundError as error:
            hint = "pip install 'whichmodel[postgres]'"
            raise InputError(
                "a library on a server needs a client that is not installed", hint=hint
            ) from error
        try:
            self._base: psycopg.Connection[tuple[Any, ...]] = psycopg.connect(
                url, autocommit=True, connect_timeout=10, application_name="whichmodel"
            )
        except psycopg.Error as error:
            # What libpq says names the server, never the password.
            raise InputError(f"the library's server cannot be reached: {error}", hint=_HINT) from error
        try:
            if write:
                with self._asking(), self._base.transaction():
                    self._base.execute("SELECT pg_advisory_xact_lock(%s)", (_IMPORTS,))
                    for statement in TABLES:
                        self._base.execute(statement)
            self._check()
        except BaseException:
            self._base.close()
            raise

    def __enter__(self) -> PostgresLibrary:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._one("SELECT papers FROM whichmodel.totals"))

    def lexical(self, query: str, *, filters: Filters = EVERYTHING, top: int = 1000) -> Found:
        """See `Library.lexical`; BM25 over those papers that have one of the rarest words of the query."""
        wanted = terms(query)
        count, length = self._row("SELECT papers, words FROM whichmodel.totals")
        held = self._all(
            "SELECT stem, papers FROM whichmodel.stems WHERE stem = ANY(%s) AND papers > 0", (wanted,)
        )
        if not held or top < 1:
            return nothing()
        weights = {stem: math.log(1 + (count - papers + 0.5) / (papers + 0.5)) for stem, papers in held}
        where, values = _narrowed(filters)
        # One part of the sum for each word; the words themselves are values, never text of the statement.
        part = (
            "%s * coalesce(array_length(array_positions(stems, %s), 1), 0) * 2.2"
            " / (coalesce(array_length(array_positions(stems, %s), 1), 0)"
            " + 1.2 * (0.25 + 0.75 * array_length(stems, 1) / %s))"
        )
        average = max(length / max(count, 1), 1.0)
        parts = [value for stem, weight in weights.items() for value in (weight, stem, stem, average)]
        found = self._all(
            f"SELECT row, {' + '.join([part] * len(weights))} AS score FROM whichmodel.papers"  # noqa: S608 - no value is in it
            f" WHERE stems && %s {where} ORDER BY score DESC, row LIMIT %s",
            (*parts, _rarest(held), *values, top),
        )
        most = sum(weights.values()) * (1 + _K1)
        return Found(_rows(found), np.array([score for _, score in found], np.float32), most)

    def nearest(
        self, vector: NDArray[np.float32], *, filters: Filters = EVERYTHING, top: int = 1000
    ) -> Found:
        """See `Library.nearest`; of large libraries by the HNSW index, whose answers are near to exact."""
        where, values = _narrowed(filters)
        literal = _literal(vector)
        with self._asking(), self._base.transaction():
            self._base.execute(f"SET LOCAL hnsw.ef_search = {min(max(top, 40), 1000)}")
            self._base.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
            found = self._base.execute(
                "SELECT row, 1 - (vector <=> %s::halfvec) FROM whichmodel.papers"  # noqa: S608 - no value is in it
                f" WHERE vector IS NOT NULL {where} ORDER BY vector <=> %s::halfvec LIMIT %s",
                (literal, *values, literal, max(top, 0)),
            ).fetchall()
        found.sort(key=lambda pair: -pair[1])
        return Found(_rows(found), np.array([score for _, score in found], np.float32))

    def vectors(
        self, rows: Sequence[int] | NDArray[np.int64]
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """See `Library.vectors`."""
        asked = [int(row) for row in rows]
        held = dict(
            self._all(
                "SELECT row, vector::text FROM whichmodel.papers WHERE row = ANY(%s) AND vector IS NOT NULL",
                (asked,),
            )
        )
        found = np.zeros((len(asked), DIMENSIONS), np.float32)
        for place, row in enumerate(asked):
            if row in held:
                found[place] = np.fromstring(held[row][1:-1], np.float32, sep=",")
        whole = to_whole(found)
        return whole, scales(whole)

    def papers(self, rows: Sequence[int] | NDArray[np.int64]) -> tuple[Paper, ...]:
        """See `Library.papers`."""
        asked = [int(row) for row in rows]
        held = self._held(asked)
        missing = [row for row in asked if row not in held]
        if missing:
            raise InputError(f"the library has no paper {missing[0]}")
        return tuple(held[row] for row in asked)

    def put(self, papers: Sequence[Paper], *, notes: dict[str, str] | None = None) -> Changes:
        """Add or renew papers; they are found at once. See `EmbeddedLibrary.put`."""
        done = Changes()
        with self._asking(), self._base.transaction():
            self._base.execute("SELECT pg_advisory_xact_lock(%s)", (_IMPORTS,))
            known = self._known([key for paper in papers for key in keys_of(paper)])
            held = self._held(sorted(set(known.values())))
            stems: Counter[str] = Counter()
            words = 0
            for paper in papers:
                row = _place(paper, known, held)
                before = None if row is None else held[row]
                after = paper if before is None else merged(before, paper)
                if after == before:
                    done += Changes(known=1)
                    continue
                if before is not None:
                    old = _stems(before)
                    stems.subtract(set(old))
                    words -= len(old)
                new = _stems(after)
                stems.update(set(new))
                words += len(new)
                row = self._write(row, before, after, new)
                done += Changes(changed=1) if before is not None else Changes(new=1)
                held[row] = after
                for key in keys_of(after):
                    if known.setdefault(key, row) == row:
                        self._base.execute(
                            "INSERT INTO whichmodel.keys VALUES (%s, %s) ON CONFLICT DO NOTHING", (key, row)
                        )
            self._count(stems, done.new, words)
            for name, value in (notes or {}).items():
                self.note(name, value)
        return done

    def index(self) -> int:
        """The server indexes what is put in by itself; only the index of vectors is made once there are many."""
        with self._asking():
            if len(self) >= 10_000:
                self._base.execute(VECTOR_INDEX)
        return 0

    def embed(
        self, encode: Encoder, *, most: int | None = None, watch: Callable[[int], None] = lambda n: None
    ) -> int:
        """Make the vectors that are missing; see `EmbeddedLibrary.embed`."""
        made = 0
        while most is None or made < most:
            few = min(_ENCODED_AT_ONCE, (most or made + _ENCODED_AT_ONCE) - made)
            some = self._all(
                "SELECT row, data FROM whichmodel.papers WHERE vector IS NULL ORDER BY row DESC LIMIT %s",
                (few,),
            )
            if not some:
                break
            vectors = encode([embedded_text(_decode(data)) for _, data in some])
            self._put_literals(
                [(_literal(vector), row) for (row, _), vector in zip(some, vectors, strict=True)]
            )
            made += len(some)
            watch(made)
        return made

    def put_vectors(self, rows: Sequence[int], whole: NDArray[np.int8]) -> None:
        """Write vectors that were made before, `(k, 384)` int8."""
        wide = whole.astype(np.float32) * scales(whole)[:, None]
        self._put_literals([(_literal(vector), row) for row, vector in zip(rows, wide, strict=True)])

    def places(self, papers: Sequence[Paper]) -> list[int | None]:
        """The row of each paper, `None` where it is not held."""
        known = self._known([key for paper in papers for key in keys_of(paper)])
        held = self._held(sorted(set(known.values())))
        return [_place(paper, known, held) for paper in papers]

    @property
    def without_vector(self) -> int:
        """How many papers have no vector of their present text."""
        return int(self._one("SELECT count(*) FROM whichmodel.papers WHERE vector IS NULL"))

    def state(self, name: str) -> str | None:
        """What was noted under a name."""
        found = self._all("SELECT value FROM whichmodel.state WHERE name = %s", (name,))
        return str(found[0][0]) if found else None

    def note(self, name: str, value: str) -> None:
        """Note something under a name."""
        self._all(
            "INSERT INTO whichmodel.state VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
            " RETURNING name",
            (name, value),
        )

    def close(self) -> None:
        """Let the connection go."""
        self._base.close()

    def _check(self) -> None:
        there = self._one("SELECT to_regclass('whichmodel.state') IS NOT NULL")
        if not there:
            hint = "whichmodel papers import makes one"
            raise InputError("the database holds no library of papers", hint=hint)
        if self.state("format") != FORMAT:
            raise InputError(
                f"the library is of format {self.state('format')}, this program reads {FORMAT}",
                hint="use the version of whichmodel that made it, or import into a new database",
            )

    def _write(self, row: int | None, before: Paper | None, after: Paper, stems: list[str]) -> int:
        data = msgspec.json.encode(after).decode()
        facts = (after.year, after.has_code, after.source, sorted(topics_of(after)), stems, data)
        if row is None or before is None:
            return int(
                self._one(
                    "INSERT INTO whichmodel.papers (year, code, source, topics, stems, data)"
                    " VALUES (%s, %s, %s, %s, %s, %s) RETURNING row",
                    facts,
                )
            )
        vector = "vector" if embedded_text(before) == embedded_text(after) else "NULL"
        self._base.execute(
            "UPDATE whichmodel.papers SET year = %s, code = %s, source = %s, topics = %s, stems = %s,"  # noqa: S608
            f" data = %s, vector = {vector} WHERE row = %s",
            (*facts, row),
        )
        return row

    def _count(self, stems: Counter[str], new: int, words: int) -> None:
        changed = {stem: count for stem, count in stems.items() if count}
        self._base.execute(
            "INSERT INTO whichmodel.stems SELECT * FROM unnest(%s::text[], %s::bigint[])"
            " ON CONFLICT (stem) DO UPDATE SET papers = stems.papers + excluded.papers",
            (list(changed), list(changed.values())),
        )
        self._base.execute(
            "UPDATE whichmodel.totals SET papers = papers + %s, words = words + %s", (new, words)
        )

    def _known(self, keys: list[int]) -> dict[int, int]:
        return dict(self._all("SELECT key, row FROM whichmodel.keys WHERE key = ANY(%s)", (keys,)))

    def _held(self, rows: list[int]) -> dict[int, Paper]:
        found = self._all("SELECT row, data FROM whichmodel.papers WHERE row = ANY(%s)", (rows,))
        return {row: _decode(data) for row, data in found}

    def _put_literals(self, pairs: list[tuple[str, int]]) -> None:
        with self._asking(), self._base.transaction(), self._base.cursor() as cursor:
            cursor.executemany("UPDATE whichmodel.papers SET vector = %s::halfvec WHERE row = %s", pairs)

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._row(statement, values)[0]

    def _row(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        return self._all(statement, values)[0]

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._asking():
            return self._base.execute(statement, values).fetchall()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.OperationalError as error:
            raise StepError(f"the library's server does not answer: {error}", hint=_HINT) from error
        except psycopg.Error as error:
            raise InputError(f"the library's server refuses: {error}", hint=_HINT) from error


def _narrowed(filters: Filters) -> tuple[str, list[Any]]:
    """Conditions to add to a statement, and their values."""
    parts: list[tuple[str, Any]] = []
    if filters.year_from is not None:
        parts.append(("AND year >= %s", filters.year_from))
    if filters.year_to is not None:
        parts.append(("AND year <= %s", filters.year_to))
    if filters.topic:
        parts.append(("AND topics @> %s", [plain_topic(filters.topic)]))
    if filters.has_code:
        parts.append(("AND code = %s", True))
    if filters.source:
        parts.append(("AND source = %s", filters.source))
    return " ".join(text for text, _ in parts), [value for _, value in parts]


def _rarest(held: list[tuple[Any, ...]]) -> list[str]:
    chosen: list[str] = []
    reached = 0
    for stem, papers in sorted(held, key=lambda pair: pair[1]):
        if chosen and reached + papers > _CHOSEN:
            break
        chosen.append(stem)
        reached += papers
    return chosen


def _place(paper: Paper, known: dict[int, int], held: dict[int, Paper]) -> int | None:
    for key in keys_of(paper):
        row = known.get(key)
        if row is not None and row in held and same(held[row], paper):
            return row
    return None


def _stems(paper: Paper) -> list[str]:
    """The words of a paper; those of the title twice, as in the library of a folder."""
    # The server's text holds no zero bytes.
    text = f"{paper.title}\n{paper.title}\n{paper.summary}".replace("\0", " ")
    stems: list[str] = analyzer().analyze(text)
    return stems


def _literal(vector: NDArray[np.float32]) -> str:
    return "[" + ",".join(f"{value:.5g}" for value in vector.tolist()) + "]"


def _rows(found: list[tuple[Any, ...]]) -> NDArray[np.int64]:
    return np.array([row for row, _ in found], np.int64)
