"""Crops and turns come before the rest, tones behind it, and sizes are those of the cropped picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from whichmodel.api.asked import read_asked
from whichmodel.catalog import cards
from whichmodel.domain import InputError, Step
from whichmodel.pictures import Header, read_picture
from whichmodel.workflow import run_workflow, workflow_for

HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")


def steps(question: str) -> tuple[Step, ...]:
    return workflow_for(question, HEADER, cards()).steps


def test_edits_stand_around_the_work() -> None:
    found = steps("make it brighter, enlarge 2x and crop to a square")
    assert [step.operation for step in found] == ["crop", "model", "levels"]
    assert [step.takes["image"] for step in found] == ["photo", found[0].id, found[1].id]
    workflow = workflow_for("crop to 4:3 and rotate 90 degrees", HEADER, cards())
    assert [step.operation for step in workflow.steps] == ["crop", "rotate"]
    assert workflow.output == "rotate"


def test_before_what_ends_in_no_picture_tones_come_first() -> None:
    found = steps("make it much brighter and classify the picture")
    assert found[0].operation == "levels"
    assert found[1].takes["image"] == found[0].id


def test_a_print_is_reckoned_from_the_cropped_picture() -> None:
    asked = read_asked("crop to a square", "20x20cm", 150)
    target = asked.target(HEADER)
    assert target is not None
    whole = read_asked("enlarge", "20x20cm", 150).target(HEADER)
    assert whole is not None
    assert target.factor > whole.factor
    assert target.factor == pytest.approx(20 / 2.54 * 150 / 400, rel=0.01)


def test_what_restores_and_denoises_denoises_once() -> None:
    found = steps("restore and denoise and enlarge 2x")
    assert [step.operation for step in found] == ["scratches", "inpaint", "fading", "model", "model"]
    # A hole that is pointed at is none that the restoration finds.
    pointed = steps("restore the old photo and fill the hole at 20,30")
    assert sum(step.operation == "inpaint" for step in pointed) == 2


def test_a_region_cannot_be_kept_in_a_picture_that_is_turned() -> None:
    with pytest.raises(InputError, match="moves what the picture shows"):
        workflow_for("rotate it 90 degrees, enlarge 2x, leave the background alone", HEADER, cards())


def test_they_run(photo: Path, tmp_path: Path) -> None:
    workflow = workflow_for("crop to 3:4 and turn it to the right, a gamma of 1", None, cards())
    run_workflow(workflow, photo, tmp_path / "a.png", cards=cards(), cache=False)
    before, after = (read_picture(path).pixels for path in (photo, tmp_path / "a.png"))
    assert after.shape == (300, 400, 3)
    assert (after == before[:, 150:450].transpose(1, 0, 2)[:, ::-1]).all()
