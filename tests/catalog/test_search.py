"""The search: words and meaning, any input, a cache that may be absent, damaged or shared."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.catalog import cards
from whichmodel.catalog.kin import task_family
from whichmodel.catalog.lexical import LexicalIndex, shared_words, terms
from whichmodel.catalog.papers import papers
from whichmodel.catalog.search import Search, mixed
from whichmodel.recommend.search import search

TEXTS = ("Deblurring a blurred photo", "Colorizing photographs", "Segmenting roads")


@pytest.fixture(scope="module")
def words_only() -> Search:
    return Search()


def test_the_title_of_a_paper_finds_it() -> None:
    for paper in papers()[:: len(papers()) // 5]:
        (first, *_) = search(paper.title, kind="paper", top=3)
        assert first.name == paper.title
        assert first.score > 0.7
        assert first.lexical_rank == 1
        assert first.similarity == pytest.approx(1, abs=0.01)
        assert first.why


def test_meaning_is_found_without_a_shared_word() -> None:
    hits = search("my hand shook and now everything is smeared", kind="model", top=5)
    assert any(cards()[hit.name].task == "deblurring" for hit in hits)


def test_models_are_found_by_name() -> None:
    assert search("Colorization DISCO", kind="model")[0].name.startswith("Colorization-DISCO")


def test_only_what_is_about_the_task() -> None:
    hits = search("image", kind="paper", task="deblurring", top=50)
    tasks_of = {paper.title: paper.tasks for paper in papers()}
    assert hits
    assert all(task_family("deblurring") & set(tasks_of[hit.name]) for hit in hits)
    assert not search("image", kind="paper", task="no-such-task")


def test_best_first_and_not_too_many() -> None:
    hits = search("image restoration", kind="paper", top=7)
    assert len(hits) == 7
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert search("image restoration", kind="paper", top=0) == []


def test_the_same_query_gives_the_same_hits() -> None:
    assert search("blurry photo", kind="paper") == search("blurry photo", kind="paper")


STRANGE = [
    "",
    " \n\t",
    "?!…",
    "\0\x01",
    '"',
    'a"b(c',
    "title:x AND (",
    "*",
    "\ud800",
    "NOT",
    "a" * 100_000,
    "ß ﬁ Ⅷ",
]


@pytest.mark.parametrize("query", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("kind", ["model", "paper"])
def test_strange_queries(query: str, kind: str) -> None:
    assert isinstance(search(query, kind=kind), list)


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_any_text_is_a_query(words_only: Search, query: str) -> None:
    for hit in words_only.search(query, kind="model", top=3):
        assert hit.similarity is None
        assert all(word in query.encode("utf-8", "replace").decode() for word in hit.why)


def test_a_long_query_is_cut(words_only: Search) -> None:
    text = "deblurring a photo " * 5000
    assert words_only.search(text, kind="model")[0].why == ("deblurring", "photo")


def test_stems_and_shared_words() -> None:
    assert terms("Enlarged, ENLARGING; the enlargements") == ["enlarg"]
    assert shared_words("Photos of ROADS", "a photo and a road") == ("Photos", "ROADS")


def test_shares_are_between_0_and_1(tmp_path: Path) -> None:
    index = LexicalIndex(TEXTS, name="test", folder=tmp_path)
    shares = index.shares("blurred photo deblurring")
    assert shares.dtype == np.float32
    assert shares.argmax() == 0
    assert 0.3 < shares[0] <= 1
    assert shares[2] == 0
    assert not index.shares("nothing of that kind").any()


def test_the_index_is_kept_and_opened_again(tmp_path: Path) -> None:
    first = LexicalIndex(TEXTS, name="test", folder=tmp_path).shares("photo")
    (place,) = tmp_path.iterdir()
    before = {file.name: file.stat().st_mtime_ns for file in place.iterdir()}
    assert (LexicalIndex(TEXTS, name="test", folder=tmp_path).shares("photo") == first).all()
    assert {file.name: file.stat().st_mtime_ns for file in place.iterdir()} == before
    LexicalIndex((*TEXTS, "Another"), name="test", folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_index_is_built_again(tmp_path: Path) -> None:
    LexicalIndex(TEXTS, name="test", folder=tmp_path)
    (place,) = tmp_path.iterdir()
    (place / "meta.json").write_text("{", "utf-8")
    assert LexicalIndex(TEXTS, name="test", folder=tmp_path).shares("photo")[0] > 0
    assert (place / "meta.json").stat().st_size > 10


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert LexicalIndex(TEXTS, name="test", folder=file / "below").shares("photo")[0] > 0
    assert LexicalIndex(TEXTS, name="test", folder=None).shares("photo")[0] > 0


def test_several_may_build_at_once(tmp_path: Path) -> None:
    found: list[float] = []

    def build() -> None:
        found.append(float(LexicalIndex(TEXTS, name="test", folder=tmp_path).shares("photo")[0]))

    threads = [threading.Thread(target=build) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert len(list(tmp_path.iterdir())) == 1, "nothing temporary is left"


def test_both_halves_count() -> None:
    words = np.array([0.0, 0.5, 0.5], np.float32)
    likeness = np.array([0.5, 0.5, -0.5], np.float32)
    both, near, far = mixed(words, likeness)[[1, 0, 2]]
    assert both > near > far > 0
    assert (mixed(words, None) == words).all()


def test_stale_vectors_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(texts), 384), np.float32)

    monkeypatch.setattr("whichmodel.catalog.search.papers", lambda: papers()[:100])
    assert all(hit.similarity is None for hit in Search(encode).search("image", kind="paper"))
