"""Post-checks: broken results are caught, honest ones pass."""

from __future__ import annotations

import numpy as np
import pytest

from whichmodel.domain import StepError
from whichmodel.nodes.checks import check_result
from whichmodel.nodes.operation import Size
from whichmodel.pictures import Picture, resample

PHOTO = np.random.default_rng(0).integers(90, 200, (40, 60, 3), dtype=np.uint8)


def enlarged() -> np.ndarray:
    return np.array(resample(PHOTO, 120, 80))


def test_an_honest_enlargement_passes() -> None:
    check_result("s", Picture(PHOTO), Picture(enlarged()), Size(120, 80))


def test_constant_in_constant_out_passes() -> None:
    check_result(
        "s", Picture(np.full((4, 4, 3), 7, np.uint8)), Picture(np.full((8, 8, 3), 7, np.uint8)), Size(8, 8)
    )


def test_black_is_caught() -> None:
    with pytest.raises(StepError, match="single colour"):
        check_result("s", Picture(PHOTO), Picture(np.zeros((80, 120, 3), np.uint8)), Size(120, 80))


def test_a_black_tile_is_caught() -> None:
    result = enlarged()
    result[40:, 60:] = 0
    with pytest.raises(StepError, match="does not look like"):
        check_result("s", Picture(PHOTO), Picture(result), Size(120, 80))


def test_another_size_is_caught() -> None:
    with pytest.raises(StepError, match="instead of"):
        check_result("s", Picture(PHOTO), Picture(enlarged()), Size(80, 120))


def test_a_lost_channel_or_depth_is_caught() -> None:
    for other in (enlarged()[:, :, :1], enlarged().astype(np.uint16)):
        with pytest.raises(StepError, match="sample type or the number"):
            check_result("s", Picture(PHOTO), Picture(np.ascontiguousarray(other)), Size(120, 80))


def test_lost_transparency_is_caught() -> None:
    before = Picture(PHOTO, np.full((40, 60), 255, np.uint8))
    with pytest.raises(StepError, match="transparency"):
        check_result("s", before, Picture(enlarged()), Size(120, 80))
