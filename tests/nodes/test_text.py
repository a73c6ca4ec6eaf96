"""Text: lines out of a map, the sizes that a picture is looked at, and what the real network finds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import cast

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from onnx import helper

from whichmodel.catalog import cards
from whichmodel.domain import InputError, WeightsError
from whichmodel.nodes import text
from whichmodel.nodes.operation import Size
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.nodes.text import SIDE, distinct, sizes_of
from whichmodel.nodes.text_regions import RATIO, Line, lines_in, smallest_rectangle
from whichmodel.photo import find_faces, find_text, measure, things
from whichmodel.pictures import Picture, read_picture, write_picture
from whichmodel.pictures.bridge import pyvips
from whichmodel.pictures.raster import Raster, store
from whichmodel.runtimes.onnx import OnnxNet
from whichmodel.weights import record
from whichmodel.workflow import run_workflow, workflow_for
from whichmodel.workflow.steps import INPUT, model_step

MODEL = "PP-OCRv4-text"


def bar(
    height: int, width: int, middle: tuple[float, float], size: tuple[float, float], angle: float
) -> np.ndarray:
    """A map that is 0.9 in a slanted bar, angle in degrees from x to y, and 0 beside it."""
    y, x = np.mgrid[:height, :width] + 0.5
    turn = math.radians(angle)
    u = (x - middle[0]) * math.cos(turn) + (y - middle[1]) * math.sin(turn)
    v = (y - middle[1]) * math.cos(turn) - (x - middle[0]) * math.sin(turn)
    return np.where((abs(u) <= size[0] / 2) & (abs(v) <= size[1] / 2), 0.9, 0).astype(np.float32)


@given(
    wide=st.integers(30, 90),
    high=st.integers(8, 20),
    angle=st.floats(0, 179),
    x=st.floats(80, 120),
    y=st.floats(80, 120),
)
@example(wide=60, high=10, angle=0.0, x=100.0, y=100.0)
def test_a_slanted_bar_is_one_line_widened_by_the_law_of_the_paper(
    wide: int, high: int, angle: float, x: float, y: float
) -> None:
    (line,) = lines_in(bar(200, 200, (x, y), (wide, high), angle), 0.6)
    grown = 2 * wide * high * RATIO / (2 * (wide + high))
    assert line.middle == pytest.approx([x, y], abs=1.5)
    assert line.area == pytest.approx((wide + grown) * (high + grown), rel=0.25)
    edge = line.corners[1] - line.corners[0]
    other = line.corners[2] - line.corners[1]
    assert abs(float(edge @ other)) < 1e-6 * line.area
    longer = max(edge, other, key=lambda side: float(np.hypot(*side)))
    off = (math.degrees(math.atan2(longer[1], longer[0])) - angle + 90) % 180 - 90
    assert abs(off) < 6
    assert line.holds(line.middle)
    assert not line.holds(line.corners.max(axis=0) + 1)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=30))
def test_the_smallest_rectangle_holds_all_points_and_is_no_larger_than_the_upright_one(
    points: list[tuple[int, int]],
) -> None:
    cloud = np.array(points, float)
    corners, sides = smallest_rectangle(cloud)
    assert sides[0] * sides[1] <= np.ptp(cloud[:, 0]) * np.ptp(cloud[:, 1]) + 1e-6
    if min(sides) > 0.1:
        grown = corners + (corners - corners.mean(axis=0)) * 1e-6
        assert all(Line(grown, 1.0).holds(point) for point in cloud)


def test_faint_small_and_absent_lines_are_not_told() -> None:
    map_ = bar(100, 100, (50, 50), (60, 12), 0)
    assert len(lines_in(map_, 0.6)) == 1
    assert not lines_in(map_ * np.float32(0.6), 0.6)
    assert not lines_in(bar(100, 100, (50, 50), (60, 1), 0), 0.6)
    assert not lines_in(np.zeros((20, 30), np.float32), 0.6)


def test_lines_below_each_other_stay_two_though_their_boxes_overlap() -> None:
    map_ = np.maximum(bar(300, 300, (130, 150), (150, 14), 45), bar(300, 300, (170, 110), (150, 14), 45))
    found = lines_in(map_, 0.6)
    assert len(found) == 2
    assert len(distinct(found)) == 2
    assert len(distinct([*found, *found])) == 2


@given(st.integers(1, 12000), st.integers(1, 12000))
@example(SIDE, 10)
def test_no_size_is_finer_than_the_picture_and_the_coarsest_comes_first(width: int, height: int) -> None:
    found = list(sizes_of(Size(width, height)))
    longer = [max(size.width, size.height) for size in found]
    assert longer[1] == min(SIDE, max(width, height))
    assert longer == sorted(longer)
    assert longer[-1] <= max(width, height)
    assert len(found) <= 4


def test_a_tall_line_counts_only_where_a_coarser_look_sees_it(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raster = store(read_picture(photo), tmp_path / "r")
    weights = record("ppocr-v4-det")

    def told(high: int, coarse: float, fine: float) -> int:
        """Lines that are told where the network gives bars of these heights and probabilities."""

        def likely(picture: Raster, size: Size, net: object, record: object) -> np.ndarray:
            scale = size.width / picture.width
            map_ = bar(size.height, size.width, (300 * scale, 200 * scale), (200 * scale, high * scale), 0)
            return map_ / np.float32(0.9) * np.float32(fine if scale == 1 else coarse)

        monkeypatch.setattr(text, "likely_text", likely)
        return len(text.lines_of(raster, cast(OnnxNet, None), weights, 0.6))

    assert told(30, 0.9, 0.9) == 1
    assert told(30, 0.55, 0.9) == 1
    assert told(30, 0.0, 0.9) == 0
    assert told(8, 0.0, 0.9) == 1
    assert told(30, 0.9, 0.55) == 0
    raster.close()


@pytest.fixture
def finder(small: ModuleType, tmp_path: Path) -> dict[str, Path]:
    """A network that takes what is dark for text: its map is 1 minus the mean of the input's channels, cut at 0."""
    shape: list[int | str] = ["n", 3, "h", "w"]
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Neg", ["mean"], ["minus"]),
        helper.make_node("Relu", ["minus"], ["map"]),
    ]
    path = small.save(
        tmp_path / "text.onnx", nodes, {"x": ("float", shape)}, {"map": ("float", ["n", 1, "h", "w"])}, {}
    )
    return {"model": path}


