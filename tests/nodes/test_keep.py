"""A region that is left alone is plain resampling, bit for bit; what is far from it is the changed picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.domain import InputError
from whichmodel.nodes.keep import distance_to, feather_of
from whichmodel.nodes.mixing import in_kind
from whichmodel.nodes.operation import Context, Size
from whichmodel.pictures import Picture
from whichmodel.pictures.raster import Kind
from whichmodel.pictures.resample import resample

Do = Callable[..., tuple[Picture, Context]]


def noise(kind: Kind, width: int, height: int, seed: int) -> Picture:
    """Noise with many of the extreme values, transparent ones too."""
    rng = np.random.default_rng(seed)
    wide = rng.integers(-kind.top // 4, kind.top + kind.top // 4, (height, width, kind.samples))
    samples = np.clip(wide, 0, kind.top).astype(kind.dtype)
    alpha = np.ascontiguousarray(samples[:, :, -1]) if kind.alpha else None
    return Picture(np.ascontiguousarray(samples[:, :, : kind.bands]), alpha)


def whole(picture: Picture) -> NDArray[Any]:
    """Colour with any alpha behind it."""
    if picture.alpha is None:
        return picture.pixels
    return np.concatenate([picture.pixels, picture.alpha[:, :, None]], axis=2)


def blot(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """A mask of a few rectangles, one of them at the border."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width, 1), np.uint8)
    mask[: height // 3, : width // 4] = 255
    for _ in range(2):
        top, left = rng.integers(0, height - 3), rng.integers(0, width - 3)
        mask[top : top + 3, left : left + 5] = rng.integers(128, 256)
    return mask


def touched(marks: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    """Pixels of the result that lie over a marked pixel, by the plainest loop."""
    rows, columns = marks.shape
    found = np.zeros((height, width), bool)
    for y in range(height):
        for x in range(width):
            down = slice(y * rows // height, -(-(y + 1) * rows // height))
            across = slice(x * columns // width, -(-(x + 1) * columns // width))
            found[y, x] = marks[down, across].any()
    return found


KINDS = st.builds(Kind, st.sampled_from([1, 3]), st.sampled_from([8, 16]), st.booleans())
SIZES = st.sampled_from([(40, 30), (80, 60), (120, 90), (63, 47), (160, 120), (20, 15), (29, 22)])


@settings(max_examples=40, deadline=None)
@given(
    KINDS,
    KINDS,
    SIZES,
    st.lists(st.floats(0.01, 0.99), max_size=3),
    st.integers(0, 8),
    st.booleans(),
    st.integers(0, 99),
)
def test_kept_pixels_equal_plain_resampling(
    do: Do,
    before: Kind,
    after: Kind,
    size: tuple[int, int],
    cuts: list[float],
    feather: int,
    inverted: bool,
    seed: int,
) -> None:
    original, mask = noise(before, 40, 30, seed), blot(40, 30, seed)
    changed = noise(after, *size, seed + 1)
    given_pictures = {"image": changed, "original": original, "mask": Picture(mask)}
    result, context = do("keep", given_pictures, cuts, feather=feather, inverted=inverted)

    marks = (mask[:, :, 0] >= 128) != inverted
    kept = touched(marks, *size)
    plain = resample(whole(original), *size)
    for own, source, where in ((before, plain, kept), (after, whole(changed), far(marks, kept, feather))):
        colour, alpha = in_kind(source, own, context.kind)
        assert np.array_equal(result.pixels[where], colour[where])
        if context.kind.alpha:
            assert result.alpha is not None
            expected = np.full(where.shape, context.kind.top) if alpha is None else alpha
            assert np.array_equal(result.alpha[where], expected[where])


def far(marks: NDArray[np.bool_], kept: NDArray[np.bool_], feather: int) -> NDArray[np.bool_]:
    """Pixels of the result that lie further than the feather from everything that is kept."""
    height, width = kept.shape
    y, x = np.mgrid[:height, :width]
    rows, columns = np.nonzero(marks)
    across = (x[..., None] + 0.5) * marks.shape[1] / width - 0.5 - columns
    down = (y[..., None] + 0.5) * marks.shape[0] / height - 0.5 - rows
    away = np.sqrt(across**2 + down**2).min(axis=2) if len(rows) else np.full(kept.shape, np.inf)
    # Interpolation between two pixels of the mask reaches one diagonal further.
    return (away > feather + 1 + np.sqrt(2)) & ~kept


@given(st.integers(0, 999), st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_the_distance_is_the_euclidean_one(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    marks = rng.random((rng.integers(1, 20), rng.integers(1, 20))) < 0.05
    y, x = np.mgrid[: marks.shape[0], : marks.shape[1]]
    rows, columns = np.nonzero(marks)
    true = np.full(marks.shape, np.inf)
    if len(rows):
        true = np.hypot(y[..., None] - rows, x[..., None] - columns).min(axis=2)
    assert np.allclose(distance_to(marks, most), np.minimum(true, most + 1))


def test_the_join_fades_outside_and_never_jumps(do: Do) -> None:
    original = Picture(np.zeros((60, 60, 3), np.uint8))
    changed = Picture(np.full((240, 240, 3), 200, np.uint8))
    mask = np.zeros((60, 60, 1), np.uint8)
    mask[:, :20] = 255
    result, _ = do("keep", {"image": changed, "original": original, "mask": Picture(mask)}, feather=8)
    row = result.pixels[120, :, 0].astype(int)
    assert (row[:80] == 0).all()
    assert (row[80 + 4 * 9 :] == 200).all()
    steps = np.diff(row)
    assert (steps >= 0).all()
    assert steps.max() <= 12  # a linear ramp over 36 pixels would step by 5.6


def test_a_kept_picture_without_a_mark_says_so(do: Do) -> None:
    pictures = {
        "image": noise(Kind(3, 8), 20, 20, 1),
        "original": noise(Kind(3, 8), 20, 20, 2),
        "mask": Picture(np.zeros((20, 20, 1), np.uint8)),
    }
    result, context = do("keep", pictures)
    assert np.array_equal(result.pixels, pictures["image"].pixels)
    assert context.state == {"kept": 0}


def test_other_sizes_are_refused_and_both_are_said(do: Do) -> None:
    pictures = {
        "image": noise(Kind(3, 8), 40, 40, 1),
        "original": noise(Kind(3, 8), 20, 20, 2),
        "mask": Picture(np.zeros((10, 20, 1), np.uint8)),
    }
    with pytest.raises(InputError, match=r"the mask has 20 × 10 pixels, .* it is for has 20 × 20"):
        do("keep", pictures)
    pictures["mask"] = Picture(np.zeros((20, 20, 1), np.uint8))
    pictures["image"] = noise(Kind(3, 8), 40, 30, 1)
    with pytest.raises(InputError, match="40 × 30 pixels, another shape than the original's 20 × 20"):
        do("keep", pictures)


def test_the_feather_follows_the_size() -> None:
    assert [feather_of(Size(side, 10)) for side in (100, 1000, 4000, 20000)] == [4, 10, 40, 64]
