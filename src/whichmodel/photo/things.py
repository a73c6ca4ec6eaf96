"""Faces, text and damage, found by the operations that workflows use."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from whichmodel.catalog import card_with, cards
from whichmodel.domain import DataType, Port, Step, WeightsError
from whichmodel.domain.photo import Lettering, Measured, Region
from whichmodel.nodes.data import DataOperation
from whichmodel.nodes.faces import FacesOperation
from whichmodel.nodes.operation import Context
from whichmodel.nodes.scratches import ScratchesOperation
from whichmodel.nodes.text import TextOperation
from whichmodel.pictures.raster import Raster
from whichmodel.weights import installed, records

TEXT_METHOD = "differentiable binarization (Liao et al. 2020), operation text"

Boxes = tuple[tuple[float, float, float, float], ...]
"""Left, top, right, bottom of each, in pixels."""

_PARTS = 64
_NARROW, _LONG_SIDE = 4, 375
_MOST_CELLS = 300_000


def find_faces(picture: Raster, *, score: float | None = None) -> tuple[Region, ...]:
    """The faces in a picture, the surest first; nothing is fetched for it.

    Args:
        score: the least that counts; `None` takes that of operation `faces`.

    Raises:
        WeightsError: the weights of the network are not in the cache; the hint says how to fetch them.
        InputError: the score is not 0.3 to 1.
    """
    return _regions("faces", FacesOperation(), picture, score)


def find_text(picture: Raster, *, score: float | None = None) -> tuple[Region, ...]:
    """The lines of text in a picture, from the top; nothing is fetched for it.

    Args:
        score: the least that counts; `None` takes that of operation `text`.

    Raises:
        WeightsError: the weights of the network are not in the cache; the hint says how to fetch them.
        InputError: the score is not 0.3 to 1.
    """
    return _regions("text", TextOperation(), picture, score)


def faces_of(picture: Raster) -> tuple[Boxes | None, str]:
    """The boxes of faces, the surest first, or why they were not looked for: weights are not fetched for this."""
    return _boxes(find_faces, picture)


def text_of(picture: Raster) -> tuple[Boxes | None, str]:
    """The upright boxes of lines of text, from the top, or why they were not looked for, as `faces_of`."""
    return _boxes(find_text, picture)


def lettering_of(picture: Raster) -> tuple[Lettering | None, str]:
    """The lines of text in a picture and how much of it they cover, or why they were not looked for."""
    try:
        lines = find_text(picture)
    except WeightsError as error:
        return None, f"not looked for: {error.hint or error}"
    covered = sum(_area(line.corners) for line in lines) / (picture.width * picture.height)
    # Of 15 photographs without text none was told to hold some (benchmarks/text.py).
    sure = max((line.score for line in lines), default=0.9)
    return Lettering(share=round(min(1.0, covered), 5), lines=lines, confidence=sure, method=TEXT_METHOD), ""


def damage_of(picture: Raster) -> Measured:
    """Share of the 64 parts of a picture in which strict care flags scratches or specks.

    Of large pictures only lines as wide as the copy is coarse are seen, so that looking takes no longer.
    """
    usual = max(picture.width, picture.height) / _LONG_SIDE
    width = max(_NARROW, usual, _NARROW * math.sqrt(picture.width * picture.height / _MOST_CELLS))
    step = _step("scratches", None, width=min(64.0, width))
    context = Context(cards={}, weights=lambda id: {})
    found = ScratchesOperation().prepare(step, {"image": picture}, context)
    share = float(found["cells"]) / _PARTS
    return Measured(value=share, confidence=0.6, method="top hats along straight lines (operation scratches)")


def _boxes(find: Callable[[Raster], tuple[Region, ...]], picture: Raster) -> tuple[Boxes | None, str]:
    try:
        return tuple((at.left, at.top, at.right, at.bottom) for at in find(picture)), ""
    except WeightsError as error:
        return None, f"not looked for: {error.hint or error}"


def _regions(name: str, operation: DataOperation, picture: Raster, score: float | None) -> tuple[Region, ...]:
    model, id, files = _network(name)
    step = _step(name, model, **({} if score is None else {"score": score}))
    operation.check(step)
    context = Context(cards=cards(), weights=lambda wished: files if wished == id else {})
    found = operation.find(step, {"image": picture}, context)
    return tuple(_region(box) for box in found["boxes"])


def _network(operation: str) -> tuple[str, str, Mapping[str, Path]]:
    """Model, id of the weights and files of the network that an operation runs, where it is here."""
    known = [id for id, record in records().items() if record.operation == operation]
    for id in known:
        card = card_with(id)
        files = installed(id) if card is not None else None
        if card is not None and files:
            return card.name, id, files
    raise WeightsError(
        f"the weights that find {operation} are not here",
        hint=f"whichmodel weights pull {known[0]}" if known else "",
    )


def _region(box: Mapping[str, Any]) -> Region:
    left, top, right, bottom = (float(box[side]) for side in ("left", "top", "right", "bottom"))
    corners: Sequence[Sequence[float]] = box.get(
        "corners", [(left, top), (right, top), (right, bottom), (left, bottom)]
    )
    return Region(
        kind="face" if box["label"] == "face" else "text",
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        score=float(box["score"]),
        corners=tuple((float(x), float(y)) for x, y in corners),
    )


def _area(corners: Sequence[tuple[float, float]]) -> float:
    return math.dist(corners[0], corners[1]) * math.dist(corners[1], corners[2])


def _step(operation: str, model: str | None, **parameters: float) -> Step:
    gives = Port(name="found", type=DataType.BOXES if model else DataType.MASK)
    return Step(
        id=operation,
        title=operation,
        operation=operation,
        model=model,
        takes={"image": "photo"},
        gives=gives,
        parameters=dict(parameters),
    )
