"""Related papers: on the task, few, and none where none is near enough."""

from __future__ import annotations

import pytest

from whichmodel.catalog import tasks
from whichmodel.catalog.kin import task_family
from whichmodel.domain import Intent
from whichmodel.recommend.papers import related, related_papers


def intent(task: str | None, question: str = "How does that work?") -> Intent:
    """An intent of a task, without the understanding of a question."""
    return Intent(question=question, task=task, candidates=(), asks="how")


def test_super_resolution_has_papers_about_pictures() -> None:
    found = related(intent("super-resolution", "I enlarged a photo 4x and it looks new. How?"))
    assert len(found) == 3
    for item in found:
        assert "super-resolution" in item.paper.tasks
        assert item.why == "Its title names “Super-Resolution”."
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
    found = related_papers(intent("super-resolution", "I made a coarse point cloud finer. How?"), top=20)
    assert any("point cloud" in paper.title.casefold() for paper in found)


def test_nothing_rather_than_something_beside_the_point() -> None:
    assert related_papers(intent(None)) == ()
    assert related_papers(intent("no-such-task")) == ()
    assert related_papers(intent("jpeg-artifact-removal")) == ()
    assert related_papers(intent("super-resolution"), top=0) == ()


def test_papers_and_reasons_agree() -> None:
    asked = intent("deblurring", "My blurry photo is sharp")
    assert related_papers(asked) == tuple(item.paper for item in related(asked))
