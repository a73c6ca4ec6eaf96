"""`whichmodel papers`: files in, papers found, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whichmodel.catalog.library import EmbeddedLibrary
from whichmodel.cli.main import run_program


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "library")


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.jsonl"
    records = [
        {"title": "Sharper Photographs of Night Skies", "arxiv": "2401.00001v1", "abstract": "We sharpen."},
        {"title": "Deblurring Moving Cars", "year": 2020, "code": "https://github.com/a/b"},
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_import_tells_what_it_did_and_a_second_one_that_nothing_is_new(
    good: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["papers", "import", good, "--library", place, "--no-vectors"]) == 0
    shown = capsys.readouterr()
    assert "2 new, 0 renewed, 0 known already" in shown.out
    assert "papers index" in shown.err
    assert run_program(["papers", "import", good, "--library", place, "--no-vectors", "--json"]) == 0
    (done,) = json.loads(capsys.readouterr().out)["imports"]
    assert done["changes"] == {"new": 0, "changed": 0, "known": 2}


def test_bad_rows_give_exit_code_2_and_are_named(
    good: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path(good).open("a") as file:
        file.writelines(["{\n"] * 30)
    assert run_program(["papers", "import", good, "--library", place, "--no-vectors"]) == 2
    shown = capsys.readouterr()
    assert "2 new" in shown.out
    assert "30 rows that cannot be used" in shown.out
    assert "line 3: is no JSON" in shown.err
    assert "and 10 more" in shown.err


def test_vectors_are_made_at_once_for_a_few_and_by_index_for_the_rest(
    good: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["papers", "import", good, "--library", place, "--no-vectors"]) == 0
    assert run_program(["papers", "index", "--most", "1", "--library", place]) == 0
    assert "1 vectors made, 1 still missing" in capsys.readouterr().out
    assert run_program(["papers", "import", good, "--library", place]) == 0
    with EmbeddedLibrary(Path(place)) as library:
        assert library.without_vector == 0
        assert (library.vectors([0, 1])[1] > 0).all()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["papers", "import"], "nothing to import"),
        (["papers", "import", "no-such-file.jsonl"], "cannot be read"),
        (["papers", "import", "."], "is not a file"),
        (["papers", "import", "--arxiv", "cat:cs.CV", "--base-url", "file:///etc/passwd"], "no address"),
    ],
)
def test_what_cannot_be_imported_is_told(
    arguments: list[str], told: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program([*arguments, "--library", place]) in (1, 2)
    assert told in capsys.readouterr().err


def test_your_own_library_begins_with_the_shipped_papers(
    good: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHICHMODEL_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("WHICHMODEL_LIBRARY", raising=False)
    assert run_program(["papers", "import", good, "--no-vectors"]) == 0
    from whichmodel.catalog.library.opening import open_library
    from whichmodel.catalog.papers import papers

    held = open_library()
    try:
        assert len(held) == len(papers()) + 2
        shipped = papers()[17]
        assert held.papers(held.lexical(shipped.title, top=1).rows)[0].title == shipped.title
    finally:
        held.close()


def test_search_shows_papers_with_the_words_they_are_shown_for(
    good: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["papers", "import", good, "--library", place]) == 0
    capsys.readouterr()
    assert run_program(["papers", "search", "deblurring of moving cars", "--library", place]) == 0
    shown = capsys.readouterr().out
    assert "Deblurring Moving Cars" in shown
    assert "https://github.com/a/b" in shown
    assert "Its title" in shown
    assert run_program(["papers", "search", "deblurring", "--library", place, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["found"]
    where = found["place"]
    assert found["paper"]["title"][where["start"] : where["end"]] == where["text"] == "Deblurring"


@pytest.mark.parametrize(
    "filters", [["--year", "2021.."], ["--topic", "nothing"], ["--source", "other"], ["--year", "..2019"]]
)
def test_filters_narrow_a_search(
    filters: list[str], good: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["papers", "import", good, "--library", place]) == 0
    assert (
        run_program(["papers", "search", "deblurring", "--library", place, "--code", "--source", "good"]) == 0
    )
    assert "Deblurring Moving Cars" in capsys.readouterr().out
    assert run_program(["papers", "search", "deblurring", "--library", place, *filters]) == 0
    assert "no related paper in your library of 2 that passes your filters" in capsys.readouterr().out


def test_when_nothing_fits_nothing_is_shown(
    good: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["papers", "import", good, "--library", place]) == 0
    capsys.readouterr()
    assert run_program(["papers", "search", "how do I bake bread?", "--library", place]) == 0
    assert capsys.readouterr() == ("no related paper in your library of 2\n", "")


def test_a_search_tells_that_vectors_are_missing(
    good: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["papers", "import", good, "--library", place, "--no-vectors"]) == 0
    capsys.readouterr()
    assert run_program(["papers", "search", "how do I bake bread?", "--library", place]) == 0
    assert "2 of them have no vector yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--year", "soon"], ["--library", "/no/such/folder"], ["--library", "x://y"]]
)
def test_a_search_that_cannot_be_made_is_told(arguments: list[str]) -> None:
    assert run_program(["papers", "search", "deblurring", *arguments]) == 2
