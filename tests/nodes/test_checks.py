"""Post-checks: broken results are caught, honest ones pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.domain import StepError
from whichmodel.nodes.checks import Likeness, check_samples
from whichmodel.nodes.operation import Samples, Size, Unit
from whichmodel.nodes.tiles import tiles
from whichmodel.pictures import Box, Kind, Picture, resample
from whichmodel.pictures.raster import store

PHOTO = np.random.default_rng(0).integers(90, 200, (40, 60, 3), dtype=np.uint8)
EIGHT = Kind(3, 8)


def enlarged() -> NDArray[Any]:
    return np.array(resample(PHOTO, 120, 80))


def likeness(before: NDArray[Any], after: NDArray[Any], folder: Path, tile: int = 1000) -> Likeness:
    """A result taken in tile by tile."""
    height, width, bands = after.shape
    found = Likeness(
        "s",
        store(Picture(before), folder / "before"),
        Size(width, height),
        Kind(bands, 8 * after.dtype.itemsize),
    )
    for each in tiles(width, height, size=tile, halo=0):
        found.add(each.core, after[each.core.slices])
    return found


def test_an_honest_enlargement_passes(tmp_path: Path) -> None:
    likeness(PHOTO, enlarged(), tmp_path).check()


def test_constant_in_constant_out_passes(tmp_path: Path) -> None:
    likeness(np.full((4, 4, 3), 7, np.uint8), np.full((8, 8, 3), 7, np.uint8), tmp_path).check()


def test_black_is_caught(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="single colour"):
        likeness(PHOTO, np.zeros((80, 120, 3), np.uint8), tmp_path).check()


@pytest.mark.parametrize("tile", [7, 33, 1000])
def test_a_black_tile_is_caught(tile: int, tmp_path: Path) -> None:
    result = enlarged()
    result[40:, 60:] = 0
    with pytest.raises(StepError, match="does not look like"):
        likeness(PHOTO, result, tmp_path, tile).check()


@given(
    width=st.integers(1, 150),
    height=st.integers(1, 90),
    tile=st.integers(1, 60),
    kind=st.sampled_from([(1, 8), (3, 16)]),
)
def test_the_means_are_those_of_the_whole_picture(
    width: int, height: int, tile: int, kind: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bands, bits = kind
    generator = np.random.default_rng(width)
    before = generator.integers(0, 1 << bits, (height, width, bands)).astype(Kind(bands, bits).dtype)
    after = np.roll(before, 3, axis=1)
    folder = tmp_path_factory.mktemp("means")
    in_tiles = likeness(before, after, folder, tile).difference()
    assert in_tiles == likeness(before, after, folder).difference()
    if max(width, height) < 32:  # one block
        assert in_tiles == pytest.approx(0, abs=1e-12)


def test_grey_is_compared_with_the_mean_of_colour(tmp_path: Path) -> None:
    grey = PHOTO.mean(axis=2, keepdims=True).astype(np.uint16) * 257
    likeness(PHOTO, grey, tmp_path).check()


UNIT = Unit(Box(0, 0, 120, 80), "all")


def test_another_size_is_caught() -> None:
    with pytest.raises(StepError, match="instead of 120 × 80"):
        check_samples(UNIT, Samples(enlarged()[:-1]), EIGHT)


def test_a_lost_channel_or_depth_is_caught() -> None:
    for other in (enlarged()[:, :, :1], enlarged().astype(np.uint16)):
        with pytest.raises(StepError, match="sample type or the number"):
            check_samples(UNIT, Samples(other), EIGHT)


def test_lost_transparency_is_caught() -> None:
    with pytest.raises(StepError, match="transparency"):
        check_samples(UNIT, Samples(enlarged()), Kind(3, 8, alpha=True))
    with pytest.raises(StepError, match="transparency"):
        check_samples(UNIT, Samples(enlarged(), np.zeros((80, 120), np.uint8)), EIGHT)
