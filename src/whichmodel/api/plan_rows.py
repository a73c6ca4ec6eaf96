"""What a plan says, as rows for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whichmodel.workflow import Plan, StepPlan

Rows = list[tuple[str, str]]

_DATA = ("boxes", "labels")


def plan_rows(path: Path | str, item: Plan) -> Rows:
    """Name and text of each row of the table that `whichmodel plan` prints.

    Args:
        path: of the picture that the plan is for, or what it is called.
    """
    rows = [("picture", f"{path}, {item.size_in[0]} × {item.size_in[1]} pixels")]
    rows += [("photo", decision.why) for decision in item.decisions]
    for step in item.steps:
        rows += step_rows(step)
    last = next(step for step in item.steps if step.step == item.workflow.output)
    result = f"{last.gives}, as JSON" if last.gives in _DATA else _size(item.size_out)
    if item.print_size is not None:
        paper = item.print_size
        said = "" if paper.source == "asked" else ", as the picture's file says"
        result += f"; prints {paper.width_cm:.1f} × {paper.height_cm:.1f} cm at {paper.dpi:g} dpi{said}"
    rows.append(("result", result))
    if item.new_pixel_share is not None and last.gives not in _DATA:
        rows.append(("new pixels", f"{item.new_pixel_share:.1%} of the result"))
    if item.memory_bytes is not None:
        rows.append(("memory", f"at most about {_bytes(item.memory_bytes)}"))
    if item.disk_bytes is not None:
        rows.append(("disk", f"{_bytes(item.disk_bytes)} for intermediate results"))
    rows.append(
        ("time", f"{_seconds(item.seconds)}{'' if item.seconds is None else ', and reading and writing'}")
    )
    rows += [("note", note) for note in item.notes]
    for refusal in item.refusals:
        rows.append(("does not fit", refusal.message))
        rows += [("", refusal.hint)] if refusal.hint else []
    rows.append(("runs here", "yes" if item.runs else "no"))
    return rows


def step_rows(step: StepPlan) -> Rows:
    """The rows of one step: sizes, tiles, what runs it, and how long."""
    gives = step.gives if step.gives in _DATA else _size(step.size_out)
    rows = [(step.step, f"{step.title}: {_size(step.size_in)} → {gives}")]
    if step.tiles:
        rows.append(("", f"{step.tiles} tiles of at most {step.tile} pixels, overlapping by {step.overlap}"))
        rows.append(("", _exactness(step)))
    if step.status != "bound" or step.model:
        rows.append(("", step.reason))
    if step.device is not None:
        where = f"on {step.device}, {step.device_reason}" if step.model else "on cpu"
        rows.append(("", f"{where}: {_seconds(step.seconds)}"))
    rows += [("", f"could stand in: --substitute '{name}'") for name in step.substitute]
    return rows


def _exactness(step: StepPlan) -> str:
    if step.context == "global":
        return "it looks at the whole of each tile: tiles are blended into each other and are not exact"
    if step.tile_steps is None:
        return "how exact its tiles are was not measured"
    return f"tiles differ from the whole picture by at most {step.tile_steps} of 255, as measured"


def _size(size: tuple[int, int] | None) -> str:
    return f"{size[0]} × {size[1]}" if size else "unknown size"


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 100_000_000 else f"{size / 1e6:.1f} MB"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "time not measured"
    if seconds < 90:
        return f"about {max(seconds, 0.1):.1f} s" if seconds < 10 else f"about {seconds:.0f} s"
    minutes = seconds / 60
    return f"about {minutes:.0f} minutes" if minutes < 90 else f"about {minutes / 60:.1f} hours"
