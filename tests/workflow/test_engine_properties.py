"""For any size, channels, bits, factor and tile: the size is exact, there is no seam, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from whichmodel.catalog import cards
from whichmodel.domain import Step
from whichmodel.nodes import model as model_module
from whichmodel.nodes import network as network_module
from whichmodel.pictures import Box, Kind, Picture, resample
from whichmodel.pictures.raster import store
from whichmodel.weights import record
from whichmodel.workflow import run_picture
from whichmodel.workflow.steps import INPUT, model_step, workflow_of

SIDES = st.integers(1, 130)
TILES = st.integers(16, 90)
CHANNELS = st.integers(1, 4)
BITS = st.sampled_from([8, 16])


class Blur:
    """A stand-in for a network: enlarges, and looks 20 pixels far; zeros lie around the picture, as in one."""

    def __init__(self, scale: int) -> None:
        self.scale = scale

    def infer(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(3, H, W)` to `(3, s*H, s*W)`."""
        wide = np.pad(x, ((0, 0), (20, 20), (20, 20)))
        # In whole numbers, so that sums do not depend on where a tile begins.
        whole = np.rint(wide.astype(np.float64) * 4096)
        far = np.rint(uniform_filter(whole, size=(1, 41, 41), mode="constant") * 4)[:, 20:-20, 20:-20]
        mixed = ((whole[:, 20:-20, 20:-20] * 3 + far / 4) / 4 / 4096).astype(np.float32)
        return mixed.repeat(self.scale, 1).repeat(self.scale, 2)


@pytest.fixture(scope="module", autouse=True)
def _stand_in() -> Iterator[None]:
    """No weights are fetched and no network runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            network_module,
            "load_net",
            lambda param, bin, *rest, **named: Blur(4 if "x4" in str(param) else 2),
        )
        patch.setattr("whichmodel.workflow.run.installed", lambda id: {"param": Path(id), "bin": Path(id)})
        yield


def picture(width: int, height: int, channels: int, bits: int, seed: int) -> Picture:
    """Noise in the middle of the range; with two or four channels the last is transparency."""
    generator = np.random.default_rng(seed)
    kind = Kind(3 if channels > 2 else 1, bits)
    top = kind.top
    colour = generator.integers(top // 4, 3 * top // 4, (height, width, kind.bands)).astype(kind.dtype)
    alpha = generator.integers(0, top + 1, (height, width)).astype(kind.dtype) if channels in (2, 4) else None
    return Picture(colour, alpha)


@settings(max_examples=25)
@given(SIDES, SIDES, CHANNELS, BITS, TILES, st.sampled_from(["SPAN-4x", "SPAN-2x"]))
@example(1, 1, 3, 8, 16, "SPAN-4x")
@example(1, 1, 2, 16, 256, "SPAN-2x")
@example(2000, 37, 3, 8, 64, "SPAN-2x")
@example(37, 2000, 4, 16, 300, "SPAN-2x")
@example(2000, 37, 1, 8, 1000, "SPAN-4x")
def test_a_model_in_tiles_is_the_model_on_the_whole(
    width: int, height: int, channels: int, bits: int, tile: int, name: str
) -> None:
    before = picture(width, height, channels, bits, seed=width * height)
    workflow = workflow_of("enlarge", (model_step(cards()[name], INPUT.name, id="model"),))
    weights = record(cards()[name].weights or "")
    after = run_picture(workflow, before, cards=cards(), tile=tile)[0]
    assert (after.width, after.height, after.bits) == (width * weights.scale, height * weights.scale, bits)
    whole, _ = model_module.enlarge_tile(
        Blur(weights.scale),  # type: ignore[arg-type]
        weights,
        before.pixels,
        Box(0, 0, width, height),
    )
    assert np.array_equal(after.pixels, whole)
    assert (after.alpha is None) == (before.alpha is None)
    if before.alpha is not None:
        due = resample(before.alpha[:, :, None], after.width, after.height)[:, :, 0]
        # Interpolation steps by fractions that libvips adds up from where a tile begins.
        assert np.abs(after.alpha.astype(int) - due).max() <= (1 if bits == 8 else 300)


@settings(max_examples=30)
@given(
    SIDES,
    SIDES,
    CHANNELS,
    BITS,
    st.tuples(st.integers(1, 400), st.integers(1, 400)),
    st.sampled_from(["lanczos3", "cubic", "linear", "nearest"]),
    st.integers(1, 60),
)
@example(2000, 37, 3, 8, (1333, 25), "lanczos3", 4)
@example(37, 2000, 4, 16, (3, 4000), "cubic", 90)
@example(130, 130, 1, 8, (1, 1), "lanczos3", 1)
@example(1, 1, 2, 16, (400, 400), "linear", 7)
def test_resampling_in_bands_is_resampling_the_whole(
    width: int,
    height: int,
    channels: int,
    bits: int,
    size: tuple[int, int],
    kernel: Any,
    rows: int,
) -> None:
    before = picture(width, height, channels, bits, seed=width + height)
    step = Step(
        id="r",
        title="r",
        operation="resample",
        takes={"image": INPUT.name},
        gives=INPUT,
        parameters={"width": size[0], "height": size[1], "kernel": kernel},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whichmodel.nodes.resample.BAND", rows * size[0])
        patch.setattr("whichmodel.nodes.checks.MEAN_TOLERANCE", 2.0)  # noise shrunk to a pixel moves a lot
        patch.setattr("whichmodel.nodes.checks.CONTRAST_FLOOR", 2.0)
        after = run_picture(workflow_of("r", (step,)), before, cards={})[0]
    assert (after.width, after.height, after.bits) == (*size, bits)
    assert np.array_equal(after.pixels, resample(before.pixels, *size, kernel))
    if before.alpha is not None:
        assert np.array_equal(after.alpha, resample(before.alpha[:, :, None], *size, kernel)[:, :, 0])


@given(width=SIDES, height=SIDES, channels=CHANNELS, bits=BITS, data=st.data())
@example(width=2000, height=37, channels=4, bits=16, data=None)
def test_a_raster_gives_back_what_was_written_by_parts_and_as_a_stream(
    width: int, height: int, channels: int, bits: int, data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = picture(width, height, channels, bits, seed=width * 3 + height)
    raster = store(before, tmp_path_factory.mktemp("raster") / "samples")
    assert raster.path.stat().st_size == raster.bytes
    left, top = width // 3, height // 4
    right, bottom = width, height
    if data is not None:
        left = data.draw(st.integers(0, width - 1))
        top = data.draw(st.integers(0, height - 1))
        right = data.draw(st.integers(left + 1, width))
        bottom = data.draw(st.integers(top + 1, height))
    box = Box(left, top, right, bottom)
    assert np.array_equal(raster.read(box), before.pixels[box.slices])
    streamed = np.ndarray(
        (height, width, raster.kind.samples), raster.kind.dtype, raster.lazy_all().write_to_memory()
    )
    assert np.array_equal(streamed[:, :, : raster.kind.bands], before.pixels)
    if before.alpha is not None:
        assert np.array_equal(raster.alpha(box), before.alpha[box.slices])
        assert np.array_equal(streamed[:, :, -1], before.alpha)
    again = raster.to_picture()
    assert np.array_equal(again.pixels, before.pixels)
