"""How light a pixel is, and pixels made lighter or darker that keep their colour.

Lightness is the luma of Rec. ITU-R BT.709-6 (item 3.2): a weighted sum of the encoded samples. Adding one
and the same amount to R, G and B changes luma by that amount and leaves both colour differences as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.nodes.mask import LUMA
from whichmodel.pictures.raster import Kind

Floats = NDArray[np.float32]


def light_of(samples: NDArray[Any], kind: Kind) -> Floats:
    """Lightness 0..1: shape `(h, w)`.

    Args:
        samples: shape `(h, w, kind.bands)` or with alpha behind, which does not count.
    """
    share = np.float32(1 / kind.top)
    if kind.bands == 1:
        grey: Floats = samples[:, :, 0].astype(np.float32) * share
        return grey
    # One sum after the other, so that a pixel's value does not depend on how many there are.
    light: Floats = samples[:, :, 0] * (LUMA[0] * share)
    light += samples[:, :, 1] * (LUMA[1] * share)
    light += samples[:, :, 2] * (LUMA[2] * share)
    return light


def with_light(colour: NDArray[Any], change: Floats, kind: Kind) -> NDArray[Any]:
    """Colour samples with a change of lightness, rounded and clipped.

    Args:
        colour: shape `(h, w, kind.bands)`.
        change: shape `(h, w)`, in shares of the range, -1..1.
    """
    moved = colour + (change * np.float32(kind.top))[:, :, None]
    whole: NDArray[Any] = np.clip(np.rint(moved), 0, kind.top).astype(kind.dtype)
    return whole
