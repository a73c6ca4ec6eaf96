"""The features of patches: the same in parts as in one, and of the meaning that they claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from whichmodel.examining.expected_features import MARGIN, NAMES, PATCH, enlarged, features, luma, reduced
from whichmodel.pictures import bicubic

PHOTO = luma(data.coffee()[:240, :320], 8)


@pytest.mark.parametrize("scale", [2, 4])
def test_cubic_enlargement_and_reduction_are_those_of_the_program(scale: int) -> None:
    plane = PHOTO[:60, :80]
    large = enlarged(plane, scale)
    assert np.abs(large - bicubic(plane[:, :, None], 80 * scale, 60 * scale)[:, :, 0]).max() < 1e-3
    assert np.abs(reduced(large, scale) - bicubic(large[:, :, None], 80, 60)[:, :, 0]).max() < 1e-3


@given(
    scale=st.sampled_from([2, 4]),
    top=st.integers(0, 20),
    left=st.integers(0, 30),
    rows=st.integers(1, 6),
    columns=st.integers(1, 6),
)
@settings(max_examples=15)
def test_a_part_has_the_features_of_the_whole(
    scale: int, top: int, left: int, rows: int, columns: int
) -> None:
    small = reduced(PHOTO, scale)
    whole = features(small, PHOTO, scale)
    high, wide = PHOTO.shape
    box = (
        max(0, top * PATCH - MARGIN),
        min(high, (top + rows) * PATCH + MARGIN),
        max(0, left * PATCH - MARGIN),
        min(wide, (left + columns) * PATCH + MARGIN),
    )
    under = small[box[0] // scale : box[1] // scale, box[2] // scale : box[3] // scale]
    part = features(under, PHOTO[box[0] : box[1], box[2] : box[3]], scale)
    first = top - box[0] // PATCH, left - box[2] // PATCH
    found = part[first[0] : first[0] + rows, first[1] : first[1] + columns]
    assert found == pytest.approx(whole[top : top + rows, left : left + columns], abs=2e-3)


def test_what_is_flat_has_nothing_and_what_was_added_is_seen_where_it_is() -> None:
    flat = np.full((40, 40), 90, np.float32)
    nothing = features(flat, enlarged(flat, 4), 4)
    assert nothing.shape == (20, 20, len(NAMES))
    assert np.abs(nothing[:, :, NAMES.index("added, here")] - np.log(0.1)).max() < 1e-2
    after = enlarged(flat, 4)
    after[64:72, 80:88] += np.float32(10)
    added = features(flat, after, 4)[:, :, NAMES.index("added, here")]
    assert np.unravel_index(added.argmax(), added.shape) == (8, 10)
    assert np.exp(added.max()) == pytest.approx(10.1, abs=0.01)


def test_a_border_that_cuts_a_patch_and_sizes_that_do_not_fit() -> None:
    small = PHOTO[:31, :45]
    assert features(small, enlarged(small, 2), 2).shape == (8, 12, len(NAMES))
    with pytest.raises(ValueError, match="is not 4 times"):
        features(small, enlarged(small, 2), 4)
    grey = np.full((8, 8, 1), 65535, np.uint16)
    assert luma(grey, 16) == pytest.approx(255)
