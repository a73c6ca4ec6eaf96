"""What a run did, in a short table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from whichmodel.workflow import RunReport, StepReport


def tell_report(report: RunReport, *, err: bool = False) -> None:
    """A short table for people: sizes, new pixels, consistency, time, place, notes.

    Args:
        err: print it on stderr, because stdout holds something else.
    """
    rows = [
        ("before", f"{report.input.width} × {report.input.height} pixels"),
        *_result_rows(report),
        *_evidence_rows(report),
        *(("photo", decision.why) for decision in report.decisions),
        *(("step", f"{step.title} ({_effort(step)}){_rights(step.licence)}") for step in report.steps),
        *(("note", note) for note in report.notes),
        ("file", report.output.path),
        *([("provenance", report.provenance)] if report.provenance else []),
    ]
    table(rows, err=err)


def _result_rows(report: RunReport) -> list[tuple[str, str]]:
    from whichmodel.workflow.data_output import data_rows

    if report.data is not None:
        return data_rows(report.data)
    return [
        ("after", f"{report.output.width} × {report.output.height} pixels"),
        ("new pixels", f"{report.new_pixel_share:.1%} of the result"),
    ]


def _evidence_rows(report: RunReport) -> list[tuple[str, str]]:
    import msgspec

    from whichmodel.examining import FirstEvidence

    if report.evidence is None:
        return []
    first = {name: report.evidence[name] for name in FirstEvidence.__struct_fields__}
    found = msgspec.convert(first, FirstEvidence)
    told = f"differs from the input by {found.agreement.rmse:.2f} of 255 (root mean square)"
    if found.bicubic_agreement is not None:
        told = f"shrunk back, {told}; bicubic enlargement: {found.bicubic_agreement.rmse:.2f}"
    return [("consistency", told), *_map_rows(report.evidence)]


def _map_rows(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """What the maps say, where they were drawn."""
    if not evidence.get("folder"):
        return []
    shares, regions = evidence["shares"], evidence["regions"]
    told = (
        f"{shares['supported']:.0%} supported by your photo, {shares['guess']:.0%} plausible guess,"
        f" {shares['invented']:.0%} invented"
    )
    places = sum(region["why"] == "contradicts" for region in regions)
    if places and evidence["factor_x"] * evidence["factor_y"] > 1.01:
        told += f"; {places} {'place contradicts' if places == 1 else 'places contradict'} it"
    elif places:
        told += f"; {places} {'place was' if places == 1 else 'places were'} changed"
    return [("evidence", told), ("", f"{evidence['folder']}/evidence.html")]


def _effort(step: StepReport) -> str:
    place = "" if step.device == "cpu" else f" on {step.device}"
    return "kept from an earlier run" if step.cached else f"{step.seconds:.1f} s{place}"


def _rights(licence: str | None) -> str:
    return f", weights under {licence}" if licence else ""


def table(rows: list[tuple[str, str]], *, err: bool = False) -> None:
    """Print names and texts in two columns; on stderr where stdout holds something else."""
    width = max(len(name) for name, _ in rows)
    click.echo("\n".join(f"{name:<{width}}  {text}" for name, text in rows), err=err)
