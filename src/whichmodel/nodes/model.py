"""Operation `model`: run the network of a model card over a picture, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError, Step, StepError, WhichmodelError
from whichmodel.nodes.operation import Cards, Context, Size, check_parameters
from whichmodel.nodes.stable import REACH, stable_infer
from whichmodel.nodes.tiles import Tile, tiles
from whichmodel.pictures import Picture, resample
from whichmodel.runtimes.ncnn import NcnnNet, load_net
from whichmodel.weights import WeightsRecord, record


class ModelOperation:
    """Enlarges a picture by the whole factor of the model's weights.

    Colour goes through the network; grey goes in as three equal channels and their mean comes out.
    Parameters: `tile`, side of a tile's core; `factor`, for models of any factor. 8 bits stay 8 bits and
    16 stay 16. Transparency is resampled (Lanczos), not enlarged by the
    network, which was not trained on it.
    """

    ports = frozenset({"image"})

    def check(self, step: Step) -> None:
        check_parameters(step, {"tile": int, "factor": (int, float), "substituted_for": str})
        tile = step.parameters.get("tile")
        if tile is not None:
            check_tile(int(tile), f"step {step.id!r}: parameter 'tile'")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        card = cards.get(step.model or "")
        if card is None:
            return None
        scale = record(card.weights).scale if card.weights else card.scale
        if scale == "any":
            scale = step.parameters.get("factor")  # type: ignore[assignment]
        if not isinstance(scale, int | float) or "image" not in sizes:
            return None
        return sizes["image"].times(scale)

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        card = cards.get(step.model or "")
        return card.weights if card else None

    def run(self, step: Step, picture: Picture, size: Size, context: Context) -> Picture:
        weights_id = self.needs_weights(step, context.cards)
        if weights_id is None:
            raise StepError(f"step {step.id!r}: model {step.model!r} has no weights here")
        weights = record(weights_id)
        files = context.weights(weights_id)
        net = load_net(files["param"], files["bin"], weights.input_blob, weights.output_blob)
        scale = weights.scale
        pixels = picture.pixels
        canvas = np.empty((picture.height * scale, picture.width * scale, pixels.shape[2]), pixels.dtype)
        side = int(step.parameters.get("tile", context.tile))
        unsteady = count = 0
        for tile in tiles(picture.width, picture.height, size=side, halo=overlap_of(weights)):
            target = tile.core.times(scale)
            try:
                canvas[target.slices], reduced = _enlarge_tile(net, weights, pixels, tile)
            except Exception as error:
                # Any failure of a tile fails the step: a patched-up tile would be a lie in the picture.
                hint = error.hint if isinstance(error, WhichmodelError) else ""
                reason = error.message if isinstance(error, WhichmodelError) else repr(error)
                raise StepError(f"step {step.id!r}, {tile}: {reason}", hint=hint) from error
            count += 1
            unsteady += reduced
            context.progress(target.width * target.height)
        if unsteady:
            picture = picture.with_notes(
                f"{step.id}: in {unsteady} of {count} tiles the network was unstable at some pixels; those"
                " were computed at reduced contrast"
            )
        alpha = None
        if picture.alpha is not None:
            alpha = resample(picture.alpha[:, :, None], canvas.shape[1], canvas.shape[0])[:, :, 0]
        return picture.with_pixels(canvas, alpha)


def overlap_of(weights: WeightsRecord) -> int:
    """Width of a tile's halo, in input pixels: the receptive field and the reach of `nodes.stable`."""
    return weights.receptive_field_radius + REACH


def check_tile(side: int, what: str) -> int:
    """The side of a tile, if it is sensible.

    Raises:
        InputError: below 16 (the overlap would be most of the work) or above 4096 pixels (memory).
    """
    if not 16 <= side <= 4096:
        raise InputError(f"{what} is {side}; it must be 16 to 4096 pixels", hint="256 suits most computers")
    return side


def _enlarge_tile(
    net: NcnnNet, weights: WeightsRecord, pixels: NDArray[Any], tile: Tile
) -> tuple[NDArray[Any], bool]:
    """The core of one tile, `(s*h, s*w, C)` in the sample type of `pixels`, and `stable_infer`'s flag."""
    top = float(np.iinfo(pixels.dtype).max)
    low, high = weights.input_range
    source = pixels[tile.source.slices].astype(np.float32)
    grey = source.shape[2] == 1
    colour = np.repeat(source, 3, axis=2) if grey else source
    if weights.colour_order == "BGR":
        colour = colour[:, :, ::-1]
    x = _padded(colour.transpose(2, 0, 1) / np.float32(top), weights.size_multiple)

    def infer(x: NDArray[np.float32]) -> NDArray[np.float32]:
        y = net.infer(x * np.float32(high - low) + np.float32(low))
        due = (3, weights.scale * x.shape[1], weights.scale * x.shape[2])
        if y.shape != due:
            raise StepError(f"the network gave shape {y.shape} where {due} was due")
        if not np.isfinite(y).all():
            raise StepError("the network's output holds NaN or infinite values")
        return (y - np.float32(low)) / np.float32(high - low)

    y, reduced = stable_infer(infer, x, weights.scale)
    rows, columns = tile.kept(weights.scale).slices
    kept = y[:, rows, columns].transpose(1, 2, 0)
    if weights.colour_order == "BGR":
        kept = kept[:, :, ::-1]
    if grey:
        kept = kept.mean(axis=2, keepdims=True)
    return np.clip(np.rint(kept * np.float32(top)), 0, top).astype(pixels.dtype), reduced


def _padded(x: NDArray[np.float32], multiple: int) -> NDArray[np.float32]:
    """`(3, H, W)` with the last row and column repeated until both sides are multiples."""
    down, right = -x.shape[1] % multiple, -x.shape[2] % multiple
    return np.pad(x, ((0, 0), (0, down), (0, right)), mode="edge") if down or right else x
