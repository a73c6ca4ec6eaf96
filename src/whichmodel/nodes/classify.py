"""Operation `classify`: what a picture shows, out of the thousand classes of ImageNet.

Source of the network: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML
2019, arXiv 1905.11946, in its Lite variant. As in its evaluation the middle square of the picture is looked at, 7/8
of the shorter side, reduced to what the network takes. The names are those of the WordNet synsets that the classes
stand for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import ClassVar

import numpy as np

from whichmodel.domain import DataType, InputError, Step, StepError
from whichmodel.nodes.data import DataOperation
from whichmodel.nodes.operation import Context, PortSpec, Size, State, check_parameters
from whichmodel.nodes.whole import as_input, network_of, reduced, weights_of
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster

TOP = 5
_SHARE = 7 / 8
"""Share of the shorter side that is looked at: 224 of 256 pixels in the evaluation of the network."""


class ClassifyOperation(DataOperation):
    """The most likely classes, the likeliest first.

    Gives `labels`: each `label` (names of the class, all that WordNet has), `synset` (its WordNet number) and
    `probability` 0..1.

    Parameter: `top`, how many, 1 to 100 (default 5).
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    gives: ClassVar[DataType] = DataType.LABELS

    def check(self, step: Step) -> None:
        check_parameters(step, {"top": int, "substituted_for": str})
        top = int(step.parameters.get("top", TOP))
        if not 1 <= top <= 100:
            raise InputError(f"step {step.id!r}: parameter 'top' must be 1 to 100, not {top}")

    def find(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        picture, weights = inputs["image"], weights_of(step, context.cards)
        if weights.input_size is None:
            raise StepError(f"step {step.id!r}: the record of {weights.id} does not say what size it takes")
        small = reduced(picture, Size(*weights.input_size), middle_square(picture.width, picture.height))
        given = network_of(step, context).infer({weights.inputs["image"]: as_input(small, weights)})
        shares = given[weights.outputs["labels"]].ravel()
        names = imagenet_classes()
        if shares.shape != (len(names),):
            raise StepError(f"the network tells {len(shares)} classes where {len(names)} have names")
        # Stable: equal shares keep the order of the classes.
        order = np.argsort(-shares, kind="stable")[: int(step.parameters.get("top", TOP))]
        return {
            "labels": [
                {
                    "label": names[place][1],
                    "synset": names[place][0],
                    "probability": round(float(shares[place]), 4),
                }
                for place in order.tolist()
            ]
        }

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        first = state["labels"][0]
        return (f"{step.id}: most likely {first['label']} ({first['probability']:.0%})",)


def middle_square(width: int, height: int) -> Box:
    """The part of a picture that is looked at, in pixels.

    >>> str(middle_square(640, 480))
    'x 110..530, y 30..450'
    """
    side = max(1, round(min(width, height) * _SHARE))
    left, top = (width - side) // 2, (height - side) // 2
    return Box(left, top, left + side, top + side)


@cache
def imagenet_classes() -> tuple[tuple[str, str], ...]:
    """WordNet number and names of each class of ImageNet (ILSVRC 2012), in the order of their numbers."""
    text = (resources.files("whichmodel.catalog") / "data" / "labels" / "imagenet-1k.txt").read_text("utf-8")
    return tuple((line[:9], line[10:]) for line in text.splitlines())
