"""Operation `scratches`: a mask of the scratches, hairs and specks on a photograph."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.blocks import block_units, from_blocks
from whichmodel.nodes.damage import KEEN, MARGIN, STRICT, Level, Light, damaged
from whichmodel.nodes.lightness import light_of
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
)
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Kind, Raster

CARES = ("auto", "strict", "keen")
_LEVELS = {"strict": STRICT, "keen": KEEN}

_BLOCK = 512
"""Side of a block, in pixels of the picture that is looked at, which may be reduced."""
_NARROW = 4
"""Width of a line that is found at full size; for wider ones the picture is reduced first."""
_LONG_SIDE = 375
"""Of so many pixels of the longer side one is taken to be the width of the widest scratch."""
_CELLS, _DAMAGED = 8, 8
"""A picture is cut into 8 × 8 cells; it counts as damaged where strict care flags something in 8 of them. In
seven clean photographs it does so in 0 to 6; with 8 scratches and 40 specks in 8 to 18, but in one whose
ground is full of specks in 4; with 3 scratches and 15 specks in 1 to 13."""
_PIECE = 1 << 20
"""Pixels that are reduced at once."""


class ScratchesOperation(Operation):
    """Finds thin lines and small spots by top hats; how, says `nodes.damage`.

    The result is a mask: 255 where something was found and one pixel around, else 0. Where a line is wider
    than 4 pixels the picture is reduced to where it has about that, by means of whole squares.

    Parameters:

    - `width`: of the widest scratch in pixels, 1 to 64; by default 1/375 of the longer side, at least 4.
    - `care`: `"keen"` is for pictures that are known to be damaged; `"strict"` flags little else than damage,
      and misses most of what is faint; `"auto"` (default) is keen where strict care flags something in 8 of
      8 × 8 parts of the picture, because damage is spread while a scene's own lines lie together, and else
      flags nothing, so that a clean photograph is left alone.

    Measured by `benchmarks/scratches.py` on eight photographs: left clean none is taken for damaged; with 8
    scratches and 40 specks seven are, with 3 and 15 four. Of what keen care then flags 44 to 94 % is damage
    or within two pixels of it (20 to 99 % with few scratches), and 23 to 100 % of the damage that can
    be seen is flagged: most on even ground, least before leaves, hair and lettering. What it cannot tell: a
    wire or a twig before an even sky is a line as well. Lightness alone is looked at; tears, stains and
    folds wider than `width` are not found.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    gives: ClassVar[DataType] = DataType.MASK
    resembles: ClassVar[str | None] = None
    # A damaged picture takes many times as long as one without any lines.
    steady: ClassVar[bool] = False

    def check(self, step: Step) -> None:
        check_parameters(step, {"width": (int, float), "care": str})
        width = float(step.parameters.get("width", _NARROW))
        if not (math.isfinite(width) and 1 <= width <= 64):
            raise InputError(f"step {step.id!r}: parameter 'width' must be 1 to 64 pixels, not {width:g}")
        if step.parameters.get("care", CARES[0]) not in CARES:
            raise InputError(
                f"step {step.id!r}: parameter 'care' cannot be {step.parameters['care']!r}",
                hint=f"known: {', '.join(CARES)}",
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        return Kind(1, 8)

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        care = str(step.parameters.get("care", CARES[0]))
        if care != "auto":
            return {"care": care}
        picture = inputs["image"]
        size = Size(picture.width, picture.height)
        shrink = _shrink(step, size)
        cells: set[int] = set()
        for unit in block_units(size, _BLOCK * shrink):
            rows, columns = np.nonzero(_block(picture, unit.target, shrink, STRICT))
            down = (rows + unit.target.top) * _CELLS // size.height
            across = (columns + unit.target.left) * _CELLS // size.width
            cells.update(np.unique(down * _CELLS + across).tolist())
        return {"care": "keen" if len(cells) >= _DAMAGED else "none", "cells": len(cells)}

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        return block_units(context.size, _BLOCK * _shrink(step, context.size))

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        size = Size(picture.width, picture.height)
        shrink = _shrink(step, size)
        level = _LEVELS.get(context.state["care"])
        if level is None:
            return Samples(np.zeros((unit.target.height, unit.target.width, 1), np.uint8))
        mask = from_blocks(
            unit.target, size, _BLOCK * shrink, lambda box: _block(picture, box, shrink, level)
        )
        return Samples(mask[:, :, None], mark="found" if mask.any() else "")

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        cells = (
            f": strict care flags something in {state['cells']} of {_CELLS**2} parts"
            if "cells" in state
            else ""
        )
        if state["care"] == "none":
            return (
                f"{step.id}: the picture does not look damaged{cells}; nothing is marked"
                " (ask for the scratches by name, or set care: keen, to look closer)",
            )
        if not marks.get("found"):
            return (f"{step.id}: found no scratches and no spots",)
        return (f"{step.id}: marked scratches and spots with {state['care']} care{cells}",)


def _block(picture: Raster, box: Box, shrink: int, level: Level) -> NDArray[np.uint8]:
    """The mask of a block whose corner lies on the grid of `shrink`: shape `(h, w)`, 0 or 255."""
    cells = Box(box.left // shrink, box.top // shrink, -(-box.right // shrink), -(-box.bottom // shrink))
    found = damaged(_reduced(picture, cells, shrink), level).astype(np.uint8) * np.uint8(255)
    large = found.repeat(shrink, axis=0).repeat(shrink, axis=1)
    return np.ascontiguousarray(large[: box.height, : box.width])


def _reduced(picture: Raster, cells: Box, shrink: int) -> Light:
    """Lightness 0..255 of some cells with the margin around; beyond the border the last ones repeat.

    A cell is the mean of a square of `shrink` pixels, or of as much of it as lies in the picture.
    """
    wide, high = -(-picture.width // shrink), -(-picture.height // shrink)
    held = cells.grown(MARGIN, wide, high)
    light = np.empty((held.height, held.width), np.int16)
    rows = max(1, _PIECE // (held.width * shrink * shrink))
    for top in range(held.top, held.bottom, rows):
        bottom = min(top + rows, held.bottom)
        part = Box(
            held.left * shrink,
            top * shrink,
            min(held.right * shrink, picture.width),
            min(bottom * shrink, picture.height),
        )
        whole = np.rint(light_of(picture.read_all(part), picture.kind) * np.float32(255)).astype(np.int32)
        across, down = np.arange(0, part.width, shrink), np.arange(0, part.height, shrink)
        sums = np.add.reduceat(np.add.reduceat(whole, down, axis=0), across, axis=1)
        area = np.outer(np.diff([*down, part.height]), np.diff([*across, part.width]))
        light[top - held.top : bottom - held.top] = (2 * sums + area) // (2 * area)
    before = (held.top - (cells.top - MARGIN), held.left - (cells.left - MARGIN))
    after = (cells.bottom + MARGIN - held.bottom, cells.right + MARGIN - held.right)
    return np.pad(light, ((before[0], after[0]), (before[1], after[1])), mode="edge")


def _shrink(step: Step, size: Size) -> int:
    """How many pixels a side make one cell."""
    usual = max(_NARROW, max(size.width, size.height) / _LONG_SIDE)
    return max(1, round(float(step.parameters.get("width", usual)) / _NARROW))
