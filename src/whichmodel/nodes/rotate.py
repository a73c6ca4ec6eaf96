"""Operation `rotate`: turn a picture clockwise; quarter turns are exact, other angles are interpolated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Step
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
from whichmodel.pictures.raster import Kind, Raster

KEEPS = ("inside", "all")

_PIECE = 1 << 16
"""Pixels that are interpolated at once."""

Floats = NDArray[np.float32]


class RotateOperation(Operation):
    """Turns a picture clockwise by `angle` degrees about its middle.

    Multiples of 90° only move samples. Any other angle is interpolated by cubic convolution with a = -1/2
    (R. Keys: "Cubic convolution interpolation for digital image processing", 1981; Catmull-Rom) over 4 × 4
    pixels, on the values as they are; where there is transparency colours count by it.

    Parameters: `angle`, -360 to 360; `keep`, what happens at the border for angles that are no quarter turn:

    - `"inside"` (default): the largest upright rectangle that shows nothing but the picture, as when a
      horizon is made straight.
    - `"all"`: the smallest upright rectangle that holds the whole picture; what it does not cover is
      transparent.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"angle": (int, float), "keep": str})
        angle = step.parameters.get("angle")
        if angle is None or not (math.isfinite(float(angle)) and abs(float(angle)) <= 360):
            raise InputError(f"step {step.id!r}: parameter 'angle' must be -360 to 360 degrees, not {angle}")
        if step.parameters.get("keep", KEEPS[0]) not in KEEPS:
            raise InputError(
                f"step {step.id!r}: parameter 'keep' cannot be {step.parameters['keep']!r}",
                hint=f"known: {', '.join(KEEPS)}",
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        size = sizes.get("image")
        if size is None:
            return None
        turns = _turns(step)
        if turns is not None:
            return Size(size.height, size.width) if turns % 2 else size
        sine, cosine = _direction(step)
        if _keeps_all(step):
            wide = size.width * abs(cosine) + size.height * abs(sine)
            high = size.width * abs(sine) + size.height * abs(cosine)
            # A millionth of a pixel is rounding, not a part of the picture.
            return Size(math.ceil(wide - 1e-6), math.ceil(high - 1e-6))
        return inscribed(size, sine, cosine)

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        image = kinds["image"]
        return Kind(image.bands, image.bits, image.alpha or (_turns(step) is None and _keeps_all(step)))

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture, kind = inputs["image"], context.kind
        turns = _turns(step)
        if turns is not None:
            source = _before_turns(unit.target, context.size, turns)
            samples = np.ascontiguousarray(np.rot90(picture.read_all(source), -turns))
        else:
            samples = np.empty((unit.target.height, unit.target.width, kind.samples), kind.dtype)
            rows = max(1, _PIECE // unit.target.width)
            for top in range(unit.target.top, unit.target.bottom, rows):
                bottom = min(top + rows, unit.target.bottom)
                piece = Box(unit.target.left, top, unit.target.right, bottom)
                samples[piece.within(unit.target).slices] = _turned(step, piece, picture, context)
        bands = kind.bands
        return Samples(samples[:, :, :bands], samples[:, :, bands] if kind.alpha else None)


def inscribed(size: Size, sine: float, cosine: float) -> Size:
    """The largest upright rectangle within a picture turned by an angle; at least one pixel.

    It touches the two longer sides where the picture is long and narrow, else all four.
    """
    s, c = abs(sine), abs(cosine)
    longer, shorter = max(size.width, size.height), min(size.width, size.height)
    if shorter <= 2 * s * c * longer or abs(s - c) < 1e-9:
        one, other = shorter / 2 / s, shorter / 2 / c
        width, height = (one, other) if size.width >= size.height else (other, one)
    else:
        double = c * c - s * s
        width = (size.width * c - size.height * s) / double
        height = (size.height * c - size.width * s) / double
    return Size(max(1, math.floor(width + 1e-6)), max(1, math.floor(height + 1e-6)))


def _turned(step: Step, piece: Box, picture: Raster, context: Context) -> NDArray[Any]:
    """Samples of a part of the turned picture, any alpha as last channel."""
    x, y = _places(step, piece, picture, context.size)
    # The part of the source with two pixels around, for a kernel four pixels wide.
    left, right = _stretch(x, picture.width)
    top, bottom = _stretch(y, picture.height)
    held = Box(max(left, 0), max(top, 0), min(right, picture.width), min(bottom, picture.height))
    kind = context.kind
    source = picture.read_all(held).astype(np.float32)
    grow = ((held.top - top, bottom - held.bottom), (held.left - left, right - held.right), (0, 0))
    if kind.alpha:
        if not picture.kind.alpha:
            source = np.concatenate([source, np.full((*source.shape[:2], 1), kind.top, np.float32)], axis=2)
        source[:, :, :-1] *= source[:, :, -1:] / np.float32(kind.top)
    outside = _turns(step) is None and _keeps_all(step)
    source = np.pad(source, grow, mode="constant") if outside else np.pad(source, grow, mode="edge")
    values = _interpolated(source, x - left, y - top)
    if kind.alpha:
        # By the alpha that came with them: it overshoots as they do, and is clipped only afterwards.
        alpha = values[:, :, -1:].copy()
        seen = np.rint(alpha) > 0
        values[:, :, :-1] *= np.float32(kind.top) / np.where(seen, alpha, np.float32(1))
        values[:, :, :-1] *= seen
    whole: NDArray[Any] = np.clip(np.rint(values), 0, kind.top).astype(kind.dtype)
    return whole


def _places(step: Step, piece: Box, picture: Raster, size: Size) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where the middles of a part's pixels lie in the source, in its pixels: two of shape `(h, w)`."""
    sine, cosine = _direction(step)
    across = np.arange(piece.left, piece.right) + 0.5 - size.width / 2
    down = (np.arange(piece.top, piece.bottom) + 0.5 - size.height / 2)[:, None]
    x = across * cosine + down * sine + (picture.width / 2 - 0.5)
    y = down * cosine - across * sine + (picture.height / 2 - 0.5)
    if _keeps_all(step):
        # Far outside there is nothing to read.
        return np.clip(x, -2, picture.width + 1), np.clip(y, -2, picture.height + 1)
    return np.clip(x, -0.5, picture.width - 0.5), np.clip(y, -0.5, picture.height - 0.5)


def _stretch(places: NDArray[Any], length: int) -> tuple[int, int]:
    """First and last but one index of the pixels that places need; it meets the picture in one at least."""
    return min(math.floor(places.min()) - 1, length - 1), max(math.floor(places.max()) + 3, 1)


def _interpolated(source: Floats, x: NDArray[Any], y: NDArray[Any]) -> Floats:
    """Values of `source` `(H, W, C)` at places `(h, w)`, each with its 4 × 4 pixels inside: `(h, w, C)`."""
    columns, rows = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = _weights(x - columns), _weights(y - rows)
    width, channels = source.shape[1], source.shape[2]
    flat = source.reshape(-1, channels)
    result = np.zeros((*x.shape, channels), np.float32)
    for row in range(4):
        line = np.zeros_like(result)
        start = (rows + (row - 1)) * width + columns
        for column in range(4):
            line += flat[start + (column - 1)] * across[column][:, :, None]
        result += line * down[row][:, :, None]
    return result


def _weights(t: NDArray[Any]) -> tuple[Floats, Floats, Floats, Floats]:
    """The shares of the four pixels around a place `t` 0..1 behind the second; Keys' kernel, a = -1/2."""
    square, cube = t * t, t * t * t
    return (
        (-0.5 * t + square - 0.5 * cube).astype(np.float32),
        (1 - 2.5 * square + 1.5 * cube).astype(np.float32),
        (0.5 * t + 2 * square - 1.5 * cube).astype(np.float32),
        (-0.5 * square + 0.5 * cube).astype(np.float32),
    )


def _before_turns(box: Box, size: Size, turns: int) -> Box:
    """Where a part of a picture lay before so many quarter turns clockwise; `size` is that after them."""
    if turns == 1:
        return Box(box.top, size.width - box.right, box.bottom, size.width - box.left)
    if turns == 2:
        width, height = size.width, size.height
        return Box(width - box.right, height - box.bottom, width - box.left, height - box.top)
    if turns == 3:
        return Box(size.height - box.bottom, box.left, size.height - box.top, box.right)
    return box


def _turns(step: Step) -> int | None:
    """Quarter turns clockwise, 0..3, or `None` for another angle."""
    turns, rest = divmod(float(step.parameters["angle"]) % 360, 90)
    return int(turns) % 4 if rest == 0 else None


def _direction(step: Step) -> tuple[float, float]:
    angle = math.radians(float(step.parameters["angle"]))
    return math.sin(angle), math.cos(angle)


def _keeps_all(step: Step) -> bool:
    return str(step.parameters.get("keep", KEEPS[0])) == "all"
