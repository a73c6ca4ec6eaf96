"""`scratches`: synthetic damage is found, clean photographs are left alone, no cut changes the mask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.domain import InputError, Port, Step
from whichmodel.nodes.damage import KEEN, MARGIN, damaged
from whichmodel.nodes.scratches import ScratchesOperation
from whichmodel.pictures import Picture, read_picture
from whichmodel.pictures.raster import Kind

Do = Callable[..., Any]
CLEAN = (
    "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "camera.png", "coins.png",
)  # fmt: skip


def skimage_photo(name: str) -> NDArray[Any]:
    return read_picture(Path(skimage.__file__).parent / "data" / name).pixels


def scratched(pixels: NDArray[Any], seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A photograph with eight slightly bent scratches and forty specks, and where they are."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    lines, specks = np.zeros((height, width), bool), np.zeros((height, width), bool)
    for _ in range(8):
        t = np.linspace(0, 1, 4 * height)
        angle = rng.uniform(0, np.pi)
        x = rng.uniform(0.2, 0.8) * width + (t - 0.5) * 0.8 * width * np.cos(angle) + 4 * np.sin(np.pi * t)
        y = rng.uniform(0.2, 0.8) * height + (t - 0.5) * 0.8 * height * np.sin(angle)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        lines[y[inside].astype(int), x[inside].astype(int)] = True
    for _ in range(40):
        specks[int(rng.uniform(8, height - 8)), int(rng.uniform(8, width - 8))] = True
    where = scipy.ndimage.binary_dilation(lines) | scipy.ndimage.binary_dilation(specks, iterations=2)
    result = pixels.astype(float)
    result[where] = 0.2 * result[where] + 0.8 * 250
    return np.rint(result).astype(np.uint8), where


def rates(found: NDArray[Any], where: NDArray[np.bool_]) -> tuple[float, float]:
    """Share of the flagged that is damage or within two pixels of it; share of the damage that is flagged."""
    flagged = found[..., 0] > 0
    near = scipy.ndimage.binary_dilation(where, iterations=2)
    return float(near[flagged].mean()), float(flagged[where].mean())


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_photograph_is_left_alone(do: Do, name: str) -> None:
    found, context = do("scratches", Picture(skimage_photo(name)))
    assert context.kind == Kind(1, 8)
    assert (found.pixels > 0).mean() <= 0.001
    assert context.state["care"] == "none"


@pytest.mark.parametrize(
    ("name", "precision", "recall"),
    [("astronaut.png", 0.7, 0.25), ("chelsea.png", 0.8, 0.6), ("rocket.jpg", 0.6, 0.6)],
)
def test_damage_is_found(do: Do, name: str, precision: float, recall: float) -> None:
    damage, where = scratched(skimage_photo(name))
    found, context = do("scratches", Picture(damage))
    assert context.state["care"] == "keen"
    measured = rates(found.pixels, where)
    assert measured[0] > precision
    assert measured[1] > recall


def test_on_an_even_sky_every_scratch_is_found(do: Do) -> None:
    sky = np.full((300, 400, 3), (120, 150, 200), np.uint8)
    damage, where = scratched(sky)
    found, _ = do("scratches", Picture(damage), care="keen")
    precision, recall = rates(found.pixels, where)
    assert precision > 0.99
    assert recall > 0.9


def test_dark_damage_is_found_as_bright_is(do: Do) -> None:
    bright, _ = scratched(np.full((200, 300, 1), 128, np.uint8))
    one, other = (do("scratches", Picture(item), care="keen")[0].pixels for item in (bright, 255 - bright))
    assert one.any()
    # Lightness is rounded on its way; only that may differ.
    assert (one != other).mean() < 0.001


def test_sixteen_bits_are_seen_alike(do: Do) -> None:
    damage, _ = scratched(skimage_photo("chelsea.png"))
    eight, sixteen = (
        do("scratches", Picture(item), care="keen")[0].pixels
        for item in (damage, damage.astype(np.uint16) * 257)
    )
    assert (eight != sixteen).mean() < 0.001


def test_wider_scratches_are_found_in_larger_pictures(do: Do) -> None:
    damage, where = scratched(skimage_photo("chelsea.png")[:200, :300])
    large = damage.repeat(3, axis=0).repeat(3, axis=1)[:-1, :-1]
    small, _ = do("scratches", Picture(damage), care="keen")
    found, _ = do("scratches", Picture(large), care="keen", width=12)
    assert found.pixels.shape[:2] == large.shape[:2]
    assert rates(found.pixels[1::3, 1::3], where)[1] > rates(small.pixels, where)[1] - 0.05


@settings(max_examples=5)
@given(
    st.booleans(), st.integers(1, 90), st.integers(1, 90), st.sampled_from([2, 9, 14]),
    st.lists(st.floats(0, 1), max_size=3), st.integers(0, 99),
)  # fmt: skip
def test_the_cut_does_not_matter(
    do: Do, noise: Do, alpha: bool, width: int, height: int, wide: int, cuts: list[float], seed: int
) -> None:
    photo = noise(Kind(3, 8, alpha), width, height, seed)
    pieces, whole = (do("scratches", photo, c, care="keen", width=wide)[0] for c in (cuts, None))
    assert np.array_equal(pieces.pixels, whole.pixels)


def test_blocks_meet_without_a_trace(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    damage, _ = scratched(skimage_photo("chelsea.png"))
    whole, _ = do("scratches", Picture(damage), care="keen")
    monkeypatch.setattr("whichmodel.nodes.scratches._BLOCK", 100)
    blocks, _ = do("scratches", Picture(damage), care="keen")
    assert np.array_equal(whole.pixels, blocks.pixels)
    assert whole.pixels.any()


def test_nothing_beyond_the_margin_decides() -> None:
    rng = np.random.default_rng(5)
    side = 2 * MARGIN + 9
    light = rng.integers(0, 256, (side, side)).astype(np.int16)
    light[:, MARGIN + 4] = 255
    before = damaged(np.pad(light, 5, mode="reflect"), KEEN)[5:-5, 5:-5]
    assert np.array_equal(before, damaged(light, KEEN))


def test_it_tells_what_it_did(do: Do) -> None:
    step = Step(id="s", title="", operation="scratches", takes={}, gives=Port(name="m", type="mask"))  # type: ignore[arg-type]
    _, context = do("scratches", Picture(skimage_photo("chelsea.png")))
    assert "does not look damaged" in ScratchesOperation().notes(step, {}, 1, context.state)[0]
    assert "keen care" in ScratchesOperation().notes(step, {"found": 1}, 1, {"care": "keen", "cells": 20})[0]


@pytest.mark.parametrize("wrong", [{"width": 0}, {"width": 65}, {"care": "some"}, {"width": float("nan")}])
def test_what_it_cannot_do_is_refused(do: Do, noise: Do, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="scratches"):
        do("scratches", noise(Kind(1, 8), 5, 5, 0), **wrong)
