"""Operation `faces`: where the faces in a picture are.

Source: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20
(2023), 656-665. The network takes a square and tells, for each point of three grids (every 8, 16 and 32
pixels), how likely a face is there, its box and five marks. How these are read is that of its authors'
reference, OpenCV's `FaceDetectorYN`.

The network finds faces of about 10 to 300 pixels. The picture is therefore looked at as a whole, reduced to
the square, and again at two and four times that size in overlapping squares, which find the small ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Step, StepError
from whichmodel.nodes.data import DetectorOperation
from whichmodel.nodes.operation import Context, Size, State
from whichmodel.nodes.whole import as_input, network_of, reduced, weights_of
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster
from whichmodel.runtimes.onnx import OnnxNet
from whichmodel.weights import WeightsRecord

SCORE = 0.8
"""Least score of a face, 0..1. Of twelve photographs without people the headlight of a motorcycle got 0.76 and
galaxies 0.59; true faces of 30 to 650 pixels got 0.9."""

_STRIDES = (8, 16, 32)
_LEVELS = (1, 2, 4)
_STEP = 3 / 4
"""Where the next square begins, in squares: a face of up to a quarter of it is whole in one of them."""
_SAME = 0.3
"""Two boxes whose common area is more than this share of their union are one face."""
_MOST = 1000

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Face:
    """A face: box and marks (eyes, nose, corners of the mouth) in pixels of the picture, score 0..1."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    marks: tuple[tuple[float, float], ...]


class FacesOperation(DetectorOperation):
    """The boxes of all faces, the surest first.

    Gives `width` and `height` of the picture and `boxes`: each `label` ("face"), `score` 0..1, `left`, `top`,
    `right`, `bottom` in pixels, and `marks`: right eye, left eye, nose, right and left corner of the mouth.

    Parameter: `score`, the least that counts, 0.3 to 1 (default 0.8).
    """

    score: ClassVar[float] = SCORE

    def find(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        picture, weights = inputs["image"], weights_of(step, context.cards)
        if weights.input_size is None or weights.input_size[0] != weights.input_size[1]:
            raise StepError(f"step {step.id!r}: the weights {weights.id} do not take a square")
        side = weights.input_size[0]
        net, least = network_of(step, context), self.least(step)
        found: list[Face] = []
        for part, whole in squares(Size(picture.width, picture.height), side):
            faces = _faces_in(picture, part, side, net, weights, least)
            found += faces if whole else [face for face in faces if _inside(face, part, picture)]
        boxes = [_as_data(face) for face in distinct(found)]
        return {"width": picture.width, "height": picture.height, "boxes": boxes}

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        count = len(state["boxes"])
        return (f"{step.id}: {count or 'no'} {'face' if count == 1 else 'faces'} found",)


def squares(size: Size, side: int) -> Iterator[tuple[Box, bool]]:
    """The parts of a picture that are looked at, and whether it is the whole; never finer than its pixels."""
    longer = max(size.width, size.height)
    for level in _LEVELS:
        if level == 1:
            yield Box(0, 0, size.width, size.height), True
        elif longer > side * level / 2:
            # No part is enlarged: where the picture is smaller than the level, its own pixels are taken.
            reach = max(side, round(longer / level))
            for top in _starts(size.height, reach):
                for left in _starts(size.width, reach):
                    yield (
                        Box(left, top, min(left + reach, size.width), min(top + reach, size.height)),
                        False,
                    )


def _starts(length: int, reach: int) -> list[int]:
    if length <= reach:
        return [0]
    # What is left over by rounding is no reason for one more square.
    count = max(2, 1 + math.ceil((length - reach) / (reach * _STEP) - 0.02))
    return [round((length - reach) * number / (count - 1)) for number in range(count)]


def _faces_in(
    picture: Raster, part: Box, side: int, net: OnnxNet, weights: WeightsRecord, least: float
) -> list[Face]:
    scale = min(1.0, side / max(part.width, part.height))
    size = Size(part.width, part.height).times(scale)
    square = np.zeros((1, 3, side, side), np.float32)
    square[:, :, : size.height, : size.width] = as_input(reduced(picture, size, part), weights)
    given = net.infer({weights.inputs["image"]: square})
    across, down = part.width / size.width, part.height / size.height
    faces = []
    for score, box, marks in decoded(given, side, least):
        place = np.array([[box[0], box[1]], [box[2], box[3]], *marks]) * [across, down] + [
            part.left,
            part.top,
        ]
        low, high = place[0].clip(0), np.minimum(place[1], [picture.width, picture.height])
        if (high > low).all():
            points = tuple((float(x), float(y)) for x, y in place[2:])
            (left, top), (right, bottom) = low.tolist(), high.tolist()
            faces.append(Face(left, top, right, bottom, score, points))
    return faces


def decoded(
    given: Mapping[str, NDArray[Any]], side: int, least: float
) -> list[tuple[float, Floats, NDArray[np.float32]]]:
    """Score, box (left, top, right, bottom) and five marks of each face, in pixels of the square.

    Args:
        given: the network's outputs by name: `cls`, `obj`, `bbox`, `kps` for each of the strides.
        side: of the square, in pixels.
        least: score from which a face counts.
    """
    found = []
    for stride in _STRIDES:
        cells = side // stride
        try:
            sure, there, box, marks = (
                given[f"{name}_{stride}"].reshape(cells * cells, width)
                for name, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
            )
        except (KeyError, ValueError) as error:
            raise StepError(f"the network gave other outputs than a face detector's: {error}") from error
        score = np.sqrt(sure.clip(0, 1) * there.clip(0, 1))[:, 0]
        (chosen,) = np.nonzero(score >= least)
        column, row = (chosen % cells).astype(np.float32), (chosen // cells).astype(np.float32)
        middle = np.stack([column, row], axis=1) + box[chosen, :2]
        half = np.exp(box[chosen, 2:].clip(-10, 10)) / 2
        corners = np.concatenate([middle - half, middle + half], axis=1) * np.float32(stride)
        points = (marks[chosen].reshape(-1, 5, 2) + np.stack([column, row], axis=1)[:, None]) * stride
        found += [
            (float(value), corner, point)
            for value, corner, point in zip(score[chosen], corners, points, strict=True)
        ]
    return found


def distinct(faces: list[Face]) -> list[Face]:
    """Each face once, the surest first (greedy non-maximum suppression)."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: (-face.score, face.left, face.top)):
        if len(kept) < _MOST and all(_overlap(face, other) <= _SAME for other in kept):
            kept.append(face)
    return kept


def _overlap(one: Face, other: Face) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((face.right - face.left) * (face.bottom - face.top) for face in (one, other))
    return width * height / (areas - width * height)


def _inside(face: Face, part: Box, picture: Raster) -> bool:
    """Whether a face is small in its square and not cut by its edge; the others are found in the whole."""
    if max(face.right - face.left, face.bottom - face.top) > (1 - _STEP) * max(part.width, part.height):
        return False
    return (
        (face.left > part.left or part.left == 0)
        and (face.top > part.top or part.top == 0)
        and (face.right < part.right or part.right == picture.width)
        and (face.bottom < part.bottom or part.bottom == picture.height)
    )


def _as_data(face: Face) -> dict[str, Any]:
    return {
        "label": "face",
        "score": round(face.score, 3),
        **{name: round(getattr(face, name), 1) for name in ("left", "top", "right", "bottom")},
        "marks": [[round(x, 1), round(y, 1)] for x, y in face.marks],
    }
