"""Operation `inpaint`: fill the marked holes of a picture so that they fit what is around them.

Source: Sargsyan et al., "MI-GAN: A Simple Baseline for Image Inpainting on Mobile Devices", ICCV 2023. The
network takes squares of 512 pixels; `nodes.holes` tells which parts of a picture it is given.

Outside of the mask no sample changes. What a hole held does not reach the network nor the result: it is
replaced by means of the known colours around first, because the network itself mixes a little of what it is given
into the edges of a hole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, Step, StepError
from whichmodel.nodes.holes import CORE, SIDE, TENTH, Holes, find_holes, hole_pixels
from whichmodel.nodes.mixing import one_size, share_of
from whichmodel.nodes.operation import (
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    State,
    Unit,
    check_parameters,
)
from whichmodel.nodes.whole import KEPT, content_of, network_identity, network_of, reduced, weights_of
from whichmodel.pictures.box import Box
from whichmodel.pictures.parts import part_of_resized, window_of
from whichmodel.pictures.raster import Kind, Raster

Floats = NDArray[np.float32]

FADE = 16
"""Pixels on both sides of the edge between two windows over which one fades into the other."""

_HALO = (SIDE - CORE) // 2
_ANY = 1e-3
"""In a reduced mask a cell counts where any of its pixels does."""
_FOUND: dict[tuple[Any, ...], Holes] = {}


class InpaintOperation(Operation):
    """Fills what is marked, with invented content.

    Ports: `image`, and `mask` of the same size: the largest value is filled, 0 stays, values between mix
    both in this share (those below a tenth stay). Filled pixels become opaque in that share. Colours of
    16 bits are filled with 8 bits of precision.

    Parameters: none.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        "image": PortSpec(DataType.IMAGE),
        "mask": PortSpec(DataType.MASK),
    }
    takes_model: ClassVar[bool] = True
    # How many holes there are is not known before.
    steady: ClassVar[bool] = False
    # A hole that several bands reach into is filled once.
    apart: ClassVar[bool] = False
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"substituted_for": str})

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return one_size(step, sizes)

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        card = cards.get(step.model or "")
        return card.weights if card else None

    def identity(self, step: Step, context: Context) -> Mapping[str, Any]:
        return network_identity(step, context)

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        holes = _holes(inputs["mask"])
        return {
            "holes": holes.count,
            "runs": len(holes.crops) + len(holes.windows),
            "reduced": round(holes.largest_reduction, 2),
        }

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture, mask, box = inputs["image"], inputs["mask"], unit.target
        samples = picture.read_all(box)
        bands = picture.kind.bands
        colour, alpha = samples[:, :, :bands], samples[:, :, bands] if picture.kind.alpha else None
        due = hole_pixels(mask.read(box), mask.kind.top).any(axis=2)
        if due.any():
            fill = self._filled(step, box, picture, mask, context)
            share = np.where(due, share_of(mask, box), np.float32(0))
            colour, alpha = _mixed(colour, alpha, fill, share, picture.kind)
        return Samples(np.ascontiguousarray(colour), alpha)

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        count = int(state.get("holes", 0))
        if not count:
            return (f"{step.id}: the mask marks nothing, so nothing was filled",)
        told = f"{step.id}: {count} marked {'place' if count == 1 else 'places'} filled with invented content"
        if float(state.get("reduced", 1)) > 1:
            told += f"; the largest was computed at 1/{state['reduced']:.3g} of its size and is less sharp"
        return (told,)

    def _filled(self, step: Step, box: Box, picture: Raster, mask: Raster, context: Context) -> Floats:
        """What the network puts into the holes of a part of the picture: `(h, w, bands)`, 0..1 of the range."""
        holes = _holes(mask)
        labels = holes.labels_of(box)
        result = np.zeros((box.height, box.width, picture.kind.bands), np.float32)
        weight = np.zeros((box.height, box.width), np.float32)
        thin = labels == 1
        for core in holes.windows if thin.any() else ():
            reach = core.grown(FADE, picture.width, picture.height)
            common = _common(reach, box)
            if common is None or not thin[common.within(box).slices].any():
                continue
            source = core.grown(_HALO, picture.width, picture.height)
            patch = self._patch(step, source, picture, mask, context)
            inside = common.within(box)
            share = _fade(core, reach, common)
            result[inside.slices] += _part(patch, source, common) * share[:, :, None]
            weight[inside.slices] += share
        result /= np.maximum(weight, np.float32(1e-6))[:, :, None]
        for number, (hole, crop) in enumerate(zip(holes.boxes, holes.crops, strict=True), start=2):
            common = _common(hole, box)
            if common is None:
                continue
            patch = self._patch(step, crop, picture, mask, context)
            place = common.within(box).slices
            here = labels[place] == number
            if here.any():
                result[place][here] = _part(patch, crop, common)[here]
        return result

    def _patch(
        self, step: Step, source: Box, picture: Raster, mask: Raster, context: Context
    ) -> NDArray[np.uint8]:
        """A part of the picture with its holes filled, `(h, w, bands)`, no side above 512 pixels."""
        weights = weights_of(step, context.cards)
        key = (*content_of(picture), *content_of(mask), weights.id, context.device, source)

        def run() -> tuple[NDArray[Any], bool]:
            scale = min(1.0, SIDE / max(source.width, source.height))
            size = Size(source.width, source.height).times(scale)
            colour = reduced(picture, size, source)
            hole = reduced(mask, size, source)[:, :, 0] > (TENTH if scale == 1 else _ANY)
            if hole.all():
                raise StepError(f"nothing around the hole at {source} is known")
            given = _network_input(colour, hole)
            net = network_of(step, context)
            y = net.infer({weights.inputs["image"]: given[0], weights.inputs["mask"]: given[1]})
            filled = y[weights.outputs["image"]]
            if filled.shape != (1, 3, SIDE, SIDE) or filled.dtype != np.uint8:
                raise StepError(f"the network gave {filled.dtype} of shape {filled.shape}")
            patch = filled[0].transpose(1, 2, 0)[: size.height, : size.width]
            if picture.kind.bands == 1:
                patch = np.rint(patch.mean(axis=2, keepdims=True)).astype(np.uint8)
            return np.ascontiguousarray(patch), False

        found: NDArray[np.uint8] = KEPT.get(key, run)[0]
        return found


