"""The shipped bibliography as a library: made once from the package's data, with vectors that come along."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np

from whichmodel.catalog.library.embedded import EmbeddedLibrary
from whichmodel.catalog.library.identity import arxiv_number, id_of, title_key
from whichmodel.catalog.library.records import FORMAT, embedded_text
from whichmodel.catalog.library.sources.lines import paper_of_line
from whichmodel.catalog.load import cards_shipped
from whichmodel.catalog.outside import printable
from whichmodel.catalog.papers import papers
from whichmodel.catalog.vectors import Table, digest, read_table
from whichmodel.domain import ModelCard, Paper
from whichmodel.files.plugins import offered_papers, tell

SOURCE = "bibliography"
"""In `Paper.source`: it was shipped with whichmodel."""
OUR_WORDS = "our card"
"""In `Paper.summary_origin`: the summary is ours, from the card of a model that the paper is behind."""
_NOTE = "bibliography"
_TOLD = ("task", "method", "strength")
_AT_ONCE = 2000
_A_DAY = 86_400


@cache
def shipped_papers() -> tuple[Paper, ...]:
    """Every shipped paper with its id; those behind a model of the catalog with a summary in our words."""
    behind = _behind()
    found = []
    for paper in papers():
        told = behind.get(id_of(paper)) or behind.get(title_key(paper.title))
        found.append(
            msgspec.structs.replace(
                paper,
                id=id_of(paper),
                source=SOURCE,
                summary=_summary(told[0]) if told else "",
                summary_origin=OUR_WORDS if told and _summary(told[0]) else "",
            )
        )
    return tuple(found)


def models_of(paper: Paper) -> tuple[str, ...]:
    """Names of the catalog's own models that a paper is behind."""
    cards = _behind().get(id_of(paper)) or _behind().get(title_key(paper.title)) or []
    return tuple(card.name for card in cards)


@cache
def shipped_digest() -> str:
    """Changes with the shipped papers, their vectors, the cards, the catalogs of packages and the format: 16 digits.

    Made of the files as they lie in the package, because reading them takes a hundred times as long.
    """
    data = resources.files("whichmodel.catalog").joinpath("data")
    files = [data.joinpath("papers.jsonl.gz"), data.joinpath("vectors/papers.json")]
    files += sorted(data.joinpath("models").iterdir(), key=lambda file: file.name)
    whole = hashlib.sha256(str(FORMAT).encode())
    for file in files:
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    for where, content, catalog in offered_papers():
        whole.update(hashlib.sha256(f"{catalog} {where}".encode() + b"\0" + content).digest())
    return whole.hexdigest()[:16]


def add_shipped(library: EmbeddedLibrary) -> None:
    """Add the shipped papers with their vectors, unless these very ones are there already."""
    if library.state(_NOTE) == shipped_digest():
        return
    table, all_papers = read_table("papers"), shipped_papers()
    for start in range(0, len(all_papers), _AT_ONCE):
        some = all_papers[start : start + _AT_ONCE]
        library.put(some)
        _add_vectors(library, some, start, table)
    for paper in papers_of_packages():
        library.put([paper])
    library.index()
    library.note(_NOTE, shipped_digest())


def papers_of_packages() -> Iterator[Paper]:
    """The papers of the catalogs that installed packages bring; what is wrong with a row is told, and it is left out.

    They are found by their words. `Paper.source` is the name of the catalog.
    """
    for where, content, catalog in offered_papers():
        for number, line in enumerate(content.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                yield paper_of_line(line, source=catalog)
            except ValueError as error:
                tell(f"{where}, line {number}", printable(str(error)))


def shipped_library(folder: Path | None) -> EmbeddedLibrary:
    """The shipped papers alone, as a library that is kept in a folder between runs.

    Args:
        folder: made at the first use; where it cannot be written, and with `None`, the library is made
            in the system's folder for temporary files, for this process only.
    """
    if folder is not None:
        place = folder / f"bibliography-{shipped_digest()}"
        try:
            if not place.is_dir():
                _make(place)
            return EmbeddedLibrary(place)
        except OSError:
            pass
    temporary = tempfile.TemporaryDirectory(prefix="whichmodel-library-")
    _kept.append(temporary)
    with EmbeddedLibrary(Path(temporary.name), write=True) as library:
        add_shipped(library)
    return EmbeddedLibrary(Path(temporary.name))


# Removed when the process ends.
_kept: list[tempfile.TemporaryDirectory[str]] = []


def _make(place: Path) -> None:
    """Make the library beside its place and give it its name; one that is already there stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    work = Path(tempfile.mkdtemp(prefix=".part-", dir=place.parent))
    try:
        with EmbeddedLibrary(work, write=True) as library:
            add_shipped(library)
        try:
            work.rename(place)
        except OSError:
            # Somebody else was faster: theirs is made of the same papers.
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Remove libraries of older bibliographies, and what a killed process left, when they are a day old."""
    for leftover in (*place.parent.glob("bibliography-*"), *place.parent.glob(".part-*")):
        with suppress(OSError):
            if leftover != place and time.time() - leftover.stat().st_mtime > _A_DAY:
                shutil.rmtree(leftover, ignore_errors=True)


def _add_vectors(library: EmbeddedLibrary, some: tuple[Paper, ...], start: int, table: Table) -> None:
    """Vectors of titles are those of the papers of which no abstract is held."""
    if table.facts.rows.get("titles") != digest("\n".join(paper.title for paper in papers())):
        return  # rows of other titles; a test sees to it that this is never shipped
    pairs = [
        (row, start + place)
        for place, row in enumerate(library.places(some))
        if row is not None and embedded_text(library.papers([row])[0]) == some[place].title
    ]
    pairs.sort()
    if pairs:
        rows, places = zip(*pairs, strict=True)
        library.put_vectors(rows, np.asarray(table.rows)[list(places)])


@cache
def _behind() -> dict[str, list[ModelCard]]:
    """The cards of the catalog by the id and by the title of the paper behind them."""
    found: dict[str, list[ModelCard]] = defaultdict(list)
    for card in cards_shipped().values():
        for link in card.links:
            if link.kind == "paper" and (number := arxiv_number(link.url)[0]):
                found[f"arxiv:{number}"].append(card)
        if card.paper_title and (key := title_key(card.paper_title)):
            found[key].append(card)
    return dict(found)


def _summary(card: ModelCard) -> str:
    """What the card says of the method, not of one member or of a measurement of ours."""
    told = [
        statement.text
        for statement in card.statements
        if statement.about in _TOLD and statement.kind == "stated" and not statement.locator.endswith("name")
    ]
    return " ".join(dict.fromkeys(told))
