"""`deconvolve`: kernels, that it brings back what was blurred, and blocks that leave no seams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import skimage.restoration
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.domain import InputError
from whichmodel.nodes.blur_kernel import disk, gaussian, motion, reach_of
from whichmodel.pictures import Picture, read_picture
from whichmodel.pictures.raster import Kind

CUTS = st.lists(st.floats(0, 1), max_size=4)
Do = Callable[..., Any]
MOTION = {"kernel": "motion", "length": 9, "angle": 30}


def blurred(true: NDArray[Any], kernel: NDArray[Any]) -> NDArray[np.uint8]:
    """Blurred, with the faint grain of a good photograph."""
    values = np.stack(
        [scipy.ndimage.convolve(true[..., c].astype(float), kernel, mode="mirror") for c in range(3)], 2
    )
    values += np.random.default_rng(0).normal(0, 1, values.shape)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def psnr(one: NDArray[Any], other: NDArray[Any]) -> float:
    difference = (one.astype(float) - other)[16:-16, 16:-16]
    return float(10 * np.log10(255**2 / np.mean(difference**2)))


class TestKernels:
    def test_a_movement_along_a_row_is_even(self) -> None:
        assert np.allclose(motion(9, 0), np.full((1, 9), 1 / 9) * (np.arange(9) == 4)[:, None])

    def test_a_movement_goes_up_to_the_right(self) -> None:
        kernel = motion(15, 45)
        assert kernel[1, -2] > 0.02
        assert kernel[1, 1] == 0

    @given(
        st.one_of(
            st.builds(motion, st.floats(1, 40), st.floats(-360, 360)),
            st.builds(disk, st.floats(0.5, 15)),
            st.builds(gaussian, st.floats(0.3, 5)),
        )
    )
    @settings(max_examples=60)
    def test_all_are_balanced_and_keep_the_mean(self, kernel: NDArray[Any]) -> None:
        assert kernel.sum() == pytest.approx(1)
        assert kernel.min() >= 0
        assert np.allclose(kernel, kernel[::-1, ::-1])
        assert kernel.shape == (2 * reach_of(kernel) + 1,) * 2

    def test_the_spread_of_a_movement_is_that_of_its_length(self) -> None:
        kernel = motion(21, 30)
        x = np.arange(kernel.shape[0]) - reach_of(kernel)
        # Of an even stretch of length l, l²/12 along the path; one pixel's own width adds 1/12 on each axis.
        along = (kernel * x[None, :] ** 2).sum() + (kernel * x[:, None] ** 2).sum()
        assert along == pytest.approx(21**2 / 12 + 3 / 12, rel=0.01)


class TestDeconvolve:
    @pytest.mark.parametrize(
        ("parameters", "gain"),
        [
            ({**MOTION, "method": "wiener"}, 4.0),
            ({**MOTION, "method": "richardson-lucy", "iterations": 30}, 4.0),
            ({"kernel": "disk", "radius": 3.0}, 3.0),
            ({"kernel": "gaussian", "sigma": 1.5}, 2.0),
        ],
    )
    def test_it_brings_back_what_was_blurred(
        self, do: Do, photo: Any, parameters: dict[str, Any], gain: float
    ) -> None:
        true = read_picture(photo).pixels[:300, :448]
        kernels = {
            "motion": lambda: motion(9, 30),
            "disk": lambda: disk(3),
            "gaussian": lambda: gaussian(1.5),
        }
        before = blurred(true, kernels[parameters["kernel"]]())
        found, _ = do("deconvolve", Picture(before), **parameters)
        assert psnr(found.pixels, true) > psnr(before, true) + gain

    def test_richardson_lucy_is_the_reference_inside(self, do: Do, photo: Any) -> None:
        true = read_picture(photo).pixels[:200, :300]
        before = blurred(true, motion(9, 30))
        found, _ = do("deconvolve", Picture(before), **MOTION, method="richardson-lucy", iterations=10)
        start = before[..., 1] / 255
        kernel = motion(9, 30)
        # scikit-image begins with grey, so its iterations are written out here with its own convolution.
        estimate = start
        for _ in range(10):
            expected = scipy.ndimage.convolve(estimate, kernel, mode="mirror")
            estimate = estimate * scipy.ndimage.convolve(start / expected, kernel[::-1, ::-1], mode="mirror")
        difference = np.abs(found.pixels[..., 1] - np.clip(estimate * 255, 0, 255))[40:-40, 40:-40]
        assert difference.max() <= 1.0
        reference = skimage.restoration.richardson_lucy(start, kernel, num_iter=10)
        assert psnr(found.pixels[..., 1], reference * 255) > 30

    def test_blocks_leave_no_seams(self, do: Do, photo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        true = np.tile(read_picture(photo).pixels[:300, :448], (2, 2, 1))
        before = Picture(blurred(true, motion(9, 30))[:, :, :1])
        pieces = do("deconvolve", before, **MOTION)[0].pixels
        assert pieces.shape[0] > 512  # more than one block
        monkeypatch.setattr("whichmodel.nodes.deconvolve._SIDES", (2048,))
        whole = do("deconvolve", before, **MOTION)[0].pixels
        difference = np.abs(pieces.astype(int) - whole)
        assert difference.mean() < 0.2
        assert difference.max() <= 12  # measured: 8

    @settings(max_examples=6)
    @given(
        st.builds(Kind, st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans()),
        st.integers(1, 600),
        st.integers(1, 40),
        st.sampled_from(["wiener", "richardson-lucy"]),
        CUTS,
        st.integers(0, 99),
    )
    def test_the_cut_does_not_matter(
        self,
        do: Do,
        noise: Do,
        kind: Kind,
        width: int,
        height: int,
        method: str,
        cuts: list[float],
        seed: int,
    ) -> None:
        photo = noise(kind, width, height, seed)
        given_parameters = {**MOTION, "method": method}
        if method != "wiener":
            given_parameters["iterations"] = 2
        pieces, whole = (do("deconvolve", photo, c, **given_parameters)[0] for c in (cuts, None))
        assert np.array_equal(pieces.pixels, whole.pixels)
        assert pieces.alpha is None or np.array_equal(pieces.alpha, photo.alpha)

    @pytest.mark.parametrize(
        "parameters", [MOTION, {**MOTION, "method": "richardson-lucy"}, {"kernel": "disk", "radius": 4}]
    )
    def test_what_is_even_stays(self, do: Do, parameters: dict[str, Any]) -> None:
        flat = np.full((30, 50, 3), (0, 90, 255), np.uint8)
        assert np.array_equal(do("deconvolve", Picture(flat), **parameters)[0].pixels, flat)

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"kernel": "square"},
            {"kernel": "motion", "length": 9},
            {"kernel": "motion", "length": 1000, "angle": 0},
            {"kernel": "disk", "radius": 4, "sigma": 2},
            {"kernel": "disk", "radius": float("nan")},
            {**MOTION, "method": "magic"},
            {**MOTION, "iterations": 3},
            {**MOTION, "noise": 0},
            {**MOTION, "method": "richardson-lucy", "noise": 0.01},
            {**MOTION, "method": "richardson-lucy", "iterations": 0},
        ],
    )
    def test_what_it_cannot_do_is_refused(self, do: Do, noise: Do, wrong: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="deconvolve"):
            do("deconvolve", noise(Kind(1, 8), 5, 5, 0), **wrong)
