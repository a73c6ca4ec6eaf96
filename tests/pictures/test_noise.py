"""The noise level of a picture: near the truth, hardly moved by texture, and never a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.pictures import Box, Kind, Raster, read_picture
from whichmodel.pictures.noise import noise_level


def level(pixels: NDArray[Any], folder: Path) -> float:
    """The level of an array `(h, w, 1 or 3)`."""
    height, width, bands = pixels.shape
    raster = Raster.create(folder / "r", width, height, Kind(bands, pixels.dtype.itemsize * 8))
    raster.write(Box(0, 0, width, height), np.ascontiguousarray(pixels))
    found = noise_level(raster)
    raster.close()
    (folder / "r").unlink()
    return found


@pytest.mark.parametrize(("sigma", "off"), [(5, 1), (15, 1), (25, 1.5), (50, 6)])
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_known_noise_is_found(
    name: str, sigma: int, off: float, photos: dict[str, Path], tmp_path: Path
) -> None:
    clean = read_picture(photos[name]).pixels[:, :, :3]
    noise = np.random.default_rng(sigma).normal(0, sigma, clean.shape)
    noisy = np.rint(clean + noise).clip(0, 255).astype(np.uint8)
    assert abs(level(noisy, tmp_path) - sigma) < off
    assert abs(level(noisy.astype(np.uint16) * 257, tmp_path) - level(noisy, tmp_path)) < 0.02
    grey = np.rint(clean[:, :, :1] + noise[:, :, :1]).clip(0, 255).astype(np.uint8)
    assert abs(level(grey, tmp_path) - sigma) < off + 1


@settings(max_examples=60)
@given(width=st.integers(1, 12), height=st.integers(1, 12), value=st.sampled_from([0, 100, 255]))
def test_tiny_and_even_pictures_have_none(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, value: int
) -> None:
    pixels = np.full((height, width, 3), value, np.uint8)
    assert level(pixels, tmp_path_factory.mktemp("n")) == 0


def test_a_straight_gradient_is_no_noise(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:64, 0:80]
    pixels = (1000 + 300 * rows + 200 * columns).astype(np.uint16)[:, :, None]
    assert level(pixels, tmp_path) < 0.1


def test_what_is_cut_off_at_black_and_white_is_left_out(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    pixels = np.zeros((200, 200, 1), np.uint8)  # two thirds of it flat black
    pixels[:70] = np.rint(128 + random.normal(0, 20, (70, 200, 1)))
    assert abs(level(pixels, tmp_path) - 20) < 1.5


def test_dense_texture_is_hardly_taken_for_noise(shared_data: Path, tmp_path: Path) -> None:
    baboon = shared_data / "images" / "Set14" / "x4" / "img_001_SRF_4_HR.png"
    assert level(read_picture(baboon).pixels, tmp_path) < 7.5


def test_the_level_of_a_large_picture_is_that_of_its_parts(photo: Path, tmp_path: Path) -> None:
    small = read_picture(photo).pixels[:320, :320]
    noisy = np.rint(small + np.random.default_rng(1).normal(0, 20, small.shape)).clip(0, 255).astype(np.uint8)
    assert abs(level(np.tile(noisy, (4, 5, 1)), tmp_path) - level(noisy, tmp_path)) < 1.5
