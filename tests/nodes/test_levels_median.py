"""`levels` and `median`: equal to their formulas, whatever the kind and the cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import skimage.exposure
from hypothesis import given, settings
from hypothesis import strategies as st

from whichmodel.domain import InputError
from whichmodel.pictures import Picture, read_picture
from whichmodel.pictures.raster import Kind

KINDS = st.builds(Kind, st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans())
CUTS = st.lists(st.floats(0, 1), max_size=5)
SIDES = st.integers(1, 40)
SEEDS = st.integers(0, 2**32)
Do = Callable[..., Any]


def alpha_stays(one: Picture, other: Picture) -> bool:
    return (one.alpha is None and other.alpha is None) or bool(np.array_equal(one.alpha, other.alpha))  # type: ignore[arg-type]


class TestLevels:
    @settings(max_examples=60)
    @given(KINDS, SIDES, SIDES, st.floats(0, 0.49), st.floats(0.51, 1), st.floats(0.1, 10), CUTS, SEEDS)
    def test_the_formula(
        self, do: Do, noise: Do, kind: Kind, width: int, height: int, black: float, white: float,
        gamma: float, cuts: list[float], seed: int,
    ) -> None:  # fmt: skip
        photo = noise(kind, width, height, seed)
        found, _ = do("levels", photo, cuts, black=black, white=white, gamma=gamma)
        stretched = skimage.exposure.rescale_intensity(
            photo.pixels / kind.top, in_range=(black, white), out_range=(0.0, 1.0)
        )
        expected = skimage.exposure.adjust_gamma(np.clip(stretched, 0, 1), 1 / gamma) * kind.top
        assert np.abs(found.pixels - expected).max() <= 0.5 + 1e-6 * kind.top
        assert alpha_stays(found, photo)

    @given(st.floats(0, 0.9), st.floats(0.01, 0.1), st.floats(0.1, 10), st.sampled_from([8, 16]))
    @settings(max_examples=40)
    def test_brighter_stays_brighter(
        self, do: Do, black: float, span: float, gamma: float, bits: int
    ) -> None:
        ramp = np.arange(1 << bits, dtype=np.uint8 if bits == 8 else np.uint16).reshape(-1, 64, 1)
        found, _ = do("levels", Picture(ramp), black=black, white=black + span, gamma=gamma)
        values = found.pixels.ravel().astype(int)
        assert (np.diff(values) >= 0).all()
        assert (values[0], values[-1]) == (0, (1 << bits) - 1)

    def test_the_defaults_change_nothing(self, do: Do, noise: Do) -> None:
        photo = noise(Kind(3, 16, True), 20, 10, 1)
        found, _ = do("levels", photo)
        assert np.array_equal(found.pixels, photo.pixels)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"black": 0.5, "white": 0.5},
            {"white": 1.1},
            {"black": -0.1},
            {"gamma": 0},
            {"gamma": float("nan")},
        ],
    )
    def test_what_is_no_curve_is_refused(self, do: Do, noise: Do, wrong: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="levels"):
            do("levels", noise(Kind(1, 8), 5, 5, 0), **wrong)


class TestMedian:
    @settings(max_examples=60)
    @given(KINDS, SIDES, SIDES, st.integers(1, 4), CUTS, SEEDS)
    def test_it_is_the_median_of_the_square(
        self,
        do: Do,
        noise: Do,
        kind: Kind,
        width: int,
        height: int,
        radius: int,
        cuts: list[float],
        seed: int,
    ) -> None:
        photo = noise(kind, width, height, seed)
        found, _ = do("median", photo, cuts, radius=radius)
        side = 2 * radius + 1
        expected = scipy.ndimage.median_filter(photo.pixels, (side, side, 1), mode="nearest")
        assert np.array_equal(found.pixels, expected)
        assert alpha_stays(found, photo)

    def test_specks_go_and_edges_stay(self, do: Do, photo: Any) -> None:
        clean = read_picture(photo).pixels[100:300, 100:400]
        specked = clean.copy()
        rng = np.random.default_rng(0)
        specked[rng.random(clean.shape[:2]) < 0.03] = 255
        found, _ = do("median", Picture(specked))
        before, after = (np.mean((item.astype(float) - clean) ** 2) for item in (specked, found.pixels))
        assert after < before / 8

    @pytest.mark.parametrize("wrong", [{"radius": 0}, {"radius": 11}, {"radius": 1.5}])
    def test_what_is_no_radius_is_refused(self, do: Do, noise: Do, wrong: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="median"):
            do("median", noise(Kind(1, 8), 5, 5, 0), **wrong)
