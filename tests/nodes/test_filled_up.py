"""Networks that take one size only, and all of what they are given counts: what they are given, and how tiles meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from whichmodel.catalog import cards
from whichmodel.domain import InputError, Step
from whichmodel.nodes.feather import RECENT
from whichmodel.nodes.model import ModelOperation, filled_up, tile_side
from whichmodel.nodes.operation import DEFAULT_TILE, Context, Size
from whichmodel.nodes.tone import toned
from whichmodel.pictures import Box, Picture, Raster
from whichmodel.pictures.raster import store
from whichmodel.runtimes.onnx import forget_sessions
from whichmodel.weights import WeightsRecord, records
from whichmodel.weights.record import Tiling, _check
from whichmodel.workflow.calibrate import amount_of, expected_seconds
from whichmodel.workflow.estimate import tile_memory
from whichmodel.workflow.steps import picture_port

SIDE, OVERLAP = 32, 4
MODEL = ModelOperation()


@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    multiple=st.sampled_from([1, 2, 16, 64]),
    edges=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_it_holds_the_part_and_ends_with_the_picture(
    width: int, height: int, multiple: int, edges: tuple[float, ...]
) -> None:
    left, right = sorted(round(edge * (width - 1)) for edge in edges[:2])
    top, bottom = sorted(round(edge * (height - 1)) for edge in edges[2:])
    part = Box(left, top, right + 1, bottom + 1)
    found = filled_up(part, multiple, width, height)
    assert 0 <= found.left <= part.left < part.right <= found.right <= width
    assert 0 <= found.top <= part.top < part.bottom <= found.bottom <= height
    # Whole multiples, unless the picture itself is too small for them; never a whole multiple too many.
    assert found.width % multiple == 0 or found.width == width
    assert found.height % multiple == 0 or found.height == height
    assert found.width < part.width + multiple
    assert found.height < part.height + multiple


def fixed(**changes: Any) -> WeightsRecord:
    """The record of a network for squares of 32 pixels whose tiles fade into each other over 4."""
    tiling = Tiling(
        difference=1, steps=1, overlap=OVERLAP, tiles=(24,), pictures="", date="2026-01-01", working_bytes=100
    )
    values = {
        "id": "fixed",
        "inputs": {"image": "x"},
        "outputs": {"image": "y"},
        "context": "global",
        "input_size": (SIDE, SIDE),
        "size_multiple": 1,
        "tiling": tiling,
        **changes,
    }
    return msgspec.structs.replace(records()["ffdnet-colour"], **values)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Adds a tenth of the mean of all that it is given: `y = x + mean(x) / 10`; 32 x 32 pixels only."""
    shape = [1, 3, SIDE, SIDE]
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[2, 3]),
        helper.make_node("Mul", ["mean", "tenth"], ["part"]),
        helper.make_node("Add", ["x", "part"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "fixed",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.float32(0.1), "tenth")],
    )
    path = tmp_path / "fixed.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    monkeypatch.setitem(records(), "fixed", fixed())
    yield path
    forget_sessions()
    RECENT.clear()


def step_and_context(network: Path, size: Size, raster: Raster, tile: int) -> tuple[Step, Context]:
    card = msgspec.structs.replace(cards()["FFDNet-colour"], name="Fixed", weights="fixed")
    step = Step(
        id="s", title="", operation="model", model="Fixed", takes={"image": "photo"}, gives=picture_port(1)
    )
    files = {"fixed": {"model": network}}.__getitem__
    return step, Context(cards={"Fixed": card}, weights=files, tile=tile, size=size, kind=raster.kind)


