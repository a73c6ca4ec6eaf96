"""Filling holes: only what is marked changes, whatever the shape, size and number of holes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import helper

from whichmodel.catalog import cards
from whichmodel.domain import InputError
from whichmodel.nodes.holes import find_holes
from whichmodel.nodes.inpaint import pulled
from whichmodel.pictures import Box, Picture, read_picture, resample
from whichmodel.workflow import run_picture
from whichmodel.workflow.build import apply, finish, start
from whichmodel.workflow.steps import INPUT, model_step

STEP = model_step(cards()["MI-GAN"], INPUT.name, id="fill", takes={"mask": "mask"})
FILL = 200


@pytest.fixture(scope="module")
def painter(small: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A network that paints 200 where its mask says that nothing is known (0)."""
    square = [1, 3, 512, 512]
    path = small.save(
        tmp_path_factory.mktemp("painter") / "fill.onnx",
        [
            helper.make_node("Equal", ["mask", "zero"], ["hole"]),
            helper.make_node("Where", ["hole", "paint", "image"], ["result"]),
        ],
        {"image": ("uint8", square), "mask": ("uint8", [1, 1, 512, 512])},
        {"result": ("uint8", square)},
        {"zero": np.zeros(1, np.uint8), "paint": np.full(1, FILL, np.uint8)},
    )
    return {"model": path}


def noise(height: int, width: int, bands: int = 3, kind: type = np.uint8) -> NDArray[Any]:
    top = np.iinfo(kind).max
    return np.random.default_rng(7).integers(0, top, (height, width, bands), kind, endpoint=True)


