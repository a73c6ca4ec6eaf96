"""First evidence: right numbers, and sentences that claim no more than they hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from whichmodel.cli.main import run_program
from whichmodel.domain import InputError, from_json, to_json
from whichmodel.examining import Evidence, FirstEvidence, explain, first_evidence
from whichmodel.pictures import Metadata, Picture, bicubic, read_picture, write_picture

PHOTO = data.astronaut()[:256, :256]


@given(w=st.integers(1, 60), h=st.integers(1, 60), s=st.integers(1, 5))
def test_the_share_of_new_pixels_is_one_minus_one_by_s_squared(w: int, h: int, s: int) -> None:
    found = first_evidence(
        Picture(np.zeros((h, w, 3), np.uint8)), Picture(np.zeros((h * s, w * s, 3), np.uint8))
    )
    assert found.new_pixel_share == pytest.approx(1 - 1 / s**2)
    assert (found.factor_x, found.factor_y) == (s, s)
    assert found.agreement.psnr_db is None
    assert found.agreement.rmse == 0


@given(shift=st.integers(1, 100), bits=st.sampled_from([8, 16]))
def test_a_known_difference_is_measured(shift: int, bits: int) -> None:
    kind, unit = (np.uint8, 1) if bits == 8 else (np.uint16, 257)
    before = Picture(np.full((16, 16, 3), 50 * unit, kind))
    after = Picture(np.full((32, 32, 3), (50 + shift) * unit, kind))
    found = first_evidence(before, after)
    assert found.agreement.rmse == pytest.approx(shift, rel=1e-4)
    assert found.agreement.psnr_db == pytest.approx(20 * np.log10(255 / shift), abs=1e-2)
    assert found.bicubic_agreement is not None
    assert found.bicubic_agreement.psnr_db is None


def test_the_true_picture_agrees_better_than_plain_enlargement() -> None:
    before = Picture(bicubic(PHOTO, 64, 64))
    found = first_evidence(before, Picture(PHOTO))
    # What is left is the rounding of the input to 8 bits: 1 / sqrt(12).
    assert found.agreement.rmse < 0.5
    assert found.bicubic_agreement is not None
    assert found.bicubic_agreement.rmse > 2
    reference = Image.fromarray(before.pixels).resize((256, 256), Image.Resampling.BICUBIC)
    shrunk = np.asarray(reference.resize((64, 64), Image.Resampling.BICUBIC)).astype(float)
    theirs = np.sqrt(np.mean((shrunk - before.pixels) ** 2))
    assert found.bicubic_agreement.rmse == pytest.approx(theirs, rel=0.05)


def test_a_shifted_result_is_found_out() -> None:
    before = Picture(bicubic(PHOTO, 64, 64))
    shifted = Picture(np.roll(PHOTO, 2, axis=1))
    assert first_evidence(before, shifted).agreement.rmse > 3


def test_the_same_picture_is_identical() -> None:
    found = first_evidence(Picture(PHOTO), Picture(PHOTO))
    assert found.new_pixel_share == 0
    assert found.bicubic_agreement is None
    said = " ".join(explain(found))
    assert "identical" in said
    assert "no more pixels" in said


def test_a_smaller_result_is_compared_at_its_own_size() -> None:
    found = first_evidence(Picture(PHOTO), Picture(bicubic(PHOTO, 64, 64)))
    assert found.compared_size == (64, 64)
    assert found.new_pixel_share == 0
    assert found.agreement.rmse < 0.5


@pytest.mark.parametrize("after", [(300, 200), (200, 450), (400, 200)])
def test_shapes_that_do_not_fit_are_refused(after: tuple[int, int]) -> None:
    before = Picture(np.zeros((150, 100, 3), np.uint8))
    with pytest.raises(InputError, match="aspect ratios"):
        first_evidence(before, Picture(np.zeros((after[1], after[0], 3), np.uint8)))


def test_a_turned_result_is_named_so() -> None:
    with pytest.raises(InputError) as refused:
        first_evidence(Picture(np.zeros((150, 100, 3), np.uint8)), Picture(np.zeros((200, 300, 3), np.uint8)))
    assert "turned" in refused.value.hint


def test_sizes_rounded_by_a_pixel_fit() -> None:
    first_evidence(Picture(np.zeros((67, 101, 3), np.uint8)), Picture(np.zeros((100, 151, 3), np.uint8)))


def test_grey_colour_transparency_and_profiles_are_noted() -> None:
    grey = Picture(PHOTO[..., :1], PHOTO[..., 0].copy(), Metadata(icc=b"x"))
    found = first_evidence(grey, Picture(np.repeat(PHOTO[..., :1], 3, axis=2)))
    assert len(found.notes) == 3
    assert found.agreement.psnr_db is None


def test_json_and_back() -> None:
    found = first_evidence(Picture(bicubic(PHOTO, 64, 64)), Picture(PHOTO))
    assert json.loads(to_json(found))["schema_version"] == 1
    assert from_json(FirstEvidence, to_json(found)) == found


def test_the_sentences_do_not_claim_truth() -> None:
    said = " ".join(explain(first_evidence(Picture(bicubic(PHOTO, 64, 64)), Picture(PHOTO))))
    assert "93.8%" in said
    assert "64 × 64" in said
    assert "does not tell that fine detail in the result is true" in said


def test_the_command_writes_evidence_and_drawing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, out = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "new" / "folder"
    write_picture(Picture(bicubic(PHOTO, 64, 64)), before)
    write_picture(Picture(PHOTO), after)
    assert run_program(["evidence", str(before), str(after), "-o", str(out), "--json"]) == 0
    printed = capsys.readouterr().out
    assert (out / "evidence.json").read_text(encoding="utf-8") == printed
    assert from_json(Evidence, printed).after_size == (256, 256)
    assert read_picture(out / "before-after.png").width <= 2000
    made = [
        "before-after.png",
        "consistency.tif",
        "error.tif",
        "evidence.html",
        "evidence.json",
        "evidence.png",
        "invention.tif",
    ]
    assert sorted(item.name for item in out.iterdir()) == made
    assert run_program(["evidence", str(before), str(after), "-o", str(out)]) == 0
    assert "pixels" in capsys.readouterr().out


def test_the_command_never_overwrites_its_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "a.png", tmp_path / "before-after.png"
    write_picture(Picture(PHOTO), before)
    write_picture(Picture(PHOTO), after)
    bytes_before = after.read_bytes()
    assert run_program(["evidence", str(before), str(after), "-o", str(tmp_path)]) == 2
    assert "overwrite" in capsys.readouterr().err
    assert after.read_bytes() == bytes_before


def test_a_folder_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "a.png"
    write_picture(Picture(PHOTO), picture)
    assert run_program(["evidence", str(picture), str(picture), "-o", str(picture / "x")]) == 2
    assert "cannot be made" in capsys.readouterr().err
