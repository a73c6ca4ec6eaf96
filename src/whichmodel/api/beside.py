"""The evidence that `run` writes beside a result: when, where, and what is said where it is left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whichmodel.domain import InputError, Record, Workflow

if TYPE_CHECKING:
    from whichmodel.answering.page import OwnPicture
    from whichmodel.examining.expected_origin import Origin
    from whichmodel.pictures import Viewed
    from whichmodel.workflow import RunReport

UP_TO = 4_000_000
"""Pixels of a result up to which evidence is made without being asked for."""
_DEBLURRING = "deblurring"
"""Task whose results differ from their input everywhere, as they should."""
_FIELD = "image restoration"
"""Tasks of this field keep what a picture shows; of others a comparison would tell nothing."""


def evidence_folder(output: Path) -> Path:
    """Beside the result: `big.png` gets the folder `big.png.evidence`."""
    return output.with_name(f"{output.name}.evidence")


def examiner(
    workflow: Workflow,
    source: Path,
    output: Path,
    wished: bool | None,
    say: Callable[[str], None],
    as_told: bool = True,
) -> Callable[[Viewed, Viewed], Record]:
    """What compares input and result of a run: the first evidence, and the files where they are due.

    Args:
        wished: whether somebody asked for the files; `None` leaves it to the workflow and the size.
        say: is told, on one line, what is left out although it might be expected.
        as_told: whether this very workflow runs, with no substitutes in it.
    """

    def examine(before: Viewed, after: Viewed) -> Record:
        from whichmodel.examining import first_evidence
        from whichmodel.examining.expected_origin import UNKNOWN
        from whichmodel.examining.folder import write_evidence
        from whichmodel.pictures import Opened, Picture, Raster

        assert isinstance(before, Opened | Picture | Raster)
        assert isinstance(after, Opened | Picture | Raster)
        if wished is False or (wished is None and not restores(workflow)):
            return first_evidence(before, after)
        why = "" if wished else _reason_against(workflow, after.width * after.height)
        if why:
            say(f"evidence: left out {why}; --evidence makes it")
            return first_evidence(before, after)
        folder = evidence_folder(output)
        try:
            found = write_evidence(
                before,
                after,
                folder,
                names=(str(source), str(output)),
                origin=origin_of(workflow) if as_told else UNKNOWN,
            )
        except InputError as error:
            say(f"evidence: left out, {error.message}")
            # Of a file that was read already nothing more can be read.
            if isinstance(after, Opened):
                raise
            return first_evidence(before, after)
        return msgspec.structs.replace(found, folder=str(folder))

    return examine


def origin_of(workflow: Workflow) -> Origin:
    """What the provenance of this run will say about who made the result."""
    from whichmodel.catalog import cards
    from whichmodel.examining.expected_origin import Origin

    card = cards().get(workflow.steps[0].model or "")
    if len(workflow.steps) == 1 and card is not None and card.weights:
        return Origin(told_by="provenance", model=card.name, weights=card.weights)
    told = ", ".join(step.model or step.operation or step.title for step in workflow.steps)
    return Origin(told_by="provenance", obstacle=f"not one model alone made the result, but: {told}")


def _reason_against(workflow: Workflow, pixels: int) -> str:
    """Why evidence is not made without being asked for; empty where it is."""
    from whichmodel.catalog import cards

    if pixels > UP_TO:
        return f"above {UP_TO // 1_000_000} megapixels"
    if any(cards()[step.model].task == _DEBLURRING for step in workflow.steps if step.model in cards()):
        return "because blur was taken out on purpose: shrunk, the result is not the photo"
    return ""


def restores(workflow: Workflow) -> bool:
    """Whether a workflow enlarges or restores a picture by a model."""
    from whichmodel.catalog import cards, tasks

    models = [cards()[step.model] for step in workflow.steps if step.model in cards()]
    return any(tasks()[card.task].field == _FIELD for card in models)


def own_picture(report: RunReport) -> OwnPicture | None:
    """What the page of an answer shows of its run; `None` where no evidence was written."""
    from whichmodel.answering.page import OwnPicture
    from whichmodel.domain import from_data
    from whichmodel.examining import Evidence, paragraph
    from whichmodel.examining.words import careful, not_looked
    from whichmodel.pictures.bridge import pyvips

    if report.evidence is None or not report.evidence.get("folder"):
        return None
    found = from_data(Evidence, report.evidence, where="the evidence")
    folder = Path(report.evidence["folder"])
    picture = pyvips.Image.new_from_file(str(folder / "evidence.png"))
    return OwnPicture(
        told=paragraph(found),
        careful=tuple(careful(found)),
        beside=tuple(not_looked(found)),
        drawing=picture.webpsave_buffer(Q=85),
        media="image/webp",
        page=(folder / "evidence.html").as_posix(),
    )
