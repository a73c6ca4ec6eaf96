"""The maps of a pair: what was added to it is found where it is, and what was not added is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from whichmodel.cli.main import run_program
from whichmodel.domain import InputError, from_json
from whichmodel.examining import Evidence, full_evidence, paragraph
from whichmodel.examining.drawing import evidence_picture
from whichmodel.examining.geometry import laid
from whichmodel.examining.invention import Kind
from whichmodel.examining.maps import Maps
from whichmodel.examining.regions import groups
from whichmodel.pictures import Picture, bicubic, resample, write_picture
from whichmodel.pictures.bridge import from_vips, pyvips
from whichmodel.pictures.reduction import KERNELS, Axis, applied

PHOTO = data.coffee()[:400, :592]
SMALL = bicubic(PHOTO, 148, 100)
LARGE = bicubic(SMALL, 592, 400)


def picture(pixels: NDArray[Any]) -> Picture:
    return Picture(np.ascontiguousarray(pixels))


def looked_at(before: NDArray[Any], after: NDArray[Any], folder: Path) -> tuple[Evidence, Maps]:
    return full_evidence(picture(before), picture(after), folder)


def map_of(path: Path, after: NDArray[Any]) -> NDArray[np.float32]:
    return np.fromfile(path, np.float32).reshape(after.shape[:2])


def pasted(after: NDArray[Any], rows: slice, columns: slice) -> NDArray[Any]:
    """With another photograph's part in it."""
    made = after.copy()
    made[rows, columns] = data.astronaut()[20 : 20 + rows.stop - rows.start, 170:][
        :, : columns.stop - columns.start
    ]
    return made


@given(
    scale=st.floats(1.2, 6),
    offset=st.floats(-9, 9),
    kernel=st.sampled_from(sorted(KERNELS)),
    seed=st.integers(0, 99),
)
@settings(max_examples=20)
def test_recovery_gives_back_what_interpolation_made(
    scale: float, offset: float, kernel: str, seed: int
) -> None:
    axis = Axis(scale, offset, 30, round(scale * 30))
    made = axis.enlargement((0, axis.large), (0, 30)) @ np.random.default_rng(seed).random(30)
    reduced = axis.reduction(kernel, (0, 30), (0, axis.large)) @ made
    again = axis.recovery(kernel, (0, axis.large), (0, 30)) @ reduced
    # Away from the ends of a crop, whose pixels were partly cut off.
    inner = slice(round(6 * scale + 9), round(24 * scale - 9))
    assert np.abs(again - made)[inner].max() < 0.1


@pytest.mark.parametrize(("size", "to"), [((120, 90), (480, 360)), ((61, 47), (244, 188))])
def test_the_matrices_are_the_resampling_of_the_program(size: tuple[int, int], to: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).random((to[1], to[0], 3)).astype(np.float32) * 255
    axes = [Axis(big / small, 0.0, small, big) for small, big in zip(size[::-1], to[::-1], strict=True)]
    down = [axis.reduction("cubic", (0, axis.small), (0, axis.large)) for axis in axes]
    assert np.abs(applied(down[0], down[1], pixels) - bicubic(pixels, *size)).max() < 0.01
    small = bicubic(pixels, *size)
    up = [axis.enlargement((0, axis.large), (0, axis.small)) for axis in axes]
    assert np.abs(applied(up[0], up[1], small) - bicubic(small, *to)).max() < 0.01


def test_a_plain_enlargement_invents_nothing_and_the_true_photograph_much(tmp_path: Path) -> None:
    plain, _ = looked_at(SMALL, LARGE, tmp_path)
    assert plain.mean_invention * 255 < 0.5
    assert plain.shares.supported > 0.995
    assert plain.shares.contradicts == plain.shares.invented == 0
    assert plain.regions == ()
    true, _ = looked_at(SMALL, PHOTO, tmp_path)
    assert true.mean_invention > 10 * plain.mean_invention
    assert true.model.kernel == "cubic"
    assert true.consistency.rmse < 0.5
    assert [region for region in true.regions if region.why == "contradicts"] == []


@pytest.mark.parametrize("turns", [0, 1])
def test_what_was_pasted_in_is_found_where_it_is(turns: int, tmp_path: Path) -> None:
    rows, columns = slice(200, 300), slice(60, 160)
    after = laid(pasted(LARGE, rows, columns), False, turns)
    marked = np.zeros(LARGE.shape[:2], bool)
    marked[rows, columns] = True
    marked = laid(marked, False, turns)
    found, maps = looked_at(SMALL, after, tmp_path)
    classes = np.fromfile(maps.classes, np.uint8).reshape(after.shape[:2])
    wrong = classes == Kind.CONTRADICTS
    assert wrong[marked].mean() > 0.7
    assert wrong[marked].sum() > 0.7 * wrong.sum()
    assert map_of(maps.error, after)[marked].mean() > 10 * map_of(maps.error, after)[~marked].mean()
    region = found.regions[0]
    assert region.why == "contradicts"
    where = np.argwhere(marked)
    assert region.left <= where[:, 1].mean() <= region.right
    assert region.top <= where[:, 0].mean() <= region.bottom
    assert "contradicts your photo" in paragraph(found)


def test_texture_beyond_the_photo_is_free_and_stands_out(tmp_path: Path) -> None:
    after = LARGE.astype(np.float64)
    stripes = 30.0 * (np.indices((80, 80)).sum(axis=0) % 2 * 2 - 1)
    after[280:360, 480:560] += stripes[:, :, None]
    found, maps = looked_at(SMALL, np.clip(after, 0, 255).astype(np.uint8), tmp_path)
    assert found.shares.contradicts < 0.001
    invented = map_of(maps.invention, after)
    assert invented[300:340, 500:540].mean() * 255 > 20
    assert invented[:250].mean() * 255 < 0.5
    assert {region.why for region in found.regions} == {"stands out"}
    assert found.regions[0].left >= 440
    assert found.regions[0].top >= 240
    assert "Nothing in it contradicts" in paragraph(found)


