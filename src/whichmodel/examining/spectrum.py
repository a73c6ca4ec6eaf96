"""How much of which fineness a photo and its result hold: radial power spectra over one axis.

Power spectral density by Welch's method (1967, "The use of fast Fourier transform for the estimation of power
spectra"): squares of luma without their mean, faded by a Hann window, their squared spectra averaged over places
and over directions. Frequencies count in cycles for each pixel of BEFORE, so that both curves lie over each other:
a photo ends at 0.5 (its Nyquist limit), a result that is s times as wide at s/2. What lies above 0.5 was not in
the photo. Densities are per squared cycle, so that an enlargement without change keeps its curve.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Record
from whichmodel.examining.places import Place

_WIDTH = 1 / 24
"""Width of a bin, cycles for each pixel of BEFORE."""
_MOST = 48
"""Bins at most; at more than fourfold enlargement they are wider."""
_FLOOR = 1e-3


class Spectrum(Record, frozen=True, kw_only=True):
    """Radial power spectra of luma.

    Args:
        frequency: middles of the bins, cycles for each pixel of BEFORE, rising.
        before_db: 10 log10 of the density of BEFORE; `None` above its limit of 0.5.
        after_db: the same of AFTER, up to its own limit.
        beyond: share 0..1 of AFTER's energy (its variance) above 0.5: finer than BEFORE's pixels can show.
    """

    frequency: tuple[float, ...]
    before_db: tuple[float | None, ...]
    after_db: tuple[float | None, ...]
    beyond: float


def spectrum(seen: Sequence[Place]) -> Spectrum | None:
    """The spectra over some places; `None` where there is none."""
    if not seen:
        return None
    scale = float(np.sqrt(seen[0].down.scale * seen[0].across.scale))
    top = max(0.5, scale / 2)
    count = min(_MOST, max(8, round(top / _WIDTH)))
    edges = np.linspace(0, top, count + 1)
    before, after = _Radial(edges), _Radial(edges)
    for place in seen:
        before.add(place.before, 1.0, 1.0)
        after.add(place.after, place.down.scale, place.across.scale)
    middles = (edges[1:] + edges[:-1]) / 2
    return Spectrum(
        frequency=tuple(round(float(each), 4) for each in middles),
        before_db=before.told(0.5),
        after_db=after.told(scale / 2),
        beyond=after.share_above(),
    )


class _Radial:
    """Sums of densities by distance from the middle of the spectrum."""

    def __init__(self, edges: NDArray[np.float64]) -> None:
        self._edges = edges
        self._sums = np.zeros(len(edges) - 1)
        self._counts = np.zeros(len(edges) - 1)
        self._all, self._above = 0.0, 0.0

    def add(self, luma: NDArray[np.float32], scale_y: float, scale_x: float) -> None:
        window = np.outer(np.hanning(luma.shape[0] + 2)[1:-1], np.hanning(luma.shape[1] + 2)[1:-1])
        plain = luma.astype(np.float64)
        faded = (plain - float((plain * window).sum() / window.sum())) * window
        power = np.abs(np.fft.fft2(faded)) ** 2 / float((window * window).sum())
        # From cycles for each pixel of this picture to cycles for each pixel of BEFORE.
        power /= scale_y * scale_x
        y = np.fft.fftfreq(luma.shape[0])[:, None] * scale_y
        x = np.fft.fftfreq(luma.shape[1])[None] * scale_x
        away = np.sqrt(y * y + x * x)
        bins = np.searchsorted(self._edges, away, side="right") - 1
        inside = (bins >= 0) & (bins < len(self._sums))
        self._sums += np.bincount(bins[inside], power[inside], len(self._sums))
        self._counts += np.bincount(bins[inside], minlength=len(self._sums))
        self._all += float(power.sum())
        # Above the limit along either side: the corners of BEFORE's own band are still in it.
        self._above += float(power[(np.abs(y) > 0.5) | (np.abs(x) > 0.5)].sum())

    def told(self, limit: float) -> tuple[float | None, ...]:
        """Decibels by bin, `None` where a bin reaches beyond the limit or holds nothing."""
        return tuple(
            round(float(10 * np.log10(max(total / count, _FLOOR))), 2)
            if count and end <= limit + 1e-9
            else None
            for total, count, end in zip(self._sums, self._counts, self._edges[1:], strict=True)
        )

    def share_above(self) -> float:
        """Share of the energy that was counted as above the limit of 0.5."""
        return round(self._above / self._all, 6) if self._all > 0 else 0.0
