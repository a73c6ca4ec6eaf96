"""Read pictures from files that we do not trust."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from whichmodel.pictures.limits import DEFAULT_LIMITS, Limits
from whichmodel.pictures.picture import Picture


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a picture says.

    Args:
        width, height: in pixels, the right way up (after the EXIF orientation).
        bands: samples a pixel as they are read: 1 grey, 3 colour; without alpha.
        bits: 8 or 16 a sample, as they are read.
        has_alpha: whether there is transparency.
        format: `"jpeg"`, `"png"`, `"tiff"` or `"webp"`.
    """

    width: int
    height: int
    bands: int
    bits: int
    has_alpha: bool
    format: str


def read_header(path: Path, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Read only the header; raises `PictureError` as `read_picture` does."""
    raise NotImplementedError


def read_picture(path: Path, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Read and decode a picture.

    Raises:
        PictureError: there is no such file, it is no picture, of another format, damaged, or larger
            than the limits; limits are checked before anything is decoded.
    """
    raise NotImplementedError
