"""What became of the files of a batch, told while it goes on; memory does not grow with their number."""

from __future__ import annotations

import sys
import tempfile
import textwrap
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click
import msgspec

from whichmodel.cli.tell import tell_report
from whichmodel.domain import from_json, to_json
from whichmodel.domain.record import SCHEMA_VERSION

if TYPE_CHECKING:
    from whichmodel.distributed.outcome import Outcome

_REMEMBERED = 1000
"""Lines for people that are remembered, so that each is told once."""


class Told:
    """Tells what became of each file; a context manager.

    Reports are printed as they come. For programs one document is printed at the end, in the order of the
    inputs; until then the reports lie in a temporary file.

    Args:
        total: files of the batch.
        as_json: print the document.
    """

    def __init__(self, total: int, *, as_json: bool) -> None:
        self._total = total
        self._as_json = as_json
        self._places = array("q", [-1]) * total
        self._code = 0
        self._done = self._failed = 0
        self._said: set[str] = set()
        self._stack = ExitStack()
        self._advance: Any = lambda: None

    def __enter__(self) -> Told:
        self._spool = self._stack.enter_context(tempfile.TemporaryFile())
        if sys.stderr.isatty():
            self._advance = self._bar()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, outcome: Outcome) -> None:
        """Tell of one file."""
        for line in outcome.said:
            if line not in self._said and len(self._said) < _REMEMBERED:
                self._said.add(line)
                click.echo(line, err=True)
        if outcome.failure is not None:
            self._failed += 1
            self._code = min(self._code or outcome.exit_code, outcome.exit_code)
            hint = f"\n  {outcome.failure.hint}" if outcome.failure.hint else ""
            click.echo(f"whichmodel: {outcome.failure.input}: {outcome.failure.error}{hint}", err=True)
        if outcome.report is not None:
            self._done += 1
        if self._as_json:
            self._places[outcome.index] = self._spool.tell()
            self._spool.write(to_json(outcome, indent=0).encode())
        elif outcome.report is not None:
            tell_report(outcome.report)
        elif outcome.kept is not None:
            click.echo(f"{outcome.kept} was there already and is left as it is", err=True)
        self._advance()

    def end(self) -> int:
        """Tell what stands at the end; the exit code: 0, or the lowest of the failures."""
        if self._as_json:
            for piece in self._document():
                click.echo(piece, nl=False)
        elif self._failed:
            click.echo(f"{self._done} of {self._total} pictures are done, {self._failed} failed", err=True)
        return self._code

    def _document(self) -> Iterator[str]:
        """A `BatchReport` as JSON text, in pieces."""
        yield f'{{\n  "schema_version": {SCHEMA_VERSION},\n  "document": "batchreport"'
        for field, name in (("runs", "report"), ("failures", "failure"), ("kept", "kept")):
            first = True
            yield f',\n  "{field}": ['
            for outcome in self._outcomes():
                value = getattr(outcome, name)
                if value is None:
                    continue
                text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
                yield ("\n" if first else ",\n") + textwrap.indent(text, "    ")
                first = False
            yield "]" if first else "\n  ]"
        yield "\n}\n"

    def _outcomes(self) -> Iterator[Outcome]:
        from whichmodel.distributed.outcome import Outcome

        for place in self._places:
            if place >= 0:
                self._spool.seek(place)
                yield from_json(Outcome, self._spool.readline(), where="a kept outcome")

    def _bar(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("pictures"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = self._stack.enter_context(Progress(*columns, console=Console(stderr=True), transient=True))
        task = bar.add_task("pictures", total=self._total)
        return lambda: bar.advance(task)
