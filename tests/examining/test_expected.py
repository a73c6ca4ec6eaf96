"""The expected error: told only where a calibration speaks, the same in strips as in one, and better than guessing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.examining import expected as module
from whichmodel.examining.expected import EXPECTED, ExpectedError, expected_error, expected_words
from whichmodel.examining.expected_domain import measured
from whichmodel.examining.expected_features import PATCH, features, luma, pooled
from whichmodel.examining.expected_origin import UNKNOWN, Origin
from whichmodel.examining.expected_second import second_features
from whichmodel.examining.expected_table import calibrated, table_for
from whichmodel.examining.geometry import find_geometry
from whichmodel.pictures import Picture, bicubic, write_picture
from whichmodel.pictures.bridge import from_vips, pyvips, to_vips
from whichmodel.workflow import run_picture, workflow_for_card

WEIGHTS = "span-x4-ch48"
ORIGIN = Origin(told_by="user", model="SPAN-4x", weights=WEIGHTS)
PHOTO = data.coffee()[:396, :592]
SMALL = bicubic(PHOTO, 148, 99)
LARGE = PHOTO
"""The machinery does not care that no network made it, as long as it agrees with the small picture as such would."""


def picture(pixels: NDArray[Any]) -> Picture:
    return Picture(np.ascontiguousarray(pixels))


def look(
    before: NDArray[Any], after: NDArray[Any], folder: Path, origin: Origin = ORIGIN
) -> tuple[ExpectedError, NDArray[np.float32]]:
    first, second = picture(before), picture(after)
    found = expected_error(first, second, find_geometry(first, second), folder, origin)
    return found, np.fromfile(folder / EXPECTED, np.float32).reshape(after.shape[:2])


@pytest.mark.parametrize(
    ("weights", "again"), [(weights, again) for again in (False, True) for weights in calibrated(again)]
)
def test_the_tables_are_whole_and_their_limits_grow(weights: str, again: bool) -> None:
    table = table_for(weights, again)
    assert table is not None
    assert bool(table.facts.second) == again
    assert 40 <= table.facts.learned < table.facts.calibrated
    assert list(table.facts.levels) == [0.8, 0.9, 0.95]
    assert (np.diff(table.limits, axis=1) >= 0).all()
    assert (np.diff(table.limits, axis=0) >= 0).all()
    assert all(np.isfinite(part).all() for layer in table.layers for part in layer)
    # A limit is above what is expected: at least up to errors that occur.
    assert (table.limits[1] >= table.grid)[table.grid < 40].all()


def test_in_strips_it_is_what_it_is_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS", 8 * PATCH)
    monkeypatch.setattr(module, "_COLUMNS", 16 * PATCH)
    found, drawn = look(SMALL, LARGE, tmp_path)
    table = table_for(WEIGHTS)
    assert table is not None
    whole = table.expected(features(luma(SMALL, 8), luma(LARGE, 8), 4))
    wide = np.repeat(np.repeat(whole, PATCH, axis=0), PATCH, axis=1)[:396, :592]
    assert drawn * 255 == pytest.approx(wide, rel=1e-3, abs=1e-3)
    assert found.calibrated
    assert found.mean == pytest.approx(float(whole.mean()), rel=1e-3)
    for level, limit in enumerate(found.limits):
        assert limit.mean == pytest.approx(float(table.limit(whole, level).mean()), rel=1e-3)
    # What the document says lets a program draw the limits itself.
    own = np.interp(drawn[::PATCH, ::PATCH] * 255, found.limits[1].expected, found.limits[1].limits)
    assert own.mean() == pytest.approx(found.limits[1].mean, rel=1e-3)


def test_a_second_model_is_asked_where_a_calibration_knows_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (weights,) = calibrated(again=True)
    table = table_for(weights, again=True)
    assert table is not None
    rng = np.random.default_rng(1)
    other = np.clip(LARGE + rng.normal(0, 6, LARGE.shape), 0, 255).astype(np.uint8)
    asked: list[str] = []

    def stand_in(before: Any, second: str, folder: Path) -> Picture:
        asked.append(second)
        return picture(other)

    monkeypatch.setattr(module, "enlarge_again", stand_in)
    monkeypatch.setattr(module, "_ROWS", 8 * PATCH)
    monkeypatch.setattr(module, "_COLUMNS", 16 * PATCH)
    origin = Origin(told_by="user", model="Real-ESRGAN-x4plus", weights=weights)
    first, second = picture(SMALL), picture(LARGE)
    geometry = find_geometry(first, second)
    found = expected_error(first, second, geometry, tmp_path, origin, again=True)
    drawn = np.fromfile(tmp_path / EXPECTED, np.float32).reshape(LARGE.shape[:2])
    seen = features(luma(SMALL, 8), luma(LARGE, 8), 4)
    further = second_features(luma(LARGE, 8), luma(other, 8))
    whole = table.expected(np.concatenate([seen, further], axis=2))
    assert drawn[::PATCH, ::PATCH] * 255 == pytest.approx(whole[:50, :74], rel=1e-3, abs=1e-3, nan_ok=True)
    assert asked == [table.facts.second] == [found.second]
    assert f"enlarged again with the weights {found.second}" in expected_words(found)
    # What is not asked for, and what no table knows, costs no run.
    assert expected_error(first, second, geometry, tmp_path, origin).second == ""
    assert expected_error(first, second, geometry, tmp_path, ORIGIN, again=True).calibrated
    assert len(asked) == 1


def test_what_agrees_with_the_second_model_is_expected_to_be_closer(tmp_path: Path) -> None:
    (weights,) = calibrated(again=True)
    table = table_for(weights, again=True)
    assert table is not None
    after, small = luma(LARGE, 8), luma(SMALL, 8)
    seen = features(small, after, 4)
    means = []
    for noise in (0, 3, 10, 30):
        other = after + np.random.default_rng(2).normal(0, noise, after.shape).astype(np.float32)
        found = table.expected(np.concatenate([seen, second_features(after, other)], axis=2))
        means.append(float(np.nanmean(found)))
    assert means == sorted(means)
    assert means[-1] > 1.5 * means[0]


def test_of_what_the_model_cannot_have_made_nothing_is_expected(tmp_path: Path) -> None:
    after = LARGE.copy()
    after[200:240, 200:240] = 255 - after[200:240, 200:240]
    found, drawn = look(SMALL, after, tmp_path)
    outside = np.isnan(drawn)
    assert outside[208:232, 208:232].all()
    assert outside.sum() <= 64 * 64
    assert found.calibrated
    assert found.outside == pytest.approx(outside.mean(), abs=0.002)
    assert "is further from the photo" in expected_words(found)
    _, plain = look(SMALL, LARGE, tmp_path)
    assert not np.isnan(plain).any()
    assert drawn[:120].mean() == pytest.approx(plain[:120].mean(), rel=1e-3)


def through_jpeg(pixels: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = from_vips(pyvips.Image.new_from_buffer(to_vips(pixels).jpegsave_buffer(Q=50), ""))
    return found


def noisy(pixels: NDArray[Any]) -> NDArray[Any]:
    grain = np.random.default_rng(0).normal(0, 12, pixels.shape)
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


def soft(pixels: NDArray[Any]) -> NDArray[Any]:
    return bicubic(bicubic(pixels, 37, 25), 148, 99)


@pytest.mark.parametrize(
    ("make", "why"), [(through_jpeg, "traces of JPEG"), (noisy, "noisier"), (soft, "softer")]
)
def test_a_photo_unlike_the_calibrations_is_told(
    make: Callable[[NDArray[Any]], NDArray[Any]], why: str, tmp_path: Path
) -> None:
    before = make(SMALL)
    found, drawn = look(before, bicubic(before, 592, 396), tmp_path)
    assert not found.calibrated
    assert why in found.reason
    assert np.isnan(drawn).all()
    assert found.limits == ()
    assert f"not calibrated: {found.reason}" in expected_words(found)


def test_another_model_size_or_place_is_told(tmp_path: Path) -> None:
    assert "is not known" in look(SMALL, LARGE, tmp_path, UNKNOWN)[0].reason
    other = Origin(told_by="user", model="Another", weights="another")
    assert "no calibration for Another" in look(SMALL, LARGE, tmp_path, other)[0].reason
    assert "exactly 4 times" in look(SMALL, bicubic(SMALL, 444, 297), tmp_path)[0].reason
    brighter = np.clip(LARGE * 0.8 + 40, 0, 255).astype(np.uint8)
    assert "changed in colour" in look(SMALL, brighter, tmp_path)[0].reason
    # Some models change the colours a little themselves.
    warmer = np.clip(LARGE + np.array([5, 0, 0]), 0, 255).astype(np.uint8)
    assert look(SMALL, warmer, tmp_path)[0].calibrated


def test_grey_pictures_and_sixteen_bits_tell_the_same(tmp_path: Path) -> None:
    _, drawn = look(SMALL, LARGE, tmp_path)
    small, large = (pixels.astype(np.uint16) * 257 for pixels in (SMALL, LARGE))
    assert look(small, large, tmp_path)[1] == pytest.approx(drawn, rel=1e-3, abs=1e-5)
    greys = [np.rint(luma(pixels, 8)).astype(np.uint8)[:, :, None] for pixels in (SMALL, LARGE)]
    # Rounded to whole steps, both agree a little less.
    assert look(greys[0], greys[1], tmp_path)[1].mean() == pytest.approx(drawn.mean(), rel=0.25)


def test_sharpness_falls_with_blur_and_noise_is_found() -> None:
    values, quality = measured(picture(SMALL))
    assert quality is None
    assert measured(picture(soft(SMALL)))[0]["sharpness"] < 0.7 * values["sharpness"]
    assert measured(picture(noisy(SMALL)))[0]["noise"] > values["noise"] + 6


def test_the_command_draws_it_for_a_model_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after, out = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out"
    write_picture(picture(SMALL), before)
    write_picture(picture(LARGE), after)
    command = ["evidence", str(before), str(after), "-o", str(out), "--json"]
    assert run_program([*command, "--model", "SPAN-4x"]) == 0
    told = json.loads(capsys.readouterr().out)["expected_error"]
    assert told["calibrated"] is True
    assert [limit["level"] for limit in told["limits"]] == [0.8, 0.9, 0.95]
    sheet = from_vips(pyvips.Image.new_from_file(str(out / "error.tif")))
    assert sheet.shape == (396, 592, 1)
    assert sheet.mean() * 255 == pytest.approx(told["mean"], rel=0.01)
    assert run_program(command) == 0
    assert json.loads(capsys.readouterr().out)["expected_error"]["calibrated"] is False
    assert np.isnan(from_vips(pyvips.Image.new_from_file(str(out / "error.tif")))).all()


@pytest.mark.slow
def test_it_finds_where_the_network_was_wrong(pulled_weights: Callable[[str], Any], tmp_path: Path) -> None:
    pulled_weights(WEIGHTS)
    # A photograph that the calibration knows nothing of, and unlike its ones: grey, old, with grain.
    truth = np.repeat(data.coins()[:296, :384, None], 3, axis=2)
    small = bicubic(truth, 96, 74)
    made, _ = run_picture(workflow_for_card(cards()["SPAN-4x"]), picture(small), cards=cards())
    found, drawn = look(small, made.pixels, tmp_path)
    expected = pooled(drawn, PATCH) * 255
    errors = pooled(np.abs(luma(made.pixels, 8) - luma(truth, 8)), PATCH)
    wrong = errors >= np.quantile(errors, 0.9)
    pairs = expected[wrong][:, None] > expected[~wrong][None]
    assert pairs.mean() > 0.9
    limit = np.interp(expected, found.limits[1].expected, found.limits[1].limits)
    assert 0.7 < (errors <= limit).mean() < 1


@pytest.mark.slow
def test_the_command_enlarges_again_where_it_is_asked_to(
    pulled_weights: Callable[[str], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pulled_weights(WEIGHTS)
    before, after, out = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "out"
    write_picture(picture(SMALL), before)
    write_picture(picture(LARGE), after)
    command = ["evidence", str(before), str(after), "-o", str(out), "--model", "Real-ESRGAN-x4plus", "--json"]
    assert run_program([*command, "--again"]) == 0
    told = json.loads(capsys.readouterr().out)["expected_error"]
    assert told["calibrated"] is True
    assert told["second"] == WEIGHTS
    sheet = from_vips(pyvips.Image.new_from_file(str(out / "error.tif")))
    assert np.nanmean(sheet) * 255 == pytest.approx(told["mean"], rel=0.05)
    assert not list(out.glob("second*"))
