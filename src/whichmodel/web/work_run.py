"""Work of two processes: one runs a workflow on a photo, one prepares all that the page of the result shows.

Everything is written into the folder of the run. A run that was ended on the way goes on where it was: finished
units are taken from the journals of `workflow`, finished files are not made again.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from whichmodel.answering.page import to_html
from whichmodel.api.beside import origin_of
from whichmodel.api.limits import limits_of
from whichmodel.api.run import Feedback, RunOptions, run_file
from whichmodel.domain import InputError, Step, Workflow, to_json
from whichmodel.domain.record import from_json
from whichmodel.files import Lock, replacing, try_lock
from whichmodel.pictures import read_header
from whichmodel.web.memory import give_back
from whichmodel.web.orders import beside
from whichmodel.web.results import prepare
from whichmodel.web.store import Wish
from whichmodel.web.wanted import answered, asked_of, looking_of
from whichmodel.web.worker import Tell
from whichmodel.workflow import RunReport
from whichmodel.workflow.data_output import gives_data

PHOTO = Path("photo")
REPORT = Path("report.json")
_PATIENCE = 20.0
"""Seconds to wait for an earlier process of the same run to notice that its server is gone."""


def run(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Run the workflow of a question.

    Args:
        given: `folder`, which holds the photo and what was brought beside it; `wish`; and `max_megapixels`.

    Raises:
        WhichmodelError: as `workflow.run_workflow`.
    """
    # Names without folders: nothing that is made tells where the server keeps it.
    os.chdir(given["folder"])
    lock = alone()
    try:
        return _run(given, tell)
    finally:
        lock.free()


def _run(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    wish = msgspec.convert(given["wish"], Wish)
    limits = limits_of(given["max_megapixels"])
    tell({"stage": "looking at the photo"})
    asked = asked_of(wish, beside(wish.keep) if wish.keep else None)
    header, look = read_header(PHOTO, limits), looking_of(wish)
    decisions = look.decide(asked.intent, PHOTO, limits)
    workflow = asked.workflow(header, decisions=decisions)
    output = _output(workflow, wish)
    tell(
        {
            "title": workflow.title,
            "steps": [{"id": step.id, "title": step.title} for step in workflow.steps],
        }
    )
    _keep(Path("workflow.json"), to_json(workflow))
    give_back()
    if not (REPORT.is_file() and output.is_file()):
        steps = _Steps(tell)
        report = run_file(
            workflow,
            PHOTO,
            output,
            _options(wish, given["max_megapixels"]),
            print_target=asked.target(header),
            others=asked.files,
            decisions=decisions,
            feedback=Feedback(steps.advance, steps.writing, lambda line: tell({"say": line})),
        )
        _keep(Path("workflow.json"), to_json(report.workflow))
        if wish.order is None or asked.intent is not None:
            told = answered(wish, PHOTO, workflow=report.workflow, look=look).answer
            _keep(Path("answer.html"), to_html(told))
        # Last: what is begun again after this is there makes none of it anew.
        _keep(REPORT, to_json(report))
    return {"title": workflow.title}


def show(given: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Prepare what the page shows of a run that `run` has done.

    Args:
        given: as of `run`.

    Raises:
        WhichmodelError: the result cannot be read.
    """
    os.chdir(given["folder"])
    lock = alone()
    try:
        report = from_json(RunReport, REPORT.read_bytes())
        output = _output(report.workflow, msgspec.convert(given["wish"], Wish))
        limits = limits_of(given["max_megapixels"])
        return {"note": prepare(PHOTO, output, origin_of(report.workflow), limits, tell)}
    finally:
        lock.free()


def _output(workflow: Workflow, wish: Wish) -> Path:
    return Path("result.json" if gives_data(workflow) else f"result{wish.ending}")


def _options(wish: Wish, max_megapixels: int) -> RunOptions:
    """How a run is done: evidence is made afterwards, for the page."""
    options = RunOptions(
        substitute=wish.substitute or None, max_megapixels=max_megapixels, resume=True, evidence=False
    )
    order = wish.order
    if order is None:
        return options
    return replace(
        options, substitute=order.substitute, quality=order.quality, tile=order.tile, pyramid=order.pyramid
    )


class _Steps:
    """Tells how far the steps are, not more often than anybody can see."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last = 0.0
        self._stage = ""

    def advance(self, step: Step, done: int, total: int) -> None:
        self._enter(step.title)
        self._told({"step": step.id, "share": done / max(1, total)}, last=done >= total)

    def writing(self, share: float) -> None:
        self._enter("writing the result")
        self._told({"share": share}, last=share >= 1)

    def _enter(self, stage: str) -> None:
        if stage != self._stage:
            self._stage = stage
            self._tell({"stage": stage})

    def _told(self, event: dict[str, Any], *, last: bool) -> None:
        now = time.monotonic()
        if last or now - self._last > 0.2:
            self._last = now
            self._tell(event)


def _keep(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def alone() -> Lock:
    """The lock of the folder of this run."""
    until = time.monotonic() + _PATIENCE
    while True:
        lock = try_lock(Path("lock"))
        if lock is not None:
            return lock
        if time.monotonic() > until:
            raise InputError("another process works on this run", hint="cancel it and start it again")
        time.sleep(0.2)
