"""What a wished print means for a photo: factor, dots per inch, viewing distance, and what would be honest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whichmodel.catalog import cards
from whichmodel.domain import InputError
from whichmodel.pictures import Header, read_picture
from whichmodel.understand.scale import print_size_of
from whichmodel.workflow import factor_for_print, print_target, run_workflow
from whichmodel.workflow.steps import INPUT, resample_step, workflow_of

PHOTO = Header(3000, 2000, 3, 8, False, "jpeg")
SMALL = Header(600, 400, 3, 8, False, "png")


def test_a_print_in_reach() -> None:
    found = print_target(print_size_of("60x90cm", 150), PHOTO)
    assert (found.width_cm, found.height_cm) == (90.0, 60.0)
    assert found.factor == pytest.approx(90 / 2.54 * 150 / 3000, abs=1e-4)
    assert found.new_pixel_share == pytest.approx(1 - 1 / found.factor**2, abs=1e-4)
    assert (found.dpi, found.file_dpi, found.dpi_from) == (150, 150, "asked")
    assert found.distance_cm == pytest.approx(58.2, abs=0.1)  # 0.169 mm / tan(1/60°)
    assert not found.too_small
    assert len(found.notes) == 2


def test_the_whole_picture_fits_whatever_the_shapes() -> None:
    square = print_target(print_size_of("30x30cm"), PHOTO)
    assert (square.width_cm, square.height_cm) == (30.0, 20.0)


@pytest.mark.parametrize(
    ("size", "dpi", "source", "said"),
    [
        ("A4", 300, "hand", "300 dpi, the usual for prints held in the hand"),
        ("A2", 150, "large", "with a side above 42 cm"),
        ("wall 3x2 m", 25, "distance", "3.6 m (a picture on a wall is looked at from about its diagonal)"),
        ("A2 seen from 2 m", 44, "distance", "2.0 m (as said)"),
    ],
)
def test_dots_per_inch_by_rule_are_explained(size: str, dpi: int, source: str, said: str) -> None:
    found = print_target(print_size_of(size), PHOTO)
    assert (found.dpi, found.dpi_from) == (dpi, source)
    assert said in found.notes[0]
    if source == "distance":
        assert found.distance_cm <= {"wall 3x2 m": 360.6, "A2 seen from 2 m": 200}[size]


def test_a_photo_that_is_too_small_is_told_what_would_be_honest() -> None:
    found = print_target(print_size_of("60x90cm", 150), SMALL)
    assert found.too_small
    assert found.factor > 7
    small, instead = found.notes[-2:]
    assert "98.7% of its pixels would be new" in small
    # 4x of 600 pixels at 150 dpi; and 150 dpi * 4 / 8.86 for the wished size.
    assert "41 × 27 cm at 150 dpi, seen from 58 cm" in instead
    assert "at 67 dpi" in instead
    assert "1.3 m or further" in instead
    lower = print_target(print_size_of("60x90cm", 67), SMALL)
    assert lower.factor <= 4
    assert not lower.too_small


def test_a_factor_above_all_that_is_offered_is_refused_with_the_honest_print() -> None:
    with pytest.raises(InputError, match=r"factor of 17\.72") as caught:
        factor_for_print(print_size_of("60x90cm", 300), SMALL)
    assert "20 × 14 cm at 300 dpi" in caught.value.hint


def test_a_photo_with_more_pixels_keeps_them_and_the_file_says_so() -> None:
    found = print_target(print_size_of("15x10cm"), PHOTO)
    assert found.factor == 1
    assert found.new_pixel_share == 0
    assert found.dpi == 300
    assert found.file_dpi == pytest.approx(508)
    assert (found.width_cm, found.height_cm) == (15.0, 10.0)


def test_the_file_and_the_report_carry_the_print(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8)).save(tmp_path / "in.png")
    target = print_target(print_size_of("3x2cm", 50), Header(30, 20, 3, 8, False, "png"))
    step = resample_step(INPUT.name, target.factor, id="resample", title="enlarge")
    report = run_workflow(
        workflow_of("enlarge", (step,)),
        tmp_path / "in.png",
        tmp_path / "out.png",
        cards=cards(),
        target=target,
        provenance=True,
    )
    resolution = read_picture(tmp_path / "out.png").metadata.resolution
    assert resolution is not None
    assert resolution[0] * 25.4 == pytest.approx(50, abs=0.1)
    assert report.print_target == target
    assert target.notes[1] in report.notes
    assert '"distance_cm"' in (tmp_path / "out.png.provenance.json").read_text()
