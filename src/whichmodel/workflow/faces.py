"""Plans about faces: find them, make a mask of them, or make them unrecognisable.

A question counts only where all of it is about this: "restore the faces" is another task.
"""

from __future__ import annotations

import re

from whichmodel.domain import DataType, ModelCard, Port, Step, Workflow
from whichmodel.nodes.operation import Cards
from whichmodel.workflow.binding import what_is_missing
from whichmodel.workflow.steps import INPUT, model_step, operation_for, picture_port, workflow_of

OPERATION = "faces"

_POLITE = r"\W*(?:(?:please|can you|could you|just|i want to|now)\W+)*"
_WHOSE = r"(?:\W+(?:all|every|the|of|any|people's|their|each|everyone's))*\W+faces?"
_WHERE = r"(?:\W+(?:in|on|of)\W+(?:\w+\W+){0,3}\w+)?\W*"
_FIND = re.compile(
    rf"{_POLITE}(?:(?:find|detect|locate|count|box|list|where are|how many){_WHOSE}|faces|face detection)"
    rf"(?: are there)?{_WHERE}",
    re.IGNORECASE,
)
_MASK = re.compile(
    rf"{_POLITE}(?:(?:mask|mask of|make a mask of){_WHOSE}|faces as (?:a )?masks?){_WHERE}", re.IGNORECASE
)
_BLUR = re.compile(
    rf"{_POLITE}(?:blur|pixelate|anonymi[sz]e|hide|obscure|censor)(?: out)?{_WHOSE}{_WHERE}", re.IGNORECASE
)

BLURRED = 32
"""Pixels of the longer side to which a picture is reduced for unrecognisable faces: one that fills a third of
the picture keeps ten."""


def plan_faces(question: str, cards: Cards) -> Workflow | None:
    """The workflow for a question that is all about faces; `None` for any other, or where nothing finds them."""
    pattern = next((item for item in (_FIND, _MASK, _BLUR) if item.fullmatch(question)), None)
    card = finder(cards)
    if pattern is None or card is None:
        return None
    found = model_step(card, INPUT.name, id=OPERATION)
    if pattern is _FIND:
        return workflow_of("find the faces", (found,))
    mask = Step(
        id="face-mask",
        title="make a soft mask of the faces",
        operation="boxes-mask",
        takes={"image": INPUT.name, "boxes": found.id},
        gives=Port(name="mask of the faces", type=DataType.MASK, shape="h × w × 1"),
    )
    if pattern is _MASK:
        return workflow_of("mask the faces", (found, mask))
    return workflow_of("make the faces unrecognisable", (found, mask, *_blurred(mask.id)))


def finder(cards: Cards) -> ModelCard | None:
    """The first model of the catalog that finds faces and can run here."""
    return next(
        (card for card in cards.values() if operation_for(card) == OPERATION and not what_is_missing(card)),
        None,
    )


def _blurred(mask: str) -> tuple[Step, ...]:
    """The photo with what the mask marks reduced to a few pixels and enlarged again."""
    small = Step(
        id="reduce",
        title=f"reduce to {BLURRED} pixels",
        operation="resample",
        takes={"image": INPUT.name},
        gives=picture_port(1),
        parameters={"longer": BLURRED},
    )
    large = Step(
        id="blur",
        title="enlarge again: nothing small is left",
        operation="resample",
        takes={"image": small.id, "size_of": INPUT.name},
        gives=picture_port(1),
        parameters={"factor": 1.0, "kernel": "cubic"},
    )
    merge = Step(
        id="merge",
        title="put the blurred faces into the photo",
        operation="composite",
        takes={"foreground": large.id, "background": INPUT.name, "mask": mask},
        gives=picture_port(1),
    )
    return small, large, merge
