"""The workflow files in `examples/` are sound, and those that need no weights run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from whichmodel.catalog import cards
from whichmodel.pictures import Picture, read_header, read_picture, write_picture
from whichmodel.workflow.binding import bindings
from whichmodel.workflow.build import apply, finish, start
from whichmodel.workflow.describe import Wishes, describe
from whichmodel.workflow.load import load_workflow
from whichmodel.workflow.run import run_workflow

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_sound_and_runs(path: Path, photo: Path, tmp_path: Path) -> None:
    workflow = load_workflow(path, cards())
    known = bindings(workflow, cards())
    assert all(binding.status != "unbound" or "weights pull" in binding.command for binding in known)
    if any(step.model for step in workflow.steps):
        return
    small = read_picture(photo).pixels[:200, :300]
    write_picture(Picture(small), tmp_path / "photo.png")
    run_workflow(workflow, tmp_path / "photo.png", tmp_path / "out.png", cards=cards(), cache=False)
    header = read_header(tmp_path / "out.png")
    assert (header.width, header.height) == ((284, 189) if "crop" in path.stem else (300, 200))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


def test_a_crop_of_a_large_picture_is_planned_and_timed(tmp_path: Path, weights_cache: Path) -> None:
    write_picture(Picture(np.zeros((2400, 2600, 1), np.uint8)), tmp_path / "large.png")
    cut = apply("crop", image=start(), left=1100, top=1000, width=1500, height=1400)
    workflow = finish(cut, title="a corner")
    planned = describe(workflow, read_header(tmp_path / "large.png"), {}, wishes=Wishes(calibrate=True))
    assert planned.size_out == (1500, 1400)
    assert planned.seconds is not None
    run_workflow(workflow, tmp_path / "large.png", tmp_path / "out.png", cards={}, cache=False)
    assert read_header(tmp_path / "out.png").width == 1500
