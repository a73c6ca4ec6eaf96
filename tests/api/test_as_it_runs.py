"""The workflow of an answer is the one that runs, and the answer says where that is another than recommended."""

from __future__ import annotations

import pytest

from whichmodel.answering.svg import to_svg
from whichmodel.api.as_it_runs import as_it_runs, runs_as
from whichmodel.api.ask import ask_about
from whichmodel.api.asked import read_asked
from whichmodel.domain import Answer, Workflow
from whichmodel.pictures import Header
from whichmodel.workflow import check_workflow

HEADER = Header(600, 400, 3, 8, False, "png")


def both(question: str) -> tuple[Answer, Workflow]:
    """Answer and what is planned for its words."""
    return ask_about(question).answer, read_asked(question).workflow(HEADER)


@pytest.mark.parametrize(
    "question",
    [
        "enlarge my photo 8x",
        "remove the noise and enlarge 2x",
        "cut out the person",
        "correct the faded colours of my old photo",
        "enlarge 4x but keep the faces as they are",
    ],
)
def test_the_answer_has_the_workflow_that_was_planned(question: str) -> None:
    answer, planned = both(question)
    told = as_it_runs(answer, planned)
    assert told.workflow is not None
    check_workflow(told.workflow)
    assert [(step.title, step.model, step.operation) for step in told.workflow.steps] == [
        (step.title, step.model, step.operation) for step in planned.steps
    ]
    assert told.sources == answer.sources
    assert [row.sentences for row in told.steps] == [row.sentences for row in answer.steps]


def test_a_model_that_is_not_used_is_told() -> None:
    answer, planned = both("enlarge my photo 8x")
    (recommended,) = answer.workflow.steps if answer.workflow is not None else ()
    told = as_it_runs(answer, planned)
    first = told.here[0].text
    assert recommended.model is not None
    assert f"{recommended.model}, recommended above, is not used" in first
    assert all(step.title in first for step in planned.steps)
    assert "not used here" in told.steps[0].step
    assert told.workflow is not None
    drawing = to_svg(told.workflow, told.steps)
    assert recommended.model not in drawing, "only what runs is drawn"
    assert "SPAN-4x" in drawing


def test_a_step_that_is_as_recommended_keeps_its_mark_and_needs_no_words() -> None:
    answer, planned = both("enlarge my photo 4x")
    told = as_it_runs(answer, planned)
    assert told.workflow is not None
    assert [step.id for step in told.workflow.steps] == ["step-a"]
    assert told.workflow.output == "step-a"
    assert runs_as(answer, planned) == ""
    assert told.here == answer.here


def test_without_a_recommendation_what_was_planned_is_the_workflow() -> None:
    answer, planned = both("blur the faces")
    assert answer.workflow is None
    assert as_it_runs(answer, planned).workflow == planned
