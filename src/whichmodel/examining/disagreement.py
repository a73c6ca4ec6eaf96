"""Three ways in which a reduced result can differ from its input, each in units of what is there.

- *local*: the strength of the difference, over 3 x 3 pixels of BEFORE, in units of BEFORE's local detail.
- *structure*: what of the reduced result no local change of contrast explains. Over 9 x 9 pixels luma of the result
  is fitted by luma of BEFORE times a factor plus an offset (the terms of contrast and brightness of Wang et al. 2004,
  "Image quality assessment: from error visibility to structural similarity"); what is left is structure that BEFORE
  does not have, in units of the structure that it has. Models that smooth noise away, or sharpen, leave little.
- *mean*: the difference of the means over 7 x 7 pixels, as root mean square over the channels.

The last two look at squares, and count only where the difference itself is: not beside it.

Models also shift tones a little everywhere. That drift is estimated from the pair, as a curve of the brightness in
each channel, and left out; it may excuse no more than `MOST_DRIFT`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Record
from whichmodel.examining.local import box_mean, detail, strength

Floats = NDArray[np.float32]

FLOOR = 3.0
"""Added to the detail of BEFORE wherever something is measured in its units, 0..255."""
MOST_DRIFT = 6.0
"""Largest drift of tone, 0..255, that is left out."""
_STRUCTURE_RADIUS, _MEAN_RADIUS = 4, 3
_STRUCTURE_FLOOR = 6.0
"""Added to the structure of BEFORE, 0..255: beneath that nobody sees structure."""
_MOST_CONTRAST = 1.6
"""Factor by which contrast may grow; what goes beyond is structure that was added."""
_STRUCTURE_SHARE = 0.25
"""A mean may differ by this share of the local structure: where it is strong, means of small places are unsure."""
_HERE = 0.5
"""Strength of the difference over 3 x 3 pixels, in units of that over 9 x 9, from which it counts as being here."""
_BINS, _LEAST = 8, 30
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


class Tone(Record, frozen=True, kw_only=True):
    """The drift of one channel.

    Args:
        at: values of BEFORE, 0..255, rising; empty where nothing could be estimated.
        shift: what is added there, at most `MOST_DRIFT` either way.
    """

    at: tuple[float, ...] = ()
    shift: tuple[float, ...] = ()

    def of(self, values: Floats) -> Floats:
        """The drift at values of BEFORE, interpolated linearly."""
        if not self.at:
            return np.zeros_like(values)
        found: Floats = np.interp(values, self.at, self.shift).astype(np.float32)
        return found


NO_TONES = (Tone(), Tone(), Tone())


@dataclass(frozen=True)
class Disagreement:
    """The three measures at the size of BEFORE, shape `(h, w)`, and BEFORE's detail plus `FLOOR`, 0..255."""

    local: Floats
    structure: Floats
    mean: Floats
    own: Floats


def fitted_tones(seen: Sequence[tuple[Floats, Floats, NDArray[np.bool_]]]) -> tuple[Tone, ...]:
    """The drift of each channel: medians of differences of local means, in eight bins of equal content.

    Args:
        seen: of some places BEFORE and the difference, shape `(h, w, 3)`, and where it was compared.
    """
    tones = []
    for channel in range(3):
        values, shifts = [], []
        for before, error, compared in seen:
            values.append(box_mean(before[:, :, channel], 2)[compared])
            shifts.append(box_mean(error[:, :, channel], 2)[compared])
        if not values:
            return NO_TONES
        tones.append(_tone(np.concatenate(values), np.concatenate(shifts)))
    return tuple(tones)


def _tone(values: Floats, shifts: Floats) -> Tone:
    edges = np.quantile(values, np.linspace(0, 1, _BINS + 1)) if values.size else np.zeros(_BINS + 1)
    at: list[float] = []
    shift: list[float] = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values <= high)
        middle = float(np.median(values[inside])) if inside.sum() >= _LEAST else None
        # Bins of one value, as of a white sky, come more than once.
        if middle is not None and (not at or middle > at[-1]):
            at.append(round(middle, 2))
            shift.append(round(float(np.clip(np.median(shifts[inside]), -MOST_DRIFT, MOST_DRIFT)), 2))
    return Tone(at=tuple(at), shift=tuple(shift))


def disagreement(before: Floats, error: Floats, tones: Sequence[Tone], noise: float) -> Disagreement:
    """Measure it.

    Args:
        before: BEFORE, shape `(h, w, 3)`, 0..255.
        error: what the reduced result differs by, same shape; 0 where it was not compared.
        tones: drift of the channels.
        noise: standard deviation of the noise that BEFORE may have and the result not, 0..255.
    """
    own = detail(before) + np.float32(FLOOR)
    local = strength(error, 1) / own
    left = np.empty_like(error)
    square = np.zeros(error.shape[:2], np.float32)
    for channel in range(3):
        means = box_mean(before[:, :, channel], 2)
        left[:, :, channel] = error[:, :, channel] - tones[channel].of(means)
        square += np.square(box_mean(left[:, :, channel], _MEAN_RADIUS))
    luma: Floats = before @ _LUMA
    other: Floats = luma + left @ _LUMA
    radius = _STRUCTURE_RADIUS
    mean, other_mean = box_mean(luma, radius), box_mean(other, radius)
    variance = np.maximum(box_mean(luma * luma, radius) - mean * mean, 0)
    other_variance = np.maximum(box_mean(other * other, radius) - other_mean * other_mean, 0)
    both = box_mean(luma * other, radius) - mean * other_mean
    contrast = np.clip(both / (variance + 1), 0, np.float32(_MOST_CONTRAST))
    # A square tells of what lies in it, and most of it may lie at its edge.
    here = strength(left, 1) >= np.float32(_HERE) * strength(left, radius)
    unexplained = other_variance - 2 * contrast * both + contrast * contrast * variance
    structure = np.sqrt(variance)
    unit = structure + np.float32(_STRUCTURE_FLOOR + noise)
    mean_unit = np.float32(_STRUCTURE_FLOOR) + np.float32(_STRUCTURE_SHARE) * structure
    return Disagreement(
        local=local,
        structure=here * np.sqrt(np.maximum(unexplained, 0)) / unit,
        mean=here * np.sqrt(square / 3) / mean_unit,
        own=own,
    )