@pytest.mark.parametrize(("width", "height"), [(300, 200), (2000, 1500)])
def test_lines_count_in_pixels_of_the_picture_and_squares_cut_none(
    width: int, height: int, small: ModuleType, finder: dict[str, Path], tmp_path: Path
) -> None:
    picture = np.full((height, width, 3), 255, np.uint8)
    top, bottom = height // 2 - 20, height // 2 + 20
    picture[top:bottom, 20 : width - 20] = 0
    inputs = small.rasters(tmp_path, {"image": picture})
    step = model_step(cards()[MODEL], INPUT.name, id="t")
    _, state = small.run(step, inputs, small.context_with(finder))
    (box,) = state["boxes"]
    assert box["label"] == "text"
    assert box["top"] < top < bottom < box["bottom"]
    assert (box["left"], box["right"]) == (0, width)
    assert len(box["corners"]) == 4
    assert json.dumps(dict(state))


@pytest.mark.parametrize("score", [0.2, 1.1, float("nan")])
def test_a_score_out_of_range_is_refused(score: float) -> None:
    step = model_step(cards()[MODEL], INPUT.name, id="t", given={"score": score})
    with pytest.raises(InputError, match="'score' must be"):
        OPERATIONS["text"].check(step)


def test_without_weights_nothing_is_fetched_and_it_is_said(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(things, "installed", lambda id: None)
    raster = store(read_picture(photo), tmp_path / "r")
    for find in (find_faces, find_text):
        with pytest.raises(WeightsError, match="are not here"):
            find(raster)
    raster.close()
    assert measure(photo).not_measured["text"] == "not looked for: whichmodel weights pull ppocr-v4-det"


# --- the real network ----------------------------------------------------------------------------


def with_letters(pixels: np.ndarray, words: str, left: int, top: int) -> np.ndarray:
    """White letters, about 24 pixels high, painted over a picture."""
    letters = pyvips.Image.text(words, font="sans bold 33", dpi=72).numpy()[:, :, None] / 255
    made = pixels.astype(float)
    place = made[top : top + letters.shape[0], left : left + letters.shape[1]]
    place += (255 - place) * letters
    return np.rint(made).astype(np.uint8)


@pytest.mark.slow
def test_the_real_network_finds_letters_and_none_on_a_cat(
    photos: dict[str, Path], tmp_path: Path, pulled_weights: Callable[[str], dict[str, Path]]
) -> None:
    pulled_weights("ppocr-v4-det")
    pixels = read_picture(photos["chelsea"]).pixels
    painted = tmp_path / "painted.png"
    write_picture(Picture(with_letters(pixels, "NO ENTRY", 120, 200)), painted)
    facts = measure(painted)
    assert facts.text is not None
    (line,) = facts.text.lines
    assert abs(line.left - 120) < 12
    assert abs(line.top - 200) < 12
    assert line.score > 0.8
    assert 0.02 < facts.text.share < 0.12
    assert (bare := measure(photos["chelsea"]).text) is not None
    assert not bare.lines
    report = run_workflow(workflow_for(MODEL, None, cards()), painted, tmp_path / "t.json", cards=cards())
    assert report.data is not None
    assert len(report.data["boxes"]) == 1
