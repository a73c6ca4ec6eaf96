"""Papers from files: what is read of a row, what is refused and where, and what an interruption leaves."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from whichmodel.catalog.library import EmbeddedLibrary
from whichmodel.catalog.library.importing import ImportReport, import_rows, name_of_file
from whichmodel.catalog.library.records import Changes
from whichmodel.catalog.library.sources import Row
from whichmodel.catalog.library.sources.bibtex import read_bibtex
from whichmodel.catalog.library.sources.lines import read_lines
from whichmodel.domain import InputError
from whichmodel.domain.paper import ABSTRACT

SNAPSHOT = {
    "id": "0704.0001",
    "submitter": "A",
    "authors": "C. Bal\\'azs, E. L. Berger and P. M. Nadolsky",
    "title": "Calculation of prompt\n  diphoton production",
    "categories": "hep-ph hep-ex",
    "doi": "10.1103/PhysRevD.76.013009",
    "abstract": "  A fully differential\ncalculation.",
    "comments": "37 pages; code at https://github.com/a/b.",
    "versions": [{"version": "v1", "created": "x"}, {"version": "v2", "created": "y"}],
    "update_date": "2008-11-26",
}


def lines(path: Path, *records: object) -> Path:
    """A file of JSON lines; what is text already is written as it is."""
    text = "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def one(path: Path) -> Row:
    (row,) = read_lines(path, source="test")
    return row


def imported(library: EmbeddedLibrary, path: Path, **asked: object) -> ImportReport:
    def rows(position: str) -> Iterator[Row]:
        return iter(read_lines(path, source="test", position=position))

    return import_rows(library, rows, name=name_of_file(path), keep_place=False, **asked)  # type: ignore[arg-type]


def test_a_line_of_the_snapshot(tmp_path: Path) -> None:
    paper = one(lines(tmp_path / "a.jsonl.gz", SNAPSHOT)).paper
    assert paper is not None
    assert paper.id == "arxiv:0704.0001"
    assert paper.title == "Calculation of prompt diphoton production"
    assert (paper.summary, paper.summary_origin) == ("A fully differential calculation.", ABSTRACT)
    assert paper.authors == ("C. Bal\\'azs", "E. L. Berger", "P. M. Nadolsky")
    assert (paper.year, paper.version, paper.doi) == (2007, 2, "10.1103/physrevd.76.013009")
    assert paper.topics == ("hep-ph", "hep-ex")
    assert [link.url for link in paper.links] == ["https://arxiv.org/abs/0704.0001", "https://github.com/a/b"]


def test_a_line_of_the_documented_schema(tmp_path: Path) -> None:
    record = {
        "title": "Making Dark Films Bright", "url": "http://example.org/a", "code": "https://example.org/c",
        "year": 1999, "authors": ["A B", "C D"], "topics": ["film", "light"], "tasks": ["denoising"],
    }  # fmt: skip
    paper = one(lines(tmp_path / "a.jsonl", record)).paper
    assert paper is not None
    assert paper.summary == paper.summary_origin == ""
    assert paper.year == 1999
    assert paper.tasks == ("denoising",)
    assert [link.url for link in paper.links] == ["https://example.org/a", "https://example.org/c"]
    assert paper.id.startswith("title:")


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("{", "JSON"),
        ("[1]", "no JSON object"),
        ({"abstract": "x"}, "no title"),
        ({"title": "…"}, "no title"),
        ({"title": 7}, "title is no text"),
        ({"title": "A Fine Title", "year": "soon"}, "no year"),
        ({"title": "A Fine Title", "year": 3000}, "no year"),
        ({"title": "A Fine Title", "abstract": "x" * 300_000}, "characters"),
        ('{"title": "\\ud800"}', "JSON"),
        ("\x00", "JSON"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_others_are_taken(
    tmp_path: Path, record: object, told: str
) -> None:
    path = lines(
        tmp_path / "a.jsonl", {"title": "The First Good One"}, record, "", {"title": "The Second Good One"}
    )
    with EmbeddedLibrary(tmp_path / "library", write=True) as library:
        report = imported(library, path)
        assert len(library) == 2
    assert (report.changes.new, report.bad_rows) == (2, 1)
    assert report.problems[0].place == "line 2"
    assert told in report.problems[0].message


def test_a_list_in_place_of_lines_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one JSON list"):
        list(read_lines(lines(tmp_path / "a.json", [{"title": "A Fine Title"}]), source="test"))


def test_what_steers_a_terminal_is_taken_out(tmp_path: Path) -> None:
    paper = one(
        lines(tmp_path / "a.jsonl", {"title": "Red \x1b[31mTitle‮", "url": "javascript:alert(1)"})
    ).paper
    assert paper is not None
    assert paper.title == "Red [31mTitle"
    assert paper.links == ()


def test_a_very_long_line_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whichmodel.catalog.library.sources.lines.LONGEST_LINE", 100)
    path = lines(tmp_path / "a.jsonl", {"title": "x" * 5000}, {"title": "A Line That Is Short"})
    rows = list(read_lines(path, source="test"))
    assert rows[0].problem is not None
    assert rows[0].problem.place == "line 1"
    assert rows[1].paper is not None


def test_importing_again_holds_nothing_twice(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", SNAPSHOT, {"title": "Another Paper of Ours"})
    with EmbeddedLibrary(tmp_path / "library", write=True) as library:
        assert imported(library, path).changes == Changes(new=2)
        assert imported(library, path).changes == Changes(known=2)
        newer = {**SNAPSHOT, "abstract": "New text.", "versions": [{"version": "v3"}]}
        assert imported(library, lines(tmp_path / "b.jsonl", newer)).changes == Changes(changed=1)
        assert imported(library, path).changes == Changes(known=2)
        found = library.papers(library.lexical("new text").rows)
        assert [paper.version for paper in found] == [3]


def test_an_interrupted_import_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whichmodel.catalog.library.importing._BATCH", 10)
    path = lines(tmp_path / "a.jsonl", *({"title": f"The Paper With Number {n}"} for n in range(100)))
    read: list[int] = []

    def rows(position: str) -> Iterator[Row]:
        for row in read_lines(path, source="test", position=position):
            read.append(int(row.position))
            if len(read) == 35:
                raise KeyboardInterrupt
            yield row

    def again(library: EmbeddedLibrary, rows: Callable[[str], Iterator[Row]]) -> ImportReport:
        return import_rows(library, rows, name=name_of_file(path), keep_place=False)

    folder = tmp_path / "library"
    with EmbeddedLibrary(folder, write=True) as library, pytest.raises(KeyboardInterrupt):
        again(library, rows)
    with EmbeddedLibrary(folder, write=True) as library:
        assert len(library) == 34
        assert len(library.lexical("paper number").rows) == 34
        report = again(library, rows)
        assert (report.resumed, report.changes) == ("34", Changes(new=66))
        assert len(library) == 100
    assert read[35] == 35


def test_a_limit_stops_and_the_next_import_goes_on(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", *({"title": f"The Paper With Number {n}"} for n in range(30)))
    with EmbeddedLibrary(tmp_path / "library", write=True) as library:
        assert imported(library, path, most=20).changes == Changes(new=20)
        assert imported(library, path, most=20).changes == Changes(new=10)


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl.gz", *({"title": f"The Paper With Number {n}"} for n in range(5000)))
    path.write_bytes(path.read_bytes()[:-2000])
    with EmbeddedLibrary(tmp_path / "library", write=True) as library:
        with pytest.raises(InputError, match="cannot be read after line"):
            imported(library, path)
        assert len(library) > 100
        assert len(library.lexical("number", top=5000).rows) == len(library)


def test_bibtex(tmp_path: Path) -> None:
    path = tmp_path / "a.bib"
    path.write_text(
        "@string{x = {CVPR}}\n"
        '@article{a, title={Deep {R}esidual Na{\\"\\i}ve Learning}, author={He, Kaiming and Zhang, Xiangyu},\n'
        " journal={arXiv preprint arXiv:1512.03385}, year={2015}, abstract={We learn.}}\n"
        "@misc{b, title={A Paper of Sufficient Length}, doi={https://doi.org/10.1000/XYZ.1}, year=1999}\n"
        "@book{c, author={Nobody}, booktitle=x}\n"
        "@article{b, title={Its Key Was Used Before}, year=2000}\n",
        encoding="utf-8",
    )
    rows = list(read_bibtex(path, source="test"))
    papers = [row.paper for row in rows if row.paper]
    assert [paper.id for paper in papers][:2] == ["arxiv:1512.03385", "doi:10.1000/xyz.1"]
    assert papers[0].title == "Deep Residual Naïve Learning"
    assert papers[0].authors == ("He, Kaiming", "Zhang, Xiangyu")
    assert papers[0].summary == "We learn."
    assert papers[1].links[0].url == "https://doi.org/10.1000/xyz.1"
    assert papers[2].title == "Its Key Was Used Before"
    problems = [row.problem for row in rows if row.problem]
    assert [(problem.place, problem.message) for problem in problems] == [("line 5", "has no title")]
    after = read_bibtex(path, source="test", position=rows[0].position)
    assert next(iter(after)).position == rows[1].position


@pytest.mark.slow
def test_killed_at_any_time_nothing_is_lost_or_held_twice(tmp_path: Path) -> None:
    records = [
        {"title": f"The Paper With Number {n}", "abstract": f"word{n % 50} " * 40} for n in range(6000)
    ]
    path = lines(tmp_path / "a.jsonl", *records)
    folder = tmp_path / "library"
    command = [
        sys.executable,
        "-m",
        "whichmodel",
        "papers",
        "import",
        str(path),
        "--library",
        str(folder),
        "--no-vectors",
    ]
    killed = 0
    for wait in (0.3, 0.1, 0.2, 0.05, 0.15, 0.02):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # The clock runs from the moment at which something is written.
        before = stamp(folder)
        while process.poll() is None and stamp(folder) == before:
            time.sleep(0.002)
        time.sleep(wait)
        killed += process.poll() is None
        process.kill()
        process.wait()
    assert killed >= 3
    with EmbeddedLibrary(folder, write=True) as library:
        library.index()
        imported(library, path)
        assert len(library) == 6000
        found = library.lexical("word7", top=6000)
        assert len(found.rows) == len(set(found.rows.tolist())) == 120
        assert all("word7 " in paper.summary for paper in library.papers(found.rows))
        assert imported(library, path).changes == Changes(known=6000)


def stamp(folder: Path) -> int:
    """Changes with every write to the records."""
    return sum(file.stat().st_size for file in folder.glob("papers.sqlite*"))


@pytest.mark.slow
def test_twenty_thousand_abstracts(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "papers" / "abstracts-cv.jsonl.gz"
    with EmbeddedLibrary(tmp_path / "library", write=True) as library:
        report = imported(library, path)
        assert report.bad_rows == 0
        assert report.changes.new + report.changes.changed + report.changes.known == 20_000
        assert len(library) == report.changes.new
        assert imported(library, path).changes == Changes(known=20_000)
        (best,) = library.papers(library.lexical("restoration diffusion prompt secretly knows", top=1).rows)
        assert best.title == "Your Pre-trained Diffusion Model Secretly Knows Restoration"
