"""Keep a network with multiplicative attention stable.

SPAN multiplies features with each other in six blocks. On rare textures (a spoon's glittering edge, a
checkerboard) the products grow without bound and the output, nominally 0..1, reaches tens or
thousands: a blob of noise in an otherwise good picture. The same pixels at reduced contrast stay in
the range where the network is well behaved. So: run at full contrast; where the output leaves the
range, take the result at half contrast, expanded again; and so on to an eighth.

The choice is made pixel by pixel from the neighbourhood alone, never from the tile, so that tiled and
whole results agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import StepError

Floats = NDArray[np.float32]

CONTRASTS = (1.0, 0.5, 0.25, 0.125)
OVERSHOOT = 0.5
"""Outputs below -0.5 or above 1.5 are unstable. Sharp edges of photographs overshoot by 0.2 at most."""

_SPREAD = 8
"""Pixels around an unstable one that are replaced too: instability fades out over about so many."""
_FEATHER = 4
"""Half the width of the transition, in input pixels."""

REACH = _SPREAD + _FEATHER
"""How far the choice looks around, in input pixels, beyond the receptive field."""


def stable_infer(infer: Callable[[Floats], Floats], x: Floats, scale: int) -> tuple[Floats, bool]:
    """Run a network so that it stays stable.

    Args:
        infer: `(3, H, W)` float32 to `(3, scale*H, scale*W)`, nominally 0..1 both.
        x: the input, 0..1.
        scale: whole factor of enlargement.

    Returns:
        The output, not clipped, and whether reduced contrast was needed anywhere.

    Raises:
        StepError: an output holds NaN or infinity.
    """
    result = infer(x)
    weight = _unstable_weight(result, scale)
    if weight is None:
        return result, False
    shares = [weight]
    results = [result]
    for contrast in CONTRASTS[1:]:
        # Around mid-grey, so that it does not depend on the tile.
        lower = (infer((x - np.float32(0.5)) * np.float32(contrast) + np.float32(0.5)) - 0.5) / contrast + 0.5
        results.append(lower.astype(np.float32))
        weight = _unstable_weight(results[-1], scale)
        if weight is None or contrast == CONTRASTS[-1]:
            break
        shares.append(weight)
    # Clipped, because a small share of a huge value would still be a huge value.
    clipped = [each.clip(-OVERSHOOT, 1 + OVERSHOOT) for each in results]
    blended = clipped.pop()
    for share in reversed(shares[: len(clipped)]):
        upper = clipped.pop()
        blended = upper + share * (blended - upper)
    return blended, True


def _unstable_weight(y: Floats, scale: int) -> Floats | None:
    """Share 0..1, shape of `y`'s planes, that the next lower contrast gets; None where it gets none."""
    # The extremes are found ten times as fast as the places, and a NaN anywhere makes them NaN.
    low, high = float(y.min()), float(y.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise StepError("the network's output holds NaN or infinite values")
    if low >= -OVERSHOOT and high <= 1 + OVERSHOOT:
        return None
    outside = (np.abs(y - np.float32(0.5)) > 0.5 + OVERSHOOT).any(axis=0)
    height, width = outside.shape[0] // scale, outside.shape[1] // scale
    mask = outside.reshape(height, scale, width, scale).any(axis=(1, 3)).astype(np.float32)
    mask = _sliding(mask, _SPREAD, np.maximum.reduce)
    mask = _sliding(mask, _FEATHER, lambda windows: np.mean(windows, axis=0, dtype=np.float32))
    return mask.repeat(scale, axis=0).repeat(scale, axis=1)


def _sliding(mask: Floats, radius: int, reduce: Callable[[list[Floats]], Floats]) -> Floats:
    """A separable filter over squares of side `2 * radius + 1`; border values repeat outwards."""
    for axis in (0, 1):
        padded = np.pad(mask, [(radius, radius) if axis == i else (0, 0) for i in (0, 1)], mode="edge")
        length = mask.shape[axis]
        mask = reduce(
            [padded.take(range(start, start + length), axis=axis) for start in range(2 * radius + 1)]
        )
    return mask
