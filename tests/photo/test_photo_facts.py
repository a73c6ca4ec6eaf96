"""What is told about a photo: near the truth where it was degraded on purpose, nothing where it was not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import convolve

from whichmodel.domain import Record, from_json, to_json
from whichmodel.domain.photo import Measured, PhotoFacts
from whichmodel.nodes.blur_kernel import disk, motion
from whichmodel.photo import all_clear, findings, measure, things
from whichmodel.photo import facts as facts_module
from whichmodel.photo.jpeg import jpeg_of
from whichmodel.photo.jpeg_tables import ZIGZAG, quality_of, table_in, table_of
from whichmodel.pictures import Kind, Picture, Raster, read_picture, write_picture
from whichmodel.pictures.bridge import pyvips, to_vips
from whichmodel.pictures.raster import store
from whichmodel.pictures.sample import WHOLE, parts_of

Pixels = NDArray[Any]
Look = Callable[[Pixels], PhotoFacts]
NAMES = ("astronaut", "chelsea", "coffee")


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look_at_all: Look) -> Look:
    """The facts of an array, without faces, and without damage, which takes as long as all else."""
    none = Measured(value=0.0, confidence=1, method="")
    monkeypatch.setattr(facts_module, "damage_of", lambda picture: none)
    return look_at_all


@pytest.fixture
def look_at_all(tmp_path: Path) -> Look:
    """The facts of an array, without faces."""

    def facts(pixels: Pixels) -> PhotoFacts:
        raster = store(Picture(np.ascontiguousarray(pixels)), tmp_path / "photo")
        found = measure(raster, networks=False)
        raster.close()
        raster.path.unlink()
        return found

    return facts


@pytest.fixture(scope="session")
def clean(photos: dict[str, Path]) -> dict[str, Pixels]:
    """Sharp photographs without traces of JPEG."""
    return {name: read_picture(photos[name]).pixels[:300, :400, :3] for name in NAMES}


def noisy(pixels: Pixels, sigma: float) -> Pixels:
    """With Gaussian noise, rounded and clipped."""
    noise = np.random.default_rng(7).normal(0, sigma, pixels.shape)
    return np.rint(pixels + noise).clip(0, 255).astype(np.uint8)


def blurred(pixels: Pixels, kernel: NDArray[np.float64]) -> Pixels:
    """Each channel convolved, rounded."""
    planes = [convolve(pixels[:, :, band].astype(np.float64), kernel, mode="reflect") for band in range(3)]
    return np.rint(np.stack(planes, axis=2)).clip(0, 255).astype(np.uint8)


def compressed(pixels: Pixels, quality: int) -> Pixels:
    """Through JPEG and back."""
    data = to_vips(pixels).jpegsave_buffer(Q=quality)
    image = pyvips.Image.jpegload_buffer(data)
    return np.asarray(image.numpy()).reshape(pixels.shape)


def kinds(facts: PhotoFacts) -> list[str]:
    return [finding.kind for finding in findings(facts)]


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_photo_has_nothing_to_mend(name: str, clean: dict[str, Pixels], look_at_all: Look) -> None:
    facts = look_at_all(clean[name])
    assert not {"noise", "motion-blur", "focus-blur", "jpeg", "faded", "cast", "damage"} & set(kinds(facts))
    told = " ".join(all_clear(facts))
    assert "no noise" in told
    assert "no blur" in told
    assert facts.noise is not None
    assert facts.noise.value < 4


@pytest.mark.parametrize(("sigma", "off"), [(15, 1.5), (25, 1.5), (50, 8)])
@pytest.mark.parametrize("name", NAMES)
def test_noise_is_told_with_its_level(
    name: str, sigma: int, off: float, clean: dict[str, Pixels], look: Look
) -> None:
    facts = look(noisy(clean[name], sigma))
    assert facts.noise is not None
    assert abs(facts.noise.value - sigma) < off
    assert kinds(facts)[0] == "noise"
    assert f"σ≈{facts.noise.value:.0f}" in findings(facts)[0].sentence


def test_dense_texture_is_no_noise(look: Look) -> None:
    from skimage import data

    for texture in (data.grass(), data.gravel(), data.brick()):
        assert "noise" not in kinds(look(texture[:, :, None]))


def test_noise_is_the_same_in_16_bits(clean: dict[str, Pixels], look: Look) -> None:
    pixels = noisy(clean["coffee"], 20)[:200, :300]
    small, large = look(pixels).noise, look(pixels.astype(np.uint16) * 257).noise
    assert small is not None
    assert large is not None
    assert abs(small.value - large.value) < 0.05


@pytest.mark.parametrize("quality", [10, 20, 30, 40, 60, 75])
def test_jpeg_is_told_from_pixels(quality: int, clean: dict[str, Pixels], look: Look) -> None:
    for pixels in clean.values():
        facts = look(compressed(pixels[:240, :320], quality))
        assert facts.jpeg is not None
        assert facts.jpeg.quality is not None
        assert abs(facts.jpeg.quality - quality) <= 1
        assert ("jpeg" in kinds(facts)) == (quality <= 60)


def test_blocks_are_found_where_they_begin(clean: dict[str, Pixels], look: Look) -> None:
    cut = compressed(clean["coffee"], 30)[5:300, 3:400]
    jpeg = look(cut).jpeg
    assert jpeg is not None
    assert (jpeg.quality, jpeg.offset) == (30, (5, 3))
    assert jpeg.blocking > 0.5


@pytest.mark.parametrize(("length", "angle"), [(9, 20), (15, 75), (21, 140)])
@pytest.mark.parametrize("name", NAMES)
def test_a_movement_is_told_with_length_and_angle(
    name: str, length: int, angle: int, clean: dict[str, Pixels], look: Look
) -> None:
    facts = look(blurred(clean[name], motion(length, angle)))
    assert kinds(facts)[0] == "motion-blur"
    assert facts.blur is not None
    assert abs(facts.blur.extent - length) <= max(1, 0.12 * length)
    assert abs((facts.blur.angle - angle + 90) % 180 - 90) < 6


@pytest.mark.parametrize(("length", "angle", "name"), [(9, 20, "astronaut"), (15, 75, "chelsea")])
def test_a_movement_is_told_under_noise_and_under_jpeg(
    length: int, angle: int, name: str, clean: dict[str, Pixels], look: Look
) -> None:
    moved = blurred(clean[name], motion(length, angle))
    for spoilt in (noisy(moved, 25), compressed(moved, 40)):
        blur = look(spoilt).blur
        assert blur is not None
        assert blur.kind == "motion"
        assert abs(blur.extent - length) <= 2
        assert abs((blur.angle - angle + 90) % 180 - 90) < 8
    for sharp in (noisy(clean[name], 25), compressed(clean[name], 40)):
        blur = look(sharp).blur
        assert blur is None or blur.kind != "motion"


def test_noise_that_jpeg_left_is_told_and_that_of_plain_noise_is_sure(
    clean: dict[str, Pixels], look: Look
) -> None:
    for name in NAMES:
        pixels = clean[name]
        assert "noise" in kinds(look(compressed(noisy(pixels, 15), 70))), name
        assert "noise" not in kinds(look(compressed(pixels, 70)))
        plain = findings(look(noisy(pixels, 15)))[0]
        assert plain.kind == "noise"
        assert "less sure" not in plain.sentence


def test_what_is_out_of_focus_is_no_movement(clean: dict[str, Pixels], look: Look) -> None:
    widths = []
    for radius in (3, 5):
        facts = look(blurred(clean["coffee"], disk(radius)))
        assert facts.blur is not None
        assert facts.blur.kind == "focus"
        assert "focus-blur" in kinds(facts)
        widths.append(facts.blur.extent)
    assert widths[0] < widths[1]


def test_the_strongest_of_several_problems_comes_first(clean: dict[str, Pixels], look: Look) -> None:
    moved = blurred(clean["astronaut"], motion(9, 30))
    worst = look(noisy(moved, 50))
    assert kinds(worst)[0] == "noise"
    pressed = look(compressed(noisy(moved, 5), 10))
    assert kinds(pressed)[0] == "jpeg"
    before = look(compressed(noisy(clean["astronaut"], 25), 60))
    assert {"noise", "jpeg"} <= set(kinds(before))
    strengths = [finding.strength for finding in findings(worst)]
    assert strengths == sorted(strengths, reverse=True)


@pytest.mark.parametrize("quality", [5, 30, 50, 88, 95])
def test_the_table_of_a_file_tells_its_quality(
    quality: int, clean: dict[str, Pixels], tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    to_vips(clean["coffee"]).jpegsave(str(path), Q=quality)
    table = table_in(path)
    assert table is not None
    assert quality_of(table) == (quality, 0)
    facts = measure(path, networks=False)
    assert facts.jpeg is not None
    assert (facts.jpeg.quality, facts.jpeg.confidence) == (quality, 1)
    assert from_json(PhotoFacts, to_json(facts)) == facts


@settings(max_examples=100)
@given(
    data=st.binary(max_size=300), start=st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff\xdb\x00\x43\x00"])
)
def test_any_bytes_are_read_without_harm(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("t") / "x"
    path.write_bytes(start + data)
    table = table_in(path)
    assert table is None or (table.shape == (8, 8) and table.min() >= 1)


def test_tables_fall_with_quality_and_the_order_is_that_of_the_standard() -> None:
    sums = [int(table_of(quality).sum()) for quality in range(1, 101)]
    assert sums == sorted(sums, reverse=True)
    assert ZIGZAG[:6] == ((0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2))
    assert len(set(ZIGZAG)) == 64


@settings(max_examples=15)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    value=st.sampled_from([0, 120, 255]),
    bands=st.sampled_from([1, 3]),
)
def test_tiny_and_even_pictures_have_no_problem_of_detail(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, value: int, bands: int
) -> None:
    pixels = np.full((height, width, bands), value, np.uint8)
    raster = store(Picture(pixels), tmp_path_factory.mktemp("t") / "r")
    facts = measure(raster, networks=False)
    raster.close()
    assert not {"noise", "motion-blur", "focus-blur", "jpeg", "damage"} & set(kinds(facts))
    for name in ("noise", "blur", "jpeg", "faces", "text"):
        assert (getattr(facts, name) is None) == (name in facts.not_measured)


def test_of_a_large_photo_a_bounded_part_is_read(tmp_path: Path) -> None:
    raster = Raster.create(tmp_path / "r", 6000, 4000, Kind(3, 8))
    parts = parts_of(raster)
    assert 500_000 < sum(part.light.size for part in parts) <= 1.1 * WHOLE
    assert all(part.left % 8 == 0 and part.top % 8 == 0 for part in parts)
    assert {part.left for part in parts} == {part.left for part in parts if part.left + 320 <= 6000}
    assert jpeg_of(parts) is None  # nothing in it tells anything


def test_transparent_pixels_and_files_are_taken(clean: dict[str, Pixels], tmp_path: Path) -> None:
    pixels = clean["coffee"][:160, :200]
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:, :50] = 0
    path = tmp_path / "a.png"
    write_picture(Picture(np.ascontiguousarray(pixels), alpha), path)
    facts = measure(path, networks=False)
    assert isinstance(facts, Record)
    assert (facts.width, facts.height, facts.bits) == (200, 160, 8)
    assert facts.tone is not None
    assert not facts.tone.grey
    grey = measure_grey(pixels, tmp_path)
    assert grey.tone is not None
    assert grey.tone.grey


def measure_grey(pixels: Pixels, folder: Path) -> PhotoFacts:
    """The facts of a grey photo that is stored as colour."""
    path = folder / "g.png"
    write_picture(Picture(np.repeat(pixels[:, :, 1:2], 3, axis=2)), path)
    return measure(path, networks=False)


def test_cut_off_and_faded_tones_are_told(clean: dict[str, Pixels], look: Look) -> None:
    pixels = clean["coffee"].astype(np.float64)
    assert "clipped" in kinds(look((pixels * 2.5).clip(0, 255).astype(np.uint8)))
    assert "faded" in kinds(look((pixels * 0.5 + 70).astype(np.uint8)))


def test_faces_that_are_not_looked_for_say_what_to_do(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(things, "installed", lambda id: None)
    facts = measure(photo)
    assert facts.faces is None
    assert facts.not_measured["faces"] == "not looked for: whichmodel weights pull yunet"


@pytest.mark.slow
def test_faces_are_boxes_where_the_weights_are(
    photos: dict[str, Path], pulled_weights: Callable[[str], dict[str, Path]]
) -> None:
    pulled_weights("yunet")
    facts = measure(photos["astronaut"])
    assert facts.faces is not None
    (box,) = facts.faces
    left, top, right, bottom = box
    assert left < 220 < right
    assert top < 120 < bottom
