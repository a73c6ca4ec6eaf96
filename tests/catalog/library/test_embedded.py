"""The library of a folder: what is put in is found, by words, by meaning and through filters."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from whichmodel.catalog.library import EmbeddedLibrary, Filters, spans
from whichmodel.catalog.library.identity import id_of
from whichmodel.catalog.library.meaning import Meaning
from whichmodel.domain import InputError, Link, Paper
from whichmodel.domain.paper import ABSTRACT


def paper(number: str, title: str, **fields: object) -> Paper:
    """A paper of arXiv."""
    links = (Link(kind="paper", url=f"https://arxiv.org/abs/{number}"), *fields.pop("links", ()))  # type: ignore[misc]
    return Paper(id=f"arxiv:{number}", title=title, links=links, **{"year": 2000 + int(number[:2]), **fields})  # type: ignore[arg-type]


CODE = Link(kind="code", url="https://github.com/a/b")
PAPERS = (
    paper("2301.00001", "Sharper Night Photographs", topics=("cs.CV",), source="a"),
    paper("2401.00002", "Deblurring Moving Cars", links=(CODE,), tasks=("deblurring",), source="b"),
    paper("2501.00003", "Colouring Old Films", topics=("cs.CV", "cs.GR"), source="b"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with EmbeddedLibrary(tmp_path / "library", write=True) as library:
        library.put(PAPERS)
        library.index()
        library.embed(basis)
    return tmp_path / "library"


def basis(texts: object) -> np.ndarray:
    """A vector for each text that tells how many letters it has."""
    found = np.zeros((len(texts), 384), np.float32)  # type: ignore[arg-type]
    for row, text in enumerate(texts):  # type: ignore[call-overload]
        found[row, len(text) % 384] = 1
    return found


def titles(library: EmbeddedLibrary, rows: np.ndarray) -> list[str]:
    return [found.title for found in library.papers(rows)]


def test_words_find_stems_and_scores_are_shares_of_most(folder: Path) -> None:
    with EmbeddedLibrary(folder) as library:
        found = library.lexical("a photograph of the night")
        assert titles(library, found.rows) == ["Sharper Night Photographs"]
        assert 0 < found.scores[0] <= found.most
        assert not len(library.lexical("xyzzy").rows)
        assert not len(library.lexical("").rows)


def test_meaning_finds_the_vector_of_a_text(folder: Path) -> None:
    with EmbeddedLibrary(folder) as library:
        found = library.nearest(basis([PAPERS[2].title])[0], top=1)
        assert titles(library, found.rows) == [PAPERS[2].title]
        assert found.scores[0] == pytest.approx(1)
        whole, scale = library.vectors(found.rows)
        assert np.linalg.norm(whole.astype(float) * scale) == pytest.approx(1)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(year_from=2024), {1, 2}),
        (Filters(year_to=2023), {0}),
        (Filters(year_from=2024, year_to=2024), {1}),
        (Filters(topic="CS.cv"), {0, 2}),
        (Filters(topic="Deblurring"), {1}),
        (Filters(has_code=True), {1}),
        (Filters(source="b", topic="cs.gr"), {2}),
        (Filters(source="none"), set()),
    ],
)
def test_filters_narrow_both_ways_alike(folder: Path, filters: Filters, rows: set[int]) -> None:
    with EmbeddedLibrary(folder) as library:
        words = library.lexical("night photographs cars films", filters=filters)
        assert set(words.rows.tolist()) == rows
        assert set(library.nearest(basis(["x"])[0], filters=filters).rows.tolist()) == rows
        assert {row for row in range(3) if filters.let(PAPERS[row])} == rows


def test_a_renewed_text_is_found_and_its_old_one_is_not(folder: Path) -> None:
    newer = paper(
        "2301.00001", "Brighter Evening Pictures", version=2, summary="We add light.", summary_origin=ABSTRACT
    )
    with EmbeddedLibrary(folder, write=True) as library:
        assert library.put([newer]).changed == 1
        assert library.without_vector == 1
        library.index()
        assert not len(library.lexical("photographs").rows)
        assert library.lexical("light evening").rows.tolist() == [0]
        assert len(library) == 3
        assert library.embed(basis) == 1
        assert library.put([newer]).known == 1


def test_a_second_writer_is_refused_and_readers_are_not(folder: Path) -> None:
    with EmbeddedLibrary(folder, write=True):
        with pytest.raises(InputError, match="somebody else"):
            EmbeddedLibrary(folder, write=True)
        with EmbeddedLibrary(folder) as reader:
            assert len(reader) == 3


def test_an_open_reader_sees_what_comes_later(folder: Path) -> None:
    with EmbeddedLibrary(folder) as reader:
        assert not len(reader.lexical("lanterns").rows)
        with EmbeddedLibrary(folder, write=True) as library:
            library.put([paper("2601.00009", "Unfinished Business of Lanterns")])
            library.index()
            library.embed(basis)
        assert reader.lexical("lanterns").rows.tolist() == [3]
        assert len(reader.nearest(basis(["x"])[0]).rows) == 4
        assert reader.papers([3])[0].title == "Unfinished Business of Lanterns"


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no library"):
        EmbeddedLibrary(tmp_path)


def test_spans_are_verbatim() -> None:
    held = Paper(
        title="Deblurring of Night-Time Photographs", summary="At night, photos blur. Nights are dark."
    )
    found = spans("my photograph of the night is blurry", held)
    assert [match.text for match in found][:2] == ["Night", "Photographs"]
    for match in found:
        assert getattr(held, match.field)[match.start : match.end] == match.text


def test_ids() -> None:
    assert [id_of(one) for one in PAPERS] == [one.id for one in PAPERS]


def test_the_nearest_of_many_are_looked_for_by_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(3)
    # Vectors in clusters, as texts on one subject are.
    middles = chance.normal(size=(40, 384))
    vectors = (middles[chance.integers(0, 40, 3000)] + chance.normal(size=(3000, 384))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    meaning = Meaning(tmp_path / "vectors.i8")
    meaning.put(range(0, 2000), vectors[:2000])
    meaning.put([*range(2001, 3001)], vectors[2000:])  # row 2000 has none
    exact, scores = meaning.nearest(vectors[7], 20)
    assert exact[0] == 7
    assert scores == pytest.approx(np.sort(vectors @ vectors[7])[::-1][:20], abs=0.01)
    monkeypatch.setattr("whichmodel.catalog.library.meaning.EXACT", 100)
    monkeypatch.setattr("whichmodel.catalog.library.meaning.NEAR_BY_SIGNS", 300)
    found, _ = meaning.nearest(vectors[7], 20)
    assert len(set(found) & set(exact)) >= 18
    assert 2000 not in meaning.nearest(vectors[7], 3001)[0]


def test_indexes_that_were_removed_are_made_again(folder: Path) -> None:
    shutil.rmtree(folder / "words")
    (folder / "vectors.i8").unlink()
    with pytest.raises(InputError, match="index of words") as told:
        EmbeddedLibrary(folder)
    assert "papers index" in told.value.hint
    with EmbeddedLibrary(folder, write=True) as library:
        assert library.index() == 3
        assert library.embed(basis) == 3
        assert library.lexical("deblurring").rows.tolist() == [1]
        assert len(library.nearest(basis(["x"])[0]).rows) == 3


def test_damaged_records_are_told(folder: Path) -> None:
    (folder / "papers.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="cannot be opened"):
        EmbeddedLibrary(folder)


def test_what_was_put_before_a_crash_is_indexed_after_it(folder: Path) -> None:
    with EmbeddedLibrary(folder, write=True) as library:
        library.put([paper("2601.00009", "Unfinished Business of Lanterns")])
    with EmbeddedLibrary(folder, write=True) as library:
        assert not len(library.lexical("lanterns").rows)
        assert library.index() == 1
        assert library.lexical("lanterns").rows.tolist() == [3]
        assert library.index() == 0
