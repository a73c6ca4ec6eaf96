"""The operation `model` on real weights: exact tiles, sample types, stability, loud failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from whichmodel.catalog import cards
from whichmodel.domain import InputError, StepError, WeightsError
from whichmodel.nodes.exactness import part_of, tile_difference
from whichmodel.nodes.model import overlap_of
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.pictures import Box, Picture, read_picture, resample
from whichmodel.runtimes.ncnn import NcnnNet, load_net
from whichmodel.weights import record, records
from whichmodel.workflow import run_picture
from whichmodel.workflow.steps import INPUT, model_step, workflow_of

Files = dict[str, dict[str, Path]]
SCALES = {"SPAN-2x": 2, "SPAN-4x": 4}


@pytest.fixture(autouse=True)
def _weights(span: Files) -> None:
    """All weights are there."""


def enlarge(name: str, picture: Picture, span: Files, tile: int = 256) -> Picture:
    """Run the operation alone in a workflow."""
    workflow = workflow_of("enlarge", (model_step(cards()[name], INPUT.name, id="model"),))
    return run_picture(workflow, picture, cards=cards(), tile=tile)[0]


@pytest.fixture(scope="module")
def coffee(photo: Path) -> Picture:
    return Picture(read_picture(photo).pixels)


@pytest.mark.parametrize("name", SCALES)
def test_tiled_equals_whole(name: str, coffee: Picture, span: Files) -> None:
    # The part with the spoon, on which the bare network is unstable.
    part = Picture(np.ascontiguousarray(coffee.pixels[180:330, 320:500]))
    whole = enlarge(name, part, span, tile=4096).pixels.astype(int)
    for tile in (32, 47, 100):
        tiled = enlarge(name, part, span, tile=tile).pixels.astype(int)
        # Rounding to 8 bits may flip a value that lies within 0.00002 of a half.
        assert np.abs(tiled - whole).max() <= 1
        assert (tiled != whole).mean() < 0.001


@pytest.mark.parametrize("id", [id for id in records() if id.startswith("span-")])
def test_measured_tile_exactness_holds(id: str, coffee: Picture, span: Files) -> None:
    weights = record(id)
    assert weights.tiling is not None
    assert weights.tiling.difference <= 1 / 255
    assert weights.tiling.overlap == overlap_of(weights)
    net = load_net(span[id]["param"], span[id]["bin"], weights.input_blob, weights.output_blob)
    # With the spoon, at which the network leaves its range: reduced contrast is part of what must agree.
    part = part_of(coffee.pixels.astype(np.uint8), Box(380, 190, 490, 280))
    difference, steps = tile_difference(net, weights, part, 48)
    assert difference <= max(weights.tiling.difference, 1.01 / 65535)
    assert steps <= weights.tiling.steps


@pytest.mark.parametrize("name", SCALES)
def test_no_blobs_on_a_photo_where_the_bare_network_is_unstable(
    name: str, coffee: Picture, span: Files
) -> None:
    result = enlarge(name, coffee, span)
    back = resample(result.pixels, coffee.width, coffee.height, "cubic").astype(float)
    error = np.abs(back - coffee.pixels).max(axis=2)
    smooth = error.reshape(100, 4, 150, 4).mean(axis=(1, 3))
    assert smooth.max() < 25
    if name == "SPAN-2x":
        assert any("unstable" in note for note in result.metadata.notes)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (7, 1), (5, 3)])
@pytest.mark.parametrize("name", SCALES)
def test_tiny_pictures(name: str, height: int, width: int, span: Files) -> None:
    pixels = np.random.default_rng(0).integers(60, 190, (height, width, 3), dtype=np.uint8)
    result = enlarge(name, Picture(pixels), span)
    assert result.pixels.shape == (height * SCALES[name], width * SCALES[name], 3)
    assert abs(float(result.pixels.mean()) - float(pixels.mean())) < 12


def test_grey_stays_grey_and_agrees_with_the_colour_result(coffee: Picture, span: Files) -> None:
    grey = coffee.pixels[:90, :120].mean(axis=2, keepdims=True).astype(np.uint8)
    result = enlarge("SPAN-2x", Picture(grey), span)
    assert result.pixels.shape == (180, 240, 1)
    colour = enlarge("SPAN-2x", Picture(grey.repeat(3, axis=2)), span)
    assert np.abs(colour.pixels.astype(int).mean(axis=2) - result.pixels[:, :, 0]).max() <= 1


def test_16_bits_stay_16_bits_and_are_finer_than_8(coffee: Picture, span: Files) -> None:
    part = coffee.pixels[:60, :80]
    eight = enlarge("SPAN-2x", Picture(np.ascontiguousarray(part)), span)
    sixteen = enlarge("SPAN-2x", Picture(part.astype(np.uint16) * 257), span)
    assert sixteen.pixels.dtype == np.uint16
    assert np.abs(sixteen.pixels / 257.0 - eight.pixels).max() <= 0.51
    assert (sixteen.pixels % 257 != 0).mean() > 0.9


def test_alpha_is_resampled_to_the_same_size(coffee: Picture, span: Files) -> None:
    alpha = np.zeros((60, 80), np.uint8)
    alpha[20:40, 20:60] = 255
    result = enlarge("SPAN-4x", Picture(np.ascontiguousarray(coffee.pixels[:60, :80]), alpha), span)
    assert result.alpha is not None
    assert result.alpha.shape == (240, 320)
    assert result.alpha[120, 160] == 255
    assert result.alpha[5, 5] == 0


def test_the_same_input_gives_the_same_bytes(coffee: Picture, span: Files) -> None:
    part = Picture(np.ascontiguousarray(coffee.pixels[:80, :80]))
    assert (enlarge("SPAN-4x", part, span).pixels == enlarge("SPAN-4x", part, span).pixels).all()


@pytest.mark.parametrize("fault", ["raises", "nan", "infinite", "wrong shape", "memory"])
@pytest.mark.parametrize("broken", range(6))
def test_a_fault_in_any_tile_fails_the_step_and_names_the_tile(
    fault: str, broken: int, coffee: Picture, span: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(1000))

    def infer(net: NcnnNet, x: NDArray[np.float32]) -> NDArray[Any]:
        y = x.repeat(2, axis=1).repeat(2, axis=2)
        if next(calls) == broken:
            if fault == "raises":
                raise RuntimeError("the processor is on fire")
            if fault == "memory":
                raise MemoryError
            if fault == "wrong shape":
                return y[:, :-1]
            y[1, 3, 2] = np.nan if fault == "nan" else np.inf
        return y

    monkeypatch.setattr(NcnnNet, "infer", infer)
    part = Picture(np.ascontiguousarray(coffee.pixels[:120, :180]))
    with pytest.raises(StepError) as caught:
        enlarge("SPAN-2x", part, span, tile=60)
    assert f"tile column {broken % 3}, row {broken // 3}" in caught.value.message
    assert "'model'" in caught.value.message


class TestRuntime:
    """Errors of the ncnn runtime."""

    def test_missing_or_empty_files(self, span: Files, tmp_path: Path) -> None:
        (tmp_path / "empty.bin").touch()
        for weights in (tmp_path / "empty.bin", tmp_path / "none.bin"):
            with pytest.raises(WeightsError, match="missing or empty"):
                NcnnNet(span["span-x2-ch48"]["param"], weights, input_blob="data", output_blob="output")

    def test_no_network(self, span: Files, tmp_path: Path) -> None:
        (tmp_path / "bad.param").write_text("hello")
        with pytest.raises(WeightsError, match="not a network"):
            NcnnNet(
                tmp_path / "bad.param", span["span-x2-ch48"]["bin"], input_blob="data", output_blob="output"
            )

    @pytest.mark.parametrize(("given", "wanted"), [(("in", "output"), "input"), (("data", "out"), "output")])
    def test_unknown_blobs(self, span: Files, given: tuple[str, str], wanted: str) -> None:
        files = span["span-x2-ch48"]
        with pytest.raises(WeightsError, match=f"no {wanted} blob"):
            NcnnNet(files["param"], files["bin"], input_blob=given[0], output_blob=given[1])

    def test_output_that_is_not_finite(self, span: Files) -> None:
        files = span["span-x2-ch48"]
        net = NcnnNet(files["param"], files["bin"], input_blob="data", output_blob="output")
        with pytest.raises(StepError, match="NaN"):
            net.infer(np.full((3, 8, 8), np.nan, np.float32))


@pytest.mark.parametrize("tile", [0, 15, 5000])
def test_tile_sizes_are_checked(tile: int) -> None:
    step = model_step(cards()["SPAN-2x"], INPUT.name, id="model")
    with pytest.raises(InputError, match="16 to 4096"):
        OPERATIONS["model"].check(msgspec.structs.replace(step, parameters={"tile": tile}))
