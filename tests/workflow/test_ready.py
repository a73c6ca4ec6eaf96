"""The ready workflow "restore old photo": its stages, what is left out, what cannot run, and its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from whichmodel.catalog import cards, tasks
from whichmodel.domain import InputError, UnboundError
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.pictures import Picture, read_header, read_picture, write_picture
from whichmodel.workflow import workflow_for
from whichmodel.workflow.binding import bindings, require_bound
from whichmodel.workflow.check import check_workflow
from whichmodel.workflow.ready import named_task, ready_workflows
from whichmodel.workflow.run import run_workflow

ALL = ["scratches", "inpaint", "fading", "model"]


def operations(question: str) -> list[str]:
    workflow = workflow_for(question, None, cards())
    check_workflow(workflow, cards=cards())
    return [step.operation for step in workflow.steps]


def test_the_files_name_what_there_is() -> None:
    for task, ready in ready_workflows().items():
        assert task in tasks()
        assert len({stage.name for stage in ready.stages}) == len(ready.stages)
        for part in (part for stage in ready.stages for part in stage.steps):
            assert bool(part.operation) != bool(part.task)
            assert part.operation in OPERATIONS if part.operation else part.task in tasks()
            assert part.title or part.task


@pytest.mark.parametrize(
    ("question", "due"),
    [
        ("restore old photo", ALL),
        ("restore this old photo", ALL),
        ("restore this old photo but leave the colours", ["scratches", "inpaint", "model"]),
        ("only the scratches", ["scratches", "inpaint"]),
        ("restore this old photo without denoising", ["scratches", "inpaint", "fading"]),
        ("restore this old photo, but do not remove the grain", ["scratches", "inpaint", "fading"]),
        ("fix the faded colours", ["fading"]),
        ("restore this old photo and enlarge it 2x", [*ALL, "model"]),
    ],
)
def test_the_stages_that_are_meant(question: str, due: list[str]) -> None:
    assert operations(question) == due


def test_each_stage_takes_what_the_one_before_gave() -> None:
    workflow = workflow_for("restore this old photo and enlarge it 2x", None, cards())
    scratches, fill, fading, denoise, enlarge = workflow.steps
    assert scratches.takes == {"image": "photo"}
    assert fill.takes == {"image": "photo", "mask": scratches.id}
    assert fading.takes == {"image": fill.id}
    assert denoise.takes == {"image": fading.id}
    assert enlarge.takes == {"image": denoise.id}
    assert workflow.title.startswith("restore an old photo: fill scratches and specks, correct faded colours")


def test_scratches_that_somebody_sees_are_looked_for_closely() -> None:
    by_itself, named = (
        workflow_for(question, None, cards()).steps[0]
        for question in ("restore this old photo", "remove the scratches from this old photo")
    )
    assert (by_itself.parameters, named.parameters) == ({}, {"care": "keen"})


def test_a_stage_that_cannot_run_is_told_and_not_dropped() -> None:
    without = {
        name: msgspec.structs.replace(card, weights=None)
        if card.task in ("inpainting", "denoising")
        else card
        for name, card in cards().items()
    }
    workflow = workflow_for("restore this old photo", None, without)
    found = bindings(workflow, without)
    assert [binding.status for binding in found] == ["bound", "unbound", "bound", "unbound"]
    assert "inpainting" in found[1].reason
    with pytest.raises(UnboundError, match="inpainting"):
        require_bound(workflow, without)


def test_to_leave_everything_out_is_refused() -> None:
    with pytest.raises(InputError, match="every stage"):
        workflow_for(
            "restore this old photo but leave the colours, the grain and the scratches", None, cards()
        )


def test_what_names_no_stage_is_no_ready_workflow() -> None:
    assert named_task("what is this") is None
    assert named_task("only the scratches") == "image-restoration"


def test_a_faded_photograph_comes_back(photo: Path, tmp_path: Path) -> None:
    true = read_picture(photo).pixels[:240, :320]
    faded = np.rint(np.array([45, 38, 34]) + true * np.array([0.75, 0.72, 0.5])).astype(np.uint8)
    write_picture(Picture(faded), tmp_path / "old.png")
    workflow = workflow_for("fix the faded colours", read_header(tmp_path / "old.png"), cards())
    report = run_workflow(workflow, tmp_path / "old.png", tmp_path / "new.png", cards=cards(), cache=False)
    after: Any = read_picture(tmp_path / "new.png").pixels
    before, now = (float(np.sqrt(np.mean((item.astype(float) - true) ** 2))) for item in (faded, after))
    assert now < 0.7 * before  # measured: 13.8 of 22.9
    assert any("found fading" in note for note in report.notes)
