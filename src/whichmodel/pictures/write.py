"""Write pictures, completely or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from whichmodel.domain import InputError, PictureError
from whichmodel.files import replacing
from whichmodel.pictures.bridge import pyvips, reason, to_vips
from whichmodel.pictures.picture import Picture

ENDINGS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".tif": "tiff", ".tiff": "tiff", ".webp": "webp"}
# Longest side in pixels that the format, or libjpeg for JPEG, can hold.
_MAX_SIDE = {"jpeg": 65_500, "png": 2**31 - 1, "tiff": 2**31 - 1, "webp": 16_383}
# A JPEG segment holds 65,533 bytes; EXIF and XMP must each fit in one, with their signature.
_MAX_JPEG_BLOCK = 65_500
# Flags of libvips: which blocks a saver writes.
_KEEP = {"exif": 1, "xmp": 2, "iptc": 4, "icc": 8}
_CLASSIC_TIFF = 3_500_000_000


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
            hint="write a .png or .tif instead",
        )
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"the folder {folder} does not exist", hint="make it first, or name another one")
    if path.is_dir():
        raise InputError(f"{path} is a folder", hint="name a file inside it")
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is no plain file", hint="name another file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"the folder {folder} cannot be written", hint="name a folder of yours")


def same_file(a: Path, b: Path) -> bool:
    """Whether both paths lead to the same file, through links and hard links too."""
    try:
        return a.samefile(b)
    except OSError:
        return os.path.realpath(a) == os.path.realpath(b)


def write_picture(picture: Picture, path: Path, *, quality: int = 92) -> tuple[str, ...]:
    """Write a picture in the format that the ending of `path` names.

    Colour profile, EXIF (orientation 1, new size, no thumbnail: the old one would be stale), XMP, IPTC
    and resolution are kept where the format holds them.

    Args:
        quality: 1..100, for JPEG and WebP. From 90 up JPEG keeps the full colour resolution.

    Returns:
        What the format could not hold, as sentences for people.

    Raises:
        PictureError, InputError: as `check_writable`, and where writing fails (full disk). Nothing is
            left behind then, and a file that was there before is untouched.
    """
    check_writable(path, picture.width, picture.height)
    kind = _kind(path)
    image, notes = _fitted(picture, kind)
    image, blocks, lost = _with_metadata(image, picture, kind)
    try:
        with replacing(path) as temporary:
            getattr(image, f"{kind}save")(str(temporary), keep=blocks, **_options(kind, picture, quality))
    except pyvips.Error as error:
        raise PictureError(
            f"{path} could not be written: {reason(error)}", hint="is the disk full, or the folder gone?"
        ) from error
    except OSError as error:
        raise PictureError(
            f"{path} could not be written: {error.strerror or error}",
            hint="is the disk full, or the folder gone?",
        ) from error
    return notes + lost


def _kind(path: Path) -> str:
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise PictureError(
            f"{path}: cannot write the ending {path.suffix or '(none)'!r}",
            hint=f"use one of {' '.join(ENDINGS)}",
        )
    return kind


def _fitted(picture: Picture, kind: str) -> tuple[Any, tuple[str, ...]]:
    """The picture as libvips image in what the format can hold; what had to go."""
    notes: list[str] = []
    samples = picture.pixels
    if picture.alpha is not None:
        samples = np.concatenate([samples, picture.alpha[..., None]], axis=2)
    image = to_vips(samples)
    if picture.alpha is not None and kind == "jpeg":
        white = 65535 if picture.bits == 16 else 255
        image = image.flatten(background=[white] * picture.pixels.shape[2], max_alpha=white)
        notes.append("JPEG has no transparency: laid on white")
    if picture.bits == 16 and kind in ("jpeg", "webp"):
        name = "b-w" if picture.is_grey else "srgb"
        image = (image / 257).rint().cast("uchar").copy(interpretation=name)
        notes.append(f"{'JPEG' if kind == 'jpeg' else 'WebP'} holds 8 bits a channel: reduced from 16")
    return image, tuple(notes)


def _with_metadata(image: Any, picture: Picture, kind: str) -> tuple[Any, int, tuple[str, ...]]:
    """The image with its blocks, the kinds of blocks to write, and what the format cannot hold."""
    metadata = picture.metadata
    image = image.copy()
    notes: list[str] = []
    blocks = 0
    given = {"exif": metadata.exif, "xmp": metadata.xmp, "iptc": metadata.iptc, "icc": metadata.icc}
    fields = {"exif": "exif-data", "xmp": "xmp-data", "iptc": "iptc-data", "icc": "icc-profile-data"}
    for name, data in given.items():
        if data is None:
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


def _options(kind: str, picture: Picture, quality: int) -> dict[str, Any]:
    if kind == "jpeg":
        return {"Q": quality, "optimize_coding": True}
    if kind == "webp":
        return {"Q": quality}
    if kind == "png":
        # 6, the usual level, takes three times as long for 3 % less.
        return {"compression": 4}
    size = picture.pixels.nbytes + (0 if picture.alpha is None else picture.alpha.nbytes)
    return {"compression": "deflate", "predictor": "horizontal", "bigtiff": size > _CLASSIC_TIFF}
