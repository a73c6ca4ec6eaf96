"""Blurred pictures made from sharp ones, the way a moving camera makes them.

Light adds up while the shutter is open, so the blur happens in linear light: the gamma is taken off, lamps and
reflections get back some of the brightness that the sensor cut, the path of the camera is convolved with it, the
sensor's limit cuts again, light arrives in whole photons and the electronics add their own noise, and the gamma is
put back. Blurring the stored values instead teaches a network light that does not exist: bright points then smear
to grey instead of to bright lines.

Paths are straight, or those of an unsteady hand: a point with inertia that is pushed at random and now and then
jerks (after Boracchi and Foi 2012, "Modeling the Performance of Image Restoration From Motion Blur").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Points = NDArray[np.float64]

_STEPS = 200
"""Points along a path."""


@dataclass(frozen=True, slots=True)
class BlurKind:
    """How strong the damage may be; each picture draws its own.

    Args:
        longest: greatest extent of a path, in pixels; the shortest is 3.
        straight: share of straight paths; the others shake.
        lamps: greatest factor by which cut highlights were brighter than the sensor's limit.
        photons: least and greatest count of photons at full brightness; fewer are noisier. 0 and 0: no noise.
        electronics: greatest standard deviation of noise that does not depend on light, 0..1 in linear light.
    """

    longest: float = 31.0
    straight: float = 0.3
    lamps: float = 4.0
    photons: tuple[float, float] = (2_000.0, 40_000.0)
    electronics: float = 0.002

    @property
    def margin(self) -> int:
        """Pixels beyond a crop that its blur can reach."""
        return int(np.ceil(self.longest / 2)) + 1


def straight_path(length: float, angle: float) -> Points:
    """Even movement: `(n, 2)`, rows and columns in pixels.

    Args:
        length: from end to end, in pixels.
        angle: against the horizontal, in radians.
    """
    way = np.linspace(-length / 2, length / 2, _STEPS)
    return np.stack([way * np.sin(angle), way * np.cos(angle)], axis=1)


def shaken_path(length: float, random: np.random.Generator) -> Points:
    """The path of an unsteady hand: `(n, 2)`, rows and columns in pixels.

    Args:
        length: greatest extent in any direction from the middle, doubled, in pixels.
    """
    inertia = random.uniform(0.7, 0.98)
    jerk = 0.2 * random.random()
    velocity = random.normal(size=2)
    points = np.zeros((_STEPS, 2))
    for place in range(1, _STEPS):
        push = random.normal(size=2) * 0.3
        if random.random() < jerk / 10:
            push -= 2 * velocity  # the hand corrects itself
        velocity = inertia * velocity + push
        points[place] = points[place - 1] + velocity
    points -= points.mean(axis=0)
    return points * (length / 2 / max(float(np.abs(points).max()), 1e-9))


def kernel_of(path: Points) -> Floats:
    """The path as a convolution kernel: odd sides, sum 1, its centre of light in the middle.

    Each point's light falls on the four pixels around it by their closeness.
    """
    points = path - path.mean(axis=0)
    reach = int(np.ceil(np.abs(points).max())) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    places = points + reach
    first = np.floor(places).astype(int)
    share = places - first
    for down in (0, 1):
        for right in (0, 1):
            weight = np.abs(1 - down - share[:, 0]) * np.abs(1 - right - share[:, 1])
            np.add.at(kernel, (first[:, 0] + down, first[:, 1] + right), weight)
    return (kernel / kernel.sum()).astype(np.float32)


def random_kernel(kind: BlurKind, random: np.random.Generator) -> Floats:
    """A kernel of a random kind, length and direction; see `kernel_of`."""
    length = random.uniform(3.0, kind.longest)
    if random.random() < kind.straight:
        return kernel_of(straight_path(length, random.uniform(0, np.pi)))
    return kernel_of(shaken_path(length, random))


def to_light(values: Floats) -> Floats:
    """Stored sRGB values 0..1 to linear light 0..1 (IEC 61966-2-1)."""
    low = values / 12.92
    high = ((np.maximum(values, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, low, high).astype(np.float32)


def from_light(light: Floats) -> Floats:
    """Linear light 0..1 to stored sRGB values 0..1 (IEC 61966-2-1)."""
    low = light * 12.92
    high = 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, low, high).astype(np.float32)


def convolved(planes: Floats, kernel: Floats) -> Floats:
    """Each channel convolved with the kernel, only where it lies wholly inside.

    Args:
        planes: `(h, w, c)`.
        kernel: `(k, k)`.

    Returns:
        `(h - k + 1, w - k + 1, c)`.
    """
    height, width = planes.shape[:2]
    side = kernel.shape[0]
    size = (height, width)
    spectrum = np.fft.rfft2(planes, size, axes=(0, 1)) * np.fft.rfft2(kernel, size)[:, :, None]
    return np.fft.irfft2(spectrum, size, axes=(0, 1))[side - 1 :, side - 1 :].astype(np.float32)


def blurred(sharp: Floats, kind: BlurKind, random: np.random.Generator) -> Floats:
    """A blurred and noisy photograph of what a sharp one shows, without its margin.

    Args:
        sharp: `(h + 2 m, w + 2 m, 3)`, stored values 0..1, with `m = kind.margin` pixels around.
        kind: how strong.

    Returns:
        `(h, w, 3)`, stored values 0..1 in steps of 1/255, where each pixel shows what `sharp` has at the same
        place within its margin.
    """
    kernel = random_kernel(kind, random)
    spare = kind.margin - kernel.shape[0] // 2
    light = to_light(sharp)
    # What the sensor cut was brighter by an unknown factor: the more a pixel is cut, the more it gets back.
    cut = np.clip((light.max(axis=2, keepdims=True) - 0.9) / 0.1, 0, 1)
    light = light * (1 + cut * np.float32(random.uniform(0, kind.lamps - 1)))
    light = np.clip(convolved(light, kernel), 0, 1)
    height, width = sharp.shape[0] - 2 * kind.margin, sharp.shape[1] - 2 * kind.margin
    light = light[spare : spare + height, spare : spare + width]
    return np.rint(from_light(_noisy(light, kind, random)) * 255).astype(np.float32) / np.float32(255)


def _noisy(light: Floats, kind: BlurKind, random: np.random.Generator) -> Floats:
    """With the noise of photons (variance grows with light) and of electronics."""
    low, high = kind.photons
    if high <= 0:
        return light
    count = np.exp(random.uniform(np.log(low), np.log(high)))
    deviation = np.sqrt(light / count + random.uniform(0, kind.electronics) ** 2)
    return np.clip(light + random.standard_normal(light.shape, dtype=np.float32) * deviation, 0, 1).astype(
        np.float32
    )
