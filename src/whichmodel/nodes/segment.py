"""Operation `segment`: outline the thing that somebody points at.

Source: Ravi et al. 2024, arXiv 2408.00714. An encoder describes
the picture once, on a square of 1,024 pixels; a decoder gives three outlines for points or a box, with
a guess of how good each is; the best guess is taken. As in the authors' own predictor, specks and pin holes
of the outline are removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError, Step, StepError
from whichmodel.nodes.holes import from_vips_int
from whichmodel.nodes.operation import Cards, Context, Size, State, check_parameters
from whichmodel.nodes.whole import (
    Floats,
    WholeMask,
    as_input,
    network_of,
    reduced,
    remembered,
    spread,
    weights_of,
)
from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import to_vips
from whichmodel.pictures.raster import Raster

MOST_POINTS = 16
SPECK = 64
"""Cells of the decoder's grid of 256 by 256 (0.1 % of it) below which a patch is a speck or a pin hole."""

_NUMBER = r"\s*(\d{1,7}(?:\.\d{1,3})?)\s*"
_POINT = re.compile(rf"\s*(-?){_NUMBER},{_NUMBER}")
_BOX = re.compile(rf"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}")
_BACKGROUND, _FOREGROUND, _TOP_LEFT, _BOTTOM_RIGHT = 0, 1, 2, 3

_SAYS = (
    "'point' is x,y in pixels, several separated by ';', with '-' before one that is not part of the thing"
)
_EXAMPLES = f"{_SAYS}; 'box' is left,top,right,bottom: point: '320,200; -20,30' or box: '10,20,300,400'"


@dataclass(frozen=True)
class Prompt:
    """What was pointed at.

    Args:
        places: x and y in pixels of the picture.
        labels: what each place is, as the decoder counts.
    """

    places: tuple[tuple[float, float], ...]
    labels: tuple[int, ...]


class SegmentOperation(WholeMask):
    """A mask of the thing at a point or in a box, with a hard edge.

    Parameters: `point`, `"x,y"` in pixels of the picture, several separated by `;`, those with `-` before
    them are not part of the thing; or `box`, `"left,top,right,bottom"`; or both.
    """

    def check(self, step: Step) -> None:
        check_parameters(step, {"point": str, "box": str, "substituted_for": str})
        prompt_of(step)

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        size = sizes.get("image")
        for x, y in prompt_of(step).places if size else ():
            if size and not (x <= size.width and y <= size.height):
                raise InputError(
                    f"step {step.id!r}: {x:g},{y:g} lies outside of the picture, which has {size} pixels"
                )
        return size

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        picture = inputs["image"]
        found = remembered(step, picture, context, lambda: self.small(step, picture, context))
        return {"empty": not bool((found > 0.5).any())}

    def small(self, step: Step, picture: Raster, context: Context) -> Floats:
        weights = weights_of(step, context.cards)
        if weights.input_size is None:
            raise StepError(f"step {step.id!r}: the weights {weights.id} do not say their input_size")
        square = Size(*weights.input_size)
        factor = min(square.width / picture.width, square.height / picture.height)
        size = Size(picture.width, picture.height).times(factor)
        image = np.zeros((1, 3, square.height, square.width), np.float32)
        image[:, :, : size.height, : size.width] = as_input(reduced(picture, size), weights)
        features = network_of(step, context, "encoder").infer({weights.inputs["image"]: image})
        prompt = prompt_of(step)
        scale = np.array([size.width / picture.width, size.height / picture.height], np.float32)
        given = network_of(step, context, "decoder").infer(
            {
                **features,
                "point_coords": (np.array(prompt.places, np.float32) * scale)[None],
                "point_labels": np.array([prompt.labels], np.float32),
                "mask_input": np.zeros((1, 1, 256, 256), np.float32),
                "has_mask_input": np.zeros(1, np.float32),
            }
        )
        masks, scores = given[weights.outputs["mask"]], given[weights.outputs["score"]]
        if masks.ndim != 4 or scores.size != masks.shape[1]:
            raise StepError(f"the network gave masks of shape {masks.shape} and {scores.size} scores")
        logits = without_specks(masks[0, int(scores.argmax())])
        # Only the part of the square that holds the picture.
        inside = spread(logits, square, Box(0, 0, size.width, size.height))
        # The step from inside to outside takes about a pixel of the decoder's grid: hard, and not jagged.
        edge: Floats = (inside + np.float32(0.5)).clip(0, 1)
        return edge

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        return (f"{step.id}: nothing was found there, so the mask is empty",) if state.get("empty") else ()


def prompt_of(step: Step) -> Prompt:
    """What a step's parameters point at.

    Raises:
        InputError: nothing, or not in the form that is wanted.
    """
    places: list[tuple[float, float]] = []
    labels: list[int] = []
    box = step.parameters.get("box")
    if box is not None:
        found = _BOX.fullmatch(str(box))
        left, top, right, bottom = map(float, found.groups()) if found else (0.0, 0.0, 0.0, 0.0)
        if not (left < right and top < bottom):
            raise InputError(f"step {step.id!r}: parameter 'box' cannot be {box!r}", hint=_EXAMPLES)
        places += [(left, top), (right, bottom)]
        labels += [_TOP_LEFT, _BOTTOM_RIGHT]
    point = step.parameters.get("point")
    for part in str(point).split(";") if point is not None else ():
        match = _POINT.fullmatch(part)
        if match is None:
            raise InputError(f"step {step.id!r}: parameter 'point' cannot be {point!r}", hint=_EXAMPLES)
        places.append((float(match[2]), float(match[3])))
        labels.append(_BACKGROUND if match[1] else _FOREGROUND)
    if not places or (box is None and _FOREGROUND not in labels):
        raise InputError(f"step {step.id!r}: nothing is pointed at", hint=_EXAMPLES)
    if len(places) > MOST_POINTS:
        raise InputError(f"step {step.id!r}: at most {MOST_POINTS} places can be pointed at")
    return Prompt(tuple(places), tuple(labels))


def without_specks(logits: NDArray[np.float32]) -> Floats:
    """An outline, above 0 inside, whose patches and holes of less than 64 cells are gone."""
    inside = logits > 0
    regions = from_vips_int(to_vips(inside.astype(np.uint8) * 255).labelregions())
    small = np.bincount(regions.ravel()) < SPECK
    flipped = small[regions]
    result: Floats = np.where(flipped, np.where(inside, np.float32(-1), np.float32(1)), logits)
    return result
