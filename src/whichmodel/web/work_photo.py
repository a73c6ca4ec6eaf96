"""Work of a process on a photo before anything runs: its header, and the plan for it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from whichmodel.answering.svg import to_svg
from whichmodel.api.limits import limits_of
from whichmodel.api.look import Looking
from whichmodel.api.plan import plan_asked
from whichmodel.api.plan_rows import plan_rows, step_rows
from whichmodel.domain import InputError, WhichmodelError
from whichmodel.pictures import read_header
from whichmodel.pictures.bridge import pyvips, reason
from whichmodel.web.seen_through import on_chequers
from whichmodel.web.store import Wish
from whichmodel.web.wanted import asked_of
from whichmodel.web.work_ask import ANCHOR, step_facts
from whichmodel.web.worker import NAME, Tell, anonymous, without_options

SMALL = 640
"""Longest side of the small copy, in pixels."""


def header(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The header of a photo that came, and a small copy beside it; limits are checked before it is decoded.

    Args:
        given: `path` and `max_megapixels`.

    Raises:
        InputError: it is no picture, damaged, or larger than the limits.
    """
    path = Path(given["path"])
    try:
        found = read_header(path, limits_of(given["max_megapixels"]))
        # Shrinking while it is decoded, so that a large photo takes no more memory than a small one.
        image = pyvips.Image.thumbnail(str(path), SMALL, height=SMALL, size="down", fail_on="error")
        on_chequers(image.colourspace("srgb")).jpegsave(str(path.with_name("small.jpg")), Q=85, keep="none")
    except WhichmodelError as error:
        raise anonymous(error, path) from None
    except pyvips.Error as error:
        raise InputError(
            f"Your photo is damaged: {reason(error).replace(str(path), NAME)}",
            hint="save it anew and try again",
        ) from None
    return asdict(found)


def plan(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Look at a photo and say what would be done to it, with every size; runs nothing but short timings.

    Args:
        given: `path`, `wish`, `keep` with the path of its mask or `None`, `max_megapixels`, and the `memory_bytes`
            that a run may take.

    Raises:
        InputError: the question names nothing that can be run, or the print size is not understood.
    """
    path, wish = Path(given["path"]), msgspec.convert(given["wish"], Wish)
    keep = Path(given["keep"]) if given["keep"] else None
    try:
        asked = asked_of(wish, keep)
        item = plan_asked(
            asked,
            path,
            look=Looking(True, wish.without),
            substitute=wish.substitute or None,
            max_megapixels=given["max_megapixels"],
        )
    except WhichmodelError as error:
        raise anonymous(anonymous(error, path), keep, "the mask") from None
    own = {"picture", "runs here", *(step.step for step in item.steps)}
    # A row without a name goes on the row before; those of steps are shown with the step.
    rows, skipping = [], False
    for name, text in plan_rows(NAME, item):
        skipping = skipping if not name else name in own
        if not skipping:
            rows.append((name, without_options(text)))
    needed = item.memory_bytes or 0
    crowded = (
        [f"it needs about {needed / 1e9:.1f} GB of memory, more than this server gives to a run"]
        if needed > given["memory_bytes"]
        else []
    )
    links = {step.id: f"#{ANCHOR}plan-{step.id}" for step in item.workflow.steps}
    return {
        "rows": rows,
        "svg": to_svg(item.workflow, prefix="plan", links=links),
        "steps": [
            {
                **step_facts(step),
                "rows": [row for row in step_rows(told)[1:] if "--substitute" not in row[1]],
                "sizes": step_rows(told)[0][1],
            }
            for step, told in zip(item.workflow.steps, item.steps, strict=True)
        ],
        "decisions": [msgspec.to_builtins(each) for each in item.decisions],
        "substitutes": list(dict.fromkeys(name for step in item.steps for name in step.substitute)),
        "runs": item.runs and not crowded,
        "why_not": [
            *crowded,
            *(f"{refusal.message}. {refusal.hint}" for refusal in item.refusals),
            *(f"{step.title}: {step.reason}" for step in item.steps if step.status == "unbound"),
        ],
    }
