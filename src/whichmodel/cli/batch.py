"""`--batch IN --output OUT` of `recommend`, `answer` and `audit`: the options, the bar, what is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from whichmodel.cli.engines import Engine, engines
from whichmodel.domain import InputError

if TYPE_CHECKING:
    from whichmodel.api.batch_lines import Wish
    from whichmodel.api.batches import Advance, BatchReport

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True)
class Batch:
    """What the options of a batch say; made by `batch_of`."""

    source: Path
    target: Path
    engine: Engine
    resume: bool


def batch_options(fields: str) -> Callable[[F], F]:
    """Adds the options of a batch to a command.

    Args:
        fields: of a line, for the help: `"id", "question"`.
    """

    def added(command: F) -> F:
        options = (
            click.option(
                "--batch",
                metavar="IN",
                type=click.Path(path_type=Path),
                help=f"JSON lines {{{fields}}} to read.",
            ),
            click.option(
                "--output",
                metavar="OUT",
                type=click.Path(path_type=Path),
                help="Where the JSON lines of --batch go.",
            ),
            click.option(
                "--resume",
                is_flag=True,
                help="Go on with an interrupted --batch: its finished parts are kept.",
            ),
            engines,
        )
        for option in reversed(options):
            command = option(command)
        return command

    return added


def batch_of(given: dict[str, Any], *, alone: bool) -> Batch | None:
    """What the options of a batch say; None where no batch is wanted.

    Args:
        given: the values of the options by name.
        alone: whether nothing is given that is for a single request.

    Raises:
        InputError: options that do not go together.
    """
    source, target = given["batch"], given["output"]
    if source is None:
        if target is not None or given["resume"] or given["engine"].ray:
            raise InputError(
                "--output, --resume and --engine are for --batch",
                hint="--batch IN --output OUT",
            )
        return None
    if target is None or not alone:
        raise InputError(
            "--batch goes with --output and without a single request", hint="--batch IN --output OUT"
        )
    return Batch(source, target, given["engine"], given["resume"])


def do_batch(wish: Wish, batch: Batch) -> BatchReport:
    """Do a batch with a bar on stderr, and tell at the end what was done.

    Raises:
        WhichmodelError: as `run_batch`, and where there is no Ray.
    """
    from whichmodel.api.batches import RESUME, here, is_kept, run_batch

    engine = here
    if batch.engine.ray:
        from whichmodel.distributed.lines import on_ray

        engine = on_ray(batch.engine.address, batch.engine.workers)
    try:
        with _bar(batch.source.name) as advance:
            report = run_batch(
                wish, batch.source, batch.target, engine=engine, resume=batch.resume, progress=advance
            )
    except KeyboardInterrupt:
        if is_kept(batch.target):
            click.echo(RESUME, err=True)
        raise
    told = f"{batch.target}: {report.lines:,} lines"
    if report.kept:
        told += f"; {report.kept:,} of {report.parts:,} parts were done before"
    click.echo(told, err=True)
    return report


@contextmanager
def _bar(name: str) -> Iterator[Callable[[Advance], None]]:
    """A bar where stderr is a terminal: lines, their speed, the time left."""
    if not sys.stderr.isatty():
        yield lambda advance: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        shown = progress.add_task(name, total=None, told="")

        def advance(now: Advance) -> None:
            progress.update(shown, completed=now.done, total=now.total, told=f"{now.lines:,} lines")

        yield advance
