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
from whichmodel.catalog.library.postgres_schema import FORMAT, TABLES, VECTOR_INDEX, WRITE
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
        count, length = self._row("SELECT papers, words FROM whichmodel.totals")
        held = self._all(
            "SELECT id, papers FROM whichmodel.stems WHERE stem = ANY(%s) AND papers > 0", (terms(query),)
        )
        if not held or top < 1:
            return nothing()
        weights = {id: math.log(1 + (count - papers + 0.5) / (papers + 0.5)) for id, papers in held}
        where, values = _narrowed(filters)
        # For each word weight × (k1 + 1) × c / (c + norm), c its count, written so that c stands there once.
        # The numbers are values of the statement, never text of it.
        part = "%s * (1 - norm / (coalesce(counts[array_position(stems, %s)], 0) + norm))"
        parts = [value for id, weight in weights.items() for value in ((_K1 + 1) * weight, id)]
        average = max(length / max(count, 1), 1.0)
        found = self._all(
            f"SELECT row, ({' + '.join([part] * len(weights))})::float8 AS score FROM ("  # noqa: S608 - no value
            "SELECT row, stems, counts, %s::float8 + %s::float8 * length AS norm FROM whichmodel.papers"
            f" WHERE stems && %s::int[] {where}) AS chosen ORDER BY score DESC, row LIMIT %s",
            (*parts, _K1 * (1 - _B), _K1 * _B / average, _rarest(held), *values, top),
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
            end = int(self._one("SELECT coalesce(max(row), -1) + 1 FROM whichmodel.papers"))
            renewed: dict[
                int, Paper | None
            ] = {}  # what stood in the rows that are written, before this batch
            for paper in papers:
                row = _place(paper, known, held)
                before = None if row is None else held[row]
                after = paper if before is None else merged(before, paper)
                if after == before:
                    done += Changes(known=1)
                    continue
                if row is None or before is None:
                    row, end = end, end + 1
                    done += Changes(new=1)
                else:
                    done += Changes(changed=1)
                renewed.setdefault(row, before)
                held[row] = after
                for key in keys_of(after):
                    known.setdefault(key, row)
            self._write({row: (before, held[row]) for row, before in renewed.items()})
            keys = [(key, row) for key, row in known.items() if row in renewed]
            with self._base.cursor() as cursor:
                cursor.executemany("INSERT INTO whichmodel.keys VALUES (%s, %s) ON CONFLICT DO NOTHING", keys)
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

    def _write(self, renewed: dict[int, tuple[Paper | None, Paper]]) -> None:
        """Write rows, given what stood there and what is to stand there, and count their words."""
        words = {row: Counter(_stems(after)) for row, (_, after) in renewed.items()}
        papers: Counter[str] = Counter()
        length = 0
        for row, (before, _) in renewed.items():
            papers.update(words[row].keys())
            length += words[row].total()
            if before is not None:
                old = Counter(_stems(before))
                papers.subtract(old.keys())
                length -= old.total()
        ids = dict(
            self._all(
                "INSERT INTO whichmodel.stems (stem, papers) SELECT * FROM unnest(%s::text[], %s::bigint[])"
                " ON CONFLICT (stem) DO UPDATE SET papers = stems.papers + excluded.papers RETURNING stem, id",
                (list(papers), list(papers.values())),
            )
        )
        values = []
        for row, (before, after) in renewed.items():
            same_text = before is not None and embedded_text(before) == embedded_text(after)
            stems, counts = [ids[stem] for stem in words[row]], [min(n, 30_000) for n in words[row].values()]
            facts = (after.year, after.has_code, after.source, sorted(topics_of(after)))
            data = msgspec.json.encode(after).decode()
            values.append((row, *facts, stems, counts, words[row].total(), data, same_text))
        with self._base.cursor() as cursor:
            cursor.executemany(WRITE, values)
        new = sum(before is None for before, _ in renewed.values())
        self._base.execute(
            "UPDATE whichmodel.totals SET papers = papers + %s, words = words + %s", (new, length)
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


def _rarest(held: list[tuple[Any, ...]]) -> list[int]:
    chosen: list[int] = []
    reached = 0
    for id, papers in sorted(held, key=lambda pair: (pair[1], pair[0])):
        if chosen and reached + papers > _CHOSEN:
            break
        chosen.append(id)
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