@pytest.mark.parametrize(("width", "height"), [(5, 3), (32, 32), (33, 20), (70, 45), (100, 32)])
@pytest.mark.parametrize("tile", [DEFAULT_TILE, 16])
def test_pictures_of_any_size_go_through_a_network_of_one_size(
    width: int, height: int, tile: int, network: Path, tmp_path: Path
) -> None:
    pixels = np.full((height, width, 3), 100, np.uint8)
    pixels[:, : width // 2] = 60
    raster = store(Picture(pixels), tmp_path / "given")
    size = Size(width, height)
    step, context = step_and_context(network, size, raster, tile)
    result = np.zeros((height, width, 3), np.int64)
    for unit in MODEL.units(step, {"image": size}, context):
        assert max(unit.target.width, unit.target.height) <= SIDE - 2 * OVERLAP
        result[unit.target.slices] = MODEL.compute(step, unit, {"image": raster}, context).colour
    added = result - pixels
    # A tenth of a mean that lies between 60 and 100.
    assert added.min() >= 6
    assert added.max() <= 10
    # Tiles fade: no jump at a seam, although their means differ.
    assert np.abs(np.diff(added, axis=1)).max() <= 1
    assert np.abs(np.diff(added, axis=0)).max() <= 1
    raster.close()


@pytest.mark.parametrize("grey", [False, True])
def test_tiles_get_the_tone_of_the_whole(grey: bool, network: Path, tmp_path: Path, monkeypatch: Any) -> None:
    pixels = np.full((30, 150, 1 if grey else 3), 40, np.uint8)
    pixels[:, 75:] = 200
    size = Size(150, 30)
    added = {}
    for one_tone in (False, True):
        RECENT.clear()
        monkeypatch.setitem(records(), "fixed", fixed(one_tone=one_tone))
        raster = store(Picture(pixels), tmp_path / f"given-{one_tone}")
        step, context = step_and_context(network, size, raster, DEFAULT_TILE)
        result = np.zeros(pixels.shape, np.int64)
        for unit in MODEL.units(step, {"image": size}, context):
            result[unit.target.slices] = MODEL.compute(step, unit, {"image": raster}, context).colour
        added[one_tone] = (result - pixels)[:, 30:120]
        raster.close()
    # By itself each tile adds a tenth of its own mean, 4 to 20; together all add a tenth of 120.
    assert np.ptp(added[False][:, [0, -1]]) >= 12
    assert np.abs(added[True][:, [0, -1]] - 12).max() <= 2


def test_one_tone_changes_what_is_kept(network: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("whichmodel.nodes.model.hashes", lambda id: {"model": "0"})
    raster = store(Picture(np.zeros((3, 5, 3), np.uint8)), tmp_path / "given")
    step, context = step_and_context(network, Size(5, 3), raster, DEFAULT_TILE)
    alone = MODEL.identity(step, context)
    monkeypatch.setitem(records(), "fixed", fixed(one_tone=True))
    assert MODEL.identity(step, context) != alone
    assert amount_of(step, {"image": Size(49, 24)}, context) == 4 * SIDE**2  # three tiles and the whole
    assert amount_of(step, {"image": Size(24, 24)}, context) == SIDE**2
    raster.close()


@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    shift=st.integers(-40, 40),
)
def test_a_shift_of_tone_is_undone_and_detail_stays(height: int, width: int, shift: int) -> None:
    random = np.random.default_rng(width)
    detail = random.integers(-9, 10, (height, width, 3))
    part = (120 + shift + detail).astype(np.uint8)
    view = np.full((16, 16, 3), 120 * 257, np.uint16)
    size = Size(width + 5, height + 9)
    found = toned(part, Box(3, 4, 3 + width, 4 + height), view, size)
    assert (found.shape, found.dtype) == (part.shape, part.dtype)
    mean = part.reshape(-1, 3).mean(axis=0)
    assert np.abs(found.reshape(-1, 3).mean(axis=0) - 120).max() < 2
    if min(height, width) >= 48:  # a cell holds enough noise to have none in the mean
        assert np.abs((found - found.mean(axis=(0, 1))) - (part - mean)).max() < 5
    assert toned(part, Box(0, 0, width, height), view, Size(width, height)) is part


def test_a_tile_never_is_larger_than_what_fits() -> None:
    weights = fixed(tile=20)
    step = Step(id="s", title="", operation="model", model="x", takes={"image": "p"}, gives=picture_port(1))
    assert tile_side(step, weights, DEFAULT_TILE) == 20
    assert tile_side(step, weights, 512) == SIDE - 2 * OVERLAP
    assert tile_side(msgspec.structs.replace(step, parameters={"tile": 16}), weights, 512) == 16
    assert tile_side(msgspec.structs.replace(step, parameters={"tile": 99}), weights, 512) == 24


def test_every_tile_costs_as_much_as_a_full_one(network: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("whichmodel.workflow.calibrate.installed", lambda id: {"model": network})
    monkeypatch.setattr("whichmodel.nodes.model.hashes", lambda id: {"model": "0"})
    small, raster = Size(5, 3), store(Picture(np.zeros((3, 5, 3), np.uint8)), tmp_path / "given")
    step, context = step_and_context(network, small, raster, DEFAULT_TILE)
    assert amount_of(step, {"image": small}, context) == SIDE**2
    assert amount_of(step, {"image": Size(49, 24)}, context) == 3 * SIDE**2
    assert tile_memory(fixed(), 24, small) == tile_memory(fixed(), 24, Size(900, 900))
    seconds = expected_seconds(step, {"image": small}, {"image": raster.kind}, context, measure=True)
    assert seconds is not None
    assert 0 < seconds < 60
    raster.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input_size": (32, 48)}, "filled up to a square"),
        ({"size_multiple": 24}, "filled up to a square"),
        ({"one_tone": True, "input_size": None}, "one_tone is for"),
        ({"one_tone": True, "scale": 2}, "one_tone is for"),
    ],
)
def test_a_record_says_what_goes_together(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        _check(fixed(**changes), "here.yaml")


def test_what_brings_new_light_may_change_it(monkeypatch: Any) -> None:
    step = Step(
        id="s", title="", operation="model", model="Fixed", takes={"image": "p"}, gives=picture_port(1)
    )
    card = msgspec.structs.replace(cards()["FFDNet-colour"], name="Fixed", weights="fixed")
    for new_light in (False, True):
        monkeypatch.setitem(records(), "fixed", fixed(new_light=new_light))
        assert MODEL.keeps_light(step, {"Fixed": card}) is not new_light
