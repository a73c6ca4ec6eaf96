"""Measure the library of papers at 15 thousand, 100 thousand and a million records, beside its peers.

The records are the 20,000 abstracts of `../shared/papers/abstracts-cv.jsonl.gz`. Beyond these each record
is a perturbed copy: the sentences of an abstract in another order, one in four of them out of another
abstract, and one word in ten drawn anew from all words of the 20,000, so that words are as frequent as in
the real texts. The vocabulary stays that of the 20,000, where a million real abstracts would have a longer
tail of rare words. Vectors beyond the 20,000 are copies of the real ones turned by chance (cosine to the
original about 0.9).

    python benchmarks/library.py build 1000000 --work FOLDER [--minutes 14]     again until it says "whole"
    python benchmarks/library.py query 1000000 --work FOLDER
    python benchmarks/library.py fts5 1000000 --work FOLDER
    python benchmarks/library.py bm25s 100000 --work FOLDER
    python benchmarks/library.py postgres 20000 --url postgresql://… --work FOLDER
    python benchmarks/library.py embedding --work FOLDER
    python benchmarks/library.py report --work FOLDER

Queries: the lay questions of `data/paper_queries.yaml` and, as many, two to six words out of titles. Times
are seconds of a processor (`time.process_time`) where it says CPU, else of the clock. Memory is anonymous
memory (`RssAnon`): files that are mapped are not in it. A query is the encoding of its text, the best
thousand by words, their comparison in meaning, and the records of the best ten; "related papers of a
question" is all that `ask` does, which looks under each name of the task as well. Exit codes: 0 fine; 1 at
a million records the median query takes more than 15 ms of the processor or the memory is more than 500 MB.
"""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import yaml
from numpy.typing import NDArray

from whichmodel.catalog.lexical import analyzer, terms
from whichmodel.catalog.library import EmbeddedLibrary, Filters
from whichmodel.catalog.library.meaning import EXACT, Meaning, to_whole
from whichmodel.domain import Link, Paper
from whichmodel.domain.paper import ABSTRACT

HERE = Path(__file__).parent
ABSTRACTS = HERE.parent.parent / "shared" / "papers" / "abstracts-cv.jsonl.gz"
TOP = 1000
ROUNDS = 2
BATCH = 5000
Search = Callable[[str], Any]


