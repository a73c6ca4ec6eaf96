"""Blurred pictures from sharp ones: kernels, light, noise, and that both crops show the same place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whichmodel.training.blur import (
    BlurKind,
    blurred,
    convolved,
    from_light,
    kernel_of,
    random_kernel,
    shaken_path,
    straight_path,
    to_light,
)

CLEAN = BlurKind(longest=15, lamps=1, photons=(0, 0), electronics=0)
SEEDS = st.integers(0, 10_000)


@settings(max_examples=60)
@given(seed=SEEDS, longest=st.floats(3, 60))
def test_kernels_spread_light_and_keep_it_where_it_was(seed: int, longest: float) -> None:
    kind = BlurKind(longest=longest)
    kernel = random_kernel(kind, np.random.default_rng(seed))
    side = kernel.shape[0]
    assert kernel.shape == (side, side)
    assert side % 2 == 1
    assert side // 2 <= kind.margin + 1
    assert kernel.min() >= 0
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    places = np.arange(side) - side // 2
    assert abs(float(kernel.sum(axis=1) @ places)) < 1e-3
    assert abs(float(kernel.sum(axis=0) @ places)) < 1e-3


def test_a_straight_path_is_as_long_and_as_steep_as_asked() -> None:
    flat = kernel_of(straight_path(9, 0))
    assert np.flatnonzero(flat.sum(axis=1) > 1e-6).size == 1
    assert np.flatnonzero(flat.sum(axis=0) > 1e-3).size == pytest.approx(10, abs=1)
    upright = kernel_of(straight_path(9, np.pi / 2))
    assert np.allclose(upright, flat.T, atol=1e-5)


@given(seed=SEEDS)
@settings(max_examples=30)
def test_an_unsteady_hand_stays_within_the_length(seed: int) -> None:
    path = shaken_path(20, np.random.default_rng(seed))
    assert np.abs(path).max() == pytest.approx(10)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    assert steps.max() < 10  # a path, no cloud of points
    assert len({tuple(np.round(point, 3)) for point in path}) > 50


@given(value=st.floats(0, 1))
def test_light_and_back(value: float) -> None:
    stored = np.array([value], np.float32)
    assert from_light(to_light(stored)) == pytest.approx(stored, abs=1e-5)


def test_known_values_of_srgb() -> None:
    assert to_light(np.array([0.5, 0.04, 1.0], np.float32)) == pytest.approx(
        [0.21404, 0.0030960, 1], abs=1e-5
    )


def test_convolution_is_the_sum_that_it_should_be() -> None:
    random = np.random.default_rng(1)
    planes, kernel = random.random((9, 8, 2), dtype=np.float32), random.random((3, 3), dtype=np.float32)
    found = convolved(planes, kernel)
    assert found.shape == (7, 6, 2)
    wanted = sum(
        kernel[2 - row, 2 - column] * planes[row : row + 7, column : column + 6]
        for row in range(3)
        for column in range(3)
    )
    assert found == pytest.approx(wanted, abs=1e-5)


@given(seed=SEEDS, value=st.integers(0, 255))
@settings(max_examples=20)
def test_an_even_surface_stays_even(seed: int, value: int) -> None:
    margin = CLEAN.margin
    sharp = np.full((20 + 2 * margin, 24 + 2 * margin, 3), value / 255, np.float32)
    found = blurred(sharp, CLEAN, np.random.default_rng(seed))
    assert found.shape == (20, 24, 3)
    assert np.abs(found - value / 255).max() < 1.01 / 255


def test_a_point_smears_around_its_own_place() -> None:
    margin = CLEAN.margin
    for seed in range(20):
        sharp = np.zeros((41 + 2 * margin, 41 + 2 * margin, 3), np.float32)
        sharp[margin + 20, margin + 20] = 1
        light = to_light(blurred(sharp, CLEAN, np.random.default_rng(seed)))[:, :, 0]
        total = light.sum()
        assert total == pytest.approx(1, rel=0.15)  # 8 bits lose the faintest of it
        rows, columns = np.mgrid[0:41, 0:41]
        assert float((light * rows).sum() / total) == pytest.approx(20, abs=0.6)
        assert float((light * columns).sum() / total) == pytest.approx(20, abs=0.6)


def test_a_lamp_smears_to_a_bright_line() -> None:
    margin = CLEAN.margin
    sharp = np.full((31 + 2 * margin, 31 + 2 * margin, 3), 0.1, np.float32)
    sharp[margin + 14 : margin + 17, margin + 14 : margin + 17] = 1
    lamps = BlurKind(longest=15, lamps=8, photons=(0, 0), electronics=0)
    plain, bright = (
        [blurred(sharp, kind, np.random.default_rng(s)).mean() for s in range(8)] for kind in (CLEAN, lamps)
    )
    assert all(more >= less for more, less in zip(bright, plain, strict=True))
    assert sum(bright) > sum(plain) * 1.05


def test_noise_grows_with_the_light() -> None:
    kind = BlurKind(longest=3, lamps=1, photons=(500, 500), electronics=0)
    deviations = []
    for stored in (0.25, 0.9):
        sharp = np.full((96, 96, 3), stored, np.float32)
        deviations.append(to_light(blurred(sharp, kind, np.random.default_rng(3))).std())
    low, high = deviations
    assert high / low == pytest.approx(
        np.sqrt(to_light(np.float32(0.9)) / to_light(np.float32(0.25))), rel=0.15
    )


def test_the_same_generator_gives_the_same_picture() -> None:
    sharp = np.random.default_rng(0).random((60, 60, 3), dtype=np.float32)
    first, again, other = (
        blurred(sharp, BlurKind(longest=9), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
