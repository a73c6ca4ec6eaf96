"""Faces: what the network's grids say, squares that hold them, and the mask of boxes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.domain import DataType, InputError, Port, Step, StepError
from whichmodel.nodes.faces import Face, decoded, distinct, squares
from whichmodel.nodes.operation import Context, Size, Unit
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.pictures import Box, read_picture, resample, write_picture
from whichmodel.pictures.raster import Kind
from whichmodel.workflow import run_workflow, workflow_for
from whichmodel.workflow.steps import INPUT, model_step

SIDE = 640


def grids(**faces: tuple[int, int, float]) -> dict[str, NDArray[np.float32]]:
    """Outputs of the network with a face at a cell (column, row) of `s8`, `s16` or `s32`, with a score."""
    given = {}
    for stride in (8, 16, 32):
        cells = SIDE // stride
        for name, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            given[f"{name}_{stride}"] = np.zeros((1, cells * cells, width), np.float32)
        if f"s{stride}" in faces:
            column, row, score = faces[f"s{stride}"]
            place = row * cells + column
            given[f"cls_{stride}"][0, place] = given[f"obj_{stride}"][0, place] = score
            given[f"bbox_{stride}"][0, place] = [0.5, 0.25, np.log(4), np.log(6)]
            given[f"kps_{stride}"][0, place] = np.arange(10) / 10
    return given


@pytest.fixture
def detector(small: ModuleType, tmp_path: Path) -> dict[str, Path]:
    """A network that always sees one face, around (328, 244), 64 wide and 96 high, in its square of 640."""
    numbers = grids(s16=(20, 15, 0.95))
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(array))
        for name, array in numbers.items()
    ]
    path = small.save(
        tmp_path / "faces.onnx",
        nodes,
        {"input": ("float", [1, 3, SIDE, SIDE])},
        {name: ("float", list(array.shape)) for name, array in numbers.items()},
        {},
    )
    return {"model": path}


def test_the_grids_are_read_as_the_authors_do() -> None:
    ((score, box, marks),) = decoded(grids(s32=(3, 5, 0.9)), SIDE, 0.7)
    assert score == pytest.approx(0.9)
    # Middle (3.5, 5.25) cells of 32 pixels; 4 cells wide and 6 high.
    assert box == pytest.approx([112 - 64, 168 - 96, 112 + 64, 168 + 96], abs=1e-3)
    assert marks[0] == pytest.approx([96, 160 + 3.2], abs=1e-3)
    assert not decoded(grids(s32=(3, 5, 0.6)), SIDE, 0.7)


def test_other_networks_are_refused() -> None:
    with pytest.raises(StepError, match="other outputs than a face detector's"):
        decoded({"cls_8": np.zeros((1, 3, 1), np.float32)}, SIDE, 0.7)


def test_each_face_is_told_once() -> None:
    faces = [Face(10, 10, 50, 60, 0.8, ()), Face(12, 11, 52, 61, 0.9, ()), Face(200, 10, 240, 60, 0.7, ())]
    assert [face.score for face in distinct(faces)] == [0.9, 0.7]


@given(st.integers(1, 9000), st.integers(1, 9000))
@example(1, 641)
def test_squares_cover_the_picture_and_enlarge_nothing(width: int, height: int) -> None:
    parts = list(squares(Size(width, height), SIDE))
    assert parts[0] == (Box(0, 0, width, height), True)
    finer = [part for part, whole in parts if not whole]
    assert len(finer) <= 5 * 5 + 9
    for part in finer:
        assert max(part.width, part.height) >= min(SIDE, max(width, height))
        assert 0 <= part.left < part.right <= width
        assert 0 <= part.top < part.bottom <= height
    if max(width, height) > SIDE:
        assert min(part.left for part in finer) == 0
        assert max(part.right for part in finer) == width
        assert max(part.bottom for part in finer) == height


@pytest.mark.parametrize(("width", "height"), [(640, 640), (600, 400), (640, 480)])
def test_boxes_count_in_pixels_of_the_picture(
    width: int, height: int, small: ModuleType, detector: dict[str, Path], tmp_path: Path
) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    inputs = small.rasters(tmp_path, {"image": picture})
    step = model_step(cards()["YuNet"], INPUT.name, id="f")
    _, state = small.run(step, inputs, small.context_with(detector))
    assert (state["width"], state["height"]) == (width, height)
    (box,) = state["boxes"]
    assert [box[name] for name in ("left", "top", "right", "bottom")] == [296, 196, 360, 292]
    assert (box["label"], box["score"], len(box["marks"])) == ("face", 0.95, 5)
    assert json.dumps(dict(state))


@pytest.mark.parametrize("score", [0.2, 1.1, float("nan")])
def test_a_score_out_of_range_is_refused(score: float) -> None:
    step = model_step(cards()["YuNet"], INPUT.name, id="f", given={"score": score})
    with pytest.raises(InputError, match="'score' must be"):
        OPERATIONS["faces"].check(step)


# --- the mask of boxes ---------------------------------------------------------------------------


def mask_of(
    boxes: list[dict[str, float]], size: Size, tmp_path: Path, small: ModuleType, rows: int, **more: Any
):
    step = Step(
        id="m",
        title="m",
        operation="boxes-mask",
        takes={"image": "photo", "boxes": "b"},
        gives=Port(name="m", type=DataType.MASK),
        parameters=more,
    )
    OPERATIONS["boxes-mask"].check(step)
    found = {"width": 200, "height": 100, "boxes": boxes}
    context = Context(cards=cards(), weights=lambda id: {}, size=size, kind=Kind(1, 8), data={"boxes": found})
    parts = [
        OPERATIONS["boxes-mask"]
        .compute(step, Unit(Box(0, top, size.width, min(top + rows, size.height)), ""), {}, context)
        .colour
        for top in range(0, size.height, rows)
    ]
    return np.concatenate(parts)[:, :, 0]


BOXES = [
    {"left": 20.0, "top": 10.0, "right": 60.0, "bottom": 70.0},
    {"left": 50.0, "top": 40.0, "right": 120.0, "bottom": 90.0},
]


def test_a_mask_of_boxes_is_ellipses(tmp_path: Path, small: ModuleType) -> None:
    found = mask_of(BOXES[:1], Size(200, 100), tmp_path, small, 100, grow=0, feather=0)
    y, x = np.mgrid[:100, :200] + 0.5
    due = ((x - 40) / 20) ** 2 + ((y - 40) / 30) ** 2 < 1
    assert np.array_equal(found > 127, due)
    soft = mask_of(BOXES[:1], Size(200, 100), tmp_path, small, 100, grow=0, feather=0.5)
    assert soft[40, 40] == 255
    assert 100 < soft[40, 59] < 150
    assert soft[40, 75] == 0


def test_a_mask_of_boxes_does_not_depend_on_bands_and_scales(tmp_path: Path, small: ModuleType) -> None:
    whole = mask_of(BOXES, Size(200, 100), tmp_path, small, 100)
    assert np.array_equal(mask_of(BOXES, Size(200, 100), tmp_path, small, 7), whole)
    twice = mask_of(BOXES, Size(400, 200), tmp_path, small, 64)
    assert abs((twice > 127).mean() - (whole > 127).mean()) < 0.005
    assert not mask_of([], Size(50, 40), tmp_path, small, 40).any()


# --- results that are data -----------------------------------------------------------------------


class TestRuns:
    """Data leave a run as JSON, and steps take them from each other."""

    @pytest.fixture(autouse=True)
    def _fake(self, detector: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Every weights id is there, and is the small network."""
        from whichmodel.workflow import run, scratch

        monkeypatch.setattr(run, "installed", lambda id: detector)
        monkeypatch.setattr(scratch, "cache_dir", lambda: tmp_path / "cache")

    @pytest.fixture
    def square(self, photo: Path, tmp_path: Path) -> Path:
        picture = read_picture(photo)
        pixels = resample(picture.pixels, 640, 480)
        write_picture(replace(picture, pixels=pixels), tmp_path / "square.png")
        return tmp_path / "square.png"

    def test_boxes_are_written_as_json(self, square: Path, tmp_path: Path) -> None:
        workflow = workflow_for("find the faces", None, cards())
        for cached in (False, True):
            report = run_workflow(workflow, square, tmp_path / "faces.json", cards=cards())
            written = json.loads((tmp_path / "faces.json").read_text(encoding="utf-8"))
            assert written["type"] == "boxes"
            assert {key: written[key] for key in ("width", "height", "boxes")} == report.data
            assert written["boxes"][0]["left"] == 296
            assert report.steps[0].cached == cached
            assert (report.output.width, report.evidence) == (0, None)

    def test_data_go_to_no_picture_file(self, square: Path, tmp_path: Path) -> None:
        workflow = workflow_for("faces", None, cards())
        with pytest.raises(InputError, match="the result is data"):
            run_workflow(workflow, square, tmp_path / "faces.png", cards=cards())
        with pytest.raises(InputError, match="does not exist"):
            run_workflow(workflow, square, tmp_path / "no" / "faces.json", cards=cards())
        assert not (tmp_path / "faces.png").exists()

    def test_the_program_shows_a_table_and_names_files_after_pictures(
        self, square: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_program(["plan", "faces", str(square), "--no-calibrate"]) == 0
        planned = capsys.readouterr().out
        assert "640 × 480 → boxes" in planned
        assert "boxes, as JSON" in planned
        folder = tmp_path / "found"
        assert (
            run_program(["run", "faces", str(square), str(photo), "-o", str(folder), "--no-provenance"]) == 0
        )
        assert "face  " in (told := capsys.readouterr().out)
        assert "left 296 top 196 right 360 bottom 292 (95% sure)" in told
        assert {path.name for path in folder.iterdir()} == {"square.png.json", f"{photo.name}.json"}
        # They are not replaced unasked.
        assert run_program(["run", "faces", str(square), str(photo), "-o", str(folder)]) == 2
        assert "is there already" in capsys.readouterr().err

    def test_blurred_faces_leave_the_rest_as_it_is(self, square: Path, tmp_path: Path) -> None:
        workflow = workflow_for("blur the faces", None, cards())
        run_workflow(workflow, square, tmp_path / "out.png", cards=cards())
        before, after = (read_picture(path).pixels.astype(int) for path in (square, tmp_path / "out.png"))
        changed = np.abs(after - before).max(axis=2) > 0
        assert changed[220:270, 310:350].mean() > 0.9
        assert not changed[:160].any()
        assert not changed[:, :280].any()


@pytest.mark.slow
def test_the_real_network_finds_the_face(
    photos: dict[str, Path], tmp_path: Path, pulled_weights: Callable[[str], dict[str, Path]]
) -> None:
    pulled_weights("yunet")
    workflow = workflow_for("faces", None, cards())
    found = {
        name: run_workflow(workflow, path, tmp_path / "out.json", cards=cards()).data
        for name, path in photos.items()
    }
    assert [len(found[name]["boxes"]) for name in ("astronaut", "chelsea", "coffee")] == [1, 0, 0]
    face = found["astronaut"]["boxes"][0]
    assert face["score"] == pytest.approx(0.93, abs=0.01)
    assert face["left"] < 200.1 < 247.1 < face["right"]  # the eyes
