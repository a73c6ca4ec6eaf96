"""Progress of a run on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from whichmodel.api.run import Feedback
from whichmodel.domain import Step


@contextmanager
def feedback(name: str) -> Iterator[Feedback]:
    """Bars on stderr, where that is a terminal: a step's megapixels, its speed, the time left; the writing."""

    def say(line: str) -> None:
        click.echo(line, err=True)

    if not sys.stderr.isatty():
        yield Feedback(say=say)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = {}
        began: dict[str, float] = {}

        def advance(step: Step, done: int, total: int) -> None:
            if step.id not in shown:
                shown[step.id] = bar.add_task(f"{name}: {step.title}", total=total / 1e6, told="")
                began[step.id] = time.monotonic()
            speed = done / 1e6 / max(1e-3, time.monotonic() - began[step.id])
            told = f"{done / 1e6:.1f} of {total / 1e6:.1f} megapixels, {speed:.1f} a second"
            bar.update(shown[step.id], completed=done / 1e6, told=told)

        def writing(share: float) -> None:
            if "" not in shown:
                shown[""] = bar.add_task(f"{name}: write", total=1.0, told="")
            bar.update(shown[""], completed=share, told=f"{share:.0%}")

        yield Feedback(advance, writing, say)
