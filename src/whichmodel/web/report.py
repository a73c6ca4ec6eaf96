"""What a run did, as rows for people, and as a page that stands alone."""

from __future__ import annotations

import base64
from importlib import resources
from pathlib import Path

import msgspec

from whichmodel.examining import FirstEvidence
from whichmodel.web.html import render
from whichmodel.web.results import View
from whichmodel.web.store import Run
from whichmodel.web.worker import without_options
from whichmodel.workflow import RunReport
from whichmodel.workflow.data_output import data_rows

_PICTURES = {"before": "before.jpg", "after": "after.jpg", "map": "map.png"}


def report_rows(report: RunReport) -> list[tuple[str, str]]:
    """Names and texts: sizes, consistency, steps with time and licence, notes."""
    rows = [("before", f"{report.input.width:,} × {report.input.height:,} pixels")]
    if report.data is not None:
        rows += data_rows(report.data)
    else:
        rows.append(("after", f"{report.output.width:,} × {report.output.height:,} pixels"))
        rows.append(("new pixels", f"{report.new_pixel_share:.1%} of the result"))
    if report.evidence is not None:
        found = msgspec.convert(report.evidence, FirstEvidence)
        told = f"differs from the photo by {found.agreement.rmse:.2f} of 255 (root mean square)"
        if found.bicubic_agreement is not None:
            told = f"shrunk back, it {told}; bicubic enlargement: {found.bicubic_agreement.rmse:.2f}"
        rows.append(("consistency", told))
    rows += [("your photo", decision.why) for decision in report.decisions]
    for step in report.steps:
        effort = "kept from an earlier run" if step.cached else f"{step.seconds:.1f} s"
        licence = f", weights under {step.licence}" if step.licence else ""
        model = f" with {step.model}" if step.model and step.model not in step.title else ""
        rows.append(("step", f"{step.title}{model} ({effort}){licence}"))
    rows += [("note", without_options(note)) for note in report.notes]
    rows.append(("whole run", f"{report.seconds:.1f} s"))
    return rows


def report_page(run: Run, report: RunReport, view: View | None, folder: Path) -> str:
    """The report as one HTML file with its pictures inside."""
    pictures = {}
    for name, file in _PICTURES.items():
        path = folder / file
        if path.is_file():
            kind = "png" if path.suffix == ".png" else "jpeg"
            pictures[name] = f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    style = resources.files("whichmodel.answering").joinpath("data/page.css").read_text("utf-8")
    return render(
        "report.html",
        run=run,
        report=report,
        rows=report_rows(report),
        view=view,
        pictures=pictures,
        style=style,
    )
