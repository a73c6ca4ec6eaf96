"""The drawing of before and after."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from whichmodel.pictures import Metadata, Picture, bicubic
from whichmodel.pictures.compare import before_after

PHOTO = data.astronaut()


@pytest.mark.parametrize("size", [(40, 30), (512, 512), (3000, 500), (300, 2500), (1, 1), (5000, 3)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_shape_fits(size: tuple[int, int], channels: int) -> None:
    after = Picture(bicubic(PHOTO[..., :channels], *size))
    before = Picture(bicubic(after.pixels, max(1, size[0] // 4), max(1, size[1] // 4)))
    sheet = before_after(before, after, "before <b> & co", "after " * 60)
    assert sheet.width <= 2000
    assert sheet.bits == 8
    assert sheet.pixels.shape[2] == 3


def test_the_detail_shows_the_result_pixel_for_pixel() -> None:
    after = Picture(bicubic(PHOTO, 2048, 2048))
    sheet = before_after(Picture(PHOTO), after, "", "")
    detail = sheet.pixels[-600:, -996:]
    # Its first row must occur in the result just as it is.
    row = detail[0].tobytes()
    assert any(row in after.pixels[y].tobytes() for y in range(after.height))


def test_16_bits_transparency_and_a_broken_profile() -> None:
    pixels = (PHOTO[:64, :64].astype(np.uint16)) * 257
    clear = Picture(pixels, np.zeros((64, 64), np.uint16), Metadata(icc=b"no profile"))
    sheet = before_after(clear, clear, "a", "b")
    assert (sheet.pixels[-60:] == 255).all()