def _holes(mask: Raster) -> Holes:
    """The holes of a mask, found once; one mask is remembered."""
    key = content_of(mask)
    if key not in _FOUND:
        found = find_holes(mask)
        _FOUND.clear()
        _FOUND[key] = found
    return _FOUND[key]


def _network_input(colour: Floats, hole: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Picture `(1, 3, 512, 512)` and mask `(1, 1, 512, 512)` as the network takes them: 255 is known.

    What is smaller than the square is continued by its mirror image.
    """
    pixels = np.rint(colour * 255).astype(np.uint8)
    pixels = np.rint(pulled(pixels.astype(np.float32), ~hole)).astype(np.uint8)
    room = [(0, SIDE - hole.shape[0]), (0, SIDE - hole.shape[1])]
    pixels = np.pad(pixels, [*room, (0, 0)], mode="symmetric")
    known_mask = np.pad(np.where(hole, np.uint8(0), np.uint8(255)), room, mode="symmetric")
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]), known_mask[None, None]


def pulled(pixels: Floats, known: NDArray[np.bool_]) -> Floats:
    """What is not known filled from coarser and coarser means of what is (Gortler et al. 1996, push-pull).

    Args:
        pixels: `(h, w, bands)`.
        known: `(h, w)`; known pixels stay as they are. Where nothing is known, all becomes 0.
    """
    if known.all():
        return pixels
    if pixels.shape[0] == pixels.shape[1] == 1:
        return np.zeros_like(pixels)
    room = [(0, side % 2) for side in known.shape]
    weight = np.pad(known, room).astype(np.float32)[:, :, None]
    sums = [
        part.reshape(part.shape[0] // 2, 2, part.shape[1] // 2, 2, -1).sum(axis=(1, 3))
        for part in (np.pad(pixels, [*room, (0, 0)]) * weight, weight)
    ]
    means = (sums[0] / np.maximum(sums[1], 1)).astype(np.float32)
    coarse = pulled(means, sums[1][:, :, 0] > 0)
    fine = coarse.repeat(2, axis=0).repeat(2, axis=1)[: known.shape[0], : known.shape[1]]
    return np.where(known[:, :, None], pixels, fine)


def _part(patch: NDArray[np.uint8], source: Box, part: Box) -> Floats:
    """A part of the picture out of the filled patch of `source`: `(h, w, bands)`, 0..1."""
    inside = part.within(source)
    before, after = (patch.shape[1], patch.shape[0]), (source.width, source.height)
    window = window_of(inside, before, after)
    held = np.ascontiguousarray(patch[window.slices])
    values = part_of_resized(held, window, before, after, "cubic", inside, floats=True)
    found: Floats = (values.clip(0, 255) / np.float32(255)).astype(np.float32)
    return found


def _fade(core: Box, reach: Box, part: Box) -> Floats:
    """Share of a window in the pixels of `part`: 1 inside, falling to 0 across its edges within the picture."""
    shares = []
    for low, high, first, last, start, stop in (
        (core.top, core.bottom, reach.top, reach.bottom, part.top, part.bottom),
        (core.left, core.right, reach.left, reach.right, part.left, part.right),
    ):
        place = np.arange(start, stop, dtype=np.float32) + 0.5
        share = np.ones(stop - start, np.float32)
        if first < low:
            share *= ((place - low) / (2 * FADE) + 0.5).clip(0, 1)
        if last > high:
            share *= ((high - place) / (2 * FADE) + 0.5).clip(0, 1)
        shares.append(share)
    return shares[0][:, None] * shares[1][None, :]


def _common(one: Box, other: Box) -> Box | None:
    left, right = max(one.left, other.left), min(one.right, other.right)
    top, bottom = max(one.top, other.top), min(one.bottom, other.bottom)
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def _mixed(
    colour: NDArray[Any], alpha: NDArray[Any] | None, fill: Floats, share: Floats, kind: Kind
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The fill in its share, the picture in the rest; where the share is 0 every sample stays as it is."""
    top = np.float32(kind.top)
    mixed = fill * top * share[:, :, None] + colour.astype(np.float32) * (1 - share[:, :, None])
    touched = share > 0
    result = np.where(touched[:, :, None], np.rint(mixed).clip(0, kind.top).astype(kind.dtype), colour)
    if alpha is not None:
        opaque = np.rint(share * top).astype(kind.dtype)
        alpha = np.where(touched, np.maximum(alpha, opaque), alpha)
    return result, alpha