def test_a_crop_is_judged_on_what_both_show(tmp_path: Path) -> None:
    found, _ = looked_at(SMALL, LARGE[61:357, 150:550], tmp_path)
    assert found.geometry.cropped
    assert found.shares.contradicts < 0.002
    assert found.shares.supported > 0.98
    wide = np.pad(LARGE, ((60, 0), (0, 80), (0, 0)), mode="reflect")
    found, maps = looked_at(SMALL, wide, tmp_path)
    assert found.shares.outside == pytest.approx(1 - LARGE.size / wide.size, abs=0.01)
    assert map_of(maps.invention, wide)[:50].min() == 1


def test_other_colours_everywhere_are_told_and_not_taken_for_invention(tmp_path: Path) -> None:
    found, _ = looked_at(SMALL, np.clip(LARGE * 0.8 + 25.0, 0, 255).astype(np.uint8), tmp_path)
    assert found.colour_changed
    assert found.shares.contradicts < 0.01
    assert "colours were changed" in paragraph(found)


def test_a_result_of_the_same_size_or_smaller_invents_nothing(tmp_path: Path) -> None:
    same, _ = looked_at(LARGE, LARGE, tmp_path)
    assert same.consistency.psnr_db is None
    assert same.mean_invention == 0
    changed, _ = looked_at(LARGE, pasted(LARGE, slice(100, 180), slice(100, 180)), tmp_path)
    assert changed.regions[0].why == "contradicts"
    smaller, _ = looked_at(PHOTO, SMALL, tmp_path)
    assert smaller.consistency.rmse < 1
    assert smaller.regions == ()


def test_the_blur_is_recognised_or_taken_as_given(tmp_path: Path) -> None:
    for name in ("area", "gaussian-0.55"):
        axes = [Axis(4.0, 0.0, side // 4, side) for side in PHOTO.shape[:2]]
        down, across = (axis.reduction(name, (0, axis.small), (0, axis.large)) for axis in axes)
        small = np.clip(np.rint(applied(down, across, PHOTO.astype(np.float32))), 0, 255).astype(np.uint8)
        found, _ = looked_at(small, PHOTO, tmp_path)
        assert (found.model.kernel, found.model.kernel_chosen) == (name, True)
    found, _ = full_evidence(picture(SMALL), picture(PHOTO), tmp_path, kernel="lanczos3", noise=2.0)
    assert (found.model.kernel, found.model.kernel_chosen) == ("lanczos3", False)
    assert (found.model.noise, found.model.noise_estimated) == (2.0, False)
    with pytest.raises(InputError, match="no blur"):
        full_evidence(picture(SMALL), picture(PHOTO), tmp_path, kernel="sharp")


def test_blocks_leave_no_seams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after = pasted(PHOTO, slice(100, 180), slice(250, 330))
    maps = []
    for block in (2000, 97):
        monkeypatch.setattr("whichmodel.examining.maps._BLOCK", block)
        folder = tmp_path / str(block)
        folder.mkdir()
        found, drawn = looked_at(SMALL, after, folder)
        maps.append((map_of(drawn.invention, after), map_of(drawn.error, after), found.consistency.rmse))
    for one, other in zip(*maps, strict=True):
        assert np.abs(one - other).max() < 1e-3


def test_sixteen_bits_and_grey_give_the_same_maps(tmp_path: Path) -> None:
    eight, _ = looked_at(SMALL, PHOTO, tmp_path)
    sixteen, _ = looked_at(SMALL.astype(np.uint16) * 257, PHOTO.astype(np.uint16) * 257, tmp_path)
    assert sixteen.mean_invention == pytest.approx(eight.mean_invention, rel=1e-3)
    grey, _ = looked_at(SMALL[:, :, :1], PHOTO[:, :, :1], tmp_path)
    assert grey.consistency.rmse < 0.5


def test_groups_touch_by_a_corner() -> None:
    marks = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]], bool)
    assert sorted(len(rows) for rows, _ in groups(marks)) == [1, 1, 2]


def test_the_command_writes_maps_of_the_result_and_a_drawing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after, out = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out"
    write_picture(picture(SMALL), before)
    write_picture(picture(pasted(LARGE, slice(200, 300), slice(60, 160))), after)
    assert run_program(["evidence", str(before), str(after), "-o", str(out), "--blur", "cubic"]) == 0
    assert "One place of it contradicts your photo" in capsys.readouterr().out
    for name in ("invention.tif", "consistency.tif"):
        sheet = from_vips(pyvips.Image.new_from_file(str(out / name)))
        assert sheet.shape == (400, 592, 1)
        assert sheet.dtype == np.float32
        assert 0 <= sheet.min() <= sheet.max() <= 1
    assert from_json(Evidence, (out / "evidence.json").read_text(encoding="utf-8")).regions


def test_the_drawing_shows_the_three_panels(tmp_path: Path) -> None:
    after = pasted(LARGE, slice(200, 300), slice(60, 160))
    found, maps = looked_at(SMALL, after, tmp_path)
    drawn = evidence_picture(picture(SMALL), picture(after), found, maps).pixels
    assert drawn.shape[1] == 3 * 592 + 16
    red = (drawn[:, -592:, 0].astype(int) - drawn[:, -592:, 1] > 60).sum()
    assert red > 5000


def test_resampling_by_other_programs_is_no_contradiction(tmp_path: Path) -> None:
    found, _ = looked_at(SMALL, resample(SMALL, 592, 400, "linear"), tmp_path)
    assert found.regions == ()
