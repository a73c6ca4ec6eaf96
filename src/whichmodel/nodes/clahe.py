"""Operation `clahe`: more contrast in every region by itself, held back where it would raise noise."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.lightness import Floats, light_of, with_light
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
    row_bands,
)
from whichmodel.pictures.raster import Raster

BINS = 256
CLIP, TILES = 2.0, 8
_LARGEST_CLIP, _MOST_TILES = 40.0, 16
_FINE = 65535
_PIECE = 1 << 16
"""Pixels that are looked up at once."""


class ClaheOperation(Operation):
    """Contrast-limited adaptive histogram equalisation of the lightness.

    K. Zuiderveld: "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994, VIII.5. The
    picture is cut into `tiles` × `tiles` regions. Of each the histogram of lightness (256 bins) is clipped
    at `clip` times the mean count of a bin, and what was cut off is given to all bins alike, once, so that a
    bin may end a little above. The cumulative sum, 0..1, is the region's curve. A pixel's new lightness is
    interpolated linearly between the curves of the four nearest regions, by the distance to their middles,
    and within each curve between bins. The change is added to R, G and B alike (`nodes.lightness`), so
    colour differences stay. Transparency stays.

    Parameters: `clip`, 1 to 40 (default 2; 1 changes little); `tiles`, 1 to 16 (default 8).
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    # Dark regions may become as light as others.
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        check_parameters(step, {"clip": (int, float), "tiles": int})
        clip, tiles = _settings(step)
        if not (math.isfinite(clip) and 1 <= clip <= _LARGEST_CLIP):
            raise InputError(
                f"step {step.id!r}: parameter 'clip' must be 1 to {_LARGEST_CLIP:g}, not {clip:g}"
            )
        if not 1 <= tiles <= _MOST_TILES:
            raise InputError(f"step {step.id!r}: parameter 'tiles' must be 1 to {_MOST_TILES}, not {tiles}")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        picture = inputs["image"]
        clip, tiles = _settings(step)
        rows, columns = _edges(picture.height, tiles), _edges(picture.width, tiles)
        counts = np.zeros((len(rows) - 1, len(columns) - 1, BINS), np.int64)
        for band in row_bands(Size(picture.width, picture.height)):
            box = band.target
            bins = np.rint(light_of(picture.read_all(box), picture.kind) * (BINS - 1)).astype(np.int64)
            for row in range(len(rows) - 1):
                top, bottom = max(rows[row], box.top), min(rows[row + 1], box.bottom)
                for column in range(len(columns) - 1) if top < bottom else ():
                    part = bins[top - box.top : bottom - box.top, columns[column] : columns[column + 1]]
                    counts[row, column] += np.bincount(part.ravel(), minlength=BINS)
        curves = np.rint(curve_of(counts, clip) * _FINE).astype("<u2")
        return {"shape": list(curves.shape[:2]), "curves": base64.b64encode(curves.tobytes()).decode()}

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture, box = inputs["image"], unit.target
        samples = picture.read_all(box)
        bands = picture.kind.bands
        curves = _curves(context.state)
        # A plan may time the work with a smaller picture than the curves' own.
        rows = _between(_edges(picture.height, curves.shape[0]), box.top, box.bottom)
        columns = _between(_edges(picture.width, curves.shape[1]), box.left, box.right)
        colour = np.empty((box.height, box.width, bands), picture.kind.dtype)
        step_rows = max(1, _PIECE // box.width)
        for top in range(0, box.height, step_rows):
            part = slice(top, top + step_rows)
            light = light_of(samples[part], picture.kind)
            after = _looked_up(curves, light, (rows[0][part], rows[1][part]), columns)
            colour[part] = with_light(samples[part, :, :bands], after - light, picture.kind)
        return Samples(colour, samples[:, :, bands] if picture.kind.alpha else None)


def curve_of(counts: NDArray[Any], clip: float) -> NDArray[np.float64]:
    """The curves, 0..1, of histograms: both of shape `(..., 256)`.

    Args:
        clip: most that a bin may hold, as a multiple of the mean.
    """
    total = counts.sum(axis=-1, keepdims=True)
    limit = clip * total / BINS
    cut = np.minimum(counts, limit)
    cut = cut + (total - cut.sum(axis=-1, keepdims=True)) / BINS
    # A curve from 0 to 1 whose middle steps are the sums up to and including each bin.
    sums = np.cumsum(cut, axis=-1)
    first = sums[..., :1]
    curve: NDArray[np.float64] = (sums - first) / (total - first)
    return curve


def _looked_up(
    curves: Floats, light: Floats, rows: tuple[NDArray[Any], Floats], columns: tuple[NDArray[Any], Floats]
) -> Floats:
    """New lightness, shape `(h, w)`, from the curves of the regions around each pixel."""
    place = np.minimum(light, np.float32(1)) * np.float32(BINS - 1)
    low = np.minimum(place.astype(np.int64), BINS - 2)
    share = place - low
    flat = curves.ravel()

    def curve(down: int, across: int) -> Floats:
        row = np.minimum(rows[0] + down, curves.shape[0] - 1)[:, None]
        column = np.minimum(columns[0] + across, curves.shape[1] - 1)[None, :]
        index = (row * curves.shape[1] + column) * BINS + low
        lower = flat[index]
        value: Floats = lower + share * (flat[index + 1] - lower)
        return value

    left, right = curve(0, 0), curve(0, 1)
    above = left + columns[1][None, :] * (right - left)
    left, right = curve(1, 0), curve(1, 1)
    below = left + columns[1][None, :] * (right - left)
    mixed: Floats = above + rows[1][:, None] * (below - above)
    return mixed


def _between(edges: list[int], start: int, stop: int) -> tuple[NDArray[Any], Floats]:
    """For each pixel of a stretch the region whose middle is before it, and the share 0..1 of the next."""
    middles = (np.array(edges[:-1]) + np.array(edges[1:])) / 2
    places = np.arange(start, stop) + 0.5
    before = np.clip(np.searchsorted(middles, places, side="right") - 1, 0, None)
    after = np.minimum(before + 1, len(middles) - 1)
    span = np.maximum(middles[after] - middles[before], 1e-9)
    share = np.clip((places - middles[before]) / span, 0, 1) * (after > before)
    return before, share.astype(np.float32)


def _edges(length: int, tiles: int) -> list[int]:
    """Where regions of about equal size begin and end; never more than there are pixels."""
    count = min(tiles, length)
    return [length * i // count for i in range(count + 1)]


def _curves(state: State) -> Floats:
    data = np.frombuffer(base64.b64decode(str(state["curves"])), "<u2")
    rows, columns = state["shape"]
    return (data.reshape(rows, columns, BINS) / np.float32(_FINE)).astype(np.float32)


def _settings(step: Step) -> tuple[float, int]:
    return float(step.parameters.get("clip", CLIP)), int(step.parameters.get("tiles", TILES))