def holes_of_all_kinds(height: int, width: int) -> NDArray[np.bool_]:
    """A scratch across, a large disc, a block at the border, and dots."""
    y, x = np.mgrid[:height, :width]
    hole = np.abs(x - 0.3 * width - 0.2 * y) < 2
    hole |= (x - 0.6 * width) ** 2 + (y - 0.5 * height) ** 2 < (0.15 * height) ** 2
    hole |= (x < 40) & (np.abs(y - height // 2) < 30)
    hole[5::97, 11::89] = True
    return hole


@pytest.mark.parametrize(("height", "width"), [(300, 420), (40, 900), (620, 560)])
@pytest.mark.parametrize(("bands", "kind"), [(3, np.uint8), (1, np.uint8), (3, np.uint16)])
def test_holes_are_filled_and_nothing_else_changes(
    height: int,
    width: int,
    bands: int,
    kind: type,
    small: ModuleType,
    painter: dict[str, Path],
    tmp_path: Path,
) -> None:
    picture, hole = noise(height, width, bands, kind), holes_of_all_kinds(height, width)
    mask = np.where(hole, 255, 0).astype(np.uint8)[:, :, None]
    inputs = small.rasters(tmp_path, {"image": picture, "mask": mask})
    result, state = small.run(STEP, inputs, small.context_with(painter))
    assert np.array_equal(result[~hole], picture[~hole])
    assert (result[hole] == (FILL if kind is np.uint8 else FILL * 257)).all()
    assert state["holes"] > 3
    for rows in (1, 61):
        assert np.array_equal(small.run(STEP, inputs, small.context_with(painter), rows=rows)[0], result)


def test_a_hole_larger_than_the_network_is_filled_on_a_reduced_copy(
    small: ModuleType, painter: dict[str, Path], tmp_path: Path
) -> None:
    picture = noise(1000, 900)
    hole = np.zeros((1000, 900), bool)
    hole[150:750, 100:700] = True
    mask = np.where(hole, 255, 0).astype(np.uint8)[:, :, None]
    inputs = small.rasters(tmp_path, {"image": picture, "mask": mask})
    result, state = small.run(STEP, inputs, small.context_with(painter), rows=300)
    assert np.array_equal(result[~hole], picture[~hole])
    # The innermost comes from the network alone; at the edge the reduced fill meets its surroundings.
    assert (result[170:730, 120:680] == FILL).all()
    assert (state["holes"], state["runs"]) == (1, 1)
    assert state["reduced"] > 1.5


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_shares_mix_and_faint_ones_do_not_count(
    data: st.DataObject, small: ModuleType, painter: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    values = data.draw(
        st.lists(st.tuples(st.integers(0, 59), st.integers(0, 69), st.integers(0, 255)), max_size=12)
    )
    picture, mask = noise(60, 70), np.zeros((60, 70, 1), np.uint8)
    for y, x, value in values:
        mask[y, x] = value
    inputs = small.rasters(tmp_path_factory.mktemp("r"), {"image": picture, "mask": mask})
    result = small.run(STEP, inputs, small.context_with(painter))[0]
    counts = mask[:, :, 0] > 25.5
    assert np.array_equal(result[~counts], picture[~counts])
    share = mask.astype(float) / 255
    assert np.abs(result - (share * FILL + (1 - share) * picture))[counts].max(initial=0) <= 0.51


def test_what_a_hole_held_does_not_reach_the_result(
    small: ModuleType, tmp_path: Path, photo: Path, painter: dict[str, Path]
) -> None:
    picture = read_picture(photo).pixels
    hole = holes_of_all_kinds(*picture.shape[:2])
    mask = np.where(hole, 255, 0).astype(np.uint8)[:, :, None]
    other = picture.copy()
    other[hole] = noise(*picture.shape[:2])[hole]
    # A network that only repeats what it is given shows what that was.
    echo = {
        "model": small.save(
            tmp_path / "echo.onnx",
            [helper.make_node("Identity", ["image"], ["result"])],
            {"image": ("uint8", [1, 3, 512, 512]), "mask": ("uint8", [1, 1, 512, 512])},
            {"result": ("uint8", [1, 3, 512, 512])},
            {},
        )
    }
    results = []
    for name, pixels in (("one", picture), ("two", other)):
        (tmp_path / name).mkdir()
        inputs = small.rasters(tmp_path / name, {"image": pixels, "mask": mask})
        results.append(small.run(STEP, inputs, small.context_with(echo))[0])
    assert np.array_equal(results[0], results[1])


def test_masks_of_everything_and_of_nothing(
    small: ModuleType, painter: dict[str, Path], tmp_path: Path
) -> None:
    picture = noise(50, 60)
    (tmp_path / "all").mkdir()
    inputs = small.rasters(tmp_path / "all", {"image": picture, "mask": np.full((50, 60, 1), 255, np.uint8)})
    with pytest.raises(InputError, match="covers the whole picture"):
        small.run(STEP, inputs, small.context_with(painter))
    (tmp_path / "none").mkdir()
    inputs = small.rasters(tmp_path / "none", {"image": picture, "mask": np.zeros((50, 60, 1), np.uint8)})
    result, state = small.run(STEP, inputs, small.context_with(painter))
    assert np.array_equal(result, picture)
    assert state["runs"] == 0


def test_how_holes_are_cut(small: ModuleType, tmp_path: Path) -> None:
    hole = np.zeros((900, 1200), bool)
    hole[100:103] = True  # a scratch: five windows of 256 across
    hole[400:500, 300:420] = True  # a crop of its own
    hole[600:630, 900:930] = True  # thin enough for a window
    mask = np.where(hole, 255, 0).astype(np.uint8)[:, :, None]
    found = find_holes(small.rasters(tmp_path, {"mask": mask})["mask"])
    assert found.count == 3
    assert found.boxes == (Box(300, 400, 420, 500),)
    assert found.crops == (Box(104, 194, 616, 706),)
    assert len(found.windows) == 5 + 1
    assert set(np.unique(found.labels_of(Box(0, 400, 1200, 500)))) == {0, 2}


def test_masks_of_large_pictures_are_looked_at_in_cells(small: ModuleType, tmp_path: Path) -> None:
    mask = np.zeros((300, 5000, 1), np.uint8)
    mask[17, 4321] = 255
    found = find_holes(small.rasters(tmp_path, {"mask": mask})["mask"])
    assert (found.cell, found.count) == (3, 1)
    assert found.labels_of(Box(4321, 17, 4322, 18)) == 1
    assert len(found.windows) == 1


def psnr(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.slow
def test_the_real_network_beats_means_of_the_colours_around(
    photos: dict[str, Path], pulled_weights: Callable[[str], dict[str, Path]]
) -> None:
    pulled_weights("migan")
    photo = start()
    mask = apply("mask", image=photo, inverted=True)
    workflow = finish(apply("inpaint", model="MI-GAN", image=photo, mask=mask), title="fill")
    for name, path in photos.items():
        picture = read_picture(path).pixels
        height, width = picture.shape[:2]
        y, x = np.mgrid[:height, :width]
        hole = np.abs((x - 0.2 * y) % 90) < 5
        alpha = np.where(hole, 0, 255).astype(np.uint8)
        result = run_picture(workflow, Picture(picture, alpha), cards=cards())[0]
        assert np.array_equal(result.pixels[~hole], picture[~hole])
        assert result.alpha is not None
        assert (result.alpha == 255).all()
        means = pulled(picture.astype(np.float32), ~hole)
        assert psnr(result.pixels[hole], picture[hole]) > psnr(means[hole], picture[hole]) + 1, name


@pytest.mark.slow
def test_a_large_hole_in_a_large_photograph(
    photo: Path, pulled_weights: Callable[[str], dict[str, Path]]
) -> None:
    pulled_weights("migan")
    picture = resample(read_picture(photo).pixels, 3000, 2000)
    hole = np.zeros((2000, 3000), bool)
    hole[400:1600, 800:2200] = True
    fill = finish(
        apply(
            "inpaint", model="MI-GAN", image=(one := start()), mask=apply("mask", image=one, inverted=True)
        ),
        title="fill",
    )
    alpha = np.where(hole, 0, 255).astype(np.uint8)
    result, (_, step) = run_picture(fill, Picture(picture, alpha), cards=cards())
    assert np.array_equal(result.pixels[~hole], picture[~hole])
    assert step.seconds < 60
