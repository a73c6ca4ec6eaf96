"""Keep of a result only what its input supports: when that is offered, how it is done, and what it was worth.

The workflow is one step, operation `back-project`. What it does to closeness to the truth can be measured only where
the truth is known; the figures are those of `benchmarks/evidence.py --part back-projection`, as data.
"""

from __future__ import annotations

from importlib import resources

import msgspec

from whichmodel.domain import DataType, Port, Record, Step, Workflow, to_json
from whichmodel.evidence.full import Evidence

KEEP_FILE = "keep-supported.json"
_LEAST = 0.6
"""Difference of reduced result and input, 0..255, from which there is something to take back. Rounding alone
makes 0.3."""


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
    data = resources.files("whichmodel.evidence").joinpath("data/back_projection.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[Effect, ...])


def offer(found: Evidence) -> tuple[str, ...]:
    """Sentences that offer it; none where there is nothing to take back, or the pictures lie otherwise."""
    lying = found.geometry
    psnr = found.consistency.psnr_db
    if lying.turned or lying.cropped or min(lying.scale_x, lying.scale_y) < 1 or psnr is None:
        return ()
    if found.consistency.rmse < _LEAST or found.colour_changed:
        return ()
    told = "; ".join(
        f"{each.made_by} {each.scale}×: {each.without:.2f} → {each.kept:.2f} dB" for each in effects()
    )
    pictures = max(each.pictures for each in effects())
    return (
        f"The result, shrunk, differs from your photo by {found.consistency.rmse:.2f} of 255 steps. That much of it can"
        " be taken back: then the shrunk result is your photo, but for rounding. Detail finer than the photo's pixels"
        " stays, true or not.",
        f"What that does to the truth was measured on {pictures} photographs whose large original is known"
        f" (PSNR of brightness, higher is closer): {told}.",
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
