"""Operation `deconvolve`: take a known blur back, by Wiener's filter or by Richardson and Lucy's iterations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.blocks import block_units, from_blocks
from whichmodel.nodes.blur_kernel import Kernel, disk, gaussian, motion, reach_of
from whichmodel.nodes.operation import (
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    Unit,
    check_parameters,
)
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster

METHODS = ("wiener", "richardson-lucy")
KERNELS = ("motion", "gaussian", "disk")
NOISE, ITERATIONS = 0.02, 20

_BOUNDS = {"length": (1.5, 101.0), "angle": (-360.0, 360.0), "sigma": (0.3, 15.0), "radius": (0.5, 50.0)}
_OF_KERNEL = {"motion": {"length", "angle"}, "gaussian": {"sigma"}, "disk": {"radius"}}
_SIGNAL = 0.2
"""Standard deviation of the samples of an ordinary photograph, as share of the range."""
_FLAT = 0.1
"""Frequency, in cycles a pixel, below which the signal is taken to be about even."""
_SIDES = (512, 1024, 2048)
"""Sides of what is transformed at once: powers of two are fastest."""
_DARKEST = 1e-3
"""Smallest value in a quotient; a share of the range, a quarter of a step of 255."""

Floats = NDArray[np.float32]


class DeconvolveOperation(Operation):
    """Sharpens a picture whose blur is known, on the values as they are, channel by channel.

    Parameters: `kernel`, the blur: `"motion"` (`length` in pixels 1.5 to 101, `angle` in degrees, 0
    horizontal, 90 vertical), `"gaussian"` (`sigma` 0.3 to 15) or `"disk"` (`radius` 0.5 to 50);
    `method`:

    - `"wiener"` (default): each frequency f of the picture is multiplied by conj(H) / (|H|² + N/S), where H
      is that of the kernel (N. Wiener: "Extrapolation, interpolation, and smoothing of stationary time
      series", 1949). N is `noise`², the variance of white noise; `noise` is its standard deviation as share
      of the range, 0.0005 to 0.5 (default 0.02). S falls with 1/(|f| + 0.1),
      |f| in cycles a pixel, with a standard deviation of 0.2 in all: flatter than the 1/|f|² of photographs
      (D. J. Field, 1987), which leaves low frequencies that a long movement wiped out to the disturbance
      from the rims. Measured on three photographs with grain of 1 of 255, PSNR before and after: movement of
      9 pixels 26.2 and 31.3 dB, of 21 22.0 and 27.3, of 51 18.2 and 21.4; disk of 5 24.4 and 28.3.
      More `noise` gives a softer and smoother result.
    - `"richardson-lucy"`: u becomes u · Hᵀ(d / Hu), `iterations` times, 1 to 200 (default 20), from u = d,
      the picture (W. H. Richardson, 1972; L. B. Lucy, 1974). More of them sharpen more, noise too.

    The picture is worked on in blocks of a fixed grid with real pixels around, at least eight times as far
    as the kernel reaches; what little comes from farther away is left out. Beyond the border the picture is
    mirrored. The rim of each block fades into its own blur, so that the transform, which takes a block for
    periodic, sees no edge there. Transparency stays.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}

    def check(self, step: Step) -> None:
        number = (int, float)
        allowed: dict[str, Any] = {"method": str, "kernel": str, "noise": number, "iterations": int}
        check_parameters(step, {**allowed, **dict.fromkeys(_BOUNDS, number)})
        given = step.parameters
        method, kernel = given.get("method", METHODS[0]), given.get("kernel")
        _one_of(step, "method", method, METHODS)
        _one_of(step, "kernel", kernel, KERNELS)
        own = _OF_KERNEL[str(kernel)]
        for name, (low, high) in _BOUNDS.items():
            if name in given and name not in own:
                raise InputError(f"step {step.id!r}: a {kernel} kernel has no {name!r}")
            if name in own and not low <= float(given.get(name, math.nan)) <= high:
                raise InputError(
                    f"step {step.id!r}: parameter {name!r} must be {low:g} to {high:g}, not {given.get(name)}",
                    hint=f"a {kernel} kernel needs: {', '.join(sorted(own))}",
                )
        if "noise" in given and (method != "wiener" or not 0.0005 <= float(given["noise"]) <= 0.5):
            raise InputError(
                f"step {step.id!r}: parameter 'noise' is for method 'wiener', 0.0005 to 0.5 of the range"
            )
        if "iterations" in given and (method == "wiener" or not 1 <= int(given["iterations"]) <= 200):
            raise InputError(
                f"step {step.id!r}: parameter 'iterations' is for method 'richardson-lucy', 1 to 200"
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def identity(self, step: Step, context: Context) -> Mapping[str, Any]:
        # Expected times are remembered under it.
        given = step.parameters
        return {"side": _geometry(_kernel_of(step))[0], "iterations": given.get("iterations", ITERATIONS)}

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        return block_units(context.size, _core(step))

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        size = Size(picture.width, picture.height)
        colour = from_blocks(unit.target, size, _core(step), lambda box: _block(step, picture, box))
        return Samples(colour, picture.alpha(unit.target))


def _block(step: Step, picture: Raster, box: Box) -> NDArray[Any]:
    """One block of the result: shape `(h, w, bands)`, rounded and clipped."""
    kernel = _kernel_of(step)
    side, halo = _geometry(kernel)
    source = _mirrored(picture, box, side, halo)
    result = np.empty((box.height, box.width, picture.kind.bands), picture.kind.dtype)
    transfer = _transfer(_settings(step), side)
    top = np.float32(picture.kind.top)
    for band in range(picture.kind.bands):
        blurred = _tapered(source[:, :, band].astype(np.float32) / top, transfer, reach_of(kernel))
        if step.parameters.get("method", METHODS[0]) == "wiener":
            sharp = _wiener(blurred, transfer, float(step.parameters.get("noise", NOISE)))
        else:
            sharp = _richardson_lucy(blurred, transfer, int(step.parameters.get("iterations", ITERATIONS)))
        kept = sharp[halo : halo + box.height, halo : halo + box.width]
        result[:, :, band] = np.clip(np.rint(kept * top), 0, top)
    return result


def _mirrored(picture: Raster, box: Box, side: int, halo: int) -> NDArray[Any]:
    """The square of pixels from `halo` before a block on; beyond the border mirrored, again and again."""
    columns = _mirror(np.arange(box.left - halo, box.left - halo + side), picture.width)
    rows = _mirror(np.arange(box.top - halo, box.top - halo + side), picture.height)
    held = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    return picture.read(held)[rows - held.top][:, columns - held.left]


def _mirror(places: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Places within a length, those outside mirrored at its ends, the last pixel twice."""
    folded = places % (2 * length)
    return np.minimum(folded, 2 * length - 1 - folded)


def _tapered(block: Floats, transfer: NDArray[Any], reach: int) -> Floats:
    """A block whose rim fades into its own blur, over as many pixels as the kernel reaches on each side."""
    side, width = block.shape[0], 2 * reach
    line = np.ones(side, np.float32)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(width) + 0.5) / width)).astype(np.float32)
    line[:width], line[-width:] = ramp, ramp[::-1]
    weight = line[:, None] * line[None, :]
    blurred = np.fft.irfft2(np.fft.rfft2(block) * transfer, s=block.shape)
    tapered: Floats = (weight * block + (1 - weight) * blurred).astype(np.float32)
    return tapered


def _wiener(block: Floats, transfer: NDArray[Any], noise: float) -> Floats:
    """Wiener's filter for white noise and a signal that falls with the frequency."""
    side = block.shape[0]
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]) + _FLAT
    # Relative to their mean over all frequencies, so that the variances are those of the samples.
    ratio = noise**2 / _SIGNAL**2 * frequency * _mean_inverse(side)
    filtered = np.conj(transfer) / (np.abs(transfer) ** 2 + ratio)
    filtered[0, 0] = 1  # the mean stays
    found = np.fft.irfft2(np.fft.rfft2(block) * filtered.astype(np.complex64), s=block.shape)
    return found.astype(np.float32)


