"""Pictures are read whole and right, or refused with a reason."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms
from skimage import data

from whichmodel.domain import PictureError
from whichmodel.pictures import Limits, read_header, read_picture

PHOTO = data.astronaut()[:120, :160]
FORMATS = ["jpg", "png", "tif", "webp"]


def saved(path: Path, pixels: np.ndarray = PHOTO, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(PictureError) as header:
        read_picture(path, *([limits] if limits else []))
    return str(header.value)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_lossless_pixels_come_back_exactly(tmp_path: Path, ending: str) -> None:
    picture = read_picture(saved(tmp_path / f"a.{ending}"))
    assert np.array_equal(picture.pixels, PHOTO)
    assert (picture.width, picture.height, picture.bits, picture.alpha) == (160, 120, 8, None)


@pytest.mark.parametrize("ending", FORMATS)
def test_the_name_does_not_decide_the_format(tmp_path: Path, ending: str) -> None:
    path = saved(tmp_path / f"a.{ending}").rename(tmp_path / "picture.txt")
    expected = {"jpg": "jpeg", "tif": "tiff"}.get(ending, ending)
    assert read_header(path).format == expected
    assert read_picture(path).metadata.format == expected


def test_names_with_brackets_spaces_and_letters_of_all_kinds(tmp_path: Path) -> None:
    path = saved(tmp_path / "Ä photo [page=1] – №2.png")
    assert np.array_equal(read_picture(path).pixels, PHOTO)


def test_16_bits_are_kept(tmp_path: Path) -> None:
    pixels = (PHOTO.astype(np.uint16) * 257) ^ 3
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.bits == 16
    assert np.array_equal(picture.pixels, pixels)


def test_16_bit_grey_is_kept(tmp_path: Path) -> None:
    grey = np.arange(60_000, dtype=np.uint16).reshape(200, 300)
    Image.fromarray(grey).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    assert picture.is_grey
    assert np.array_equal(picture.pixels[..., 0], grey)


def test_transparency_is_kept_apart(tmp_path: Path) -> None:
    alpha = np.full((120, 160), 7, np.uint8)
    picture = read_picture(saved(tmp_path / "a.png", np.dstack([PHOTO, alpha])))
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, alpha)
    assert np.array_equal(picture.pixels, PHOTO)
    assert read_header(tmp_path / "a.png").has_alpha


def test_grey_with_transparency(tmp_path: Path) -> None:
    Image.fromarray(PHOTO).convert("LA").save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    assert picture.pixels.shape == (120, 160, 1)
    assert picture.alpha is not None


@pytest.mark.parametrize("mode", ["1", "P"])
def test_one_bit_and_palette_become_8_bits(tmp_path: Path, mode: str) -> None:
    small = Image.fromarray(PHOTO).convert(mode)
    for ending in ("png", "tif"):
        small.save(tmp_path / f"a.{ending}")
        picture = read_picture(tmp_path / f"a.{ending}")
        shown = np.asarray(small.convert("RGB"))
        assert picture.bits == 8
        assert np.array_equal(np.broadcast_to(picture.pixels, shown.shape), shown)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_pictures_stand_the_right_way_up(tmp_path: Path, orientation: int, ending: str) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if ending == "webp" else {}
    path = saved(tmp_path / f"a.{ending}", exif=exif, **options)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    picture, header = read_picture(path), read_header(path)
    assert (header.width, header.height) == (picture.width, picture.height) == shown.shape[1::-1]
    difference = np.abs(picture.pixels.astype(int) - shown)
    assert difference.max() <= (3 if ending == "jpg" else 0)


def test_cmyk_becomes_srgb_and_says_so(tmp_path: Path) -> None:
    Image.fromarray(PHOTO).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.pixels.shape == PHOTO.shape
    assert "CMYK converted to sRGB" in picture.metadata.notes[0]
    assert np.corrcoef(picture.pixels.ravel(), PHOTO.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("space", ["lab", "labs", "xyz"])
def test_lab_and_xyz_become_srgb(tmp_path: Path, space: str) -> None:
    pyvips.Image.new_from_array(PHOTO).copy(interpretation="srgb").colourspace(space).tiffsave(
        str(tmp_path / "a.tif")
    )
    picture = read_picture(tmp_path / "a.tif")
    assert picture.metadata.notes == (f"{space.upper()} converted to sRGB",)
    assert (picture.bits, read_header(tmp_path / "a.tif").bits) == (16, 16)
    # Wide gamut and back: a step or two of rounding.
    assert np.abs(picture.pixels / 257 - PHOTO).mean() < 1


def test_8_bit_lab_is_refused_with_a_way_out(tmp_path: Path) -> None:
    lab = pyvips.Image.new_from_array(PHOTO).copy(interpretation="srgb").colourspace("labq")
    lab.tiffsave(str(tmp_path / "a.tif"))
    assert "Lab" in refusal(tmp_path / "a.tif")


def test_the_profile_of_rgb_is_kept(tmp_path: Path) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for ending in FORMATS:
        assert read_picture(saved(tmp_path / f"a.{ending}", icc_profile=icc)).metadata.icc == icc


def test_resolution_is_read(tmp_path: Path) -> None:
    for ending in ("jpg", "png", "tif"):
        found = read_picture(saved(tmp_path / f"a.{ending}", dpi=(300, 150))).metadata.resolution
        assert found == pytest.approx((300 / 25.4, 150 / 25.4), rel=1e-3)
        assert read_picture(saved(tmp_path / f"b.{ending}")).metadata.resolution is None


def test_the_shape_of_a_pixel_is_no_resolution(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", dpi=(300, 300))
    whole = path.read_bytes()
    at = whole.index(b"pHYs")
    shape = b"pHYs" + struct.pack(">IIB", 72, 72, 0)
    path.write_bytes(whole[:at] + shape + struct.pack(">I", zlib.crc32(shape)) + whole[at + 17 :])
    assert read_picture(path).metadata.resolution is None


def test_the_first_of_several_pages_is_read_with_a_note(tmp_path: Path) -> None:
    pages = [Image.fromarray(PHOTO), Image.fromarray(255 - PHOTO)]
    for ending, options in (("tif", {}), ("webp", {"lossless": True})):
        pages[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=pages[1:], **options)
        picture = read_picture(tmp_path / f"a.{ending}")
        assert np.array_equal(picture.pixels, PHOTO)
        assert any("first of 2" in note for note in picture.metadata.notes)


def test_an_overwritten_file_gives_its_new_pixels(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    read_picture(path)
    saved(path, 255 - PHOTO)
    assert np.array_equal(read_picture(path).pixels, 255 - PHOTO)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty (0 bytes)"),
        (b"hello, this is text\n", "text"),
        (b"GIF89a" + b"\0" * 50, "GIF"),
        (b"BM" + b"\0" * 50, "BMP"),
        (b"%PDF-1.7\n" + b"\0" * 50, "PDF"),
        (b"<?xml version='1.0'?><svg xmlns='a'/>", "SVG"),
        (b"<svg width='9'/>", "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
        (bytes(range(256)), "not a picture"),
    ],
)
def test_other_files_are_refused_by_what_they_are(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    assert told in refusal(path)


def test_missing_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "none.png")
    assert "a folder" in refusal(tmp_path)


def test_files_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.png")

    def refuse(*_: object, **__: object) -> io.BufferedReader:
        raise PermissionError(13, "Permission denied")

    # The superuser may read everything, so the refusal of the system is played here.
    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in refusal(path)


@pytest.mark.parametrize("ending", FORMATS)
def test_truncated_files_fail(tmp_path: Path, ending: str) -> None:
    whole = saved(tmp_path / f"a.{ending}").read_bytes()
    path = tmp_path / "cut"
    for left in (*range(12, 200, 17), len(whole) // 3, len(whole) // 2, len(whole) - 40, len(whole) - 1):
        path.write_bytes(whole[:left])
        assert refusal(path)


def test_corrupt_png_data_fails(tmp_path: Path) -> None:
    whole = bytearray(saved(tmp_path / "a.png").read_bytes())
    whole[len(whole) // 2] ^= 0x55
    (tmp_path / "a.png").write_bytes(whole)
    assert "damaged" in refusal(tmp_path / "a.png")


def test_corrupt_jpeg_data_fails(tmp_path: Path) -> None:
    whole = bytearray(saved(tmp_path / "a.jpg").read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 400] = b"\xff\xd8" * 200
    (tmp_path / "a.jpg").write_bytes(whole)
    assert "damaged" in refusal(tmp_path / "a.jpg")


def test_a_huge_picture_is_refused_from_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(60_000, 60_000))
    said = refusal(path)
    assert "60,000 x 60,000 = 3,600,000,000 pixels" in said
    assert "250,000,000" in said
    assert "--max-megapixels" in said
    with pytest.raises(PictureError):
        read_header(path)


def test_limits_can_be_set(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png")
    assert "limit is 1,000" in refusal(path, Limits(max_input_pixels=1000))
    assert "150 a side" in refusal(path, Limits(max_side=150))
    assert read_picture(path, Limits(max_input_pixels=160 * 120, max_side=160)).width == 160


@pytest.mark.parametrize("kind", [np.float32, np.uint32, np.int16])
def test_other_sample_types_are_refused(tmp_path: Path, kind: type) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((9, 9, 3), kind), photometric="rgb")
    assert "16-bit" in refusal(tmp_path / "a.tif")


def test_nothing_is_printed(tmp_path: Path) -> None:
    """libvips and libtiff warn on stderr by themselves; only a process of its own shows that."""
    tifffile.imwrite(tmp_path / "a.tif", PHOTO, photometric="rgb", extratags=[(65000, "s", 0, "x", True)])
    (tmp_path / "b.jpg").write_bytes(saved(tmp_path / "c.jpg").read_bytes()[:-300])
    code = (
        "import sys\nfrom pathlib import Path\nfrom whichmodel.pictures import read_picture\n"
        "for name in sys.argv[1:]:\n    try: read_picture(Path(name))\n    except Exception: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.tif"), str(tmp_path / "b.jpg")],
        capture_output=True, text=True, check=True, env={**os.environ},
    )  # fmt: skip
    assert done.stdout + done.stderr == ""
