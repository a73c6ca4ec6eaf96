"""Operation `model`: run the network of a model card over a picture, tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from whichmodel.catalog import tasks
from whichmodel.domain import DataType, InputError, Step, StepError
from whichmodel.nodes.feather import RECENT, blended
from whichmodel.nodes.network import SIGMA, PictureNet, picture_net, sigma_for
from whichmodel.nodes.operation import (
    DEFAULT_TILE,
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
from whichmodel.nodes.resample import resized_part
from whichmodel.nodes.stable import REACH, stable_infer
from whichmodel.nodes.tiles import Tile, tiles
from whichmodel.nodes.tone import toned, whole_view
from whichmodel.pictures.box import Box
from whichmodel.pictures.noise import LARGEST, noise_level
from whichmodel.pictures.raster import Raster
from whichmodel.runtimes.devices import choose
from whichmodel.runtimes.onnx import onnx_version
from whichmodel.weights import WeightsRecord, hashes, record

UNSTABLE = "unstable"
"""Mark of a tile at which the network left its range."""

Floats = NDArray[np.float32]


class ModelOperation(Operation):
    """Enlarges a picture by the whole factor of the model's weights, or restores it at its own size.

    Colour goes through the network; grey goes in as three equal channels and their mean comes out.
    Parameters: `tile`, side of a tile's core; `factor`, for models of any factor; `task`, what is to be
    done where no model that does it is named yet; `sigma`, the noise level for networks that take one, 0 to
    75 on the scale 0..255, by default that which `pictures.noise` finds in the picture. 8 bits stay 8
    bits and 16 stay 16. Transparency is resampled (Lanczos), not enlarged by the network, which was not
    trained on it.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    takes_model: ClassVar[bool] = True

    def check(self, step: Step) -> None:
        numbers = (int, float)
        check_parameters(
            step, {"tile": int, "factor": numbers, "sigma": numbers, "substituted_for": str, "task": str}
        )
        task = step.parameters.get("task")
        if task is not None and task not in tasks():
            raise InputError(f"step {step.id!r}: parameter 'task': there is no task {task!r}")
        tile = step.parameters.get("tile")
        if tile is not None:
            check_tile(int(tile), f"step {step.id!r}: parameter 'tile'")
        sigma = step.parameters.get("sigma")
        if sigma is not None and not 0 <= float(sigma) <= LARGEST:
            raise InputError(
                f"step {step.id!r}: parameter 'sigma' is {sigma}; it must be 0 to {LARGEST:g}",
                hint="it is the strength of the grain on the scale 0..255; 25 is already strong",
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        card = cards.get(step.model or "")
        if card is None:
            task = tasks().get(str(step.parameters.get("task")))
            return sizes.get("image") if task and task.size == "same" else None
        scale = record(card.weights).scale if card.weights else card.scale
        if scale == "any":
            scale = step.parameters.get("factor")  # type: ignore[assignment]
        if not isinstance(scale, int | float) or "image" not in sizes:
            return None
        return sizes["image"].times(scale)

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        card = cards.get(step.model or "")
        return card.weights if card else None

    def keeps_light(self, step: Step, cards: Cards) -> bool:
        weights_id = self.needs_weights(step, cards)
        return weights_id is None or not record(weights_id).new_light

    def identity(self, step: Step, context: Context) -> Mapping[str, Any]:
        weights = self._weights(step, context)
        own = {"converter": weights.convert} if weights.convert else {}
        own |= {"tone": "whole"} if weights.one_tone else {}
        return {
            **own,
            "weights": hashes(weights.id),
            "tile": tile_side(step, weights, context.tile),
            "overlap": overlap_of(weights),
            "runtime": onnx_version() if weights.format == "onnx" else f"ncnn {version('ncnn')}",
            "device": choose(context.device, weights.format).name,
        }

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        if SIGMA not in self._weights(step, context).inputs:
            return {}
        given = step.parameters.get("sigma")
        return {"sigma": noise_level(inputs["image"]) if given is None else float(given)}

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        weights, size = self._weights(step, context), sizes["image"]
        side = tile_side(step, weights, context.tile)
        found = tiles(size.width, size.height, size=side, halo=0)
        return [Unit(tile.core.times(weights.scale), str(tile)) for tile in found]

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        weights = self._weights(step, context)
        picture = inputs["image"]
        sigma = sigma_for(context.state.get("sigma"), grey=picture.is_grey)
        net = picture_net(weights, context.weights(weights.id), context.device, sigma)
        if weights.context == "global":
            made_by = f"{choose(context.device, weights.format).name}, {sigma}"
            side = tile_side(step, weights, context.tile)
            colour, reduced = _blended(net, weights, picture, unit.target, side, made_by)
        else:
            core = Box(*(edge // weights.scale for edge in _corners(unit.target)))
            source = halo_of(weights, core, picture.width, picture.height)
            colour, reduced = enlarge_tile(net, weights, picture.read(source), core.within(source))
        alpha = None
        if picture.kind.alpha:
            alpha = resized_part(picture, context.size, "lanczos3", unit.target, alpha_only=True)[:, :, 0]
        return Samples(colour, alpha, UNSTABLE if reduced else "")

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        told = []
        if "sigma" in state and "sigma" not in step.parameters:
            told.append(
                f"{step.id}: the noise level was estimated as {state['sigma']:.1f} of 255; the parameter"
                " 'sigma' sets another"
            )
        unsteady = marks.get(UNSTABLE, 0)
        if unsteady:
            told.append(
                f"{step.id}: in {unsteady} of {units} tiles the network was unstable at some pixels; those"
                " were computed at reduced contrast"
            )
        return tuple(told)

    def _weights(self, step: Step, context: Context) -> WeightsRecord:
        weights_id = self.needs_weights(step, context.cards)
        if weights_id is None:
            raise StepError(f"step {step.id!r}: model {step.model!r} has no weights here")
        return record(weights_id)


def overlap_of(weights: WeightsRecord) -> int:
    """Width of a tile's halo, in input pixels.

    The receptive field, and for enlargement the reach of `nodes.stable`. Where the record says that a
    smaller one was measured to be enough, that one: deep networks can see hundreds of pixels far, and what
    is far away moves the result by less than a rounding.
    """
    needed = weights.receptive_field_radius + (REACH if weights.scale > 1 else 0)
    return min(needed, weights.tiling.overlap) if weights.tiling else needed


def halo_of(weights: WeightsRecord, core: Box, width: int, height: int) -> Box:
    """The pixels that a tile is computed from: its core with the overlap, on the network's own grid.

    A network that works on groups of pixels must find them grouped as in the whole picture, so the corner
    lies at multiples of the record's `size_multiple`.
    """
    grid, grown = weights.size_multiple, core.grown(overlap_of(weights), width, height)
    return Box(
        grown.left // grid * grid,
        grown.top // grid * grid,
        min(width, -(-grown.right // grid) * grid),
        min(height, -(-grown.bottom // grid) * grid),
    )


def filled_up(box: Box, multiple: int, width: int, height: int) -> Box:
    """A part of a picture grown until its sides are multiples, as far as the picture has pixels for it.

    Networks that look at the whole of what they are given should see the picture and not a repeated border.
    """
    left, right = _stretched(box.left, box.right, multiple, width)
    top, bottom = _stretched(box.top, box.bottom, multiple, height)
    return Box(left, top, right, bottom)


def _stretched(start: int, stop: int, multiple: int, length: int) -> tuple[int, int]:
    stop = min(length, stop + -(stop - start) % multiple)
    return max(0, start - -(stop - start) % multiple), stop


def tile_side(step: Step, weights: WeightsRecord, tile: int) -> int:
    """Side of a tile's core in input pixels: that which the step names, else that of the run.

    Where nobody has chosen one, a network whose overlap would be most of the work has its own (`tile` of the
    record). A network that takes one size only never gets more than fits into it.
    """
    own = weights.tile if weights.tile and tile == DEFAULT_TILE else tile
    side = int(step.parameters.get("tile", own))
    return min(side, weights.filled - 2 * overlap_of(weights)) if weights.filled else side


def check_tile(side: int, what: str) -> int:
    """The side of a tile, if it is sensible.

    Raises:
        InputError: below 16 (the overlap would be most of the work) or above 4096 pixels (memory).
    """
    if not 16 <= side <= 4096:
        raise InputError(f"{what} is {side}; it must be 16 to 4096 pixels", hint="256 suits most computers")
    return side


def enlarge_tile(
    net: PictureNet, weights: WeightsRecord, pixels: NDArray[Any], core: Box
) -> tuple[NDArray[Any], bool]:
    """Run the network on the pixels of a tile with its halo.

    Args:
        pixels: `(h, w, 1 or 3)`, `uint8` or `uint16`.
        core: the part of it whose result is kept.

    Returns:
        The enlarged core, `(s*h, s*w, C)` in the sample type of `pixels`; and whether reduced contrast
        was needed.

    Raises:
        StepError: the network failed, or gave another shape than due, NaN or infinity.
    """
    top = float(np.iinfo(pixels.dtype).max)
    low, high = weights.input_range
    grey = pixels.shape[2] == 1
    source = pixels.astype(np.float32)
    colour = np.repeat(source, 3, axis=2) if grey else source
    if weights.colour_order == "BGR":
        colour = colour[:, :, ::-1]
    planes = colour.transpose(2, 0, 1) / np.float32(top)
    # Repeated rows are streaks, to which a network that removes rain gives new ones.
    mode: Literal["edge", "symmetric"] = "symmetric" if weights.filled else "edge"
    x = _padded(planes, weights.filled or weights.size_multiple, mode)
    infer = _in_range(net, weights, low, high)
    # Restorers add a correction to the picture itself; what makes enlargers unstable they do not have.
    y, reduced = stable_infer(infer, x, weights.scale) if weights.scale > 1 else (infer(x), False)
    rows, columns = core.times(weights.scale).slices
    kept = y[:, rows, columns]
    if weights.colour_order == "BGR":
        kept = kept[::-1]
    if grey:
        kept = kept.mean(axis=0, keepdims=True)
    return _quantised(kept, pixels.dtype), reduced


def _in_range(net: PictureNet, weights: WeightsRecord, low: float, high: float) -> Callable[[Floats], Floats]:
    """The network as a function from 0..1 to nominally 0..1, whatever range it works in."""

    def infer(x: Floats) -> Floats:
        plain = (low, high) == (0.0, 1.0)
        y = net.infer(x if plain else x * np.float32(high - low) + np.float32(low))
        due = (3, weights.scale * x.shape[1], weights.scale * x.shape[2])
        if y.shape != due:
            raise StepError(f"the network gave shape {y.shape} where {due} was due")
        return y if plain else (y - np.float32(low)) / np.float32(high - low)

    return infer


def _quantised(planes: Floats, kind: np.dtype[Any]) -> NDArray[Any]:
    """`(C, h, w)` 0..1 to `(h, w, C)` of an unsigned integer type, rounded and clipped.

    In strips that stay in the processor's cache: several passes over a whole tile cost three times as much.
    """
    top = np.float32(np.iinfo(kind).max)
    channels, height, width = planes.shape
    result = np.empty((height, width, channels), kind)
    strip = max(1, 32_768 // width)
    buffer = np.empty((strip, width), np.float32)
    for start in range(0, height, strip):
        stop = min(height, start + strip)
        part = buffer[: stop - start]
        for channel in range(channels):
            np.multiply(planes[channel, start:stop], top, out=part)
            np.rint(part, out=part)
            np.clip(part, 0, top, out=part)
            result[start:stop, :, channel] = part
    return result


def _blended(
    net: PictureNet, weights: WeightsRecord, picture: Raster, target: Box, side: int, device: str
) -> tuple[NDArray[Any], bool]:
    """A part of the result of a network with global context, and whether reduced contrast was needed."""
    reduced = False
    size = Size(picture.width, picture.height)
    stat = picture.path.stat()
    content = (str(picture.path), stat.st_mtime_ns, stat.st_size, weights.id, device)

    def view() -> NDArray[np.uint16]:
        side = weights.filled
        square = Box(0, 0, side, side)
        return RECENT.get(
            (*content, "view"), lambda: enlarge_tile(net, weights, whole_view(picture, side), square)
        )[0]

    def run(tile: Tile) -> NDArray[Any]:
        nonlocal reduced
        multiple = weights.filled or weights.size_multiple
        box = filled_up(tile.source, multiple, picture.width, picture.height)

        def computed() -> tuple[NDArray[Any], bool]:
            result, unsteady = enlarge_tile(net, weights, picture.read(box), tile.source.within(box))
            return (toned(result, tile.source, view(), size) if weights.one_tone else result), unsteady

        part, unsteady = RECENT.get((*content, box, tile.source), computed)
        reduced = reduced or unsteady
        return part

    overlap, scale = overlap_of(weights), weights.scale
    planes = blended(picture.width, picture.height, side, overlap, scale, target, run)
    top = picture.kind.top
    return np.rint(planes).clip(0, top).astype(picture.kind.dtype), reduced


def _corners(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom


def _padded(x: Floats, multiple: int, mode: Literal["edge", "symmetric"] = "edge") -> Floats:
    """`(3, H, W)` with the last row and column repeated, or mirrored, until both sides are multiples."""
    down, right = -x.shape[1] % multiple, -x.shape[2] % multiple
    return np.pad(x, ((0, 0), (0, down), (0, right)), mode=mode) if down or right else x
