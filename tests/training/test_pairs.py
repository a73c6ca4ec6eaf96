"""Where crops come from: folders, sizes, and that blurred and sharp are varied alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from whichmodel.domain import InputError
from whichmodel.pictures import Picture, write_picture
from whichmodel.training.blur import BlurKind
from whichmodel.training.pairs import pairs_in, photographs_in

SHORT = BlurKind(longest=7)


def pair(folder: Path, name: str, seed: int, size: tuple[int, int] = (40, 60)) -> None:
    """A pair whose blurred half is the sharp one, darker: what is done alike keeps that so."""
    sharp = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    for part, pixels in (("sharp", sharp), ("blur", sharp // 2)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        write_picture(Picture(pixels), folder / part / name)


def random(seed: int) -> np.random.Generator:
    """A generator."""
    return np.random.default_rng(seed)


def test_train_and_test_of_the_published_layout(tmp_path: Path) -> None:
    for scene in ("train/GOPR0372", "train/GOPR0374", "test/GOPR0384"):
        for number in range(3):
            pair(tmp_path / scene, f"00000{number}.png", number)
            (tmp_path / scene / "blur_gamma").mkdir(exist_ok=True)
            (tmp_path / scene / "blur_gamma" / f"00000{number}.png").write_bytes(b"of another kind")
    train, test = pairs_in(tmp_path)
    assert (len(train), len(test)) == (6, 3)
    assert train.fingerprint() != test.fingerprint()


def test_without_those_folders_every_tenth_is_held_out(tmp_path: Path) -> None:
    for number in range(15):
        pair(tmp_path, f"{number:02}.png", number)
    (tmp_path / "sharp" / "alone.png").write_bytes((tmp_path / "sharp" / "00.png").read_bytes())
    train, test = pairs_in(tmp_path)
    assert (len(train), len(test)) == (13, 2)


def test_both_halves_are_cropped_and_varied_alike(tmp_path: Path) -> None:
    pair(tmp_path, "a.png", 1)
    train, _ = pairs_in(tmp_path)
    ways = set()
    for seed in range(60):
        blur, sharp = train.crop(0, 32, 32, random(seed), varied=True)
        assert blur.shape == sharp.shape == (32, 32, 3)
        assert blur.dtype == np.float32
        assert (
            np.abs(blur - sharp / 2).max() < 0.11
        )  # clipping of strong colours aside they were treated alike
        assert np.abs(blur - sharp / 2).mean() < 0.01
        ways.add(sharp.tobytes())
    assert len(ways) == 60
    blur, sharp = train.crop(0, 16, 48, random(0), varied=True)
    assert sharp.shape == (16, 48, 3)
    same = [train.crop(0, 32, 32, random(3), varied=False)[1] for _ in (1, 2)]
    assert np.array_equal(*same)


def test_all_turns_come_and_no_other(tmp_path: Path) -> None:
    from whichmodel.training.pairs import _turned

    pixels = np.arange(4 * 4 * 3, dtype=np.float32).reshape(4, 4, 3)
    every = [_turned(pixels, way) for way in range(9)]
    distinct = {each.tobytes() for each in every}
    assert len(distinct) == 8  # the eight symmetries of a square; as it is comes twice
    assert np.array_equal(every[0], pixels)
    assert np.array_equal(every[1], pixels)


def test_small_photographs_are_continued(tmp_path: Path) -> None:
    pair(tmp_path, "a.png", 1, (20, 24))
    train, _ = pairs_in(tmp_path)
    _, sharp = train.crop(0, 64, 48, random(0), varied=False)
    assert sharp.shape == (64, 48, 3)
    assert np.array_equal(sharp[:20, :24][18::-1], sharp[20:39, :24])


def test_halves_of_two_sizes_are_refused(tmp_path: Path) -> None:
    pair(tmp_path, "a.png", 1)
    write_picture(Picture(np.zeros((9, 9, 3), np.uint8)), tmp_path / "blur" / "a.png")
    train, _ = pairs_in(tmp_path)
    with pytest.raises(InputError, match="not of one size"):
        train.crop(0, 16, 16, random(0), varied=False)


def test_photographs_are_blurred_anew_each_time(sharp_photos: Path) -> None:
    train, held = photographs_in(sharp_photos, SHORT)
    assert (len(train), len(held)) == (5, 1)
    for sample in range(len(train)):
        blur, sharp = train.crop(sample, 48, 32, random(sample), varied=False)
        assert blur.shape == sharp.shape == (48, 32, 3)
        assert 0 < np.abs(blur - sharp).mean() < 0.2
        assert blur.min() >= 0
        assert blur.max() <= 1
    first, other = (train.crop(0, 48, 48, random(seed), varied=False)[0] for seed in (1, 2))
    assert not np.array_equal(first, other)


def test_the_fingerprint_tells_other_files(sharp_photos: Path) -> None:
    before = photographs_in(sharp_photos)[0].fingerprint()
    assert photographs_in(sharp_photos)[0].fingerprint() == before
    (sharp_photos / "0.png").rename(sharp_photos / "0b.png")
    assert photographs_in(sharp_photos)[0].fingerprint() != before


def test_folders_without_anything_to_train_with(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for read, said in ((pairs_in, "holds no pairs"), (photographs_in, "holds no photographs")):
        with pytest.raises(InputError, match=said):
            read(tmp_path / "empty")
        with pytest.raises(InputError, match="is not a folder"):
            read(tmp_path / "nowhere")
