"""`clahe`: the formula pixel by pixel, likeness to scikit-image, and that colours keep."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
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


def by_hand(grey: Any, clip: float, tiles: int) -> Any:
    """The formula for one 8-bit channel, pixel by pixel, in 64 bits; result 0..255, not rounded."""
    height, width = grey.shape
    rows = [height * i // min(tiles, height) for i in range(min(tiles, height) + 1)]
    columns = [width * i // min(tiles, width) for i in range(min(tiles, width) + 1)]
    curves = {}
    for r in range(len(rows) - 1):
        for c in range(len(columns) - 1):
            part = grey[rows[r] : rows[r + 1], columns[c] : columns[c + 1]]
            counts = np.histogram(part, bins=256, range=(-0.5, 255.5))[0].astype(float)
            cut = np.minimum(counts, clip * part.size / 256)
            cut += (part.size - cut.sum()) / 256
            sums = cut.cumsum()
            curves[r, c] = (sums - cut[0]) / (part.size - cut[0])
    result = np.empty(grey.shape)
    down = [(a + b) / 2 for a, b in itertools.pairwise(rows)]
    across = [(a + b) / 2 for a, b in itertools.pairwise(columns)]
    for y in range(height):
        for x in range(width):
            total = 0.0
            for r, wr in shares(down, y + 0.5):
                for c, wc in shares(across, x + 0.5):
                    total += wr * wc * curves[r, c][grey[y, x]]
            result[y, x] = 255 * total
    return result


def shares(middles: list[float], place: float) -> list[tuple[int, float]]:
    after = next((i for i, middle in enumerate(middles) if middle > place), len(middles))
    if after in (0, len(middles)):
        return [(min(after, len(middles) - 1), 1.0)]
    share = (place - middles[after - 1]) / (middles[after] - middles[after - 1])
    return [(after - 1, 1 - share), (after, share)]


@settings(max_examples=25)
@given(SIDES, SIDES, st.floats(1, 40), st.integers(1, 5), CUTS, SEEDS)
def test_the_formula(
    do: Do, noise: Do, width: int, height: int, clip: float, tiles: int, cuts: list[float], seed: int
) -> None:
    photo = noise(Kind(1, 8), width, height, seed)
    found, _ = do("clahe", photo, cuts, clip=clip, tiles=tiles)
    assert np.abs(found.pixels[:, :, 0] - by_hand(photo.pixels[:, :, 0], clip, tiles)).max() <= 0.51


@settings(max_examples=30)
@given(KINDS, SIDES, SIDES, st.integers(1, 16), CUTS, SEEDS)
def test_the_cut_does_not_matter(
    do: Do, noise: Do, kind: Kind, width: int, height: int, tiles: int, cuts: list[float], seed: int
) -> None:
    photo = noise(kind, width, height, seed)
    pieces, whole = do("clahe", photo, cuts, tiles=tiles)[0], do("clahe", photo, tiles=tiles)[0]
    assert np.array_equal(pieces.pixels, whole.pixels)
    assert kind.alpha == (pieces.alpha is not None)
    assert pieces.alpha is None or np.array_equal(pieces.alpha, photo.alpha)


def test_it_is_like_the_reference(do: Do, photo: Any) -> None:
    grey = read_picture(photo).pixels[:384, :576, 1]
    found, _ = do("clahe", Picture(grey[:, :, None]), clip=3.0, tiles=8)
    # Of the same formula, with its own rules for the border and for what is clipped.
    reference = skimage.exposure.equalize_adapthist(grey, kernel_size=(48, 72), clip_limit=3 / 256)
    assert np.corrcoef(found.pixels.ravel(), reference.ravel())[0, 1] > 0.97
    assert found.pixels.std() > 1.05 * grey.std()


def test_colours_keep(do: Do, photo: Any) -> None:
    colour = read_picture(photo).pixels[100:300, 100:400]
    found, _ = do("clahe", Picture(colour))
    inside = ((found.pixels > 0) & (found.pixels < 255)).all(axis=2)
    before, after = (item.astype(int)[inside] for item in (colour, found.pixels))
    assert np.abs((after[:, 0] - after[:, 1]) - (before[:, 0] - before[:, 1])).max() <= 1
    assert np.abs((after[:, 2] - after[:, 1]) - (before[:, 2] - before[:, 1])).max() <= 1
    assert inside.mean() > 0.9
    assert np.abs(after - before).max() > 10


def test_16_bits_are_as_fine_as_8_are_coarse(do: Do, photo: Any) -> None:
    colour = read_picture(photo).pixels[:200, :300]
    eight = do("clahe", Picture(colour))[0].pixels
    sixteen = do("clahe", Picture(colour.astype(np.uint16) * 257))[0].pixels
    assert np.abs(sixteen / 257 - eight).max() <= 0.75  # ties between bins may fall to either
    assert len(np.unique(sixteen)) > 1000


@pytest.mark.parametrize("wrong", [{"clip": 0.5}, {"clip": float("nan")}, {"tiles": 0}, {"tiles": 17}])
def test_what_it_cannot_do_is_refused(do: Do, noise: Do, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="clahe"):
        do("clahe", noise(Kind(1, 8), 5, 5, 0), **wrong)
