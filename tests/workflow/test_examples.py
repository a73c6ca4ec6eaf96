"""The workflow files in `examples/` are sound, and those that need no weights run."""

from __future__ import annotations

from pathlib import Path

import pytest

from whichmodel.catalog import cards
from whichmodel.pictures import Picture, read_header, read_picture, write_picture
from whichmodel.workflow.binding import bindings
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
