"""The shipped bibliography as a library: made once, whole, with its vectors; and which library is opened."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from whichmodel.catalog.library import EmbeddedLibrary
from whichmodel.catalog.library.identity import id_of
from whichmodel.catalog.library.opening import open_library
from whichmodel.catalog.library.shipped import (
    OUR_WORDS,
    add_shipped,
    models_of,
    shipped_library,
    shipped_papers,
)
from whichmodel.catalog.load import cards_shipped
from whichmodel.catalog.papers import papers
from whichmodel.domain import InputError
from whichmodel.domain.paper import ABSTRACT
from whichmodel.runtimes.text_encoder import encode


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def shipped(cache: Path) -> EmbeddedLibrary:
    return shipped_library(cache)


def test_every_shipped_paper_is_there_with_a_vector(shipped: EmbeddedLibrary) -> None:
    assert len(shipped) == len(papers())
    assert shipped.without_vector == 0
    assert {paper.id for paper in shipped.papers(range(len(shipped)))} == {id_of(paper) for paper in papers()}


def test_a_title_is_found_by_its_words_and_by_its_meaning(shipped: EmbeddedLibrary) -> None:
    for paper in papers()[:: len(papers()) // 4]:
        near = shipped.nearest(encode([paper.title])[0], top=1)
        assert shipped.papers(near.rows)[0].title == paper.title
        assert near.scores[0] == pytest.approx(1, abs=0.01)
        words = shipped.lexical(paper.title, top=3)
        assert paper.title in [found.title for found in shipped.papers(words.rows)]


def test_papers_behind_models_have_a_summary_in_our_words_and_no_other_has_one() -> None:
    behind = {paper.title: paper for paper in shipped_papers() if models_of(paper)}
    assert len(behind) > 60
    texts = {statement.text for card in cards_shipped().values() for statement in card.statements}
    for paper in shipped_papers():
        assert bool(paper.summary) <= bool(models_of(paper))
        assert paper.summary_origin == (OUR_WORDS if paper.summary else "")
    told = [paper.summary for paper in behind.values() if paper.summary]
    assert len(told) > 50
    assert all(any(text in summary for text in texts) for summary in told)


def test_it_is_made_once_and_opened_again(cache: Path, shipped: EmbeddedLibrary) -> None:
    (place,) = cache.iterdir()
    before = (place / "papers.sqlite").stat().st_mtime_ns
    again = shipped_library(cache)
    assert len(again) == len(shipped)
    assert (place / "papers.sqlite").stat().st_mtime_ns == before


def test_libraries_of_older_bibliographies_go_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / "bibliography-0123", tmp_path / "bibliography-4567"
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (1, 1))
    shipped_library(tmp_path).close()
    assert not old.exists()
    assert young.exists()


def test_where_the_cache_cannot_be_written_it_is_made_for_the_process(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    library = shipped_library(blocked / "cache")
    assert len(library) == len(papers())
    assert tmp_path not in library.folder.parents


def test_adding_the_shipped_papers_to_abstracts_keeps_both(tmp_path: Path) -> None:
    plain = next(paper for paper in shipped_papers() if paper.has_code and not paper.summary)
    held = msgspec.structs.replace(
        plain,
        summary="We say so.",
        summary_origin=ABSTRACT,
        links=plain.links[:1],
        tasks=(),
        source="mine",
        version=1,
    )
    with EmbeddedLibrary(tmp_path / "library", write=True) as library:
        library.put([held])
        add_shipped(library)
        add_shipped(library)
        assert len(library) == len(papers())
        (found,) = library.papers([0])
        assert (found.summary, found.source, found.has_code, found.tasks) == (
            "We say so.",
            "mine",
            True,
            plain.tasks,
        )
        # Its vector has to be of its abstract, so that of the title is not taken.
        assert library.without_vector == 1


def test_the_library_that_is_named_is_opened(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WHICHMODEL_LIBRARY", raising=False)
    monkeypatch.setenv("WHICHMODEL_DATA", str(tmp_path / "data"))
    with open_library(cache=cache) as library:  # type: ignore[attr-defined]
        assert len(library) == len(papers())
    EmbeddedLibrary(tmp_path / "named", write=True).close()
    monkeypatch.setenv("WHICHMODEL_LIBRARY", str(tmp_path / "named"))
    assert len(open_library()) == 0
    with pytest.raises(InputError, match="no library"):
        open_library(str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="mysql"):
        open_library("mysql://host/base")
    monkeypatch.delenv("WHICHMODEL_LIBRARY")
    EmbeddedLibrary(tmp_path / "data" / "library", write=True).close()
    assert len(open_library(cache=cache)) == 0
