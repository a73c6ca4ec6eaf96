"""What would be done to a picture file: sizes, memory, time, what is missing; nothing is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whichmodel.api.asked import Asked
from whichmodel.api.limits import limits_of
from whichmodel.api.look import Looking

if TYPE_CHECKING:
    from whichmodel.workflow import Plan


def plan_asked(
    asked: Asked,
    source: Path,
    *,
    output: Path | None = None,
    look: Looking = Looking(),  # noqa: B008 - frozen
    substitute: str | None = None,
    tile: int = 256,
    max_megapixels: int | None = None,
    device: str = "cpu",
    calibrate: bool = True,
) -> Plan:
    """The plan for one picture file.

    Args:
        output: the file that the result would go to: is its format large enough?
        substitute: models, joined by `+`, that stand in for one that cannot run here.
        tile, max_megapixels, device: as of `RunOptions`.
        calibrate: time models that were never timed on this computer, about a second each.

    Raises:
        WhichmodelError: as `workflow.workflow_for` and `workflow.describe`.
    """
    from whichmodel.catalog import cards
    from whichmodel.pictures import open_picture, read_header
    from whichmodel.workflow import describe
    from whichmodel.workflow import substitute as replace
    from whichmodel.workflow.describe import Wishes

    limits = limits_of(max_megapixels)
    header = read_header(source, limits)
    decisions = look.decide(asked.intent, source, limits)
    workflow = asked.workflow(header, decisions=decisions)
    notes = asked.left_out
    if substitute:
        workflow, done = replace(workflow, substitute, cards())
        notes += tuple(item.note for item in done)
    wished = Wishes(
        device=device,
        calibrate=calibrate,
        output=output,
        target=asked.target(header),
        resolution=open_picture(source, limits).metadata.resolution,
        limits=limits,
        others=asked.headers(workflow, source, limits),
    )
    return describe(workflow, header, cards(), tile=tile, notes=notes, wishes=wished, decisions=decisions)
