"""When two records are one paper, and what becomes of both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.catalog.library.identity import arxiv_number, id_of, keys_of, plain_doi, same, title_key
from whichmodel.catalog.library.merging import merged
from whichmodel.domain import Link, Paper
from whichmodel.domain.paper import ABSTRACT

TITLE = "Seeing in the Dark with Small Networks"


def known(**fields: object) -> Paper:
    """A paper with its id."""
    import msgspec

    paper = Paper(**{"title": TITLE, **fields})  # type: ignore[arg-type]
    return msgspec.structs.replace(paper, id=id_of(paper))


def at_arxiv(number: str) -> tuple[Link, ...]:
    return (Link(kind="paper", url=f"https://arxiv.org/abs/{number}"),)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2302.14483", ("2302.14483", 0)),
        ("2302.14483v12", ("2302.14483", 12)),
        ("arXiv:0704.0001", ("0704.0001", 0)),
        ("https://arxiv.org/abs/2302.14483v2", ("2302.14483", 2)),
        ("http://arxiv.org/pdf/2302.14483v1.pdf", ("2302.14483", 1)),
        ("hep-th/9901001", ("hep-th/9901001", 0)),
        ("math.GT/0309136", ("math/0309136", 0)),
        ("https://example.org/2302.14483", ("", 0)),
        ("10.1109/2302.14483", ("", 0)),
        ("2302.123", ("", 0)),
        ("", ("", 0)),
    ],
)
def test_arxiv_numbers(text: str, number: tuple[str, int]) -> None:
    assert arxiv_number(text) == number


def test_dois_are_plain() -> None:
    assert plain_doi("DOI: 10.1000/ABC.d,") == "10.1000/abc.d"
    assert plain_doi("no doi") == ""


@given(st.text("abcxyzéüñ0189", min_size=12, max_size=40))
def test_titles_are_compared_without_case_spaces_and_marks(title: str) -> None:
    assert title_key(title) == title_key("  " + " - ".join(title.upper()) + "!")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (known(links=at_arxiv("2301.00001")), known(links=at_arxiv("2301.00001")), True),
        (known(links=at_arxiv("2301.00001")), known(links=at_arxiv("2301.00002")), False),
        (known(links=at_arxiv("2301.00001")), known(), True),
        (known(doi="10.1/a"), known(doi="10.1/b"), False),
        (known(doi="10.1/a"), known(doi="10.1/a", title="Another title"), True),
        (known(doi="10.1/a"), known(links=at_arxiv("2301.00001")), True),
        (
            known(doi="10.48550/arxiv.2301.00001"),
            known(links=at_arxiv("2301.00001"), title="Renamed since"),
            True,
        ),
        (known(title="Editorial", year=2001), known(title="Editorial", year=2002), False),
        (known(), known(title=TITLE.upper() + "."), True),
    ],
)
def test_the_same_paper(one: Paper, other: Paper, alike: bool) -> None:
    assert (bool(set(keys_of(one)) & set(keys_of(other))) and same(one, other)) is alike
    assert (bool(set(keys_of(other)) & set(keys_of(one))) and same(other, one)) is alike


def test_a_title_gets_its_abstract_and_keeps_its_code_and_tasks() -> None:
    code = Link(kind="code", url="https://github.com/a/b")
    held = known(links=(*at_arxiv("2301.00001"), code), tasks=("denoising",), source="bibliography")
    new = known(
        links=at_arxiv("2301.00001"),
        summary="We see.",
        summary_origin=ABSTRACT,
        version=2,
        source="arxiv",
        topics=("cs.CV",),
    )
    both = merged(held, new)
    assert (both.summary, both.summary_origin, both.version, both.source) == ("We see.", ABSTRACT, 2, "arxiv")
    assert both.has_code
    assert both.tasks == ("denoising",)
    assert both.topics == ("cs.CV",)
    assert merged(both, new) == both


def test_an_older_version_changes_no_text() -> None:
    held = known(links=at_arxiv("2301.00001"), summary="Second.", summary_origin=ABSTRACT, version=2)
    old = known(
        links=at_arxiv("2301.00001"), summary="First.", summary_origin=ABSTRACT, version=1, doi="10.1/a"
    )
    both = merged(held, old)
    assert (both.summary, both.version, both.doi) == ("Second.", 2, "10.1/a")


def test_a_title_alone_takes_no_abstract_away() -> None:
    held = known(summary="Text.", summary_origin=ABSTRACT, version=1)
    assert merged(held, known(version=3)).summary == "Text."


def test_a_paper_known_by_its_title_gets_its_number() -> None:
    both = merged(known(), known(links=at_arxiv("2301.00001")))
    assert both.id == "arxiv:2301.00001"


@given(
    st.lists(
        st.builds(
            lambda number, version, text, title: known(
                links=at_arxiv(f"2301.0000{number}") if number else (),
                version=version,
                summary=text,
                summary_origin=ABSTRACT if text else "",
                title=title,
            ),
            st.integers(0, 3),
            st.integers(0, 2),
            st.sampled_from(["", "One.", "Two."]),
            st.sampled_from([TITLE, "A Wholly Different Long Title", "Short"]),
        ),
        max_size=8,
    )
)
def test_merging_again_changes_nothing(papers: list[Paper]) -> None:
    if not papers:
        return
    held = papers[0]
    for paper in papers[1:]:
        held = merged(held, paper)
    assert merged(held, held) == held
