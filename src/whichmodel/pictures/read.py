"""Read pictures from files that we do not trust.

The format comes from the first bytes, each format has its own loader, limits are checked in the header
before anything is decoded, and a damaged file is refused instead of being shown in part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from whichmodel.domain import PictureError
from whichmodel.pictures.bridge import from_vips, pyvips, reason
from whichmodel.pictures.formats import is_cut_png, png_has_resolution, sniff
from whichmodel.pictures.limits import DEFAULT_LIMITS, Limits
from whichmodel.pictures.picture import Metadata, Picture
from whichmodel.pictures.raster import Kind
from whichmodel.pictures.turn import turned, turned_size

# libjpeg goes on after damaged data with no more than a warning and fills in grey blocks; the other
# decoders warn about harmless things (private TIFF tags) and stop at real damage.
_FAIL_ON = {"jpeg": "warning", "png": "error", "tiff": "error", "webp": "error"}
_RGB = ("srgb", "rgb16", "rgb")
_GREY = ("b-w", "grey16")
# Colour spaces with a defined white, so that numbers of any type mean something; read with 16 bits.
_DEVICE_FREE = ("lab", "labs", "xyz")


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
    """Read only the header; raises `PictureError` as `open_picture` does."""
    image, kind = _open(path, limits)
    width, height = image.width, image.height
    if _turned(image):
        width, height = height, width
    colours = 1 if _colours(image) == 1 else 3
    alpha = image.bands > _colours(image)
    return Header(width, height, colours, 8 if image.format == "uchar" else 16, alpha, kind)


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture file that was opened and checked, and not yet decoded.

    Args:
        path: of the file.
        image: the lazy libvips image, colour and any alpha behind it, as it stands in the file; it can
            be decoded once, from top to bottom.
        orientation: of EXIF: 1 where it stands the right way up.
        kind: of the samples.
        metadata: what the file says; `notes` tell what reading it changes.
    """

    path: Path
    image: Any
    orientation: int
    kind: Kind
    metadata: Metadata

    @property
    def width(self) -> int:
        """Pixels from left to right, the right way up."""
        return turned_size(self.image.width, self.image.height, self.orientation)[0]

    @property
    def height(self) -> int:
        """Pixels from top to bottom, the right way up."""
        return turned_size(self.image.width, self.image.height, self.orientation)[1]

    @property
    def bits(self) -> int:
        """Bits per sample: 8 or 16."""
        return self.kind.bits

    @property
    def is_grey(self) -> bool:
        """Whether there is one grey sample a pixel instead of R, G, B."""
        return self.kind.bands == 1

    @property
    def has_alpha(self) -> bool:
        """Whether there is transparency."""
        return self.kind.alpha

    def lazy(self) -> Any:
        """The colour as a lazy libvips image, not turned, that can be computed once."""
        return self.image.extract_band(0, n=self.kind.bands) if self.kind.alpha else self.image


def open_picture(path: Path, limits: Limits = DEFAULT_LIMITS) -> Opened:
    """Open a picture file and check all that its header tells; decodes nothing.

    8 and 16 bits are kept; palettes and 1-bit pictures become 8-bit; CMYK becomes sRGB through its
    ICC profile, Lab and the like become sRGB; RGB and grey keep their profile. Of several pages or
    frames the first is read. What is changed stands in `metadata.notes`.

    Raises:
        PictureError: there is no such file, it is no picture, of another format, damaged as far as the
            header tells, or larger than the limits.
    """
    image, name = _open(path, limits)
    if name == "png" and is_cut_png(path):
        raise damaged(path, "the file ends before its last part")
    # The shape of a pixel without a unit is no resolution.
    says_resolution = name != "png" or png_has_resolution(path)
    metadata = Metadata(
        icc=_block(image, "icc-profile-data"),
        exif=_block(image, "exif-data"),
        xmp=_block(image, "xmp-data"),
        iptc=_block(image, "iptc-data"),
        resolution=_resolution(image) if says_resolution else None,
        format=name,
        notes=_notes_about(path, image),
    )
    orientation = int(image.get("orientation")) if image.get_typeof("orientation") else 1
    try:
        image, icc, changes = _to_rgb_or_grey(image, metadata.icc)
    except pyvips.Error as error:
        raise damaged(path, reason(error)) from error
    colours = 1 if image.bands < 3 else 3
    if image.bands > colours + 1:
        changes = (*changes, f"{image.bands - colours - 1} extra channels were left out")
        image = image.extract_band(0, n=colours + 1)
    kind = Kind(colours, 8 if image.format == "uchar" else 16, image.bands > colours)
    return Opened(
        path,
        image,
        orientation if 1 <= orientation <= 8 else 1,
        kind,
        replace(metadata, icc=icc, notes=metadata.notes + changes),
    )


