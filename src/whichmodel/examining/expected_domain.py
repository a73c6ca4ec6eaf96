"""Whether a photo is like those of a calibration: its noise, its sharpness, and no traces of JPEG in it.

What a network does to noise, to the blocks of JPEG or to a soft photo it was not calibrated on, so there the limits
would not hold. A photo inside the ranges can still be unlike: a drawing is sharp and free of noise.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from whichmodel.examining.expected_features import luma, smoothed
from whichmodel.examining.expected_table import Facts
from whichmodel.photo.jpeg import jpeg_of
from whichmodel.pictures import Picture, Viewed
from whichmodel.pictures.bridge import from_vips
from whichmodel.pictures.noise import noise_of
from whichmodel.pictures.raster import store
from whichmodel.pictures.sample import parts_of

NOISE, SHARPNESS = "noise", "sharpness"


def measured(before: Viewed) -> tuple[dict[str, float], int | None]:
    """What is compared with the ranges of `Facts`, and the quality of JPEG that the pixels show, if any.

    `"noise"` is its standard deviation, 0..255 (`pictures.noise`; 0 where it cannot be told). `"sharpness"` is the
    mean strength of the finest band of an à trous wavelet transform in units of the next coarser one's: about 1 for
    detail up to the finest, far less where a photo was enlarged or is blurred.

    Args:
        before: held in memory.
    """
    pixels = from_vips(before.lazy())
    plane = luma(pixels, before.bits)
    fine = smoothed(plane, 1)
    coarse = smoothed(fine, 2)
    sharpness = float(np.abs(plane - fine).mean() / (np.abs(fine - coarse).mean() + 1e-3))
    with TemporaryDirectory(prefix="whichmodel-") as folder:
        raster = store(Picture(pixels), Path(folder) / "before")
        try:
            parts = parts_of(raster)
        finally:
            raster.close()
    noise, jpeg = noise_of(parts), jpeg_of(parts)
    return {NOISE: noise.value if noise else 0.0, SHARPNESS: sharpness}, jpeg.quality if jpeg else None


def unlike(before: Viewed, facts: Facts) -> str:
    """Why a photo is unlike those of the calibration, in words; empty if it is like them as far as this tells."""
    values, quality = measured(before)
    if quality is not None:
        return f"the photo shows traces of JPEG (quality {quality}), and the calibration's photographs do not"
    told = {
        NOISE: ("the photo has no grain at all", "the photo is noisier (σ≈{:.1f} of 255)"),
        SHARPNESS: ("the photo is softer (sharpness {:.2f})", "the photo is harder (sharpness {:.2f})"),
    }
    for name, (least, most) in facts.ranges.items():
        value = values[name]
        if not least <= value <= most:
            words = told[name][0 if value < least else 1].format(value)
            return f"{words} than any that the calibration saw ({least:.2f} to {most:.2f})"
    return ""
