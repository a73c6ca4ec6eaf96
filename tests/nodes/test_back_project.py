"""Back-projection: what is reduced agrees with the input, what the input does not see stays, tiles leave no trace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from skimage import data

from whichmodel.domain import InputError
from whichmodel.nodes.operation import Context
from whichmodel.pictures import Picture, bicubic
from whichmodel.pictures.raster import Kind
from whichmodel.pictures.reduction import Axis, applied

Do = Callable[..., tuple[Picture, Context]]

PHOTO = np.ascontiguousarray(data.astronaut()[:480, :512])
SMALL = bicubic(PHOTO, 128, 120)


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a.astype(float) - b.astype(float)) ** 2)))


def test_a_plain_enlargement_comes_closer_to_its_input_and_to_the_truth(do: Do) -> None:
    plain = bicubic(SMALL, 512, 480)
    done, _ = do("back-project", {"image": Picture(plain), "reference": Picture(SMALL)})
    assert rmse(bicubic(done.pixels, 128, 120), SMALL) < 0.25 * rmse(bicubic(plain, 128, 120), SMALL)
    assert rmse(done.pixels, PHOTO) < rmse(plain, PHOTO) - 0.3
    more, _ = do("back-project", {"image": Picture(plain), "reference": Picture(SMALL)}, iterations=20)
    assert rmse(bicubic(more.pixels, 128, 120), SMALL) <= rmse(bicubic(done.pixels, 128, 120), SMALL)


def test_what_contradicts_the_input_is_taken_back(do: Do) -> None:
    false = PHOTO.copy()
    false[100:200, 300:400] = 255 - false[100:200, 300:400]
    done, _ = do("back-project", {"image": Picture(false), "reference": Picture(SMALL)}, iterations=10)
    part = np.s_[25:50, 75:100]
    before, after = (rmse(bicubic(each, 128, 120)[part], SMALL[part]) for each in (false, done.pixels))
    assert after < 0.25 * before


def test_what_agrees_already_is_hardly_touched(do: Do) -> None:
    done, _ = do("back-project", {"image": Picture(PHOTO), "reference": Picture(SMALL)})
    assert np.abs(done.pixels.astype(int) - PHOTO).max() <= 3


def test_it_is_the_plain_loop_over_the_whole_picture(do: Do) -> None:
    start = bicubic(SMALL, 512, 480)
    axes = Axis(4.0, 0.0, 120, 480), Axis(4.0, 0.0, 128, 512)
    down = [axis.reduction("cubic", (0, axis.small), (0, axis.large)) for axis in axes]
    up = [axis.enlargement((0, axis.large), (0, axis.small)) for axis in axes]
    x = start.astype(np.float32)
    left = SMALL - np.clip(applied(down[0], down[1], x), 0, 255)
    for _ in range(3):
        added = applied(up[0], up[1], left)
        x, left = x + added, left - applied(down[0], down[1], added)
    plain = np.clip(np.rint(x), 0, 255)
    done, _ = do("back-project", {"image": Picture(start), "reference": Picture(SMALL)}, iterations=3)
    off = np.abs(done.pixels - plain)
    # A sum that ends in a half may be rounded either way.
    assert off.max() <= 1
    assert (off > 0).mean() < 1e-4


@pytest.mark.parametrize("kind", [Kind(3, 8, alpha=True), Kind(1, 16)])
def test_any_pieces_give_the_same(do: Do, noise: Callable[..., Picture], kind: Kind) -> None:
    image, reference = noise(kind, 801, 450, 1), noise(Kind(kind.bands, 8), 267, 150, 2)
    given = {"image": image, "reference": reference}
    whole, _ = do("back-project", given, iterations=2)
    pieces, _ = do("back-project", given, [0.31, 0.5, 0.77], iterations=2)
    assert np.array_equal(whole.pixels, pieces.pixels)
    if kind.alpha:
        assert whole.alpha is not None
        assert np.array_equal(whole.alpha, image.alpha)


def test_what_cannot_be_is_refused(do: Do) -> None:
    with pytest.raises(InputError, match="another shape"):
        do("back-project", {"image": Picture(PHOTO), "reference": Picture(SMALL[:50])})
    with pytest.raises(InputError, match="smaller than its input"):
        do("back-project", {"image": Picture(SMALL), "reference": Picture(PHOTO)})
    with pytest.raises(InputError, match="grey"):
        do("back-project", {"image": Picture(PHOTO), "reference": Picture(SMALL[:, :, :1].copy())})
    with pytest.raises(InputError, match="iterations"):
        do("back-project", {"image": Picture(PHOTO), "reference": Picture(SMALL)}, iterations=0)
