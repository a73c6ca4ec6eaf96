"""`crop` and `rotate`: laws that hold for any picture and cut, and an independent interpolation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skimage.transform
from hypothesis import given, settings
from hypothesis import strategies as st

from whichmodel.domain import InputError
from whichmodel.nodes.crop import GRAVITIES
from whichmodel.nodes.operation import Size
from whichmodel.nodes.rotate import inscribed
from whichmodel.pictures import Picture, read_picture
from whichmodel.pictures.raster import Kind

KINDS = st.builds(Kind, st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans())
CUTS = st.lists(st.floats(0, 1), max_size=5)
SIDES = st.integers(1, 40)
SEEDS = st.integers(0, 2**32)
Do = Callable[..., Any]


def same(one: Picture, other: Picture) -> bool:
    if (one.alpha is None) != (other.alpha is None):
        return False
    alike = one.alpha is None or bool(np.array_equal(one.alpha, other.alpha))
    return alike and one.pixels.dtype == other.pixels.dtype and np.array_equal(one.pixels, other.pixels)


class TestCrop:
    @settings(max_examples=60)
    @given(KINDS, SIDES, SIDES, st.tuples(*[st.floats(0, 0.999)] * 4), CUTS, SEEDS)
    def test_it_keeps_the_very_samples(
        self, do: Do, noise: Do, kind: Kind, width: int, height: int, at: Any, cuts: list[float], seed: int
    ) -> None:
        photo = noise(kind, width, height, seed)
        left, top = int(at[0] * width), int(at[1] * height)
        wide, high = 1 + int(at[2] * (width - left)), 1 + int(at[3] * (height - top))
        found, _ = do("crop", photo, cuts, left=left, top=top, width=wide, height=high)
        rows, columns = slice(top, top + high), slice(left, left + wide)
        alpha = None if photo.alpha is None else photo.alpha[rows, columns]
        assert same(found, Picture(photo.pixels[rows, columns], alpha))

    @given(st.tuples(*[st.integers(0, 9)] * 4), st.tuples(*[st.integers(0, 4)] * 4))
    @settings(max_examples=30)
    def test_a_crop_of_a_crop_is_one_crop(self, do: Do, noise: Do, one: Any, two: Any) -> None:
        photo = noise(Kind(3, 8), 40, 30, 1)
        first = {"left": one[0], "top": one[1], "width": 20 + one[2], "height": 14 + one[3] // 2}
        second = {"left": two[0], "top": two[1], "width": 5 + two[2], "height": 5 + two[3]}
        twice, _ = do("crop", do("crop", photo, **first)[0], **second)
        once = {**second, "left": one[0] + two[0], "top": one[1] + two[1]}
        assert same(twice, do("crop", photo, **once)[0])

    def test_shares_meet_without_gap(self, do: Do, noise: Do) -> None:
        photo = noise(Kind(3, 8), 101, 7, 2)
        shares = (0, 0.31, 0.5, 1)
        parts = [
            do("crop", photo, unit="share", left=a, top=0, width=b - a, height=1)[0].pixels
            for a, b in itertools.pairwise(shares)
        ]
        assert np.array_equal(np.concatenate(parts, axis=1), photo.pixels)

    @pytest.mark.parametrize("gravity", GRAVITIES)
    @pytest.mark.parametrize(("aspect", "size"), [("3:2", (45, 30)), ("1:1", (30, 30)), ("16:9", (50, 28))])
    def test_an_aspect_is_the_largest_of_its_shape_at_its_place(
        self, do: Do, noise: Do, aspect: str, size: tuple[int, int], gravity: str
    ) -> None:
        photo = noise(Kind(1, 8), 50, 30, 3)
        found, _ = do("crop", photo, aspect=aspect, gravity=gravity)
        assert (found.width, found.height) == size
        left = 0 if "left" in gravity else 50 - size[0] if "right" in gravity else (50 - size[0]) // 2
        top = 0 if "top" in gravity else 30 - size[1] if "bottom" in gravity else (30 - size[1]) // 2
        assert np.array_equal(found.pixels, photo.pixels[top : top + size[1], left : left + size[0]])

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"width": 5},
            {"left": 1, "width": 5, "height": 5},
            {"width": 5, "height": 5, "aspect": "1:1"},
            {"width": 2.5, "height": 5},
            {"width": 51, "height": 5},
            {"left": 48, "top": 0, "width": 5, "height": 5},
            {"left": -1, "top": 0, "width": 5, "height": 5},
            {"width": float("nan"), "height": 5},
            {"width": 0.001, "height": 0.001, "unit": "share"},
            {"aspect": "wide"},
            {"aspect": "0:1"},
            {"aspect": "1:1", "gravity": "north"},
        ],
    )
    def test_what_is_no_rectangle_of_the_picture_is_refused(
        self, do: Do, noise: Do, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(InputError, match="crop"):
            do("crop", noise(Kind(1, 8), 50, 30, 0), **wrong)


class TestRotate:
    @settings(max_examples=40)
    @given(KINDS, SIDES, SIDES, st.sampled_from([90, 180, 270, -90, 360, 0]), CUTS, SEEDS)
    def test_quarter_turns_only_move_samples(
        self, do: Do, noise: Do, kind: Kind, width: int, height: int, angle: int, cuts: list[float], seed: int
    ) -> None:
        photo = noise(kind, width, height, seed)
        found, _ = do("rotate", photo, cuts, angle=angle)
        turns = -angle // 90
        alpha = None if photo.alpha is None else np.rot90(photo.alpha, turns)
        assert same(found, Picture(np.rot90(photo.pixels, turns), alpha))

    def test_four_quarter_turns_are_none(self, do: Do, noise: Do) -> None:
        photo = turned = noise(Kind(3, 16, True), 31, 17, 4)
        for _ in range(4):
            turned, _ = do("rotate", turned, angle=90)
        assert same(turned, photo)

    @settings(max_examples=40)
    @given(KINDS, SIDES, SIDES, st.floats(-360, 360), st.sampled_from(["inside", "all"]), CUTS, SEEDS)
    def test_the_cut_does_not_matter(
        self, do: Do, noise: Do, kind: Kind, width: int, height: int, angle: float, keep: str,
        cuts: list[float], seed: int,
    ) -> None:  # fmt: skip
        photo = noise(kind, width, height, seed)
        assert same(
            do("rotate", photo, cuts, angle=angle, keep=keep)[0],
            do("rotate", photo, angle=angle, keep=keep)[0],
        )

    @pytest.mark.parametrize("angle", [2.5, -7, 33.3])
    def test_it_interpolates_as_the_reference_does(self, do: Do, photo: Any, angle: float) -> None:
        grey = read_picture(photo).pixels[:200, :300, 1]
        found, _ = do("rotate", Picture(grey[:, :, None]), angle=angle)
        middle = np.array([(300 - 1) / 2, (200 - 1) / 2])
        moved = np.array([(found.width - 1) / 2, (found.height - 1) / 2])
        turn = skimage.transform.SimilarityTransform(rotation=np.deg2rad(-angle))
        back = (
            skimage.transform.SimilarityTransform(translation=-moved)
            + turn
            + skimage.transform.SimilarityTransform(translation=middle)
        )
        # Of order 3 scikit-image's fast path is cubic convolution with a = -1/2 too.
        expected = skimage.transform.warp(
            grey.astype(float), back, output_shape=found.pixels.shape[:2], order=3, mode="edge", clip=False
        )
        assert np.abs(found.pixels[:, :, 0] - np.clip(expected, 0, 255)).max() < 0.51

    @given(st.integers(1, 3000), st.integers(1, 3000), st.floats(-360, 360))
    @settings(max_examples=200)
    def test_inside_shows_nothing_but_the_picture(self, width: int, height: int, angle: float) -> None:
        sine, cosine = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
        size = inscribed(Size(width, height), sine, cosine)
        corners = np.array([(x * size.width / 2, y * size.height / 2) for x in (-1, 1) for y in (-1, 1)])
        reach = np.abs(corners @ np.array([[cosine, -sine], [sine, cosine]])).max(axis=0)
        # One pixel is always given, even where the picture is narrower than its diagonal.
        if size.width > 1 and size.height > 1:
            assert reach[0] <= width / 2 + 1e-5
            assert reach[1] <= height / 2 + 1e-5

    def test_all_keeps_every_pixel_and_invents_none(self, do: Do) -> None:
        flat = Picture(np.full((60, 90, 3), (200, 40, 90), np.uint8))
        found, context = do("rotate", flat, angle=20, keep="all")
        assert context.kind == Kind(3, 8, True)
        assert found.alpha is not None
        assert abs(float(found.alpha.sum()) / 255 - 60 * 90) < 10  # the area stays
        assert set(map(tuple, found.pixels[found.alpha > 0])) == {(200, 40, 90)}
        assert found.alpha[0, 0] == 0

    @pytest.mark.parametrize(
        "wrong", [{}, {"angle": float("nan")}, {"angle": 400}, {"angle": 3, "keep": "some"}]
    )
    def test_what_it_cannot_do_is_refused(self, do: Do, noise: Do, wrong: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="rotate"):
            do("rotate", noise(Kind(1, 8), 5, 5, 0), **wrong)


class TestLongerSide:
    """`resample` to a longer side."""

    @given(SIDES, SIDES, st.integers(1, 60))
    @settings(max_examples=30)
    def test_it_is_exact_and_keeps_the_shape(
        self, do: Do, noise: Do, width: int, height: int, longer: int
    ) -> None:
        found, _ = do("resample", noise(Kind(1, 8), width, height, 0), longer=longer)
        assert max(found.width, found.height) == longer
        assert min(found.width, found.height) == max(
            1, round(min(width, height) * longer / max(width, height))
        )

    @pytest.mark.parametrize(
        "wrong", [{"longer": 0}, {"longer": 5, "factor": 2.0}, {"longer": 5, "width": 3}]
    )
    def test_one_size_is_enough(self, do: Do, noise: Do, wrong: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="resample"):
            do("resample", noise(Kind(1, 8), 5, 5, 0), **wrong)
