"""Operation `model`: run the network of a model card over a picture, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError, Step, StepError, WhichmodelError
from whichmodel.nodes.operation import Cards, Context, Size, check_parameters
from whichmodel.nodes.tiles import Tile, tiles
from whichmodel.pictures import Picture, resample
from whichmodel.runtimes.ncnn import NcnnNet, load_net
from whichmodel.weights import WeightsRecord, record


class ModelOperation:
    """Enlarges a picture by the whole factor of the model's weights.

    Colour goes through the network; grey goes in as three equal channels and their mean comes out.
    8 bits stay 8 bits and 16 stay 16. Transparency is resampled (Lanczos), not enlarged by the
    network, which was not trained on it.
    """

    ports = frozenset({"image"})

    def check(self, step: Step) -> None:
        if not step.model:
            raise InputError(f"step {step.id!r}: operation 'model' needs the name of a model card")
        check_parameters(step, {"tile": int, "substituted_for": str})
        tile = step.parameters.get("tile")
        if tile is not None:
            check_tile(int(tile), f"step {step.id!r}: parameter 'tile'")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        card = cards.get(step.model or "")
        if card is None:
            return None
        scale = record(card.weights).scale if card.weights else card.scale
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
        for tile in tiles(picture.width, picture.height, size=side, halo=weights.receptive_field_radius):
            try:
                canvas[tile.core.times(scale).slices] = _enlarge_tile(net, weights, pixels, tile)
            except Exception as error:
                # Any failure of a tile fails the step: a patched-up tile would be a lie in the picture.
                hint = error.hint if isinstance(error, WhichmodelError) else ""
                reason = error.message if isinstance(error, WhichmodelError) else repr(error)
                raise StepError(f"step {step.id!r}, {tile}: {reason}", hint=hint) from error
            context.progress(tile.core.times(scale).width * tile.core.times(scale).height)
        alpha = None
        if picture.alpha is not None:
            alpha = resample(picture.alpha[:, :, None], canvas.shape[1], canvas.shape[0])[:, :, 0]
        return picture.with_pixels(canvas, alpha)


def check_tile(side: int, what: str) -> int:
    """The side of a tile, if it is sensible.

    Raises:
        InputError: below 16 (the overlap would be most of the work) or above 4096 pixels (memory).
    """
    if not 16 <= side <= 4096:
        raise InputError(f"{what} is {side}; it must be 16 to 4096 pixels", hint="256 suits most computers")
    return side


def _enlarge_tile(net: NcnnNet, weights: WeightsRecord, pixels: NDArray[Any], tile: Tile) -> NDArray[Any]:
    """The core of one tile, `(s*h, s*w, C)` in the sample type of `pixels`."""
    top = float(np.iinfo(pixels.dtype).max)
    low, high = weights.input_range
    source = pixels[tile.source.slices].astype(np.float32)
    grey = source.shape[2] == 1
    colour = np.repeat(source, 3, axis=2) if grey else source
    if weights.colour_order == "BGR":
        colour = colour[:, :, ::-1]
    x = colour.transpose(2, 0, 1) / np.float32(top) * np.float32(high - low) + np.float32(low)
    y = net.infer(_padded(x, weights.size_multiple))
    wide = weights.scale * np.array(x.shape[1:])
    if y.ndim != 3 or y.shape[0] != 3 or y.shape[1] < wide[0] or y.shape[2] < wide[1]:
        raise StepError(f"the network gave shape {y.shape} where (3, {wide[0]}, {wide[1]}) was due")
    rows, columns = tile.kept(weights.scale).slices
    kept = y[:, rows, columns].transpose(1, 2, 0)
    if not np.isfinite(kept).all():
        raise StepError("the network's output holds NaN or infinite values")
    if weights.colour_order == "BGR":
        kept = kept[:, :, ::-1]
    if grey:
        kept = kept.mean(axis=2, keepdims=True)
    levels = (kept - np.float32(low)) / np.float32(high - low) * np.float32(top)
    core: NDArray[Any] = np.clip(np.rint(levels), 0, top).astype(pixels.dtype)
    return core


def _padded(x: NDArray[np.float32], multiple: int) -> NDArray[np.float32]:
    """`(3, H, W)` with the last row and column repeated until both sides are multiples."""
    down, right = -x.shape[1] % multiple, -x.shape[2] % multiple
    return np.pad(x, ((0, 0), (0, down), (0, right)), mode="edge") if down or right else x
