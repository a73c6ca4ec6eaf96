"""Tiles of networks with global context fade into each other: no seam, no pixel forgotten."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.catalog import cards
from whichmodel.nodes import model, network
from whichmodel.nodes.feather import Recent, blended, reach_of
from whichmodel.nodes.tiles import Tile
from whichmodel.pictures import Box, Picture
from whichmodel.weights import record
from whichmodel.workflow import run
from whichmodel.workflow.steps import INPUT, model_step, workflow_of


def enlarged(picture: NDArray[np.float32], tile: Tile, scale: int) -> NDArray[np.float32]:
    """The source of a tile by repetition."""
    return picture[tile.source.slices].repeat(scale, 0).repeat(scale, 1)


@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(1, 40), st.integers(0, 20), st.integers(1, 3),
    st.randoms(use_true_random=False),
)  # fmt: skip
@example(1, 1, 1, 0, 1, None)
@settings(max_examples=60, deadline=None)
def test_where_tiles_agree_blending_changes_nothing(
    width: int, height: int, size: int, overlap: int, scale: int, random: object
) -> None:
    picture = np.random.default_rng(width * 100 + height).random((height, width, 3), np.float32)
    whole = picture.repeat(scale, 0).repeat(scale, 1)
    # Any part, as a unit asks for it.
    box = Box(width * scale // 3, height * scale // 4, width * scale, height * scale)
    part = blended(width, height, size, overlap, scale, box, lambda tile: enlarged(picture, tile, scale))
    assert np.abs(part - whole[box.slices]).max() < 1e-5


@pytest.mark.parametrize("overlap", [8, 16])
def test_tiles_that_differ_leave_no_seam(overlap: int) -> None:
    picture = np.zeros((96, 128, 1), np.float32)

    def own_level(tile: Tile) -> NDArray[np.float32]:
        # As a network that normalises by the statistics of its tile: each has a level of its own.
        return enlarged(picture, tile, 2) + (tile.column + 3 * tile.row)

    result = blended(128, 96, 32, overlap, 2, Box(0, 0, 256, 192), own_level)
    # A cut would be a step of 1 across and 3 down; fading spreads it over twice the reach, at scale 2.
    assert np.abs(np.diff(result[:, :, 0], axis=1)).max() <= 1 / (4 * overlap) + 1e-5
    assert np.abs(np.diff(result[:, :, 0], axis=0)).max() <= 3 / (4 * overlap) + 1e-5
    assert result[0, 0, 0] == 0


def test_a_part_is_the_same_whatever_its_cut() -> None:
    def own_level(tile: Tile) -> NDArray[np.float32]:
        return np.full((tile.source.height, tile.source.width, 1), 1.0 + tile.column * tile.row, np.float32)

    whole = blended(70, 50, 16, 5, 1, Box(0, 0, 70, 50), own_level)
    for box in (Box(0, 0, 16, 16), Box(13, 7, 41, 50), Box(69, 49, 70, 50)):
        assert np.array_equal(blended(70, 50, 16, 5, 1, box, own_level), whole[box.slices])


def test_the_reach_never_passes_a_neighbours_middle() -> None:
    assert (reach_of(33, 256), reach_of(33, 20), reach_of(33, 1), reach_of(0, 9)) == (33, 10, 0, 0)


def test_recent_tiles_are_made_once_and_bounded() -> None:
    recent, made = Recent(most=2_000), []

    def make(key: int) -> tuple[NDArray[np.uint8], bool]:
        made.append(key)
        return np.full(900, key, np.uint8), False

    for key in (1, 2, 1, 3, 1, 2):
        assert recent.get(key, lambda key=key: make(key))[0][0] == key
    # 2 went when 3 came, as 1 had been asked for since.
    assert made == [1, 2, 3, 2]


def test_the_operation_blends_models_that_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = msgspec.structs.replace(record("span-x2-ch48"), context="global")
    monkeypatch.setattr(model, "record", lambda id: weights)
    monkeypatch.setattr(network, "load_net", lambda *_, **__: FakeNet())

    class FakeNet:
        def infer(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
            # Takes its level from the whole of what it is given.
            return (x * 0 + x.mean()).repeat(2, axis=1).repeat(2, axis=2).astype(np.float32)

    ramp = np.linspace(20, 230, 240)[None, :, None].repeat(60, 0).repeat(3, 2).astype(np.uint8)
    step = model_step(cards()["SPAN-2x"], INPUT.name, id="model")
    workflow = workflow_of("enlarge", (step,))
    monkeypatch.setattr(run, "_weights_of", lambda *_: {weights.id: {"param": None, "bin": None}})
    result = run.run_picture(workflow, Picture(ramp), cards=cards(), tile=60)[0].pixels.astype(int)
    # Four tiles with levels of their own, some 50 of 255 apart: cut, they would show as steps.
    assert result[0, 479, 0] - result[0, 0, 0] > 60
    assert np.abs(np.diff(result[:, :, 0], axis=1)).max() <= 2
