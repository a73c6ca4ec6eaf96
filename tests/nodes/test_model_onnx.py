"""The operation `model` on small ONNX networks that are made here: same size, groups of pixels, a noise level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from whichmodel.catalog import cards
from whichmodel.domain import InputError, ModelCard, Step, StepError
from whichmodel.nodes.exactness import part_of, tile_difference
from whichmodel.nodes.model import ModelOperation, halo_of, overlap_of, tile_side
from whichmodel.nodes.network import picture_net
from whichmodel.nodes.operation import DEFAULT_TILE, Context, Size
from whichmodel.pictures import Box, Picture, Raster, read_picture
from whichmodel.pictures.raster import joined, store
from whichmodel.runtimes.onnx import forget_sessions
from whichmodel.weights import WeightsRecord, records
from whichmodel.weights.record import Tiling
from whichmodel.workflow.estimate import tile_memory
from whichmodel.workflow.steps import picture_port

REACH = 5
"""Pixels that the network looks around: its convolution of 5 x 5 on blocks of 2 x 2, and the place in a block."""

MODEL = ModelOperation()


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Smooths blocks of 2 x 2 pixels and mixes the result in by the noise level: `x + 8 s (smooth(x) - x)`."""
    kernel = np.zeros((12, 12, 5, 5), np.float32)
    kernel[range(12), range(12)] = np.random.default_rng(0).random((5, 5)) / 12.5
    nodes = [
        helper.make_node("SpaceToDepth", ["x"], ["small"], blocksize=2),
        helper.make_node("Conv", ["small", "kernel"], ["smooth"], pads=[2, 2, 2, 2]),
        helper.make_node("DepthToSpace", ["smooth"], ["back"], blocksize=2),
        helper.make_node("Sub", ["back", "x"], ["difference"]),
        helper.make_node("Mul", ["s", "eight"], ["share"]),
        helper.make_node("Mul", ["difference", "share"], ["part"]),
        helper.make_node("Add", ["x", "part"], ["y"]),
    ]
    free = [1, 3, "h", "w"]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, free),
            helper.make_tensor_value_info("s", TensorProto.FLOAT, [1, 1, 1, 1]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, free)],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(np.float32(8), "eight")],
    )
    path = tmp_path / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    monkeypatch.setitem(records(), "tiny", tiny())
    yield path
    forget_sessions()


def tiny(**changes: Any) -> WeightsRecord:
    """The record of the network; its files and licence are not looked at here."""
    return msgspec.structs.replace(
        records()["ffdnet-colour"],
        id="tiny",
        inputs={"image": "x", "sigma": "s"},
        outputs={"image": "y"},
        receptive_field_radius=REACH,
        size_multiple=2,
        tiling=None,
        **changes,
    )


def done(
    picture: Picture, network: Path, tmp_path: Path, tile: int = DEFAULT_TILE, **parameters: Any
) -> tuple[Picture, Context]:
    """The operation on a picture, all of its units, as the engine would run them."""
    card = msgspec.structs.replace(cards()["FFDNet-colour"], name="Tiny", weights="tiny")
    known: dict[str, ModelCard] = {"Tiny": card}
    step = Step(
        id="clean",
        title="",
        operation="model",
        model="Tiny",
        takes={"image": "photo"},
        gives=picture_port(1),
        parameters=parameters,
    )
    MODEL.check(step)
    given = store(picture, tmp_path / "given")
    size = Size(picture.width, picture.height)
    assert MODEL.output_size(step, {"image": size}, known) == size
    context = Context(
        cards=known, weights={"tiny": {"model": network}}.__getitem__, tile=tile, size=size, kind=given.kind
    )
    context = replace(context, state=MODEL.prepare(step, {"image": given}, context))
    result = Raster.create(tmp_path / "result", size.width, size.height, given.kind)
    for unit in MODEL.units(step, {"image": size}, context):
        samples = MODEL.compute(step, unit, {"image": given}, context)
        result.write(unit.target, joined(samples.colour, samples.alpha))
    for raster in (given, result):
        raster.close()
    return result.to_picture(), context


