"""Large pictures: TIFF pyramids and deep-zoom folders, whole or not at all, read back by others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from whichmodel.domain import InputError, PictureError
from whichmodel.pictures import Metadata, Picture, check_writable, read_picture, write, write_picture, zoom
from whichmodel.pictures.raster import store
from whichmodel.pictures.zoom import tiles_folder

RANDOM = np.random.default_rng(5)


def picture(width: int, height: int, kind: type = np.uint8, alpha: bool = False) -> Picture:
    """Noise that no format can guess."""
    top = np.iinfo(kind).max
    pixels = RANDOM.integers(0, top, (height, width, 3), kind, endpoint=True)
    return Picture(pixels, RANDOM.integers(0, top, (height, width), kind) if alpha else None)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_pyramid_is_a_tiled_bigtiff_with_smaller_copies(tmp_path: Path, kind: type, alpha: bool) -> None:
    given, out = picture(900, 700, kind, alpha), tmp_path / "a.tif"
    raster = store(given, tmp_path / "samples")
    assert write_picture(raster, out, pyramid=True) == ()
    with tifffile.TiffFile(out) as file:
        assert file.is_bigtiff
        sizes = [(page.imagewidth, page.imagelength) for page in file.pages]
        assert sizes == [(900, 700), (450, 350), (225, 175)]
        assert file.pages[0].is_tiled
        seen = file.pages[0].asarray()
    assert np.array_equal(seen[:, :, :3], given.pixels)
    assert given.alpha is None or np.array_equal(seen[:, :, 3], given.alpha)
    again = read_picture(out)
    assert np.array_equal(again.pixels, given.pixels)
    assert again.metadata.notes == ()


def test_pages_that_are_no_smaller_copies_are_told(tmp_path: Path) -> None:
    pages = [Image.fromarray(picture(30, 20).pixels) for _ in range(3)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert read_picture(tmp_path / "a.tif").metadata.notes == (
        "only the first of 3 pages or frames was read",
    )


def test_large_tiffs_are_pyramids_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "_PYRAMID", 300 * 300)
    for side, pages in ((299, 1), (300, 2)):
        write_picture(picture(side, side), tmp_path / f"{side}.tif")
        with tifffile.TiffFile(tmp_path / f"{side}.tif") as file:
            assert len(file.pages) == pages


@pytest.mark.parametrize("name", ["a.tif", "a.dzi"])
def test_the_same_picture_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    given = picture(700, 600)
    files = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_picture(given, tmp_path / folder / name, pyramid=True)
        parts = sorted(path for path in (tmp_path / folder).rglob("*") if path.is_file())
        files.append([(path.relative_to(tmp_path / folder), path.read_bytes()) for path in parts])
    assert files[0] == files[1]


@given(st.integers(1, 600), st.integers(1, 600), st.booleans(), st.booleans())
@settings(max_examples=15, deadline=None)
def test_deep_zoom_holds_every_pixel(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, alpha: bool, sixteen: bool
) -> None:
    folder = tmp_path_factory.mktemp("zoom")
    out = folder / "my.photo.dzi"
    notes = write_picture(picture(width, height, np.uint16 if sixteen else np.uint8, alpha), out)
    assert any("8 bits" in note for note in notes) is sixteen
    assert sorted(path.name for path in folder.iterdir()) == ["my.photo.dzi", "my.photo_files"]
    root = ElementTree.parse(out).getroot()
    size = next(iter(root))
    assert (int(size.attrib["Width"]), int(size.attrib["Height"])) == (width, height)
    assert root.attrib["Format"] == ("png" if alpha else "jpg")
    levels = sorted(int(path.name) for path in (folder / "my.photo_files").iterdir())
    assert levels == list(range(int(np.ceil(np.log2(max(width, height)))) + 1))
    tile, overlap = int(root.attrib["TileSize"]), int(root.attrib["Overlap"])
    right = bottom = 0
    for path in (folder / "my.photo_files" / str(levels[-1])).iterdir():
        column, row = map(int, path.stem.split("_"))
        with Image.open(path) as piece:
            right = max(right, column * tile - overlap * (column > 0) + piece.width)
            bottom = max(bottom, row * tile - overlap * (row > 0) + piece.height)
    assert (right, bottom) == (width, height)


def test_deep_zoom_keeps_the_colour_profile_and_tells_what_it_leaves_out(tmp_path: Path) -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = Picture(picture(30, 20).pixels, None, Metadata(icc=icc, xmp=b"<x/>"))
    assert "XMP" in write_picture(given, tmp_path / "a.dzi")[0]
    with Image.open(tmp_path / "a_files" / "5" / "0_0.jpg") as tile:
        assert tile.info["icc_profile"] == icc


def test_a_folder_of_tiles_is_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "a_files"
    folder.mkdir()
    (folder / "mine.txt").write_text("kept")
    for ask in (
        lambda: check_writable(tmp_path / "a.dzi", 8, 8),
        lambda: write_picture(picture(8, 8), tmp_path / "a.dzi"),
    ):
        with pytest.raises(InputError, match="never replaced"):
            ask()
    assert (folder / "mine.txt").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["a_files"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), RuntimeError("no")])
def test_a_deep_zoom_that_fails_leaves_nothing(tmp_path: Path, fault: BaseException) -> None:
    def stop(share: float) -> None:
        raise fault

    with pytest.raises(type(fault)):
        write_picture(picture(900, 900), tmp_path / "a.dzi", progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "side"), [("a.jpg", 65_501), ("a.webp", 16_384)])
def test_formats_that_are_too_small_name_others(tmp_path: Path, name: str, side: int) -> None:
    with pytest.raises(PictureError, match="holds at most") as caught:
        check_writable(tmp_path / name, side, 10)
    assert ".dzi" in caught.value.hint
    check_writable(tmp_path / "a.dzi", side, 10)


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from whichmodel.pictures import Picture, write_picture, zoom

zoom.os.replace = lambda *paths: os._exit(9)
write_picture(Picture(np.zeros((300, 300, 3), np.uint8)), Path(sys.argv[1]))
"""


def test_a_deep_zoom_killed_between_its_two_names_is_written_again(tmp_path: Path) -> None:
    out = tmp_path / "a.dzi"
    assert subprocess.run([sys.executable, "-c", KILLED, str(out)], check=False).returncode == 9
    assert tiles_folder(out).is_dir()
    assert not out.exists()
    check_writable(out, 900, 900)
    given = picture(900, 900)
    write_picture(given, out)
    whole = tmp_path / "whole"
    whole.mkdir()
    write_picture(given, whole / "a.dzi")
    ours, wanted = (
        {
            str(path.relative_to(home)): path.read_bytes()
            for path in home.rglob("*")
            if path.is_file() and home / "a_files" in (path.parent, *path.parents)
        }
        for home in (tmp_path, whole)
    )
    assert ours == wanted
    assert len(ours) > 5
    assert out.read_bytes() == (whole / "a.dzi").read_bytes()


def test_a_deep_zoom_that_cannot_get_its_name_leaves_no_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zoom.os, "replace", full)
    with pytest.raises(PictureError, match="No space left"):
        write_picture(picture(300, 300), tmp_path / "a.dzi")
    assert not list(tmp_path.iterdir())
