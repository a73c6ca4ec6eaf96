"""The bridge to libvips: arrays in and out, nothing printed, nothing remembered between calls."""

from __future__ import annotations

import logging
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

# libvips prints warnings ("unknown TIFF tag") to stderr unless this is set before it starts.
os.environ.setdefault("VIPS_WARNING", "1")

import pyvips

logging.getLogger("pyvips").addHandler(logging.NullHandler())
# libvips remembers the results of operations by file name; a file that was overwritten meanwhile
# would come back with its old pixels.
pyvips.cache_set_max(0)

__all__ = ["FORMATS", "from_vips", "pyvips", "reason", "to_vips"]

FORMATS: dict[str, type] = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}
_NAMES = {np.dtype(kind): name for name, kind in FORMATS.items()}


def to_vips(pixels: NDArray[Any]) -> Any:
    """`pixels`, shape `(H, W, C)` or `(H, W)`, as a libvips image that shares their memory.

    The array must outlive the image and must not change meanwhile.
    """
    array = np.ascontiguousarray(pixels)
    height, width = array.shape[:2]
    bands = 1 if array.ndim == 2 else array.shape[2]
    image = pyvips.Image.new_from_memory(array.data, width, height, bands, _NAMES[array.dtype])
    if bands >= 3:
        name = "rgb16" if array.dtype == np.uint16 else "srgb"
    else:
        name = "grey16" if array.dtype == np.uint16 else "b-w"
    return image.copy(interpretation=name)


def from_vips(image: Any) -> NDArray[Any]:
    """Compute the image; shape `(H, W, C)`; raises `pyvips.Error` where its file is damaged."""
    buffer = image.write_to_memory()
    return np.frombuffer(buffer, dtype=FORMATS[image.format]).reshape(image.height, image.width, image.bands)


def reason(error: pyvips.Error) -> str:
    """The most telling line of what libvips said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("unable to")]
    return (told or lines or ["no reason given"])[0]
