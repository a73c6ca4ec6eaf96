"""Pictures are written whole or not at all, with what their file said about them."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from whichmodel.domain import InputError, PictureError
from whichmodel.pictures import (
    Metadata,
    Picture,
    bicubic,
    check_writable,
    read_picture,
    same_file,
    write_picture,
)

PHOTO = data.astronaut()[:120, :160]
ENDINGS = ["jpg", "jpeg", "png", "tif", "tiff", "webp"]
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- kept --></x:xmpmeta>'


@pytest.fixture
def camera_photo(tmp_path: Path) -> Path:
    """A JPEG as a camera writes it: turned, with profile, EXIF, thumbnail, place, resolution and XMP."""
    thumbnail = io.BytesIO()
    Image.fromarray(PHOTO[::4, ::4]).save(thumbnail, "JPEG")
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif[0x011A], exif[0x011B], exif[0x0128] = 300, 150, 2
    details = exif.get_ifd(0x8769)
    details[0x9003], details[0xA002], details[0xA003] = "2020:01:02 03:04:05", 160, 120
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
    path = tmp_path / "camera.jpg"
    Image.fromarray(PHOTO).save(path, exif=exif, icc_profile=ICC, dpi=(300, 150), xmp=XMP, quality=95)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_the_file_said_is_kept(tmp_path: Path, camera_photo: Path, ending: str) -> None:
    picture = read_picture(camera_photo)
    larger = picture.with_pixels(bicubic(picture.pixels, 240, 320), None)
    out = tmp_path / f"out.{ending}"
    notes = write_picture(larger, out)
    again = Image.open(out)
    assert again.size == (240, 320)
    assert again.info["icc_profile"] == ICC
    assert b"kept" in (read_picture(out).metadata.xmp or b"")
    assert again.getexif()[0x0112] == 1
    # The camera's picture lay on its side: its 300 across are 300 down now.
    assert read_picture(out).metadata.resolution == pytest.approx((150 / 25.4, 300 / 25.4), rel=1e-3)
    if ending in ("tif", "tiff"):
        assert "EXIF" in notes[0]
        return
    assert notes == ()
    assert again.getexif()[0x010F] == "Maker"
    assert (again.getexif()[0x011A], again.getexif()[0x011B]) == (150, 300)
    details = again.getexif().get_ifd(0x8769)
    assert (details[0x9003], details[0xA002], details[0xA003]) == ("2020:01:02 03:04:05", 240, 320)
    assert again.getexif().get_ifd(0x8825)[1] == "N"


def test_a_stale_thumbnail_is_dropped(tmp_path: Path) -> None:
    inside = io.BytesIO()
    Image.fromarray(PHOTO[::4, ::4]).save(inside, "JPEG")
    thumbnail = inside.getvalue()

    def entry(tag: int, kind: int, value: int) -> bytes:
        return (
            tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + b"\1\0\0\0" + value.to_bytes(4, "little")
        )

    first = b"\1\0" + entry(0x0112, 3, 1) + (26).to_bytes(4, "little")
    second = b"\2\0" + entry(0x0201, 4, 56) + entry(0x0202, 4, len(thumbnail)) + b"\0\0\0\0"
    block = b"Exif\0\0II*\0\x08\0\0\0" + first + second + thumbnail
    path, out = tmp_path / "in.jpg", tmp_path / "out.jpg"
    Image.fromarray(PHOTO).save(path, exif=block)
    assert thumbnail in path.read_bytes()
    write_picture(read_picture(path), out)
    assert thumbnail[100:300] not in out.read_bytes()


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("transparent", [False, True])
def test_lossless_formats_give_back_what_they_got(
    tmp_path: Path, ending: str, kind: type, channels: int, transparent: bool
) -> None:
    random = np.random.default_rng(1)
    top = np.iinfo(kind).max
    pixels = random.integers(0, top, (23, 31, channels), kind, endpoint=True)
    alpha = random.integers(0, top, (23, 31), kind, endpoint=True) if transparent else None
    out = tmp_path / f"a.{ending}"
    assert write_picture(Picture(pixels, alpha), out) == ()
    again = read_picture(out)
    assert np.array_equal(again.pixels, pixels)
    assert (again.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(again.alpha, alpha)
    assert again.metadata.resolution is None


def test_jpeg_lays_transparency_on_white_and_says_so(tmp_path: Path) -> None:
    picture = Picture(np.zeros((8, 8, 3), np.uint16), np.zeros((8, 8), np.uint16))
    notes = write_picture(picture, tmp_path / "a.jpg")
    assert [note.split()[0] for note in notes] == ["JPEG", "JPEG"]
    assert read_picture(tmp_path / "a.jpg").pixels.min() >= 254


def test_webp_keeps_transparency_and_reduces_16_bits(tmp_path: Path) -> None:
    alpha = np.full((16, 16), 32768, np.uint16)
    notes = write_picture(Picture(np.full((16, 16, 3), 65535, np.uint16), alpha), tmp_path / "a.webp")
    again = read_picture(tmp_path / "a.webp")
    assert "8 bits" in notes[0]
    assert again.alpha is not None
    assert np.abs(again.alpha.astype(int) - 128).max() <= 1


def test_blocks_too_large_for_jpeg_are_left_out_with_a_note(tmp_path: Path) -> None:
    picture = Picture(PHOTO, None, Metadata(xmp=b"<x/>" * 20_000))
    assert "XMP" in write_picture(picture, tmp_path / "a.jpg")[0]
    assert write_picture(picture, tmp_path / "a.png") == ()


def test_profiles_larger_than_a_jpeg_segment_are_kept(tmp_path: Path) -> None:
    large = ICC[:0] + (200_000).to_bytes(4, "big") + ICC[4:] + b"\0" * (200_000 - len(ICC))
    write_picture(Picture(PHOTO, None, Metadata(icc=large)), tmp_path / "a.jpg")
    assert read_picture(tmp_path / "a.jpg").metadata.icc == large


@pytest.mark.parametrize(
    ("name", "size", "told"),
    [
        ("a.webp", (16_384, 10), "16,383"),
        ("a.jpg", (10, 65_501), "65,500"),
        ("a.gif", (10, 10), ".gif"),
        ("a", (10, 10), "(none)"),
        ("none/a.png", (10, 10), "does not exist"),
        ("folder.png", (10, 10), "is a folder"),
    ],
)
def test_what_cannot_be_written_is_told_before_any_work(
    tmp_path: Path, name: str, size: tuple[int, int], told: str
) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError) as refused:
        check_writable(tmp_path / name, *size)
    assert told in str(refused.value)


def test_the_longest_sides_can_really_be_written(tmp_path: Path) -> None:
    for name, side in (("a.webp", 16_383), ("a.jpg", 65_500)):
        write_picture(Picture(np.zeros((1, side, 3), np.uint8)), tmp_path / name)
        assert read_picture(tmp_path / name).width == side


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="cannot be written"):
        check_writable(tmp_path / "a.png", 1, 1)


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, where: str
) -> None:
    out = tmp_path / "a.png"
    out.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(os, where, fail)
    expected = PictureError if isinstance(fault, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_picture(Picture(PHOTO), out)
    assert [item.name for item in tmp_path.iterdir()] == ["a.png"]
    assert out.read_bytes() == b"old"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    import whichmodel.pictures.write as module

    def onto_a_full_disk(path: object, *_: object) -> int:
        # Linux has a device that is always full; elsewhere a folder that is gone fails alike.
        full = Path("/dev/full")
        Path(str(path)).symlink_to(full if full.exists() else tmp_path / "gone" / "full")
        return real_open("/dev/null", os.O_WRONLY)

    real_open = os.open
    monkeypatch.setattr(module.os, "open", onto_a_full_disk)
    with pytest.raises(PictureError, match="could not be written"):
        write_picture(
            Picture(np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)),
            tmp_path / f"a.{ending}",
        )
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_permissions_links_and_notes(tmp_path: Path) -> None:
    out, link = tmp_path / "a.png", tmp_path / "link.png"
    write_picture(Picture(PHOTO), out)
    umask = os.umask(0)
    os.umask(umask)
    assert out.stat().st_mode & 0o777 == 0o666 & ~umask
    out.chmod(0o600)
    link.symlink_to(out)
    write_picture(Picture(255 - PHOTO), link)
    assert link.is_symlink()
    assert out.stat().st_mode & 0o777 == 0o600
    assert np.array_equal(read_picture(out).pixels, 255 - PHOTO)


def test_same_file(tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    a.write_bytes(b"x")
    b.hardlink_to(a)
    c.symlink_to(a)
    assert same_file(a, b)
    assert same_file(a, c)
    assert same_file(a, tmp_path / "." / "a")
    assert same_file(tmp_path / "new", tmp_path / "x" / ".." / "new")
    assert not same_file(a, tmp_path / "new")


def test_pictures_refuse_wrong_shapes() -> None:
    for pixels, alpha in (
        (np.zeros((4, 4), np.uint8), None),
        (np.zeros((4, 4, 2), np.uint8), None),
        (np.zeros((0, 4, 3), np.uint8), None),
        (np.zeros((4, 4, 3), np.float32), None),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint16)),
    ):
        with pytest.raises(ValueError, match="must"):
            Picture(pixels, alpha)


def test_a_new_resolution_reaches_file_and_exif(tmp_path: Path, camera_photo: Path) -> None:
    picture = read_picture(camera_photo)
    wished = replace(picture, metadata=replace(picture.metadata, resolution=(240 / 25.4, 240 / 25.4)))
    for ending in ENDINGS:
        write_picture(wished, tmp_path / f"o.{ending}")
        found = read_picture(tmp_path / f"o.{ending}").metadata.resolution
        assert found == pytest.approx((240 / 25.4, 240 / 25.4), rel=1e-3)
