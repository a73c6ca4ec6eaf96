"""Write pictures, completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whichmodel.domain import InputError, PictureError
from whichmodel.files import replacing
from whichmodel.pictures.bridge import pyvips, reason
from whichmodel.pictures.picture import Metadata, Picture
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.zoom import check_free, placing

ENDINGS = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".webp": "webp",
    ".dzi": "dz",
}
# Longest side in pixels that the format, or libjpeg for JPEG, can hold.
_MAX_SIDE = {"jpeg": 65_500, "png": 2**31 - 1, "tiff": 2**31 - 1, "webp": 16_383, "dz": 2**31 - 1}
# A JPEG segment holds 65,533 bytes; EXIF and XMP must each fit in one, with their signature.
_MAX_JPEG_BLOCK = 65_500
_EIGHT = {"jpeg": "JPEG holds", "webp": "WebP holds", "dz": "deep-zoom tiles hold"}
# Flags of libvips: which blocks a saver writes.
_KEEP = {"exif": 1, "xmp": 2, "iptc": 4, "icc": 8}
_CLASSIC_TIFF = 3_500_000_000
_PYRAMID = 100_000_000
"""Pixels from which a TIFF is written in tiles, with smaller copies inside: else no program could show it."""
_LARGE = 50_000_000
"""Pixels from which a picture is written with memory in mind first."""


def check_writable(path: Path, width: int, height: int) -> None:
    """Check before any work that a picture of this size can be written to `path`.

    Raises:
        PictureError: unknown ending, or the format cannot hold a picture of this size.
        InputError: the folder does not exist or cannot be written, or `path` is not a plain file.
    """
    kind = _kind(path)
    longest = _MAX_SIDE[kind]
    if max(width, height) > longest:
        raise PictureError(
            f"{path}: {kind.upper()} holds at most {longest:,} pixels a side, not {width:,} x {height:,}",
            hint="write a .png, .tif or .dzi instead",
        )
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"the folder {folder} does not exist", hint="make it first, or name another one")
    if path.is_dir():
        raise InputError(f"{path} is a folder", hint="name a file inside it")
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is no plain file", hint="name another file")
    if kind == "dz":
        check_free(path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"the folder {folder} cannot be written", hint="name a folder of yours")


def same_file(a: Path, b: Path) -> bool:
    """Whether both paths lead to the same file, through links and hard links too."""
    try:
        return a.samefile(b)
    except OSError:
        return os.path.realpath(a) == os.path.realpath(b)


def write_picture(
    picture: Picture | Raster,
    path: Path,
    *,
    quality: int = 92,
    pyramid: bool = False,
    progress: Callable[[float], None] = lambda share: None,
    begun: Callable[[Path], None] = lambda temporary: None,
) -> tuple[str, ...]:
    """Write a picture in the format that the ending of `path` names; a raster is streamed.

    Colour profile, EXIF (orientation 1, new size, no thumbnail: the old one would be stale), XMP, IPTC
    and resolution are kept where the format holds them.

    `.dzi` is a deep-zoom picture: the file, and beside it the folder `OUT_files` of tiles (JPEG, or PNG for
    transparency), which must not be there yet.

    Args:
        quality: 1..100, for JPEG, WebP and deep zoom. From 90 up JPEG keeps the full colour resolution.
        pyramid: write a TIFF in tiles with smaller copies inside (BigTIFF), as is always done from 100
            megapixels.
        progress: is told the share 0..1 that is done; what it raises, an interruption included, ends
            the writing.
        begun: is told the temporary name of the file or folder before it is made; who is killed meanwhile
            can remove it the next time.

    Returns:
        What the format could not hold, as sentences for people.

    Raises:
        PictureError, InputError: as `check_writable`, and where writing fails (full disk). Nothing is
            left behind then, and a file that was there before is untouched.
    """
    check_writable(path, picture.width, picture.height)
    kind = _kind(path)
    image, notes = _fitted(picture, kind)
    image, blocks, lost = _with_metadata(image, picture.metadata, kind)
    try:
        if kind == "dz":
            with placing(path, announce=begun) as (_, base), _watched(image, progress):
                image.dzsave(base, keep=blocks & _KEEP["icc"], **_zoom(picture, quality))
            return notes + lost
        options = _options(kind, picture, quality)
        if kind == "tiff" and (pyramid or picture.width * picture.height >= _PYRAMID):
            options |= {"tile": True, "tile_width": 256, "tile_height": 256, "pyramid": True, "bigtiff": True}
        with replacing(path, announce=begun) as temporary, _watched(image, progress):
            getattr(image, f"{kind}save")(str(temporary), keep=blocks, **options)
    except pyvips.Error as error:
        raise _unwritten(path, reason(error)) from error
    except OSError as error:
        raise _unwritten(path, error.strerror or str(error)) from error
    return notes + lost


def _unwritten(path: Path, why: str) -> PictureError:
    return PictureError(f"{path} could not be written: {why}", hint="is the disk full, or the folder gone?")


@contextmanager
def _watched(image: Any, progress: Callable[[float], None]) -> Iterator[None]:
    """Tell how far libvips is; an exception of `progress` stops it and comes out of the block."""
    raised: list[BaseException] = []

    def told(source: Any, state: Any) -> None:
        try:
            progress(state.percent / 100)
        except BaseException as error:  # noqa: BLE001 - through C nothing can be raised: it is kept
            raised.append(error)
            source.set_kill(True)

    image.set_progress(True)
    image.signal_connect("eval", told)
    try:
        yield
    except pyvips.Error:
        if raised:
            raise raised[0] from None
        raise
    if raised:
        raise raised[0]


def _kind(path: Path) -> str:
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise PictureError(
            f"{path}: cannot write the ending {path.suffix or '(none)'!r}",
            hint=f"use one of {' '.join(ENDINGS)}",
        )
    return kind


def _fitted(picture: Picture | Raster, kind: str) -> tuple[Any, tuple[str, ...]]:
    """The picture as libvips image in what the format can hold; what had to go."""
    notes: list[str] = []
    image = picture.lazy_all()
    if picture.has_alpha and kind == "jpeg":
        white = 65535 if picture.bits == 16 else 255
        image = image.flatten(background=[white] * (1 if picture.is_grey else 3), max_alpha=white)
        notes.append("JPEG has no transparency: laid on white")
    if picture.bits == 16 and kind in _EIGHT:
        name = "b-w" if picture.is_grey else "srgb"
        image = (image / 257).rint().cast("uchar").copy(interpretation=name)
        notes.append(f"{_EIGHT[kind]} 8 bits a channel: reduced from 16")
    return image, tuple(notes)


def _with_metadata(image: Any, metadata: Metadata, kind: str) -> tuple[Any, int, tuple[str, ...]]:
    """The image with its blocks, the kinds of blocks to write, and what the format cannot hold."""
    image = image.copy()
    notes: list[str] = []
    blocks = 0
    given = {"exif": metadata.exif, "xmp": metadata.xmp, "iptc": metadata.iptc, "icc": metadata.icc}
    fields = {"exif": "exif-data", "xmp": "xmp-data", "iptc": "iptc-data", "icc": "icc-profile-data"}
    for name, data in given.items():
        if data is None:
            continue
        if kind == "dz" and name != "icc":
            notes.append(f"deep-zoom tiles are written without the {name.upper()} block")
            continue
        if kind == "tiff" and name == "exif":
            notes.append("TIFF is written without the EXIF block (camera, date, place)")
            continue
        if kind == "jpeg" and name in ("exif", "xmp") and len(data) > _MAX_JPEG_BLOCK:
            notes.append(f"JPEG cannot hold {name.upper()} of {len(data):,} bytes: left out")
            continue
        image.set_type(pyvips.GValue.blob_type, fields[name], data)
        blocks |= _KEEP[name]
    # After the blocks, as setting EXIF sets these fields too. libvips renews size, resolution and
    # orientation inside the EXIF block from them, and drops a thumbnail that the image lacks.
    # EXIF wants 72 dots per inch where the resolution is not known; `read` takes it as that.
    # In JPEG and WebP the resolution stands in that block, so a known one needs it.
    if metadata.resolution is not None and kind in ("jpeg", "webp"):
        blocks |= _KEEP["exif"]
    across, down = metadata.resolution or (72 / 25.4, 72 / 25.4)
    image = image.copy(xres=across, yres=down)
    image.set_type(pyvips.GValue.gint_type, "orientation", 1)
    if image.get_typeof("jpeg-thumbnail-data"):
        image.remove("jpeg-thumbnail-data")
    return image, blocks, tuple(notes)


def _zoom(picture: Picture | Raster, quality: int) -> dict[str, Any]:
    suffix = ".png[compression=4]" if picture.has_alpha else f".jpg[Q={quality}]"
    return {"layout": "dz", "suffix": suffix, "tile_size": 254, "overlap": 1}


def _options(kind: str, picture: Picture | Raster, quality: int) -> dict[str, Any]:
    if kind == "jpeg":
        # Better coding by some percent needs the whole picture in memory, at up to 6 bytes a pixel.
        return {"Q": quality, "optimize_coding": picture.width * picture.height <= _LARGE}
    if kind == "webp":
        return {"Q": quality}
    if kind == "png":
        # 6, the usual level, takes three times as long for 3 % less.
        return {"compression": 4}
    samples = (1 if picture.is_grey else 3) + picture.has_alpha
    size = picture.width * picture.height * samples * picture.bits // 8
    return {"compression": "deflate", "predictor": "horizontal", "bigtiff": size > _CLASSIC_TIFF}
