"""Workflows that take more than the photo: masks and other pictures, in keys, report and provenance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whichmodel.catalog import cards
from whichmodel.domain import DataType, InputError, Workflow
from whichmodel.pictures import read_picture
from whichmodel.workflow import RunReport, run_workflow
from whichmodel.workflow.build import apply, finish, start
from whichmodel.workflow.report import file_sha256

CARDS = cards()


def joined() -> Workflow:
    photo, other, mask = start(), start("second"), start("where", DataType.MASK)
    return finish(apply("composite", foreground=other, background=photo, mask=mask), title="join")


def saved(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rng = np.random.default_rng(7)
    mask = np.zeros((20, 30), np.uint8)
    mask[:, :15] = 255
    return {
        "photo": saved(tmp_path / "photo.png", rng.integers(0, 256, (20, 30, 3), np.uint8)),
        "second": saved(tmp_path / "second.png", rng.integers(0, 256, (20, 30, 3), np.uint8)),
        "where": saved(tmp_path / "where.png", mask),
    }


def run(files: dict[str, Path], out: Path, **options: bool) -> RunReport:
    others = {name: path for name, path in files.items() if name != "photo"}
    return run_workflow(joined(), files["photo"], out, cards=CARDS, others=others, provenance=True, **options)


def test_each_input_comes_in_at_its_name(files: dict[str, Path], tmp_path: Path) -> None:
    report = run(files, tmp_path / "out.png")
    result = read_picture(tmp_path / "out.png").pixels
    assert np.array_equal(result[:, :15], read_picture(files["second"]).pixels[:, :15])
    assert np.array_equal(result[:, 15:], read_picture(files["photo"]).pixels[:, 15:])
    told = json.loads(Path(report.provenance or "").read_text())["others"]
    assert list(told) == ["second", "where"]
    sha256 = file_sha256(files["where"])
    assert told["where"] == {"path": "where.png", "width": 30, "height": 20, "sha256": sha256}


def test_a_kept_result_belongs_to_all_its_inputs(files: dict[str, Path], tmp_path: Path) -> None:
    assert [step.cached for step in run(files, tmp_path / "out.png").steps] == [False]
    assert [step.cached for step in run(files, tmp_path / "out.png").steps] == [True]
    saved(files["where"], np.full((20, 30), 255, np.uint8))
    assert [step.cached for step in run(files, tmp_path / "out.png").steps] == [False]
    second = read_picture(files["second"]).pixels
    assert np.array_equal(read_picture(tmp_path / "out.png").pixels, second)


def test_missing_and_unknown_inputs_are_named(files: dict[str, Path], tmp_path: Path) -> None:
    missing = {name: path for name, path in files.items() if name != "where"}
    with pytest.raises(InputError, match="takes 'where' beside the photo") as caught:
        run(missing, tmp_path / "out.png")
    assert caught.value.hint == "--input where=FILE"
    with pytest.raises(InputError, match="no further input 'sky'") as caught:
        run({**files, "sky": files["where"]}, tmp_path / "out.png")
    assert "second, where" in caught.value.hint


def test_a_mask_of_another_size_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    saved(files["where"], np.zeros((10, 10), np.uint8))
    with pytest.raises(InputError, match=r"where\.png has 10 × 10 pixels, the photo 30 × 20"):
        run(files, tmp_path / "out.png")


def test_no_input_is_written_over(files: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="is the input itself"):
        run(files, files["where"])
