"""Progress of a download on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Say = Callable[[str], None]
Watch = Callable[[int, int], None]


@contextmanager
def download_bar(name: str) -> Iterator[tuple[Say, Watch]]:
    """Where lines about a pull go, and a bar on stderr where that is a terminal.

    npm does not show what it has so far: there the bar runs from side to side until the archive is there.
    """
    if not sys.stderr.isatty():
        yield lambda line: click.echo(line, err=True), lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn(name, markup=False), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def watch(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total if done else None, visible=True)

        def say(line: str) -> None:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

        yield say, watch
