"""Where one picture may lie over another: phase correlation over the eight orientations and a range of scales.

Kuglin and Hines (1975, "The phase correlation image alignment method"): of two pictures that differ by a shift,
the spectrum of the one times the conjugate of the other's, with every amplitude set to 1, is that of a peak at
the shift. It is blind to brightness and contrast. Scales are tried one by one, those of whole pictures first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.refine import Placed
from whichmodel.pictures.resample import resample

Floats = NDArray[np.float32]

_SIDE = 144
"""Longest side of the copy of BEFORE."""
_FIELD = 320
"""Side of the square in which spectra are computed: that copy, and as much again on all sides."""
_STEP = 1.03
"""From one scale to the next. At the corner of a copy that is two pixels."""
_LARGEST, _SMALLEST = 4.2, 0.48
"""Crops are sought down to a quarter of BEFORE's side, and up to twice as much as it shows."""
_KEPT = 10
"""Places that are worth a closer look."""
_CUTOFF = 0.16
"""Frequencies above, in cycles a pixel, count little: a scale that is a little off spoils them."""


@dataclass(frozen=True)
class Candidate:
    """A place on the copies that were given, and the height of its peak in standard deviations.

    `whole` where AFTER just covers BEFORE, by the sizes of both and not by what they show.
    """

    mirrored: bool
    quarter_turns: int
    placed: Placed
    height: float
    whole: bool = False


def candidates(before: Floats, after: Floats) -> Iterator[Candidate]:
    """Places to look at, the likeliest first; grey copies of shape `(h, w)`.

    First those where both pictures show the same area, by orientation; only who asks on pays for the search of
    crops.
    """
    spectra = _Spectra(before)
    # What covers the whole of BEFORE, for a picture that lies and one that stands.
    plain = sorted(
        (
            spectra.peak(after, mirrored, turns, spectra.whole(after, turns))
            for mirrored in (False, True)
            for turns in range(4)
            if spectra.fits(after, turns)
        ),
        key=lambda found: -found.height,
    )
    for found in plain[:3]:
        yield found
        high, wide = before.shape[:: -1 if found.quarter_turns % 2 else 1]
        exact = Placed(after.shape[0] / high, after.shape[1] / wide, 0.0, 0.0)
        yield Candidate(found.mirrored, found.quarter_turns, exact, found.height, whole=True)
    best: list[tuple[float, int, Candidate]] = []
    order = count()
    for turned in (False, True):
        base = spectra.whole(after, int(turned))
        steps = range(round(np.log(_SMALLEST) / np.log(_STEP)), round(np.log(_LARGEST) / np.log(_STEP)) + 1)
        for step in steps:
            for found in spectra.peaks(after, turned, base * _STEP**step):
                heapq.heappush(best, (found.height, next(order), found))
                if len(best) > _KEPT:
                    heapq.heappop(best)
    yield from (found for _, _, found in sorted(best, key=lambda item: -item[0]))


class _Spectra:
    """The spectra of BEFORE in its eight orientations."""

    def __init__(self, before: Floats) -> None:
        self._shape = before.shape
        self._share = min(1.0, _SIDE / max(before.shape))
        small = _resized(before, self._share)
        self._small = small
        self._of = {
            (mirrored, turns): np.conj(_spectrum(np.rot90(small[:, ::-1] if mirrored else small, -turns)))
            for mirrored in (False, True)
            for turns in range(4)
        }

    def whole(self, after: Floats, turns: int) -> float:
        """Scale of AFTER's copy over BEFORE's at which it covers it."""
        high, wide = self._shape[:: -1 if turns % 2 else 1]
        return float(np.sqrt(after.shape[0] * after.shape[1] / (high * wide)))

    def fits(self, after: Floats, turns: int) -> bool:
        """Whether both have nearly the same shape."""
        high, wide = self._shape[:: -1 if turns % 2 else 1]
        return bool(abs(np.log(after.shape[1] * high / (after.shape[0] * wide))) < 0.03)

    def peak(self, after: Floats, mirrored: bool, turns: int, scale: float) -> Candidate:
        """The best shift in one orientation."""
        return self._peak(*self._seen(after, scale), mirrored, turns, scale)

    def peaks(self, after: Floats, turned: bool, scale: float) -> Iterator[Candidate]:
        """The best shift in each of the four orientations that lie, or that stand."""
        seen, shape = self._seen(after, scale)
        for mirrored in (False, True):
            for turns in (1, 3) if turned else (0, 2):
                yield self._peak(seen, shape, mirrored, turns, scale)

    def _seen(self, after: Floats, scale: float) -> tuple[NDArray[np.complex64], tuple[int, int]]:
        small = _resized(after, self._share / scale)
        # What shows far more than BEFORE is cut: the middle is enough to be found by.
        return _spectrum(small[:_FIELD, :_FIELD]), (small.shape[0], small.shape[1])

    def _peak(
        self,
        seen: NDArray[np.complex64],
        shape: tuple[int, int],
        mirrored: bool,
        turns: int,
        scale: float,
    ) -> Candidate:
        cross = seen * self._of[mirrored, turns]
        cross /= np.abs(cross) + 1e-6
        field = np.fft.irfft2(cross * _BAND, s=(_FIELD, _FIELD))
        place = int(field.argmax())
        down, across = divmod(place, _FIELD)
        height = float((field.flat[place] - field.mean()) / (field.std() + 1e-12))
        half = _FIELD // 2
        shift = [each - _FIELD if each > half else each for each in (down, across)]
        # From the small grid to AFTER's copy.
        grown = scale / self._share
        return Candidate(
            mirrored, turns, Placed(scale, scale, float(shift[0] * grown), float(shift[1] * grown)), height
        )


def _spectrum(pixels: Floats) -> NDArray[np.complex64]:
    """Spectrum of a copy without its mean, faded at its border, in a field of zeros."""
    faded = (pixels - pixels.mean()) * np.outer(_fade(pixels.shape[0]), _fade(pixels.shape[1]))
    return np.fft.rfft2(faded.astype(np.float32), s=(_FIELD, _FIELD)).astype(np.complex64)


def _fade(length: int) -> Floats:
    """1 in the middle, a cosine down to 0 over an eighth at either end (Tukey)."""
    place = np.minimum(np.arange(length) + 0.5, length - np.arange(length) - 0.5) / max(1.0, length / 8)
    faded: Floats = (0.5 - 0.5 * np.cos(np.pi * np.minimum(1.0, place))).astype(np.float32)
    return faded


def _band() -> Floats:
    y, x = np.fft.fftfreq(_FIELD)[:, None], np.fft.rfftfreq(_FIELD)[None]
    return np.exp(-(x * x + y * y) / (2 * _CUTOFF * _CUTOFF)).astype(np.float32)


_BAND = _band()


def _resized(pixels: Floats, share: float) -> Floats:
    size = [max(2, round(side * share)) for side in pixels.shape]
    return resample(np.ascontiguousarray(pixels[:, :, None]), size[1], size[0], "linear")[:, :, 0]
