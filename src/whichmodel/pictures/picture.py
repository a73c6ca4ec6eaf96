"""A picture in memory: its pixels, its transparency, and what its file said about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.bridge import to_vips

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a picture's file said beside its pixels; blocks are kept as they were read.

    Args:
        icc: ICC profile that the pixels are meant in; `None` means sRGB (or plain grey) is assumed.
        exif, xmp, iptc: the blocks, byte for byte, or `None`.
        resolution: pixels per millimetre (x, y) where it is known (1 inch is 25.4 mm); 72 dots
            per inch counts as not known.
        format: format of the file it came from: `"jpeg"`, `"png"`, `"tiff"`, `"webp"`; empty for a
            picture made in memory.
        notes: sentences for people about what reading it changed.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    resolution: tuple[float, float] | None = None
    format: str = ""
    notes: tuple[str, ...] = ()


class Viewed(Protocol):
    """A picture wherever its pixels are: in memory, in a raster on disk, in a file not yet decoded."""

    @property
    def width(self) -> int:
        """Pixels from left to right."""

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""

    @property
    def bits(self) -> int:
        """Bits per sample: 8 or 16."""

    @property
    def is_grey(self) -> bool:
        """Whether there is one grey sample a pixel instead of R, G, B."""

    @property
    def has_alpha(self) -> bool:
        """Whether there is transparency."""

    @property
    def metadata(self) -> Metadata:
        """What its file said beside the pixels."""

    def lazy(self) -> Any:
        """The colour as a libvips image; one of a file can be computed once only."""


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """Pixels the right way up, with their metadata.

    Args:
        pixels: shape `(H, W, 3)` for colour (R, G, B) or `(H, W, 1)` for grey; `uint8` 0..255 or
            `uint16` 0..65535, as encoded in the file (gamma-encoded, not linear light).
        alpha: shape `(H, W)`, same dtype, 0 transparent, not premultiplied; `None` where opaque.
        metadata: see `Metadata`.

    Raises:
        ValueError: shapes or dtypes do not fit together (a fault of the caller).
    """

    pixels: Pixels
    alpha: Pixels | None = None
    metadata: Metadata = Metadata()

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.ndim != 3 or shape[2] not in (1, 3) or 0 in shape:
            raise ValueError(f"pixels must have shape (H, W, 3) or (H, W, 1), not {shape}")
        if self.pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"pixels must be uint8 or uint16, not {self.pixels.dtype}")
        if self.alpha is not None and (
            self.alpha.shape != shape[:2] or self.alpha.dtype != self.pixels.dtype
        ):
            raise ValueError(
                f"alpha must have shape {shape[:2]} and dtype {self.pixels.dtype},"
                f" not {self.alpha.shape} and {self.alpha.dtype}"
            )

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.pixels.shape[0])

    @property
    def bits(self) -> int:
        """Bits per sample: 8 or 16."""
        return 8 * int(self.pixels.dtype.itemsize)

    @property
    def is_grey(self) -> bool:
        """Whether there is one grey sample a pixel instead of R, G, B."""
        return bool(self.pixels.shape[2] == 1)

    @property
    def has_alpha(self) -> bool:
        """Whether there is transparency."""
        return self.alpha is not None

    def lazy(self) -> Any:
        """The colour as a libvips image that shares the memory."""
        return to_vips(self.pixels)

    def lazy_all(self) -> Any:
        """Colour and any alpha behind it as a libvips image."""
        if self.alpha is None:
            return to_vips(self.pixels)
        return to_vips(np.concatenate([self.pixels, self.alpha[..., None]], axis=2))

    def with_pixels(self, pixels: NDArray[Any], alpha: NDArray[Any] | None) -> Picture:
        """The same picture with other pixels (of any size); the metadata stays."""
        return replace(self, pixels=pixels, alpha=alpha)
