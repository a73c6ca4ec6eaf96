"""Resampling: exact sizes, constants stay, nothing moves, and Pillow agrees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from whichmodel.pictures import bicubic, resample

KERNELS = ["lanczos3", "cubic", "linear", "nearest"]
SIDES = st.integers(1, 90)


@given(
    w=SIDES, h=SIDES, wide=st.integers(1, 200), high=st.integers(1, 37),
    channels=st.sampled_from([1, 3]), kernel=st.sampled_from(KERNELS),
    kind=st.sampled_from([np.uint8, np.uint16, np.float32]), share=st.floats(0, 1),
)  # fmt: skip
def test_size_type_and_constants(
    w: int, h: int, wide: int, high: int, channels: int, kernel: str, kind: type, share: float
) -> None:
    top = 1.0 if kind is np.float32 else np.iinfo(kind).max
    value = kind(share * top)
    out = resample(np.full((h, w, channels), value, kind), wide, high, kernel)  # type: ignore[arg-type]
    assert out.shape == (high, wide, channels)
    assert out.dtype == kind
    assert np.abs(out.astype(np.float64) - float(value)).max() <= (2e-6 if kind is np.float32 else 0)


@given(w=st.integers(8, 90), wide=st.integers(4, 300), kernel=st.sampled_from(KERNELS[:3]))
def test_nothing_moves(w: int, wide: int, kernel: str) -> None:
    """A ramp by position stays a ramp by position away from the borders."""
    ramp = np.broadcast_to(((np.arange(w, dtype=np.float32) + 0.5) / w)[None, :, None], (4, w, 1)).copy()
    out = resample(ramp, wide, 4, kernel)[0, :, 0]  # type: ignore[arg-type]
    expected = (np.arange(wide) + 0.5) / wide
    margin = int(np.ceil(4 * max(1, wide / w)))
    inner = slice(margin, wide - margin)
    if wide > 2 * margin:
        # In pixels of the coarser grid. libvips rounds positions to 1/64 of an input pixel, and an
        # antialiased kernel follows a ramp only on average where the factor is no whole number.
        error = (out[inner] - expected[inner]) * min(w, wide)
        assert abs(error.mean()) < 1 / 64
        assert np.abs(error).max() < 1 / 10


@pytest.mark.parametrize("kernel", KERNELS[:3])
@pytest.mark.parametrize("size", [(320, 240), (97, 83), (41, 33), (33, 200), (7, 5)])
def test_mirrored_in_mirrored_out(kernel: str, size: tuple[int, int]) -> None:
    photo = data.coffee()[:60, :80].astype(np.float32) / 255
    straight = resample(photo, *size, kernel)  # type: ignore[arg-type]
    mirrored = resample(np.ascontiguousarray(photo[::-1, ::-1]), *size, kernel)  # type: ignore[arg-type]
    assert np.abs(straight - mirrored[::-1, ::-1]).max() < 0.02


@pytest.mark.parametrize(("ours", "theirs"), [("cubic", 3), ("linear", 2)])
@pytest.mark.parametrize("size", [(320, 240), (160, 120), (97, 83), (40, 30), (20, 15), (60, 100)])
def test_pillow_agrees(ours: str, theirs: int, size: tuple[int, int]) -> None:
    photo = data.coffee()[:60, :80]
    out = resample(photo, *size, ours).astype(int)  # type: ignore[arg-type]
    reference = np.asarray(Image.fromarray(photo).resize(size, theirs)).astype(int)
    inner = (slice(size[1] // 8, -size[1] // 8), slice(size[0] // 8, -size[0] // 8))
    assert np.abs(out - reference)[inner].max() <= 3
    assert np.abs(out - reference).mean() < 0.3


def test_enlarged_and_shrunk_again_is_nearly_the_same() -> None:
    photo = data.astronaut()[:100, :100]
    again = bicubic(bicubic(photo, 400, 400), 100, 100).astype(float)
    assert np.sqrt(np.mean((again - photo) ** 2)) < 8


def test_very_large_factors() -> None:
    line = np.full((1, 70_000, 3), 200, np.uint8)
    for kernel in KERNELS:
        assert (resample(line, 1, 1, kernel) == 200).all()  # type: ignore[arg-type]


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="0 x 5"):
        resample(np.zeros((4, 4, 3), np.uint8), 0, 5)
    with pytest.raises(ValueError, match="int64"):
        resample(np.zeros((4, 4, 3), np.int64), 5, 5)
