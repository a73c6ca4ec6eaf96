"""The option `--writer`: our own writer, or a language model that drafts and is checked."""

from __future__ import annotations

from typing import Any

import click

from whichmodel.api.writers import BUILTIN, is_writer, write_by
from whichmodel.domain import Answer, Brief, DraftReport, Intent


class WriterName(click.ParamType[str]):
    """`builtin`, or `llm:NAME` with a model of the `llm` library."""

    name = "builtin|llm:NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as given; anything else is refused."""
        name = str(value)
        if is_writer(name):
            return name
        raise click.BadParameter(
            f"{name!r} is no writer: give {BUILTIN}, or llm:NAME with a model that `llm models` lists",
            ctx=ctx,
            param=param,
        )


writer_option = click.option(
    "--writer",
    type=WriterName(),
    default=BUILTIN,
    show_default=True,
    help="Who writes: whichmodel itself, or a language model whose every sentence is then checked.",
)


def write_and_tell(writer: str, brief: Brief, *, intent: Intent | None = None) -> Answer:
    """Write the answer; what became of a language model's draft is told on stderr."""
    answer = write_by(writer, brief, intent=intent)
    tell_draft(answer)
    return answer


def tell_draft(answer: Answer) -> None:
    """Say on stderr what became of a language model's draft; nothing where our own writer wrote."""
    if answer.drafted is not None:
        click.echo(f"whichmodel: {told(answer.drafted)}", err=True)


def told(report: DraftReport) -> str:
    """What became of a draft, in a line or two for people."""
    if not report.drafted:
        return f"{report.writer}: {report.fault or 'nothing was drafted'}\n  the answer is the built-in one"
    counts = f"{report.kept} kept, {report.repaired} repaired, {report.dropped} dropped"
    line = f"{report.writer} drafted {report.drafted} sentences: {counts} ({report.seconds:.1f} s)"
    if report.fault:
        line += f"\n  cut short: {report.fault}"
    return line if report.kept else f"{line}\n  the answer is the built-in one"
