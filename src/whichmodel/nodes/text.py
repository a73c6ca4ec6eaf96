"""Operation `text`: where text stands in a picture. It is found, not read.

The network tells for each pixel how likely it lies in the middle of a line (Liao et al. 2020, see
`nodes.text_regions`). It finds letters of about 8 to 200 pixels, so the picture is looked at reduced, and again at two
and four times that size. At each size it is looked at in squares that overlap, and their maps are laid side by side
before lines are looked for: so no line is cut.

Letters stay letters where a picture is reduced a little; what the network takes for letters among cups and feathers
does not. So a line that is tall enough to stay legible counts only where it is seen at the next coarser size too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Step, StepError
from whichmodel.nodes.data import DetectorOperation
from whichmodel.nodes.operation import Context, Size, State
from whichmodel.nodes.text_regions import Line, lines_in
from whichmodel.nodes.tiles import tiles
from whichmodel.nodes.whole import as_input, network_of, reduced, weights_of
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster
from whichmodel.runtimes.onnx import OnnxNet
from whichmodel.weights import WeightsRecord

SCORE = 0.6
"""Least score of a line, 0..1."""

SIDE = 960
"""Longer side in pixels of the picture as it is looked at first."""
LEVELS = (1, 2, 4)
_COARSER = 0.6
"""Size of the picture at which only lines that the first size shows are confirmed, as share of that size."""
_TALL = 24.0
"""Height in pixels from which a line is confirmed. Of Set14 and five photographs (`benchmarks/text.py`) all four false
lines with a score of 0.6 were taller and were not seen at 0.6 of the size; all lines of a book's cover were."""
_FAINT = 0.5
"""Score from which a line confirms another."""
_CORE, _HALO = 640, 64
_MOST = 1000

Floats = NDArray[np.float32]


class TextOperation(DetectorOperation):
    """The lines of text in a picture, from the top.

    Gives `width` and `height` of the picture and `boxes`: each `label` ("text"), `score` 0..1, `left`, `top`,
    `right`, `bottom` in pixels, and `corners`: of the slanted rectangle around the line, four times x and y.

    Parameter: `score`, the least that counts, 0.3 to 1 (default 0.6).
    """

    score: ClassVar[float] = SCORE

    def find(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        picture, weights = inputs["image"], weights_of(step, context.cards)
        net, least = network_of(step, context), self.least(step)
        boxes = [_as_data(line, picture) for line in lines_of(picture, net, weights, least)]
        return {"width": picture.width, "height": picture.height, "boxes": boxes}

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        count = len(state["boxes"])
        return (f"{step.id}: {count or 'no'} {'line' if count == 1 else 'lines'} of text found",)


def lines_of(
    picture: Raster, net: OnnxNet, weights: WeightsRecord, least: float, levels: Sequence[int] = LEVELS
) -> list[Line]:
    """The lines of text in a picture, in its pixels, from the top.

    Args:
        least: score from which a line counts.
        levels: sizes at which it is looked at, as multiples of `SIDE`; fewer find only larger letters.

    Raises:
        StepError: the network fails, or is no detector of text.
    """
    found: list[Line] = []
    coarser: list[Line] | None = None
    for size in sizes_of(Size(picture.width, picture.height), levels):
        scale = np.array([picture.width / size.width, picture.height / size.height])
        lines = [
            Line(line.corners * scale, line.score)
            for line in lines_in(likely_text(picture, size, net, weights), _FAINT)
        ]
        if coarser is not None:
            tall = _TALL * float(scale.mean())
            found += [
                line
                for line in lines
                if line.score >= least and (line.height < tall or any(map(line.meets, coarser)))
            ]
        coarser = lines
    kept = distinct(found)[:_MOST]
    return sorted(kept, key=lambda line: (float(line.corners[:, 1].min()), float(line.corners[:, 0].min())))


def sizes_of(size: Size, levels: Sequence[int] = LEVELS) -> Iterator[Size]:
    """The sizes at which a picture is looked at, growing, the first only to confirm; none is finer than its pixels."""
    longer = max(size.width, size.height)
    done = 0.0
    for level in levels:
        scale = min(1.0, SIDE * level / longer)
        if not done:
            yield size.times(_COARSER * scale)
        # What is hardly larger than the last shows nothing new.
        if scale > 1.3 * done:
            yield size.times(scale)
        done = scale


def likely_text(picture: Raster, size: Size, net: OnnxNet, weights: WeightsRecord) -> Floats:
    """How likely each pixel of a picture at another size lies in the middle of a line of text: `(h, w)`, 0..1."""
    likely = np.zeros((size.height, size.width), np.float32)
    for tile in tiles(size.width, size.height, size=_CORE, halo=_HALO):
        part = _part(tile.source, size, picture)
        pixels = reduced(picture, Size(tile.source.width, tile.source.height), part)
        (given,) = net.infer({weights.inputs["image"]: as_input(_padded(pixels, weights), weights)}).values()
        if given.ndim != 4 or given.shape[2] < tile.source.height or given.shape[3] < tile.source.width:
            raise StepError(f"the network gave shape {given.shape}, which is no map of its picture")
        rows, columns = tile.core.within(tile.source).slices
        likely[tile.core.slices] = given[0, 0][rows, columns]
    return likely


def distinct(lines: Sequence[Line]) -> list[Line]:
    """Each line once: of two of which one holds the middle of the other, the first."""
    kept: list[Line] = []
    for line in lines:
        if not any(map(line.meets, kept)):
            kept.append(line)
    return kept


def _part(tile: Box, size: Size, picture: Raster) -> Box:
    """The pixels of a picture that a part of it at another size shows."""
    across, down = picture.width / size.width, picture.height / size.height
    left, top = int(tile.left * across), int(tile.top * down)
    right, bottom = math.ceil(tile.right * across), math.ceil(tile.bottom * down)
    return Box(left, top, min(picture.width, right), min(picture.height, bottom))


def _padded(pixels: Floats, weights: WeightsRecord) -> Floats:
    down, right = (-length % weights.size_multiple for length in pixels.shape[:2])
    return np.pad(pixels, ((0, down), (0, right), (0, 0)), mode="edge")


def _as_data(line: Line, picture: Raster) -> dict[str, Any]:
    low = line.corners.min(axis=0).clip(0)
    high = np.minimum(line.corners.max(axis=0), [picture.width, picture.height])
    return {
        "label": "text",
        "score": round(line.score, 3),
        **{name: round(float(low[axis]), 1) for axis, name in enumerate(("left", "top"))},
        **{name: round(float(high[axis]), 1) for axis, name in enumerate(("right", "bottom"))},
        "corners": [[round(float(x), 1), round(float(y), 1)] for x, y in line.corners],
    }
