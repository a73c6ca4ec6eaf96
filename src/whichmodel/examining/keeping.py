"""Keep of a result only what its input supports: when that is offered, how it is done, and what it was worth.

The workflow is one step, operation `back-project`. What it does to closeness to the truth can be measured only where
the truth is known; the figures are those of `benchmarks/evidence.py --part back-projection`, as data.
"""

from __future__ import annotations

from importlib import resources

import msgspec

from whichmodel.domain import DataType, Port, Record, Step, Workflow, to_json
from whichmodel.examining.full import Evidence

KEEP_FILE = "keep-supported.json"
_LEAST = 0.6
"""Difference of reduced result and input, 0..255, from which there is something to take back. Rounding alone
makes 0.3."""
_LARGER = 1.2
"""Times as wide and high that a result must be: to take back a change of the same size is to take the photo."""
_MOST_NOISE = 4.0
_MOST_COLOUR = 20.0
"""Largest change of colours everywhere, 0..255, that counts as a side effect; a larger one was wished, and would be
undone too."""


class Effect(Record, frozen=True, kw_only=True):
    """Y-PSNR in dB against the true large picture, mean over photographs, without and with back-projection.

    Args:
        made_by: how the photographs were enlarged.
        scale: how many times as wide and high.
        pictures: how many photographs.
        without, kept: the figures.
    """

    made_by: str
    scale: int
    pictures: int
    without: float
    kept: float


def effects() -> tuple[Effect, ...]:
    """What was measured."""
    data = resources.files("whichmodel.examining").joinpath("data/back_projection.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[Effect, ...])


def offer(found: Evidence) -> tuple[str, ...]:
    """Sentences that offer it; none where there is nothing to take back, or the pictures lie otherwise."""
    lying = found.geometry
    psnr = found.consistency.psnr_db
    if lying.turned or lying.cropped or min(lying.scale_x, lying.scale_y) < _LARGER or psnr is None:
        return ()
    # What differs from a noisy photo may be its noise, which nobody wants back.
    if found.model.noise > _MOST_NOISE:
        return ()
    if found.agreement.rmse < _LEAST or found.geometry.colour.largest > _MOST_COLOUR:
        return ()
    told = "; ".join(
        f"{each.made_by}, {each.scale}×, {each.pictures} photographs: {each.without:.2f} → {each.kept:.2f} dB"
        for each in effects()
    )
    return (
        f"The result, shrunk, differs from your photo by {found.agreement.rmse:.2f} of 255 steps. That much of it can"
        " be taken back: then the shrunk result is your photo, but for rounding. Detail finer than the photo's pixels"
        " stays, true or not.",
        "What that does to closeness to the truth was measured on photographs whose large original is known (PSNR of"
        f" brightness, higher is closer): {told}.",
    )


def keep_workflow() -> str:
    """The workflow as JSON: the result first, its input as `photo`."""
    step = Step(
        id="keep-supported",
        title="Keep only what the photo supports",
        operation="back-project",
        takes={"image": "result", "reference": "photo"},
        gives=Port(name="supported", type=DataType.IMAGE),
    )
    workflow = Workflow(
        title="Keep of a result only what its photo supports",
        inputs=(Port(name="result", type=DataType.IMAGE), Port(name="photo", type=DataType.IMAGE)),
        steps=(step,),
        output="keep-supported",
    )
    return to_json(workflow)
