"""Measure the search: engines for words, vectors, and both, over the titles of the shipped papers.

Quality is measured with lay queries (`data/paper_queries.yaml`): of the first three papers, the share
whose title names the task that the query means, a wider or a narrower one. That is a proxy: a title
may be on the task without naming it. And with known items: the name of a method that a title begins
with ("NAME: ...", every 20th such title) is to bring that title among the first three.

    python benchmarks/search.py [--static WHEEL]

`--static` also measures static embeddings from a wheel of `wordllama` (read as an archive). Exit codes:
0 fine; 1 the shipped mix finds less than words alone.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import bm25s
import click
import numpy as np
import yaml
from numpy.typing import NDArray

from whichmodel.catalog.fusion import VECTOR_SHARE, mixed
from whichmodel.catalog.kin import task_family
from whichmodel.catalog.lexical import terms
from whichmodel.catalog.library.words import Words
from whichmodel.catalog.papers import papers
from whichmodel.catalog.vectors import read_table
from whichmodel.domain import Paper
from whichmodel.runtimes.text_encoder import encode

QUERIES = Path(__file__).parent / "data" / "paper_queries.yaml"
ROUNDS = 5
Scores = Callable[[str], NDArray[np.float32]]


class Measured:
    """One way to search: its scores of all titles for a query, and the figures around it."""

    def __init__(self, name: str, scores: Scores, **figures: float) -> None:
        self.name, self.scores, self.figures = name, scores, figures

    def measure(self, queries: Sequence[dict[str, str]]) -> None:
        """Times and precision at 3; every query runs several times."""
        times, right = [], []
        for query in queries:
            family = task_family(query["task"])
            for _ in range(ROUNDS):
                start = time.perf_counter()
                found = self.scores(query["query"])
                best = np.argsort(-found, kind="stable")[:3]
                times.append((time.perf_counter() - start) * 1000)
            hits = [bool(family & set(papers()[row].tasks)) and found[row] > 0 for row in best.tolist()]
            right.append(sum(hits) / 3)
        self.figures["p50 ms"] = statistics.median(times)
        self.figures["p99 ms"] = float(np.percentile(times, 99))
        self.figures["precision@3"] = statistics.mean(right)
        known = [
            bool(row in np.argsort(-self.scores(name), kind="stable")[:3]) for row, name in named_methods()
        ]
        self.figures["known item@3"] = statistics.mean(known)


@cache
def named_methods() -> list[tuple[int, str]]:
    """Rows of titles that begin with the name of a method, and the name."""
    found = []
    for row, paper in enumerate(papers()):
        name, colon, _ = paper.title.partition(":")
        if colon and " " not in name and not name.islower():
            found.append((row, name))
    return found[::20]


def seconds(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result and how long it took, in milliseconds."""
    start = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - start) * 1000


def size_of(folder: Path) -> float:
    """Megabytes of all files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def with_tantivy(titles: list[str], work: Path) -> Measured:
    """The library's index of words; times include the splitting of the query."""
    folder = work / "tantivy"
    _, built = seconds(
        lambda: Words(folder, write=True).put((row, Paper(title=title)) for row, title in enumerate(titles))
    )
    index, opened = seconds(lambda: Words(folder))

    def scores(query: str) -> NDArray[np.float32]:
        shares = np.zeros(len(titles), np.float32)
        found = index.search(query, top=len(titles))
        shares[found.rows] = np.minimum(found.scores / found.most, 1)
        return shares

    return Measured("tantivy", scores, **{"build ms": built, "MB": size_of(folder), "open ms": opened})


def with_fts5(titles: list[str], work: Path) -> Measured:
    """SQLite FTS5 with Porter stems, any of the words; stop words are left out as in tantivy."""
    file = work / "fts5" / "titles.db"
    file.parent.mkdir()

    def build() -> None:
        with sqlite3.connect(file) as base:
            base.execute("CREATE VIRTUAL TABLE titles USING fts5(title, tokenize='porter unicode61')")
            base.executemany("INSERT INTO titles(rowid, title) VALUES (?, ?)", enumerate(titles, start=1))

    def open_it() -> sqlite3.Connection:
        base = sqlite3.connect(file)
        base.execute("SELECT count(*) FROM titles").fetchone()
        return base

    _, built = seconds(build)
    base, opened = seconds(open_it)

    def scores(query: str) -> NDArray[np.float32]:
        found = np.zeros(len(titles), np.float32)
        words = " OR ".join(f'"{term}"' for term in terms(query))
        for row, score in base.execute(
            "SELECT rowid, bm25(titles) FROM titles WHERE titles MATCH ?", (words,)
        ):
            found[row - 1] = -score
        return found

    return Measured(
        "SQLite FTS5", scores, **{"build ms": built, "MB": size_of(file.parent), "open ms": opened}
    )


