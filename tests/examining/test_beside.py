"""Evidence beside the result of a run: when it is made, what is said where it is not, and the answer's page with it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from skimage import data

from whichmodel.answering.page import OwnPicture
from whichmodel.answering.views import to_html
from whichmodel.api import beside
from whichmodel.api.beside import evidence_folder, examiner, own_picture
from whichmodel.catalog import cards
from whichmodel.domain import Answer, DataType, Port, Step, Workflow
from whichmodel.examining import Evidence, FirstEvidence
from whichmodel.pictures import Picture, bicubic
from whichmodel.workflow import RunReport, workflow_for_card
from whichmodel.workflow.report import FileFacts

PHOTO = data.coffee()[:240, :320]
SMALL = bicubic(PHOTO, 80, 60)


@pytest.fixture
def answer() -> Answer:
    """An answer that says next to nothing."""
    return Answer(
        question="how?",
        reply=(),
        task=(),
        diagram="",
        steps=(),
        workflow=None,
        ideas=(),
        left_open=(),
        papers=(),
        sources=(),
        mismatch=None,
    )


def enlarging() -> Workflow:
    """The workflow of any model that enlarges."""
    return workflow_for_card(next(card for card in cards().values() if card.weights and card.scale == 4))


def plain() -> Workflow:
    """A workflow without a model."""
    step = Step(
        id="a",
        title="a",
        operation="resample",
        takes={"image": "photo"},
        gives=Port(name="b", type=DataType.IMAGE),
        parameters={"factor": 4},
    )
    return Workflow(title="a", inputs=(Port(name="photo", type=DataType.IMAGE),), steps=(step,), output="a")


def examined(
    workflow: Workflow, folder: Path, wished: bool | None, after: Picture | None = None
) -> tuple[FirstEvidence, list[str], Path]:
    said: list[str] = []
    output = folder / "large.png"
    examine = examiner(workflow, folder / "small.png", output, wished, said.append)
    found = examine(Picture(SMALL), after or Picture(PHOTO))
    assert isinstance(found, FirstEvidence)
    return found, said, evidence_folder(output)


def test_where_a_model_enlarges_the_folder_is_written(tmp_path: Path) -> None:
    found, said, folder = examined(enlarging(), tmp_path, None)
    assert isinstance(found, Evidence)
    assert found.folder == str(folder)
    assert (folder / "evidence.html").exists()
    assert said == []
    assert found.expected_error.origin.weights == cards()[enlarging().steps[0].model or ""].weights


def test_it_can_be_asked_for_and_left_out(tmp_path: Path) -> None:
    for workflow, wished, made in (
        (plain(), None, False),
        (enlarging(), False, False),
        (plain(), True, True),
    ):
        found, said, folder = examined(workflow, tmp_path / str(made), wished)
        assert isinstance(found, Evidence) is made
        assert folder.exists() is made
        assert said == []


def test_what_is_large_or_had_its_blur_taken_out_is_left_out_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = next(card for card in cards().values() if card.weights and card.task == "deblurring")
    found, said, folder = examined(workflow_for_card(card), tmp_path, None, Picture(SMALL))
    assert type(found) is FirstEvidence
    assert "blur was taken out" in said[0]
    monkeypatch.setattr(beside, "UP_TO", 1000)
    found, said, folder = examined(enlarging(), tmp_path, None)
    assert type(found) is FirstEvidence
    assert "--evidence makes it" in said[0]
    assert not folder.exists()


def test_what_does_not_belong_together_is_compared_as_before_and_that_is_said(tmp_path: Path) -> None:
    other = np.ascontiguousarray(data.chelsea()[:240, :320])
    found, said, folder = examined(enlarging(), tmp_path, None, Picture(other))
    assert type(found) is FirstEvidence
    assert "do not belong together" in said[0]
    assert not folder.exists()


def test_the_page_of_an_answer_shows_the_askers_own_picture(tmp_path: Path, answer: Answer) -> None:
    found, _, _ = examined(enlarging(), tmp_path, None)
    facts = FileFacts(path="a", width=1, height=1, sha256="")
    report = RunReport(
        input=facts,
        output=facts,
        steps=(),
        new_pixel_share=0.9,
        seconds=1.0,
        workflow=enlarging(),
        evidence=msgspec.to_builtins(found),
    )
    own = own_picture(report)
    assert own is not None
    page = to_html(answer, own)
    assert "Your own picture" in page
    assert "data:image/webp;base64,UklGR" in page
    assert "large.png.evidence/evidence.html" in page
    assert own_picture(msgspec.structs.replace(report, evidence=None)) is None
    assert "Your own picture" not in to_html(answer)


def test_names_in_the_page_are_escaped(answer: Answer) -> None:
    own = OwnPicture("<b>", ("<script>1</script>",), ("<i>",), b"x", "image/webp", 'a"><script>.html')
    page = to_html(answer, own)
    assert "<script>" not in page
    assert "<p><b></p>" not in page
    assert "&lt;b&gt;" in page
