"""The networks that are converted or run as they are, on real weights: as good as they were measured to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from whichmodel.catalog import cards
from whichmodel.domain import Parameter
from whichmodel.pictures import Picture, bicubic, read_picture
from whichmodel.weights import record
from whichmodel.weights.conversion import CONVERTERS
from whichmodel.workflow import run_picture
from whichmodel.workflow.steps import INPUT, model_step, workflow_of

pytestmark = pytest.mark.slow

Pixels = NDArray[np.uint8]


def psnr(a: Pixels, b: Pixels) -> float:
    """In dB, all channels."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@pytest.fixture
def run(pulled_weights: Callable[[str], dict[str, Path]]) -> Callable[..., Pixels]:
    """Runs a model of the catalog on pixels; skips where its conversion needs what is not installed."""

    def one(name: str, pixels: Pixels, **given: Parameter) -> Pixels:
        weights = record(cards()[name].weights or "")
        if weights.convert and CONVERTERS[weights.convert].missing():
            pytest.skip("needs the extra convert")
        pulled_weights(weights.id)
        step = model_step(cards()[name], INPUT.name, id="model", given=given)
        result, _ = run_picture(workflow_of("test", (step,)), Picture(pixels), cards=cards())
        return result.pixels

    return one


@pytest.fixture(scope="module")
def coffee(photo: Path) -> Pixels:
    """A cup of coffee, 600 x 400 pixels."""
    return np.ascontiguousarray(read_picture(photo).pixels)


@pytest.mark.parametrize(("sigma", "least"), [(15, 33.0), (25, 30.5), (50, 26.0)])
def test_noise(sigma: int, least: float, coffee: Pixels, run: Callable[..., Pixels]) -> None:
    noise = np.random.default_rng(0).normal(0, sigma, coffee.shape)
    noisy = np.rint(coffee + noise).clip(0, 255).astype(np.uint8)
    assert psnr(run("FFDNet-colour", noisy, sigma=sigma), coffee) > least
    # The level that is estimated costs at most half a dB.
    assert psnr(run("FFDNet-colour", noisy), coffee) > least - 0.5


@pytest.mark.parametrize(("length", "least"), [(9, 27.85), (15, 25.39)])
def test_movement(length: int, least: float, coffee: Pixels, run: Callable[..., Pixels]) -> None:
    part = coffee[100:340, 150:470]
    moved = np.rint(uniform_filter1d(part.astype(float), length, axis=1)).clip(0, 255).astype(np.uint8)
    found = psnr(run("SRN-deblur", moved), part)
    assert found > least
    assert found > psnr(moved, part) + 2


def test_invented_texture_stays_near_the_picture(coffee: Pixels, run: Callable[..., Pixels]) -> None:
    true = coffee[100:340, 150:470]
    small = bicubic(true, 80, 60)
    large = run("Real-ESRGAN-x4plus", small)
    # It need not be closer to the truth than bicubic enlargement, but must be sharper and look like it.
    assert psnr(large, true) > psnr(bicubic(small, 320, 240), true) - 2
    assert (
        np.abs(np.diff(large.astype(float), axis=1)).mean()
        > 1.2 * np.abs(np.diff(bicubic(small, 320, 240).astype(float), axis=1)).mean()
    )


def test_eight_times(coffee: Pixels, run: Callable[..., Pixels]) -> None:
    small = bicubic(coffee, 75, 50)
    large = run("ESRGAN-thick-8x", small)
    assert large.shape == coffee.shape
    assert psnr(large, coffee) > psnr(bicubic(small, 600, 400), coffee) + 0.4