class Corpus:
    """Texts and vectors by number; the first are real, the others perturbed copies of these."""

    def __init__(self, work: Path) -> None:
        if not ABSTRACTS.is_file():
            sys.exit("needs ../shared test data")
        with gzip.open(ABSTRACTS, "rt", encoding="utf-8") as file:
            self.real = [json.loads(line) for line in file]
        self.sentences = [
            [part for part in record["abstract"].replace("\n", " ").split(". ") if part]
            for record in self.real
        ]
        self.words = [word for parts in self.sentences for part in parts[:3] for word in part.split()]
        self.work = work

    def text(self, number: int) -> tuple[str, str]:
        """Title and abstract."""
        record = self.real[number % len(self.real)]
        if number < len(self.real):
            return record["title"], record["abstract"]
        chance = np.random.default_rng(number)
        parts = list(self.sentences[number % len(self.real)])
        chance.shuffle(parts)
        others = chance.integers(0, len(self.real), len(parts))
        swap = chance.random(len(parts)) < 0.25
        parts = [
            self.sentences[other][0] if changed else part
            for part, other, changed in zip(parts, others.tolist(), swap.tolist(), strict=True)
        ]
        words = ". ".join(parts).split()
        places = chance.integers(0, len(words), max(1, len(words) // 10)).tolist()
        drawn = chance.integers(0, len(self.words), len(places)).tolist()
        for place, word in zip(places, drawn, strict=True):
            words[place] = self.words[word]
        return f"{record['title']} {self.words[drawn[0]]} {number}", " ".join(words)

    def paper(self, number: int) -> Paper:
        """The record, with a year, topics and a link to code as in real lists."""
        title, abstract = self.text(number)
        record = self.real[number % len(self.real)]
        own = (
            record["id"] if number < len(self.real) else f"{9000 + number // 100_000}.{number % 100_000:05d}"
        )
        code = (Link(kind="code", url=f"https://github.com/a/b{number}"),) if number % 3 == 0 else ()
        return Paper(
            id=f"arxiv:{own}",
            title=title,
            summary=abstract,
            summary_origin=ABSTRACT,
            year=2000 + int(record["id"][:2]),
            authors=tuple(record["authors"]),
            topics=tuple(record["categories"]),
            links=(Link(kind="paper", url=f"https://arxiv.org/abs/{own}"), *code),
            source="benchmark",
            version=1,
        )

    def vectors(self, start: int, stop: int) -> NDArray[np.int8]:
        """Vectors of numbers as whole numbers, `(n, 384)`."""
        real = np.load(self.work / "real.npy", mmap_mode="r")
        numbers = np.arange(start, stop)
        found = real[numbers % len(real)].astype(np.float32)
        copies = numbers >= len(real)
        turned = np.random.default_rng(start).normal(0, 0.5 / np.sqrt(384), found.shape).astype(np.float32)
        found[copies] += turned[copies]
        return to_whole(found / np.linalg.norm(found, axis=1, keepdims=True))


def queries() -> list[str]:
    """What people ask, and words out of titles."""
    lay = [entry["query"] for entry in yaml.safe_load((HERE / "data" / "paper_queries.yaml").read_text())]
    chance = np.random.default_rng(1)
    with gzip.open(ABSTRACTS, "rt", encoding="utf-8") as file:
        titles = [json.loads(line)["title"].split() for line in file][::97]
    named = [" ".join(chance.permutation(title)[: chance.integers(2, 7)]) for title in titles[: len(lay)]]
    return lay + named


def measured(
    search: Search, asked: list[str], *, before: list[str], rounds: int = ROUNDS
) -> dict[str, float]:
    """Milliseconds of a query on the clock and of the processor, after others that warm the files."""
    for query in before:
        search(query)
    clock, processor = [], []
    for _ in range(rounds):
        for query in asked:
            start, began = time.perf_counter(), time.process_time()
            search(query)
            clock.append((time.perf_counter() - start) * 1000)
            processor.append((time.process_time() - began) * 1000)
    return {
        "p50 ms": float(np.median(clock)),
        "p99 ms": float(np.percentile(clock, 99)),
        "p50 CPU ms": float(np.median(processor)),
        "p99 CPU ms": float(np.percentile(processor, 99)),
    }


def anonymous_mb() -> float:
    """Anonymous memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1000


def size_of(folder: Path) -> float:
    """Megabytes of all files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def keep(work: Path, name: str, figures: dict[str, float]) -> None:
    """Add figures to the results, and print them."""
    file = work / "results.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    results[name] = {**results.get(name, {}), **figures}
    file.write_text(json.dumps(results, indent=1))
    click.echo(name + ": " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items()))


@click.group()
def main() -> None:
    """Measure the library of papers."""


work_option = click.option(
    "--work", type=click.Path(path_type=Path), required=True, help="Folder to build in."
)


@main.command()
@work_option
def embedding(work: Path) -> None:
    """The vectors of the 20,000 abstracts, and what one costs."""
    from whichmodel.runtimes.text_encoder import encode

    work.mkdir(parents=True, exist_ok=True)
    texts = [f"{record['title']}. {record['abstract']}" for record in Corpus(work).real]
    encode(texts[:5])
    start = time.process_time()
    encode(texts[5:205])
    keep(work, "embedding", {"CPU ms an abstract": (time.process_time() - start) * 5})
    if not (work / "real.npy").is_file():
        part = work / "real.part.npy"
        np.save(part, encode(texts).astype(np.float16))
        part.rename(work / "real.npy")


@main.command()
@click.argument("size", type=int)
@click.option("--minutes", default=14.0, help="Stop after this much processor time; the next call goes on.")
@work_option
def build(size: int, minutes: float, work: Path) -> None:
    """Build the library of a size."""
    corpus, folder, start = Corpus(work), work / f"library-{size}", time.process_time()
    results = json.loads((work / "results.json").read_text())
    before = results.get(f"library {size}", {})
    making = before.get("making texts CPU s", 0.0)

    def spent() -> dict[str, float]:
        # Kept after every batch: a call that is ended has measured what it did.
        both = before.get("build CPU s", 0.0) + before.get("making texts CPU s", 0.0)
        return {"build CPU s": both + time.process_time() - start - making, "making texts CPU s": making}

    with EmbeddedLibrary(folder, write=True) as library:
        while len(library) < size and time.process_time() - start < minutes * 60 * 0.75:
            first = len(library)
            began = time.process_time()
            papers = [corpus.paper(number) for number in range(first, min(first + BATCH, size))]
            whole = corpus.vectors(first, first + len(papers))
            making += time.process_time() - began
            done = library.put(papers)
            if done.new != len(papers):
                sys.exit(f"{len(papers) - done.new} records of a batch were taken for others")
            library.put_vectors(range(first, first + len(papers)), whole)
            if (first // BATCH) % 10 == 9:
                library.index()
            keep(work, f"library {size}", spent())
        library.index()
        held = len(library)
    keep(work, f"library {size}", {**spent(), "MB": size_of(folder)})
    click.echo("whole" if held == size else f"{held} of {size}")


PARTS = ("whole", "words", "encoding", "filtered", "nearest", "question", "recall")


@main.command()
@click.argument("size", type=int)
@click.option(
    "--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS, help="Only this part."
)
@work_option
def query(size: int, parts: tuple[str, ...], work: Path) -> None:
    """Open the library and ask it: words, the best thousand compared in meaning, ten papers read."""
    from whichmodel.recommending.papers import rank
    from whichmodel.runtimes.text_encoder import encode
    from whichmodel.understand import understand

    encode(["once"])
    before = anonymous_mb()
    start = time.perf_counter()
    library = EmbeddedLibrary(work / f"library-{size}")
    library.lexical("x", top=1)
    opened = (time.perf_counter() - start) * 1000
    name = f"library {size}"

    def whole(text: str, filters: Filters = Filters()) -> Any:  # noqa: B008
        found = library.lexical(text, filters=filters, top=TOP)
        stored, scale = library.vectors(found.rows)
        likeness = (stored.astype(np.float32) @ encode([text])[0]) * scale
        score = 0.7 * likeness + 0.3 * found.scores / found.most
        return library.papers(found.rows[np.argsort(-score)[:10]])

    searches: dict[str, Search] = {
        "whole": whole,
        "words": lambda text: library.lexical(text, top=TOP),
        "encoding": lambda text: encode([text]),
        "filtered": lambda text: whole(text, Filters(year_from=2025, has_code=True)),
        "nearest": lambda text: library.nearest(encode([text])[0], top=TOP),
        "question": lambda text: rank(library, understand(text)),
    }
    for part in (part for part in parts if part in searches):
        if part == "question":
            # It takes longer, and what it has encoded it keeps: fewer questions, each of them once.
            figures = measured(searches[part], queries()[1::8], before=queries()[::16], rounds=1)
        else:
            figures = measured(searches[part], queries(), before=queries())
        figures |= {"RssAnon MB": anonymous_mb(), "of that before opening MB": before}
        keep(work, name, {f"{part}: {key}": value for key, value in figures.items()})
    keep(work, name, {"open ms": opened})
    if "recall" in parts and size > EXACT:
        recall(Meaning(work / f"library-{size}" / "vectors.i8"), work, name)
    figures = json.loads((work / "results.json").read_text())[name]
    if size >= 1_000_000 and "whole" in parts:
        sys.exit(int(figures["whole: p50 CPU ms"] > 15 or figures["whole: RssAnon MB"] > 500))


def recall(meaning: Meaning, work: Path, name: str) -> None:
    """How much of the exact nearest is found by looking at signs first."""
    from whichmodel.runtimes.text_encoder import encode

    kept = {10: 0.0, 100: 0.0}
    asked = queries()[::8]
    for text in asked:
        vector = encode([text])[0]
        exact = np.argsort(-meaning.similarities(vector), kind="stable")
        near = meaning.nearest(vector, 100)[0]
        for top in kept:
            kept[top] += len(set(near[:top].tolist()) & set(exact[:top].tolist())) / top / len(asked)
    keep(work, name, {f"nearest by signs: of the exact {top}": share for top, share in kept.items()})


@main.command()
@click.argument("size", type=int)
@work_option
def fts5(size: int, work: Path) -> None:
    """SQLite FTS5 with Porter stems, any of the words, the best thousand."""
    corpus, file = Corpus(work), work / f"fts5-{size}.db"
    name = f"fts5 {size}"
    if not file.is_file():
        part, making, start = file.with_suffix(".part"), 0.0, time.process_time()
        part.unlink(missing_ok=True)
        with sqlite3.connect(part) as base:
            base.execute(
                "CREATE VIRTUAL TABLE texts USING fts5(text, content='', tokenize='porter unicode61')"
            )
            for first in range(0, size, BATCH):
                began = time.process_time()
                rows = [(n, "\n".join(corpus.text(n))) for n in range(first, min(first + BATCH, size))]
                making += time.process_time() - began
                base.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", rows)
        base.close()
        part.rename(file)
        spent = time.process_time() - start - making
        keep(work, name, {"build CPU s": spent, "MB": file.stat().st_size / 1e6})
    start = time.perf_counter()
    base = sqlite3.connect(file)
    base.execute("SELECT rowid FROM texts WHERE texts MATCH 'x' LIMIT 1").fetchall()
    opened = (time.perf_counter() - start) * 1000

    def search(text: str) -> Any:
        wanted = " OR ".join(f'"{term}"' for term in terms(text))
        return base.execute(
            f"SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT {TOP}", (wanted,)
        ).fetchall()

    keep(
        work,
        name,
        {"open ms": opened, **measured(search, queries(), before=queries()), "RssAnon MB": anonymous_mb()},
    )


@main.command(name="bm25s")
@click.argument("size", type=int)
@work_option
def with_bm25s(size: int, work: Path) -> None:
    """bm25s over the same stems, memory-mapped, the best thousand."""
    import bm25s

    folder, name = work / f"bm25s-{size}", f"bm25s {size}"
    if not folder.is_dir():
        corpus, making, start = Corpus(work), 0.0, time.process_time()
        vocabulary: dict[str, int] = {}
        ids: list[NDArray[np.int32]] = []
        for number in range(size):
            began = time.process_time()
            text = "\n".join(corpus.text(number))
            making += time.process_time() - began
            stems = analyzer().analyze(text)
            ids.append(np.array([vocabulary.setdefault(stem, len(vocabulary)) for stem in stems], np.int32))
        index = bm25s.BM25()
        index.index((ids, vocabulary), show_progress=False)
        index.save(str(folder))
        keep(work, name, {"build CPU s": time.process_time() - start - making, "MB": size_of(folder)})
        del index, ids
        os.execv(sys.executable, [sys.executable, *sys.argv])
    start = time.perf_counter()
    opened_index = bm25s.BM25.load(str(folder), mmap=True)
    opened = (time.perf_counter() - start) * 1000

    def search(text: str) -> Any:
        return opened_index.retrieve([terms(text)], k=TOP, show_progress=False)

    keep(
        work,
        name,
        {"open ms": opened, **measured(search, queries(), before=queries()), "RssAnon MB": anonymous_mb()},
    )


@main.command()
@click.argument("size", type=int)
@click.option("--url", required=True, help="An empty database of a server with pgvector.")
@work_option
def postgres(size: int, url: str, work: Path) -> None:
    """The library on a server: the time of the clock counts, which is that of both processes."""
    from whichmodel.catalog.library.postgres import PostgresLibrary
    from whichmodel.runtimes.text_encoder import encode

    corpus, name, making, start = Corpus(work), f"postgres {size}", 0.0, time.perf_counter()
    with PostgresLibrary(url, write=True) as library:
        for first in range(len(library), size, 1000):
            began = time.perf_counter()
            papers = [corpus.paper(number) for number in range(first, min(first + 1000, size))]
            whole = corpus.vectors(first, first + len(papers))
            making += time.perf_counter() - began
            library.put(papers)
            library.put_vectors(range(first, first + len(papers)), whole)
        library.index()
        keep(work, name, {"build s": time.perf_counter() - start - making})
        for part, search in (
            ("words", lambda text: library.lexical(text, top=TOP)),
            ("nearest", lambda text: library.nearest(encode([text])[0], top=TOP)),
        ):
            keep(
                work,
                name,
                {
                    f"{part} {key}": value
                    for key, value in measured(search, queries(), before=queries()).items()
                },
            )


@main.command()
@work_option
def report(work: Path) -> None:
    """Everything measured so far, as a table."""
    results = json.loads((work / "results.json").read_text())
    click.echo(f"| | {' | '.join(results)} |\n|---|{'---|' * len(results)}")
    for key in dict.fromkeys(key for figures in results.values() for key in figures):
        cells: Iterator[str] = (
            f"{figures[key]:.4g}" if key in figures else "" for figures in results.values()
        )
        click.echo(f"| {key} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
