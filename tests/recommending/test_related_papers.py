"""Related papers: on the task, few, each with the words that it is shown for, and none where none is near enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from whichmodel.catalog import tasks
from whichmodel.catalog.kin import task_family
from whichmodel.catalog.library import EmbeddedLibrary, Filters
from whichmodel.domain import Intent, Paper
from whichmodel.domain.paper import ABSTRACT
from whichmodel.recommending.papers import Related, rank, related, related_papers
from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand import understand
from whichmodel.understand.prompt_format import read_prompt

HERE = Path(__file__).parent
OTHER_FIELDS = yaml.safe_load((HERE / "other_fields.yaml").read_text(encoding="utf-8"))


def intent(task: str | None, question: str = "How does AI do that with a picture?") -> Intent:
    """An intent of a task, without the understanding of a question."""
    return Intent(question=question, task=task, candidates=(), asks="how")


def on_task(found: Related, *allowed: str) -> bool:
    """Whether a paper is on one of the tasks, a wider or a narrower one."""
    families = frozenset[str]().union(*map(task_family, allowed))
    return bool(families & set(found.paper.tasks))


# --- the shipped bibliography ------------------------------------------------------------------


def test_super_resolution_has_papers_about_pictures() -> None:
    found = related(intent("super-resolution", "I enlarged a photo 4x and it looks new. How?"))
    assert len(found) == 3
    for item in found:
        assert "super-resolution" in item.paper.tasks
        assert item.why.startswith("Its title names “")
        assert "point cloud" not in item.paper.title.casefold()
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)


@pytest.mark.parametrize("task", [task.id for task in tasks().values() if task.kind == "task"])
def test_papers_name_the_task_or_its_kin(task: str) -> None:
    found = related(intent(task))
    assert len(found) <= 3
    for item in found:
        assert task_family(task) & set(item.paper.tasks)
        assert 0.3 <= item.score <= 1
        assert item.why.startswith("Its title names ")


@pytest.mark.parametrize(
    ("task", "away"),
    [
        ("super-resolution", "point cloud"),
        ("deblurring", "particle"),
        ("denoising", "label"),
        ("denoising", "lidar"),
        ("style-transfer", "speech"),
        ("colorization", "lidar"),
    ],
)
def test_other_media_are_left_out(task: str, away: str) -> None:
    assert not [
        paper.title for paper in related_papers(intent(task), top=20) if away in paper.title.casefold()
    ]


def test_a_special_medium_is_there_for_those_who_ask() -> None:
    found = related_papers(intent("super-resolution", "The AI made a coarse point cloud finer. How?"), top=20)
    assert any("point cloud" in paper.title.casefold() for paper in found)


def test_a_factor_is_of_pictures_without_a_word_for_them() -> None:
    found = related(understand("I enlarged it 4x and it stays sharp. How?"))
    assert found
    assert all("super-resolution" in item.paper.tasks for item in found)


def test_nothing_rather_than_something_beside_the_point() -> None:
    assert related_papers(intent(None)) == ()
    assert related_papers(intent("no-such-task")) == ()
    assert related_papers(intent("super-resolution"), top=0) == ()


def test_papers_and_reasons_agree() -> None:
    asked = intent("deblurring", "My blurry photo is sharp")
    assert related_papers(asked) == tuple(item.paper for item in related(asked))


def test_of_a_title_alone_nothing_beyond_the_title_is_said() -> None:
    for item in related(intent("deblurring", "My blurry photo is sharp")):
        assert item.place is not None
        assert item.place.field == "title"
        assert item.paper.title[item.place.start : item.place.end] == item.place.text
        assert item.place.text in item.why


# --- questions of other fields -----------------------------------------------------------------


@pytest.mark.parametrize("asked", OTHER_FIELDS, ids=lambda asked: asked["question"][:40])
def test_a_question_of_another_field_gets_no_paper_beside_the_point(asked: dict[str, object]) -> None:
    found = related(understand(str(asked["question"])), top=3)
    allowed = asked.get("may", [])
    assert isinstance(allowed, list)
    assert [item.paper.title for item in found if not allowed or not on_task(item, *allowed)] == []


def test_the_seeds_get_papers_on_enlarging_and_no_others(shared_data: Path) -> None:
    seeds = sorted((shared_data / "reference" / "seeds").glob("*.txt"))
    assert len(seeds) == 5
    for seed in seeds:
        brief = read_prompt(seed.read_text(encoding="utf-8"))
        found = related(understand(brief.question), top=3)
        assert len(found) == 3, brief.question
        assert all("super-resolution" in item.paper.tasks for item in found), brief.question


# --- a library with abstracts ------------------------------------------------------------------

PAPERS = (
    Paper(
        id="arxiv:2401.00001",
        title="Sharper Than Before: One Network for Shaken Pictures",
        summary="Shaken hands spoil many photos. We propose a network for motion deblurring of single photos.",
        summary_origin=ABSTRACT,
        year=2024,
    ),
    Paper(
        id="arxiv:2401.00002",
        title="Motion Deblurring of Photos with Wavelets",
        summary="We present a method for image deblurring that works on wavelets.",
        summary_origin=ABSTRACT,
        year=2021,
    ),
    Paper(
        id="arxiv:2401.00003",
        title="Deblurring MRI of the Brain",
        summary="We present motion deblurring for MRI.",
        summary_origin=ABSTRACT,
        year=2024,
    ),
    Paper(
        id="arxiv:2401.00004",
        title="Mapping Thawing Permafrost from Lakes",
        summary="Snow and ice are mapped. Deblurring is not our aim.",
        summary_origin=ABSTRACT,
        year=2024,
    ),
    Paper(id="arxiv:2401.00005", title="Blind Image Deblurring by Attention", year=2023),
)
SHAKY = "My hand shook and the photo was blurry, now it is sharp. How does AI do that?"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedLibrary]:
    """Five papers, one of them a title alone."""
    folder = tmp_path_factory.mktemp("library")
    with EmbeddedLibrary(folder, write=True) as made:
        made.put(PAPERS)
        made.index()
        made.embed(encode)
    with EmbeddedLibrary(folder) as opened:
        yield opened


def test_abstracts_are_read_and_special_uses_left_out(library: EmbeddedLibrary) -> None:
    found = rank(library, understand(SHAKY), top=5)
    assert {item.paper.id for item in found} == {"arxiv:2401.00001", "arxiv:2401.00002", "arxiv:2401.00005"}
    assert found[0].paper.id != "arxiv:2401.00001", "a title that names the task counts more than an abstract"


def test_the_reason_is_a_verbatim_piece_of_title_or_abstract(library: EmbeddedLibrary) -> None:
    found = {item.paper.id: item for item in rank(library, understand(SHAKY), top=5)}
    hidden = found["arxiv:2401.00001"]
    assert hidden.place is not None
    assert (hidden.place.field, hidden.place.text) == ("summary", "motion deblurring")
    assert hidden.why == "Its abstract names “motion deblurring”."
    for item in found.values():
        assert item.place is not None
        text = item.paper.title if item.place.field == "title" else item.paper.summary
        assert text[item.place.start : item.place.end] == item.place.text


def test_filters_hold(library: EmbeddedLibrary) -> None:
    found = rank(library, understand(SHAKY), top=5, filters=Filters(year_from=2023))
    assert {item.paper.year for item in found} == {2023, 2024}
    assert rank(library, understand(SHAKY), filters=Filters(year_from=2030)) == ()


def test_words_alone_find_a_paper_where_no_task_is_known(library: EmbeddedLibrary) -> None:
    asked = understand("thawing permafrost lakes")
    assert asked.task is None
    found = rank(library, asked)
    assert [item.paper.id for item in found] == ["arxiv:2401.00004"]
    assert found[0].why == "Its title has your words “Thawing Permafrost”."


STRANGE = [
    "",
    " \n\t",
    "?!…",
    "\0\x01",
    '"',
    'a"b(c',
    "title:x AND (",
    "*",
    "NOT",
    "a" * 5000,
    "ß ﬁ Ⅷ",
    "\ud800",
]


@pytest.mark.parametrize("question", STRANGE, ids=range(len(STRANGE)))
def test_strange_questions_find_nothing_and_break_nothing(library: EmbeddedLibrary, question: str) -> None:
    assert rank(library, understand(question)) == ()


@pytest.mark.parametrize("question", ["How long do I boil an egg so that the yolk stays soft?"])
def test_an_unrelated_question_finds_nothing(library: EmbeddedLibrary, question: str) -> None:
    assert rank(library, understand(question)) == ()


@settings(max_examples=25)
@given(top=st.integers(0, 6), question=st.sampled_from([SHAKY, "deblur a photo", "thawing permafrost lakes"]))
def test_fewer_are_the_beginning_of_more(library: EmbeddedLibrary, top: int, question: str) -> None:
    everything = rank(library, understand(question), top=6)
    assert rank(library, understand(question), top=top) == everything[:top]
    assert all(0 <= item.score <= 1 for item in everything)


def test_a_paper_beside_the_point_changes_nothing(library: EmbeddedLibrary, tmp_path: Path) -> None:
    with EmbeddedLibrary(tmp_path, write=True) as made:
        made.put([PAPERS[3], Paper(id="arxiv:2401.00009", title="Colonoscopy with Fewer Polyps Missed")])
        made.index()
        made.embed(encode)
        assert rank(made, understand(SHAKY)) == ()