@lru_cache(maxsize=4)
def _mean_inverse(side: int) -> float:
    """Mean of 1/(|f| + 0.1) over all frequencies of a square, in pixels."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None, :])
    return float((1 / (frequency + _FLAT)).mean())


def _richardson_lucy(block: Floats, transfer: NDArray[Any], iterations: int) -> Floats:
    """Richardson's and Lucy's iterations, periodic, from the block itself."""
    back = np.conj(transfer)
    seen = np.maximum(block, np.float32(_DARKEST))
    estimate = seen
    for _ in range(iterations):
        expected = np.fft.irfft2(np.fft.rfft2(estimate) * transfer, s=block.shape)
        quotient = seen / np.maximum(expected, np.float32(_DARKEST))
        estimate = estimate * np.fft.irfft2(np.fft.rfft2(quotient) * back, s=block.shape)
        # Rounding of the transform can give a little below 0.
        estimate = np.maximum(estimate, np.float32(0))
    return estimate


Settings = tuple[str, float, float]


def _settings(step: Step) -> Settings:
    """Name of the kernel and its one or two numbers."""
    given = step.parameters
    kind = str(given["kernel"])
    if kind == "motion":
        return kind, float(given["length"]), float(given["angle"])
    return kind, float(given["sigma" if kind == "gaussian" else "radius"]), 0.0


def _kernel_of(step: Step) -> Kernel:
    return _kernel(_settings(step))


@lru_cache(maxsize=4)
def _kernel(settings: Settings) -> Kernel:
    kind, first, second = settings
    if kind == "motion":
        return motion(first, second)
    return gaussian(first) if kind == "gaussian" else disk(first)


@lru_cache(maxsize=2)
def _transfer(settings: Settings, side: int) -> NDArray[Any]:
    """The kernel's frequencies, in the form of `rfft2` of a square of this side."""
    kernel = _kernel(settings)
    reach = reach_of(kernel)
    placed = np.zeros((side, side))
    placed[: kernel.shape[0], : kernel.shape[1]] = kernel
    return np.fft.rfft2(np.roll(placed, (-reach, -reach), (0, 1))).astype(np.complex64)


def _geometry(kernel: Kernel) -> tuple[int, int]:
    """Side of what is transformed at once, and the width of the halo in it."""
    halo = max(48, 8 * reach_of(kernel))
    return next(side for side in _SIDES if side >= 4 * halo or side == _SIDES[-1]), halo


def _core(step: Step) -> int:
    side, halo = _geometry(_kernel_of(step))
    return side - 2 * halo


def _one_of(step: Step, name: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(
            f"step {step.id!r}: parameter {name!r} cannot be {value!r}", hint=f"known: {', '.join(known)}"
        )
