"""The shipped papers: clean facts, valid tasks, fresh vectors."""

from __future__ import annotations

import gzip
import re
import time

import pytest

from whichmodel.catalog import tasks
from whichmodel.catalog.library.identity import arxiv_number, title_key
from whichmodel.catalog.load import cards_shipped
from whichmodel.catalog.papers import papers, read_papers
from whichmodel.catalog.vectors import digest, read_table
from whichmodel.domain import InputError
from whichmodel.runtimes import text_encoder

LINE = b'{"title":"On Deblurring","arxiv":"2302.00001","code":"","tasks":["deblurring"]}'


def test_there_are_some_thousand() -> None:
    assert 14_500 <= len(papers()) <= 15_500
    assert sum(bool(paper.tasks) for paper in papers()) > 4000
    assert sum(paper.has_code for paper in papers()) > 4000


def test_titles_are_clean_and_different() -> None:
    titles = [paper.title for paper in papers()]
    assert len({re.sub(r"\W+", "", title.casefold()) for title in titles}) == len(titles)
    for title in titles:
        assert title == " ".join(title.split())
        assert not re.search(r"[$\\�]", title), title


def test_links_lead_to_the_text_and_to_code() -> None:
    for paper in papers():
        assert re.fullmatch(r"https?://[\w.-]+/[!-~]+", paper.links[0].url)
        assert [link.kind for link in paper.links] in (["paper"], ["paper", "code"])
        assert all(re.fullmatch(r"https://[\w./-]+", link.url) for link in paper.links)
        assert paper.year is None or 2007 <= paper.year <= 2030
        assert paper.summary == ""


def test_nearly_all_are_at_arxiv() -> None:
    elsewhere = [paper for paper in papers() if "//arxiv.org/abs/" not in paper.links[0].url]
    assert 0 < len(elsewhere) < 50
    assert len({paper.links[0].url for paper in papers()}) == len(papers())


def test_the_papers_behind_the_models_are_there() -> None:
    there = {title_key(paper.title) for paper in papers()} | {paper.links[0].url for paper in papers()}
    names = {
        card.paper_title: {
            title_key(card.paper_title),
            f"https://arxiv.org/abs/{arxiv_number(link.url)[0]}",
            link.url,
        }
        for card in cards_shipped().values()
        for link in card.links
        if link.kind == "paper" and card.paper_title
    }
    missing = [title for title, known_by in names.items() if not known_by & there]
    # A card may be newer than the list; not many may.
    assert len(missing) <= len(names) / 20, f"run `python training/build_papers.py`: {missing}"


def test_tasks_are_of_the_ontology() -> None:
    known = {name for name, task in tasks().items() if task.kind == "task"}
    strange = {task for paper in papers() for task in paper.tasks} - known
    assert not strange, "run `python training/build_papers.py` and `python training/build_vectors.py`"


def test_vectors_are_fresh() -> None:
    table = read_table("papers")
    titles = [paper.title for paper in papers()]
    renew = "run `python training/build_vectors.py`"
    assert table.facts.rows == {"titles": digest("\n".join(titles))}, renew
    assert table.facts.encoder == text_encoder.SHA256, renew
    assert len(table.rows) == len(titles)
    for row in (0, len(titles) // 2, len(titles) - 1):
        similarities = table.similarities(text_encoder.encode([titles[row]])[0])
        assert similarities.argmax() == row
        assert similarities[row] == pytest.approx(1, abs=0.01)


def test_reading_takes_little_time() -> None:
    content = b"\n".join(LINE.replace(b"00001", b"%05d" % number) for number in range(8000))
    packed = gzip.compress(content)
    start = time.process_time()
    assert len(read_papers(gzip.decompress(packed))) == 8000
    assert time.process_time() - start < 0.5, "a busy machine is allowed for; idle it takes 30 ms"


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b'{"title":"","arxiv":"2302.00002"}',
        b'{"title":"No number","arxiv":"hep-th/99"}',
        b'{"title":"Unsafe link","arxiv":"2302.00002","code":"http://example.com/a"}',
        b'{"title":"Unknown field","arxiv":"2302.00002","stars":5}',
        b"\xff",
        LINE,
    ],
)
def test_a_damaged_line_is_named(line: bytes) -> None:
    with pytest.raises(InputError, match="line 2"):
        read_papers(LINE + b"\n" + line)