def read_picture(path: Path, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Read and decode a picture, the right way up, into memory; what is read how: `open_picture`.

    Raises:
        PictureError: as `open_picture`, and where the file is damaged or does not fit into memory.
    """
    opened = open_picture(path, limits)
    try:
        samples = turned(from_vips(opened.image), opened.orientation)
    except pyvips.Error as error:
        raise damaged(path, reason(error)) from error
    except MemoryError:
        raise PictureError(
            f"{path} does not fit into memory: {opened.width} x {opened.height} pixels",
            hint="close other programs, or use a smaller picture",
        ) from None
    colours = opened.kind.bands
    alpha = np.ascontiguousarray(samples[..., colours]) if opened.kind.alpha else None
    return Picture(np.ascontiguousarray(samples[..., :colours]), alpha, opened.metadata)


def _open(path: Path, limits: Limits) -> tuple[Any, str]:
    """The lazy image of the file and its format; nothing is decoded yet."""
    kind = sniff(path)
    loader = getattr(pyvips.Image, f"{kind}load")
    try:
        image = loader(str(path), access="sequential", fail_on=_FAIL_ON[kind])
    except pyvips.Error as error:
        if "labq" in str(error):
            raise PictureError(
                f"{path} is an 8-bit Lab picture, which libvips cannot read",
                hint="save it as RGB or 16-bit Lab",
            ) from error
        raise PictureError(
            f"{path} cannot be opened as {kind.upper()}: {reason(error)}",
            hint="it is damaged, or of a rare variety; if it opens in a picture editor, save it anew there",
        ) from error
    pixels = image.width * image.height
    if pixels > limits.max_input_pixels:
        raise PictureError(
            f"{path} has {image.width:,} x {image.height:,} = {pixels:,} pixels;"
            f" the limit is {limits.max_input_pixels:,}",
            hint="if you trust the file and have the memory, raise the limit with --max-megapixels",
        )
    if max(image.width, image.height) > limits.max_side:
        raise PictureError(
            f"{path} is {image.width:,} x {image.height:,} pixels; the limit is {limits.max_side:,} a side",
            hint="if you trust the file, raise the limit (max_side)",
        )
    if image.format not in ("uchar", "ushort") and image.interpretation not in _DEVICE_FREE:
        raise PictureError(
            f"{path} has samples of type {image.format}; 8-bit and 16-bit whole numbers can be read",
            hint="save it with 16 bits a channel; which brightness is white must be decided there",
        )
    if image.interpretation not in ("cmyk", *_DEVICE_FREE, *_RGB, *_GREY) and image.bands > 4:
        raise PictureError(
            f"{path} has {image.bands} channels of unknown meaning",
            hint="save it as grey or RGB, with or without transparency",
        )
    return image, kind


def _colours(image: Any) -> int:
    """Number of bands that are colour; those behind are alpha and extras."""
    if image.interpretation == "cmyk":
        return 4
    return 1 if image.bands < 3 or image.interpretation in _GREY else 3


def _to_rgb_or_grey(image: Any, icc: bytes | None) -> tuple[Any, bytes | None, tuple[str, ...]]:
    """RGB or grey with any alpha behind; the profile it is then in; what was changed."""
    name = image.interpretation
    if name == "cmyk":
        depth = 16 if image.format == "ushort" else 8
        rgb = image.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
        how = "its own ICC profile" if icc else "a general CMYK profile, as it has none of its own"
        return (
            _typed(rgb, image.format),
            _block(rgb, "icc-profile-data"),
            (f"CMYK converted to sRGB by {how}",),
        )
    if name in (*_RGB, *_GREY, "multiband"):
        return image, icc, ()
    rgb = image.colourspace("srgb" if image.format == "uchar" else "rgb16")
    return (
        _typed(rgb, "uchar" if image.format == "uchar" else "ushort"),
        None,
        (f"{name.upper()} converted to sRGB",),
    )


def _typed(image: Any, kind: str) -> Any:
    return image if image.format == kind else image.cast(kind)


def _turned(image: Any) -> bool:
    return bool(image.get_typeof("orientation") and image.get("orientation") in (5, 6, 7, 8))


def _block(image: Any, field: str) -> bytes | None:
    return bytes(image.get(field)) if image.get_typeof(field) else None


def _resolution(image: Any) -> tuple[float, float] | None:
    across, down = float(image.xres), float(image.yres)
    in_exif = image.get("vips-loader") == "webpload" or not image.get_typeof("resolution-unit")
    if (across, down) == (1.0, 1.0) and in_exif:
        # What libvips reports where it knows nothing; for WebP it does not look into EXIF.
        unit = 0.1 if _exif_number(image, "ResolutionUnit") == 3 else 1 / 25.4
        across = _exif_number(image, "XResolution") * unit
        down = _exif_number(image, "YResolution") * unit
        if abs(across - 1) < 1e-3 and abs(down - 1) < 1e-3:
            return None
    if across <= 0 or down <= 0:
        return None
    if all(abs(value * 25.4 - 72) < 0.05 for value in (across, down)):
        # EXIF prescribes 72 dots per inch for "not known", and most programs write it blindly.
        return None
    return (down, across) if _turned(image) else (across, down)


def _exif_number(image: Any, tag: str) -> float:
    """Value of a tag of the first EXIF directory; libvips gives it as "300/1 (...)"; 0 if absent."""
    field = f"exif-ifd0-{tag}"
    if not image.get_typeof(field):
        return 0.0
    top, _, bottom = str(image.get(field)).partition(" ")[0].partition("/")
    try:
        return float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return 0.0


def _notes_about(path: Path, image: Any) -> tuple[str, ...]:
    notes = []
    pages = int(image.get("n-pages")) if image.get_typeof("n-pages") else 1
    if pages > 1 and not _is_pyramid(path, image):
        notes.append(f"only the first of {pages} pages or frames was read")
    if image.get_typeof("gainmap-data"):
        notes.append("the HDR gain map of the picture was left out")
    return tuple(notes)


def _is_pyramid(path: Path, image: Any) -> bool:
    """Whether the second page of a TIFF is the first at half the size, as tiled pictures hold them."""
    try:
        second = pyvips.Image.tiffload(str(path), page=1)
    except pyvips.Error:  # another format, or a page that is damaged and not needed
        return False
    return all(
        half in (whole // 2, -(-whole // 2))
        for half, whole in ((second.width, image.width), (second.height, image.height))
    )


def damaged(path: Path, why: str) -> PictureError:
    """The error for a file that cannot be decoded, with `why` in the words of the decoder."""
    return PictureError(
        f"{path} is damaged or incomplete: {why}",
        hint="copy or download it again; if it opens in a picture editor, save it anew there",
    )
