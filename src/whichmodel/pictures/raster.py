"""A picture on disk as raw samples: any part can be read or written, so memory does not grow with it.

Behind a frame (`pictures.container`) the file holds the rows from top to bottom, each pixel's colour
samples followed by its alpha, in the byte order of the machine. Parts are read with plain reads, never
through a memory map: mapped pages would count as memory of the process.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import pyvips
from whichmodel.pictures.container import frame
from whichmodel.pictures.picture import Metadata, Picture


@dataclass(frozen=True, slots=True)
class Kind:
    """What the samples of a picture are.

    Args:
        bands: colour samples a pixel: 1 (grey) or 3 (R, G, B).
        bits: of a sample: 8 or 16.
        alpha: whether there is transparency, one more sample of the same bits.
    """

    bands: int
    bits: int
    alpha: bool = False

    def __post_init__(self) -> None:
        if self.bands not in (1, 3) or self.bits not in (8, 16):
            raise ValueError(f"no picture has {self.bands} bands of {self.bits} bits")

    @property
    def samples(self) -> int:
        """Samples a pixel, alpha included."""
        return self.bands + self.alpha

    @property
    def bytes(self) -> int:
        """Bytes a pixel, alpha included."""
        return self.samples * self.bits // 8

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of an array of the samples: `uint8` or `uint16`."""
        return np.dtype(np.uint8 if self.bits == 8 else np.uint16)

    @property
    def top(self) -> int:
        """Largest value of a sample: 255 or 65535."""
        return (1 << self.bits) - 1


