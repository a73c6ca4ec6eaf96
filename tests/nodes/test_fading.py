"""`fading`: clean photographs are left alone, faded ones come back near what they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.domain import InputError, Port, Step
from whichmodel.nodes.fading import FadingOperation
from whichmodel.pictures import Picture, read_picture
from whichmodel.pictures.raster import Kind

KINDS = st.builds(Kind, st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans())
Do = Callable[..., Any]
CLEAN = (
    "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "hubble_deep_field.jpg",
    "retina.jpg", "camera.png", "coins.png", "page.png",
)  # fmt: skip
FADES = {
    "yellowed": ((60, 0.72), (50, 0.66), (45, 0.45)),
    "flat": ((40, 0.8), (40, 0.8), (40, 0.8)),
    "magenta": ((70, 0.68), (45, 0.60), (60, 0.60)),
    "slightly yellowed": ((25, 0.85), (20, 0.80), (20, 0.62)),
}
"""Loss of density: the black that is left and the range that is left of each channel."""


def skimage_photo(name: str) -> NDArray[Any]:
    return read_picture(Path(skimage.__file__).parent / "data" / name).pixels


def faded(pixels: NDArray[Any], fade: str) -> NDArray[np.uint8]:
    parts = [
        black + share * pixels[..., band].astype(float) for band, (black, share) in enumerate(FADES[fade])
    ]
    return np.clip(np.rint(np.stack(parts, axis=2)), 0, 255).astype(np.uint8)


def error(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Root mean square, of 255."""
    return float(np.sqrt(np.mean((one.astype(float) - other) ** 2)))


def colour_error(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Root mean square of the difference of mean colours, of 255."""
    return float(np.sqrt(np.mean((one.mean(axis=(0, 1)) - other.mean(axis=(0, 1))) ** 2)))


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_photograph_is_left_alone(do: Do, name: str) -> None:
    photo = Picture(skimage_photo(name))
    found, context = do("fading", photo)
    assert context.state["found"] == []
    assert np.array_equal(found.pixels, photo.pixels)


@pytest.mark.parametrize("fade", FADES)
@pytest.mark.parametrize(
    "name", ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png"]
)
def test_a_faded_photograph_is_found_and_comes_back(do: Do, name: str, fade: str) -> None:
    true = skimage_photo(name)
    before = faded(true, fade)
    found, context = do("fading", Picture(before))
    assert "faded" in context.state["found"]
    # What each channel spans in the photograph itself bounds how well a stretch can do.
    assert error(found.pixels, true) < max(0.75 * error(before, true), 18.5)
    assert error(found.pixels, true) < 1.25 * error(before, true)
    assert found.pixels.std() > 1.05 * before.std()


def test_full_range_comes_back_almost_exactly(do: Do) -> None:
    true = skimage_photo("astronaut.png")
    found, _ = do("fading", Picture(faded(true, "yellowed")))
    assert error(found.pixels, true) < 7  # before: 35
    assert colour_error(found.pixels, true) < 6
    # The white of the brightest channel stays where it was; without that the picture is the very same.
    scaled = np.clip(found.pixels * (254 / 243), 0, 255)
    assert error(scaled, true) < 1.5


def test_what_was_corrected_is_not_corrected_again(do: Do) -> None:
    once, _ = do("fading", Picture(faded(skimage_photo("coffee.png"), "yellowed")))
    twice, context = do("fading", once)
    assert context.state["found"] == []
    assert np.array_equal(once.pixels, twice.pixels)


def test_a_cast_over_deep_blacks_is_found_at_the_whites(do: Do) -> None:
    page = np.random.default_rng(0).choice(
        np.array([0, 200, 235, 255], np.uint8), (80, 120, 1), p=[0.1, 0.2, 0.4, 0.3]
    )
    tinted = np.rint(page * np.array([1.0, 0.85, 0.5])).astype(np.uint8)
    assert do("fading", Picture(np.repeat(page, 3, axis=2)))[1].state["found"] == []
    found, context = do("fading", Picture(tinted))
    assert context.state["found"] == ["cast"]
    assert np.abs(found.pixels.astype(int) - page).max() <= 1


@settings(max_examples=30)
@given(
    KINDS, st.integers(1, 40), st.integers(1, 40), st.lists(st.floats(0, 1), max_size=5), st.integers(0, 99)
)
def test_the_formula_whatever_the_cut(
    do: Do, noise: Do, kind: Kind, width: int, height: int, cuts: list[float], seed: int
) -> None:
    photo = noise(kind, width, height, seed)
    found, _ = do("fading", photo, cuts, always=True, clipped=0.05)
    seen = photo.pixels if photo.alpha is None else photo.pixels[photo.alpha > 0][None]
    blacks, whites = [], []
    for band in range(kind.bands):
        values = np.sort(seen[..., band].ravel())
        if not len(values):
            return
        cut = int(len(values) * 0.05)
        black, white = values[cut] / kind.top, values[len(values) - 1 - cut] / kind.top
        whites.append(white)
        blacks.append(black)
    top = max(whites, default=1) if max(whites, default=1) >= 0.7 else 0.9
    for band, (black, white) in enumerate(zip(blacks, whites, strict=True)):
        if white - black < 0.25 * top:
            continue
        stretched = (photo.pixels[..., band] / kind.top - black) / (white - black) * top
        expected = np.clip(stretched, 0, top) * kind.top
        # The ends are kept to a millionth of the range.
        assert np.abs(found.pixels[..., band] - expected).max() <= 0.5 + kind.top * 1e-5
    assert photo.alpha is None or np.array_equal(found.alpha, photo.alpha)


def test_half_of_the_correction(do: Do) -> None:
    before = faded(skimage_photo("coffee.png"), "flat")
    half, _ = do("fading", Picture(before), amount=0.5)
    whole, _ = do("fading", Picture(before))
    middle = (before.astype(float) + whole.pixels) / 2
    assert np.abs(half.pixels - middle).max() <= 1


def test_one_single_colour_is_no_reason_to_fail(do: Do) -> None:
    flat = Picture(np.full((5, 7, 3), (120, 90, 60), np.uint8))
    found, _ = do("fading", flat)
    assert found.pixels.shape == flat.pixels.shape


def test_it_tells_what_it_found(do: Do) -> None:
    step = Step(id="fading", title="", operation="fading", takes={}, gives=Port(name="x", type="image"))  # type: ignore[arg-type]
    for pixels, told in (
        (skimage_photo("coffee.png"), "found no fading and no cast (blacks at 6%/1%/0%"),
        (faded(skimage_photo("coffee.png"), "yellowed"), "found fading"),
    ):
        state = do("fading", Picture(pixels))[1].state
        assert told in FadingOperation().notes(step, {}, 1, state)[0]


@pytest.mark.parametrize("wrong", [{"clipped": 0.2}, {"amount": 0}, {"amount": float("nan")}, {"always": 1}])
def test_what_it_cannot_do_is_refused(do: Do, noise: Do, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="fading"):
        do("fading", noise(Kind(1, 8), 5, 5, 0), **wrong)
