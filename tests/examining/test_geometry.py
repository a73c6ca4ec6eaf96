"""How a result lies over its input is found: eight orientations, scales, crops, colours; strangers are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from whichmodel.domain import InputError
from whichmodel.examining.geometry import axes_of, find_geometry, laid
from whichmodel.pictures import Picture, bicubic

PHOTO = data.astronaut()[:384, :448]
OTHER = data.chelsea()[:288, :448]


def picture(pixels: NDArray[Any]) -> Picture:
    return Picture(np.ascontiguousarray(pixels))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_every_orientation_is_found(mirrored: bool, turns: int) -> None:
    small = bicubic(PHOTO, 112, 96)
    found = find_geometry(picture(small), picture(laid(PHOTO, mirrored, turns)))
    assert (found.mirrored, found.quarter_turns) == (mirrored, turns)
    assert (found.scale_x, found.scale_y) == (4, 4)
    assert not found.cropped
    assert found.confidence > 0.9
    assert found.turned == (mirrored or turns != 0)


@pytest.mark.parametrize(
    ("left", "top", "width", "height"), [(101, 57, 400, 300), (13, 260, 230, 400), (400, 10, 480, 700)]
)
def test_a_crop_is_found_where_it_was_cut(left: int, top: int, width: int, height: int) -> None:
    small = bicubic(PHOTO, 224, 192)
    large = bicubic(small, 896, 768)[top : top + height, left : left + width]
    found = find_geometry(picture(small), picture(large))
    assert found.cropped
    assert found.scale_x == pytest.approx(4, abs=0.01)
    assert (found.offset_x, found.offset_y) == pytest.approx((-left, -top), abs=0.5)
    assert found.overlap == (0, 0, width, height)
    down, across = axes_of(found, (224, 192), (width, height))
    assert across.under((0, width))[0] == pytest.approx(left / 4, abs=1)
    assert (down.small, down.large) == (192, height)


@pytest.mark.parametrize("factor", [1.5, 2.7, 3.0, 0.5])
def test_any_scale_of_the_whole_is_found(factor: float) -> None:
    small = bicubic(PHOTO, 224, 192)
    size = round(224 * factor), round(192 * factor)
    found = find_geometry(picture(small), picture(bicubic(PHOTO, *size)))
    assert found.scale_x == pytest.approx(size[0] / 224, abs=1e-9)
    assert found.scale_y == pytest.approx(size[1] / 192, abs=1e-9)


def test_changed_colours_are_measured_and_a_painted_part_does_not_pull() -> None:
    small = bicubic(PHOTO, 112, 96)
    gain, offset = np.array([0.8, 0.9, 1.0]), np.array([20.0, 0.0, -8.0])
    large = np.clip(bicubic(small, 448, 384) * gain + offset, 0, 255)
    large[40:120, 60:180] = (255, 0, 255)
    found = find_geometry(picture(small), picture(large.astype(np.uint8))).colour
    assert found.gain == pytest.approx(gain, abs=0.03)
    assert found.offset == pytest.approx(offset, abs=3)
    assert 15 < found.largest < 30


def test_colours_that_were_left_alone_are_not_called_changed() -> None:
    assert find_geometry(picture(bicubic(PHOTO, 112, 96)), picture(PHOTO)).colour.largest < 2


def test_different_photographs_do_not_belong_together() -> None:
    with pytest.raises(InputError, match="do not belong together"):
        find_geometry(picture(bicubic(PHOTO, 112, 96)), picture(OTHER))


@pytest.mark.parametrize("kind", ["flat", "noise"])
def test_nothing_to_go_by_is_no_match(kind: str) -> None:
    rng = np.random.default_rng(3)
    one, two = (rng.integers(0, 256, (96, 96, 3)).astype(np.uint8) for _ in range(2))
    if kind == "flat":
        one[:], two[:] = 80, 80
    with pytest.raises(InputError, match="do not belong together"):
        find_geometry(picture(one), picture(two))


def test_grey_and_sixteen_bits_are_compared_with_colour() -> None:
    grey = bicubic(PHOTO, 112, 96).mean(axis=2, keepdims=True).astype(np.uint8)
    assert find_geometry(picture(grey), picture(PHOTO.astype(np.uint16) * 257)).confidence > 0.9