class Raster:
    """A picture of raw samples in a file; a part is read and written by its box.

    Attributes:
        path: of the file, made by `create`.
        width, height: in pixels.
        kind: of the samples.
        metadata: what the file of the picture said beside the pixels.

    One raster must not be used by several threads at once.
    """

    def __init__(
        self, path: Path, width: int, height: int, kind: Kind, metadata: Metadata | None = None
    ) -> None:
        self.path = path
        self.width = width
        self.height = height
        self.kind = kind
        self.metadata = metadata or Metadata()
        self._file: io.FileIO | None = None
        self._frame = frame(width, height, kind.samples, kind.bits, colour=kind.bands == 3)

    @classmethod
    def create(
        cls, path: Path, width: int, height: int, kind: Kind, metadata: Metadata | None = None
    ) -> Raster:
        """Make the file with its room on the disk, all zero; a file that is there keeps its content.

        Raises:
            OSError: the file cannot be made, or the disk has no room for it.
        """
        raster = cls(path, width, height, kind, metadata)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if os.fstat(handle).st_size != raster.bytes:
                os.ftruncate(handle, raster.bytes)
            os.write(handle, raster._frame)
            # Without its room reserved, a full disk would be met in the middle of the work.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, raster.bytes)
        finally:
            os.close(handle)
        return raster

    @property
    def start(self) -> int:
        """Place of the first sample in the file, in bytes."""
        return len(self._frame)

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return self.start + self.width * self.height * self.kind.bytes

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

    @property
    def box(self) -> Box:
        """The whole picture."""
        return Box(0, 0, self.width, self.height)

    def read_all(self, box: Box) -> NDArray[Any]:
        """Samples of a part with any alpha as last channel: shape `(h, w, kind.samples)`, writable.

        Raises:
            ValueError: the box is empty or reaches outside (a fault of the caller).
            OSError: the file cannot be read, or is shorter than it must be.
        """
        self._check(box)
        part = np.empty((box.height, box.width, self.kind.samples), self.kind.dtype)
        file = self._opened()
        for place, view in self._runs(box, part):
            file.seek(place)
            if file.readinto(view) != len(view):
                _fill(file, place, view, self.path)
        return part

    def read(self, box: Box) -> NDArray[Any]:
        """Colour of a part: shape `(h, w, kind.bands)`; errors as for `read_all`."""
        return self.read_all(box)[:, :, : self.kind.bands]

    def alpha(self, box: Box) -> NDArray[Any] | None:
        """Transparency of a part: shape `(h, w)`, 0 transparent; `None` where there is none."""
        return self.read_all(box)[:, :, self.kind.bands] if self.kind.alpha else None

    def write(self, box: Box, samples: NDArray[Any]) -> None:
        """Write samples, any alpha as last channel, to a part.

        Args:
            samples: shape `(h, w, kind.samples)`, contiguous, of `kind.dtype`.

        Raises:
            ValueError: shape or type are not those of the box (a fault of the caller).
            OSError: the file cannot be written.
        """
        self._check(box)
        due = (box.height, box.width, self.kind.samples)
        if samples.shape != due or samples.dtype != self.kind.dtype:
            raise ValueError(
                f"samples of shape {samples.shape}, {samples.dtype} for {due}, {self.kind.dtype}"
            )
        file = self._opened()
        for place, view in self._runs(box, np.ascontiguousarray(samples)):
            file.seek(place)
            written = file.write(view)
            while written < len(view):
                written += file.write(view[written:])

    def lazy(self) -> Any:
        """The colour as a lazy libvips image that can be computed once, from top to bottom.

        It is for passes over the whole picture. A part, with what lies around it, is better read with
        `read_all` and given to `bridge.to_vips`.
        """
        image = self.lazy_all()
        return image.extract_band(0, n=self.kind.bands) if self.kind.alpha else image

    def lazy_all(self) -> Any:
        """Colour and any alpha behind it as a lazy libvips image, as `lazy`."""
        sixteen = self.kind.bits == 16
        names = ("grey16", "rgb16") if sixteen else ("b-w", "srgb")
        image = pyvips.Image.tiffload(str(self.path), access="sequential")
        return image.copy(interpretation=names[self.kind.bands == 3])

    def to_picture(self) -> Picture:
        """The whole picture in memory."""
        samples = self.read_all(self.box)
        alpha = np.ascontiguousarray(samples[:, :, self.kind.bands]) if self.kind.alpha else None
        return Picture(np.ascontiguousarray(samples[:, :, : self.kind.bands]), alpha, self.metadata)

    def with_metadata(self, metadata: Metadata) -> Raster:
        """The same samples with other metadata."""
        return Raster(self.path, self.width, self.height, self.kind, metadata)

    def close(self) -> None:
        """Close the file; a later read or write opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> io.FileIO:
        if self._file is None:
            mode = "r+b" if os.access(self.path, os.W_OK) else "rb"
            self._file = io.FileIO(self.path, mode)
        return self._file

    def _runs(self, box: Box, part: NDArray[Any]) -> list[tuple[int, memoryview]]:
        """The stretches of the file that make up a box: byte offset, and the bytes in `part`."""
        size, start = self.kind.bytes, self.start
        flat = part.data.cast("B")
        if box.width == self.width:
            return [(start + box.top * self.width * size, flat)]
        row = box.width * size
        return [
            (start + (y * self.width + box.left) * size, flat[i * row : (i + 1) * row])
            for i, y in enumerate(range(box.top, box.bottom))
        ]

    def _check(self, box: Box) -> None:
        inside = 0 <= box.left < box.right <= self.width and 0 <= box.top < box.bottom <= self.height
        if not inside:
            raise ValueError(f"{box} is no part of a picture of {self.width} x {self.height}")


def store(picture: Picture, path: Path) -> Raster:
    """A picture in memory as raster in a file that is made; raises `OSError`."""
    kind = Kind(picture.pixels.shape[2], picture.bits, picture.alpha is not None)
    raster = Raster.create(path, picture.width, picture.height, kind, picture.metadata)
    raster.write(raster.box, joined(picture.pixels, picture.alpha))
    return raster


def joined(colour: NDArray[Any], alpha: NDArray[Any] | None) -> NDArray[Any]:
    """Colour `(h, w, c)` and alpha `(h, w)` as one contiguous array with alpha as last channel."""
    if alpha is None:
        return np.ascontiguousarray(colour)
    return np.concatenate([colour, alpha[:, :, None]], axis=2)


def _fill(file: io.FileIO, place: int, view: memoryview, path: Path) -> None:
    """Read again what one call did not give, which for large parts is allowed."""
    done = 0
    while done < len(view):
        file.seek(place + done)
        count = file.readinto(view[done:])
        if not count:
            raise OSError(f"{path} ends before its last row")
        done += count