@pytest.fixture(scope="module")
def noisy(photo: Path) -> NDArray[np.uint8]:
    """A part of a photograph with odd sides, and noise of 20."""
    part = read_picture(photo).pixels[100:211, 200:333].astype(float)
    noise = np.random.default_rng(0).normal(0, 20, part.shape)
    return np.rint(part + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("tile", [16, 31, 64])
def test_tiles_of_any_size_give_the_same(
    tile: int, noisy: NDArray[np.uint8], network: Path, tmp_path: Path
) -> None:
    whole, _ = done(Picture(noisy), network, tmp_path, tile=4096, sigma=20)
    tiled, _ = done(Picture(noisy), network, tmp_path, tile=tile, sigma=20)
    assert whole.pixels.shape == noisy.shape
    assert (whole.pixels != noisy).mean() > 0.5
    # The order of sums may differ from size to size, so a value at a half may fall either way.
    difference = np.abs(whole.pixels.astype(int) - tiled.pixels)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.001


def test_a_tile_that_begins_inside_a_group_would_differ(
    noisy: NDArray[np.uint8], network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = done(Picture(noisy), network, tmp_path, tile=4096, sigma=20)
    monkeypatch.setattr(
        "whichmodel.nodes.model.halo_of",
        lambda weights, core, width, height: core.grown(overlap_of(weights), width, height),
    )
    tiled, _ = done(Picture(noisy), network, tmp_path, tile=31, sigma=20)
    assert np.abs(whole.pixels.astype(int) - tiled.pixels).max() > 3


def test_the_level_is_taken_or_estimated(noisy: NDArray[np.uint8], network: Path, tmp_path: Path) -> None:
    given, context = done(Picture(noisy), network, tmp_path, sigma=20.0)
    assert context.state == {"sigma": 20.0}
    found, context = done(Picture(noisy), network, tmp_path)
    assert abs(context.state["sigma"] - 20) < 4
    none, _ = done(Picture(noisy), network, tmp_path, sigma=0)
    assert (none.pixels == noisy).all()
    # At level 20 the network gives x + 8 * 20 / 255 * (smooth - x): the estimate shows in the result.
    moved = [np.abs(each.pixels.astype(float) - noisy).mean() for each in (given, found)]
    assert abs(moved[1] / moved[0] - context.state["sigma"] / 20) < 0.15


def test_notes_say_what_was_estimated(network: Path) -> None:
    step = Step(id="clean", title="", operation="model", model="Tiny", takes={}, gives=picture_port(1))
    assert "estimated as 12.3 of 255" in MODEL.notes(step, {}, 1, {"sigma": 12.34})[0]
    told = msgspec.structs.replace(step, parameters={"sigma": 5})
    assert MODEL.notes(told, {}, 1, {"sigma": 5.0}) == ()


@pytest.mark.parametrize("sigma", [-1, 76, float("nan"), True, "strong"])
def test_levels_that_cannot_be(sigma: Any) -> None:
    step = Step(
        id="clean", title="", operation="model", takes={}, gives=picture_port(1), parameters={"sigma": sigma}
    )
    with pytest.raises(InputError, match="sigma"):
        MODEL.check(step)


def test_a_level_that_nobody_gave_is_an_error(network: Path) -> None:
    with pytest.raises(StepError, match="needs a noise level"):
        picture_net(tiny(), {"model": network})


def test_grey_sixteen_bits_and_alpha(noisy: NDArray[np.uint8], network: Path, tmp_path: Path) -> None:
    colour, _ = done(Picture(noisy), network, tmp_path, sigma=20)
    fine, _ = done(Picture(noisy.astype(np.uint16) * 257), network, tmp_path, sigma=20)
    assert fine.pixels.dtype == np.uint16
    assert np.abs(fine.pixels / 257.0 - colour.pixels).max() <= 0.51
    grey = np.ascontiguousarray(noisy[:, :, :1])
    cleaned, _ = done(Picture(grey), network, tmp_path, sigma=20)
    assert cleaned.pixels.shape == grey.shape
    # Equal noise in three channels is stronger for the network: it is told a higher level.
    as_colour, _ = done(Picture(grey.repeat(3, axis=2)), network, tmp_path, sigma=32)
    assert np.abs(cleaned.pixels.astype(int) - as_colour.pixels[:, :, :1]).max() <= 1
    alpha = np.random.default_rng(1).integers(0, 255, noisy.shape[:2], dtype=np.uint8)
    with_alpha, _ = done(Picture(noisy, alpha), network, tmp_path, sigma=20)
    assert with_alpha.alpha is not None
    assert (with_alpha.alpha == alpha).all()
    assert (with_alpha.pixels == colour.pixels).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 5), (7, 1)])
def test_tiny_pictures(height: int, width: int, network: Path, tmp_path: Path) -> None:
    pixels = np.full((height, width, 3), 90, np.uint8)
    result, context = done(Picture(pixels), network, tmp_path)
    assert context.state == {"sigma": 0.0}
    assert (result.pixels == pixels).all()


def test_exactness_is_that_of_the_way_tiles_meet(noisy: NDArray[np.uint8], network: Path) -> None:
    pixels = part_of(noisy, Box(0, 0, 120, 100))
    cut, faded = tiny(), msgspec.structs.replace(tiny(), context="global")
    net = picture_net(cut, {"model": network}, sigma=20)
    assert tile_difference(net, cut, pixels, 40)[0] < 2 / 65535
    # A tile's own border, where the network has nothing to look at, still counts a little where it fades out.
    assert 2 / 65535 < tile_difference(net, faded, pixels, 40)[0] < 0.5
    assert tile_difference(net, faded, pixels, 200)[0] == 0


class TestGeometry:
    """What a tile is computed from."""

    def test_corners_lie_on_the_grid_and_reach_far_enough(self) -> None:
        weights = tiny()
        for left in range(40, 60):
            core = Box(left, left + 1, left + 17, left + 20)
            source = halo_of(weights, core, 200, 101)
            assert source.left % 2 == source.top % 2 == 0
            assert source.left <= core.left - REACH
            assert source.right >= core.right + REACH
        assert halo_of(weights, Box(190, 90, 200, 101), 200, 101) == Box(184, 84, 200, 101)

    def test_a_measured_overlap_counts_where_it_is_smaller(self) -> None:
        measured = Tiling(
            difference=0, steps=0, overlap=3, tiles=(8,), pictures="", date="2026-01-01", working_bytes=10
        )
        assert overlap_of(tiny()) == REACH
        assert overlap_of(msgspec.structs.replace(tiny(), tiling=measured)) == 3
        wider = msgspec.structs.replace(measured, overlap=50)
        assert overlap_of(msgspec.structs.replace(tiny(), tiling=wider)) == REACH

    def test_whose_tile_it_is(self) -> None:
        step = Step(id="clean", title="", operation="model", takes={}, gives=picture_port(1))
        own = msgspec.structs.replace(tiny(), tile=768)
        assert tile_side(step, tiny(), DEFAULT_TILE) == DEFAULT_TILE
        assert tile_side(step, own, DEFAULT_TILE) == 768
        assert tile_side(step, own, 128) == 128  # chosen by the person who runs it
        named = msgspec.structs.replace(step, parameters={"tile": 64})
        assert tile_side(named, own, 128) == 64
        assert tile_memory(own, 768, Size(5000, 5000)) > tile_memory(own, 128, Size(5000, 5000))