def with_bm25s(titles: list[str], work: Path) -> Measured:
    """bm25s over the same stems as tantivy."""
    folder = work / "bm25s"

    def build() -> None:
        model = bm25s.BM25()
        model.index([terms(title) for title in titles], show_progress=False)
        model.save(str(folder))

    _, built = seconds(build)
    model, opened = seconds(lambda: bm25s.BM25.load(str(folder), mmap=True))

    def scores(query: str) -> NDArray[np.float32]:
        return np.asarray(model.get_scores(terms(query)), np.float32)

    return Measured("bm25s", scores, **{"build ms": built, "MB": size_of(folder), "open ms": opened})


def with_vectors() -> Measured:
    """The shipped vectors; a query is encoded each time."""
    read_table.cache_clear()
    table, opened = seconds(lambda: read_table("papers"))
    _, loaded = seconds(lambda: encode(["warm"]))
    figures = {"MB": table.rows.nbytes / 1e6, "open ms": opened + loaded}
    return Measured("MiniLM int8", lambda query: table.similarities(encode([query])[0]), **figures)


def with_static(titles: list[str], wheel: Path) -> Measured:
    """Static embeddings: the mean of the words' vectors, 256 numbers, float32 in memory."""
    from tokenizers import Tokenizer

    with zipfile.ZipFile(wheel) as archive:
        raw = archive.read("wordllama/weights/l2_supercat_256.safetensors")
        tokenizer = Tokenizer.from_str(
            archive.read("wordllama/tokenizers/l2_supercat_tokenizer_config.json").decode()
        )
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    (fields,) = (value for key, value in header.items() if key != "__metadata__")
    kind = {"F16": np.float16, "F32": np.float32}[fields["dtype"]]
    first, last = fields["data_offsets"]
    words = np.frombuffer(raw[8 + length + first : 8 + length + last], kind).reshape(fields["shape"])

    def vector(text: str) -> NDArray[np.float32]:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        mean = words[ids].astype(np.float32).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)

    table, built = seconds(lambda: np.stack([vector(title) for title in titles]))
    figures = {"build ms": built, "MB": table.size / 1e6}
    return Measured("WordLlama static", lambda query: table @ vector(query), **figures)


def weighted(words: Scores, vectors: Scores) -> Measured:
    """The shipped mix."""
    return Measured(
        f"both, weighted (vectors {VECTOR_SHARE:g})", lambda query: mixed(words(query), vectors(query))
    )


def other_share(share: float, words: Scores, vectors: Scores) -> Measured:
    """The mix with another weight, for the choice."""

    def scores(query: str) -> NDArray[np.float32]:
        return share * np.clip(vectors(query), 0, 1) + (1 - share) * words(query)

    return Measured(f"both, weighted (vectors {share:g})", scores)


def by_ranks(words: Scores, vectors: Scores) -> Measured:
    """Reciprocal rank fusion with the usual constant 60; titles without a common word get no rank there."""

    def scores(query: str) -> NDArray[np.float32]:
        fused = np.zeros(len(papers()), np.float32)
        for found in (words(query), vectors(query)):
            order = np.argsort(-found, kind="stable")
            order = order[found[order] > 0]
            fused[order] += (1 / (61 + np.arange(len(order)))).astype(np.float32)
        return fused

    return Measured("both, reciprocal ranks", scores)


@click.command(help=__doc__)
@click.option("--static", "wheel", type=click.Path(exists=True, path_type=Path))
def main(wheel: Path | None) -> None:
    """Measure and print a Markdown table."""
    titles = [paper.title for paper in papers()]
    queries = yaml.safe_load(QUERIES.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        words, vectors = with_tantivy(titles, Path(folder)), with_vectors()
        mix = weighted(words.scores, vectors.scores)
        rows = [words, with_fts5(titles, Path(folder)), with_bm25s(titles, Path(folder)), vectors]
        if wheel is not None:
            static = with_static(titles, wheel)
            rows += [
                static,
                Measured("tantivy + static", other_share(0.7, words.scores, static.scores).scores),
            ]
        rows += [other_share(share, words.scores, vectors.scores) for share in (0.3, 0.5, 0.6, 0.8, 0.9)]
        rows += [by_ranks(words.scores, vectors.scores), mix]
        print(f"{len(titles)} titles, {len(queries)} queries, {ROUNDS} rounds")
        columns = ("build ms", "MB", "open ms", "p50 ms", "p99 ms", "precision@3", "known item@3")
        print("| search |", " | ".join(columns), "|")
        print("|---|" + "---|" * len(columns))
        for row in rows:
            row.measure(queries)
            cells = (f"{row.figures[column]:.3g}" if column in row.figures else "" for column in columns)
            print(f"| {row.name} |", " | ".join(cells), "|")
    sys.exit(mix.figures["precision@3"] < words.figures["precision@3"])


if __name__ == "__main__":
    main()
