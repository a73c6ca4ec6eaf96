"""Faces and damage, found by the operations that workflows use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from whichmodel.catalog import cards
from whichmodel.domain import DataType, Port, Step
from whichmodel.domain.photo import Measured
from whichmodel.nodes.faces import FacesOperation
from whichmodel.nodes.operation import Context
from whichmodel.nodes.scratches import ScratchesOperation
from whichmodel.pictures.raster import Raster
from whichmodel.weights import installed, records

_PARTS = 64
_NARROW, _LONG_SIDE = 4, 375
_MOST_CELLS = 500_000

Boxes = tuple[tuple[float, float, float, float], ...]


def faces_of(picture: Raster) -> tuple[Boxes | None, str]:
    """The boxes of faces, the surest first, and why there are none: its weights are not fetched for this."""
    known = [id for id, record in records().items() if record.operation == "faces"]
    for id in known:
        files = installed(id)
        names = [name for name, card in cards().items() if card.weights == id]
        if files and names:
            found = FacesOperation().find(_step("faces", names[0]), {"image": picture}, _context(id, files))
            boxes = [
                (float(box["left"]), float(box["top"]), float(box["right"]), float(box["bottom"]))
                for box in found["boxes"]
            ]
            return tuple(boxes), ""
    hint = f": whichmodel weights pull {known[0]}" if known else ""
    return None, f"not looked for{hint}"


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


def _context(id: str, files: Mapping[str, Path]) -> Context:
    return Context(cards=cards(), weights=lambda wished: files if wished == id else {})


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
