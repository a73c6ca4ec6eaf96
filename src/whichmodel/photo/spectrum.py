"""The mean spectrum of a photo's lightness, and what a straight movement leaves in it.

A straight, even movement by L pixels multiplies the spectrum by sinc(L u), u being the frequency along it: parallel
dark stripes, 1/L apart. M. Cannon ("Blind deconvolution of spatially invariant image blurs with phase", IEEE
Transactions on Acoustics, Speech, and Signal Processing 24, 1976) found them by averaging the logarithm of the
spectrum over parts of the picture; here they are found by comparing it with the stripes of every movement
(matched filter), after what all photos have in common is taken off both: a smooth fall with frequency, its
two- and fourfold change with direction, and the two lines that upright and level edges make.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.sample import LUMA, Floats, Part

SIDE = 128
"""Side of the windows, in pixels."""
LENGTHS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13.5, 15, 16.5, 18, 20, 22, 24.5, 27, 30, 33, 37)
"""Movements that are compared, in pixels."""
_REST = (0.01, 0.1)
"""What is left in the dark stripes, as share: a moved picture's own noise, and the blur of the windows."""
_FLOOR = 0.05
"""Added to the power: rounding to whole levels makes as much."""
_LEFT = 0.15
"""Share of the noise's power that stays where noise is all there is."""
_CONE = 0.45
_TRIED = 4
_STEPS = ((1.08, 2.5), (1.04, 1.2))
"""Factors of the length and degrees of the angle by which the best fits are refined, one after the other."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stripes:
    """The movement whose stripes fit best.

    Args:
        length, angle: in pixels and degrees.
        likeness: correlation of the spectrum with the stripes, -1..1.
        depth: of the stripes, as multiple of those of a pure movement.
        drop: logarithm of how much weaker the frequencies along the movement are than those across it.
    """

    length: float
    angle: float
    likeness: float
    depth: float
    drop: float


def stripes_of(parts: tuple[Part, ...], noise: float = 0.0) -> Stripes | None:
    """The best fit; `None` where the photo is below 24 pixels a side or of one colour.

    Args:
        noise: sigma of white noise in each channel, whose power is taken off first (power subtraction, M. Berouti,
            R. Schwartz, J. Makhoul, ICASSP 1979): it fills the dark stripes.
    """
    power = _power(parts)
    if power is None:
        return None
    if noise > 0:
        white = (noise * (1.0 if parts[0].colour.shape[2] == 1 else math.hypot(*LUMA))) ** 2
        power = np.maximum(power - white, _LEFT * white)
    grid = _grid()
    logarithm = np.log(power[grid.half] + _FLOOR)
    rest = _detrended(logarithm, grid)
    strength = float(np.sqrt((rest**2).sum()))
    if strength < 1e-6:
        return None
    stripes, lengths, angles = _bank()
    fits = stripes.T @ rest.astype(np.float32)
    first = np.argsort(-fits, kind="stable")[:_TRIED]
    tried = [_refined(rest, grid, float(lengths[at]), float(angles[at])) for at in first]
    fit, norm, length, angle = max(tried)
    return Stripes(
        length=length,
        angle=angle % 180,
        likeness=fit / strength,
        depth=fit / norm,
        drop=_drop(logarithm, grid, math.radians(angle)),
    )


def _refined(rest: Vector, grid: _Grid, length: float, angle: float) -> tuple[float, float, float, float]:
    """Fit, norm, length and angle of the best movement near one of the bank."""
    best = (-math.inf, 1.0, length, angle)
    for stretch, turn in _STEPS:
        _, _, length, angle = best
        for factor in (1 / stretch, 1.0, stretch):
            for more in (-turn, 0.0, turn):
                for left in _REST:
                    shape = _shape(grid, length * factor, math.radians(angle + more), left)
                    norm = float(np.sqrt((shape**2).sum()))
                    best = max(best, (float(shape @ rest) / norm, norm, length * factor, angle + more))
    return best


@dataclass(frozen=True, eq=False, slots=True)
class _Grid:
    """The frequencies that count, in periods a pixel: one of each pair, neither the lowest nor the corners."""

    half: NDArray[np.bool_]
    x: Vector
    y: Vector
    radius: Vector
    weight: Vector
    smooth: NDArray[np.float64]


@lru_cache(maxsize=1)
def _grid() -> _Grid:
    line = np.fft.fftfreq(SIDE)
    across, down = np.meshgrid(line, line)
    radius = np.hypot(across, down)
    half = ((across > 0) | ((across == 0) & (down > 0))) & (radius <= 0.5) & (radius >= 2.5 / SIDE)
    x, y, radius = across[half], down[half], radius[half]
    direction, fall = np.arctan2(y, x), np.log(radius)
    columns = [np.ones_like(fall), fall, fall**2, radius**2]
    columns += [turn(number * direction) for number in (2, 4) for turn in (np.cos, np.sin)]
    columns += [np.exp(-((axis * SIDE) ** 2) / (2 * 1.5**2)) for axis in (x, y)]
    # High frequencies are many and hold little else than noise.
    weight = np.sqrt(0.04 / np.maximum(radius, 0.04))
    smooth, _ = np.linalg.qr(np.stack(columns, axis=1) * weight[:, None])
    return _Grid(half, x, y, radius, weight, smooth)


@lru_cache(maxsize=1)
def _bank() -> tuple[Floats, Vector, Vector]:
    """The stripes of all movements, of length 1 after the trend is off: `(frequencies, n)`; lengths, angles."""
    grid = _grid()
    columns, lengths, angles = [], [], []
    for length in LENGTHS:
        count = int(np.clip(math.ceil(math.pi * length / 2.2), 12, 60))
        for number in range(count):
            angle = math.pi * number / count
            power = _power_of(grid, length, angle)
            for rest in _REST:
                columns.append(_detrended(np.log(power + rest), grid).astype(np.float32))
                lengths.append(float(length))
                angles.append(math.degrees(angle))
    bank = np.stack(columns, axis=1)
    norms = np.sqrt((bank.astype(np.float64) ** 2).sum(axis=0))
    return (bank / norms).astype(np.float32), np.array(lengths), np.array(angles)


def _shape(grid: _Grid, length: float, angle: float, rest: float) -> Vector:
    """The stripes of a movement, angle in radians, without trend."""
    return _detrended(np.log(_power_of(grid, length, angle) + rest), grid)


def _power_of(grid: _Grid, length: float, angle: float) -> Vector:
    """By how much a movement weakens the power at each frequency, angle in radians."""
    # Rows count downwards, angles upwards.
    along = grid.x * math.cos(angle) - grid.y * math.sin(angle)
    found: Vector = np.sinc(length * along) ** 2
    return found


def _detrended(values: Vector, grid: _Grid) -> Vector:
    weighed = values * grid.weight
    found: Vector = weighed - grid.smooth @ (grid.smooth.T @ weighed)
    return found


def _drop(logarithm: Vector, grid: _Grid, angle: float) -> float:
    along = np.abs(grid.x * math.cos(angle) - grid.y * math.sin(angle))
    across = np.abs(grid.x * math.sin(angle) + grid.y * math.cos(angle))
    level = logarithm + 2 * np.log(grid.radius)

    def mean(one: Vector, other: Vector) -> float:
        chosen = (one > 0.06) & (one < 0.45) & (other < _CONE * one)
        return float(level[chosen].mean())

    return mean(along, across) - mean(across, along)


def _power(parts: tuple[Part, ...]) -> Vector | None:
    """Mean power over windows that overlap by half (P. D. Welch, 1967), smoothed by one frequency."""
    total, count = np.zeros((SIDE, SIDE)), 0
    for part in parts:
        light = part.light
        high, wide = min(SIDE, light.shape[0]), min(SIDE, light.shape[1])
        if min(high, wide) < 24:
            continue
        window = np.outer(np.hanning(high + 2)[1:-1], np.hanning(wide + 2)[1:-1])
        window /= np.sqrt((window**2).sum())
        for top in _starts(light.shape[0], high):
            for left in _starts(light.shape[1], wide):
                piece = light[top : top + high, left : left + wide].astype(np.float64)
                piece = (piece - (piece * window**2).sum()) * window
                total += np.abs(np.fft.fft2(piece, (SIDE, SIDE))) ** 2
                count += 1
    if not count or not total.any():
        return None
    for axis in (0, 1):
        total = total / 2 + (np.roll(total, 1, axis) + np.roll(total, -1, axis)) / 4
    return total / count


def _starts(length: int, window: int) -> list[int]:
    count = 1 + math.ceil((length - window) / (window / 2))
    return [round((length - window) * number / max(1, count - 1)) for number in range(count)]
