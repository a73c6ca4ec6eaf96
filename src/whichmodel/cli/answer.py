"""`whichmodel answer`: a prompt with its evidence goes in, a grounded answer comes out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from whichmodel.answering.views import Format, show
from whichmodel.api.batch_lines import Wish
from whichmodel.cli.batch import batch_of, batch_options, do_batch
from whichmodel.cli.writer import write_and_tell, writer_option
from whichmodel.domain import InputError
from whichmodel.understand.prompt_format import MAX_BYTES, read_prompt

_FORMAT = click.option(
    "--format",
    "view",
    type=click.Choice(["md", "json", "html"]),
    default="md",
    show_default=True,
    help="How to write the answer.",
)
_JSON = click.option("--json", "view", flag_value="json", help="The same as --format json.")


def format_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--format`, and `--json` for what every other command calls so."""
    return _FORMAT(_JSON(command))


@click.command(short_help="Answer a prompt from its own models and papers.")
@click.argument("prompt", required=False)
@format_options
@writer_option
@batch_options('"id", "prompt"')
def answer(prompt: str | None, view: Format, writer: str, **of_batch: Any) -> None:
    """Answer the question in PROMPT (a file, or - for stdin) from the models and papers given in it.

    Nothing outside the prompt is used: every link is one of its links, every statement about a source
    is quoted from it, and what is ours is marked.

    With --batch IN.jsonl --output OUT.jsonl the prompt of every line is answered, in order, as --format json would. A
    line that is no request ends the batch and is named; what is finished is kept for --resume.
    """
    chosen = click.get_current_context().get_parameter_source("view") == ParameterSource.COMMANDLINE
    batch = batch_of(of_batch, alone=prompt is None)
    if batch is not None:
        if chosen and view != "json":
            raise InputError(f"a batch is written as JSON, not as {view}", hint="leave --format out")
        do_batch(Wish(verb="answer", writer=writer), batch)
        return
    if prompt is None:
        raise InputError("one prompt is needed", hint="whichmodel answer PROMPT, or - for stdin")
    where = "stdin" if prompt == "-" else prompt
    show(write_and_tell(writer, read_prompt(read_input(prompt), where=where)), view)


def read_input(name: str) -> bytes:
    """Read a file or stdin (`-`), never more than a prompt may have.

    Raises:
        InputError: the file is missing, a folder, or not readable.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        path = Path(name)
        if path.is_dir():
            raise InputError(f"{name} is a folder", hint="give a prompt file, or - for stdin")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(f"no such file: {name}", hint="give a prompt file, or - for stdin") from error
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from error
