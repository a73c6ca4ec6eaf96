"""Renew the `--help` texts in the how-to pages, after a command's options have changed.

python scripts/docs_help.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from whichmodel.cli.main import COMMANDS, main

PAGES = Path(__file__).parents[1] / "docs" / "how-to"
BLOCK = re.compile(r"^```console\n\$ whichmodel ([\w ]+) --help\n(.*?)```$", re.MULTILINE | re.DOTALL)
_WIDTH = 78
"""Columns of text where the output goes into a pipe."""


def helps() -> Iterator[tuple[str, str]]:
    """Every command that does something, by the words that call it, with its help."""
    program = main.make_context("whichmodel", ["--help"], resilient_parsing=True)
    for name in COMMANDS:
        command = main.get_command(program, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=program)
        if not isinstance(command, click.Group):
            yield name, _help(command, context)
            continue
        for below, one in command.commands.items():
            yield f"{name} {below}", _help(one, click.Context(one, info_name=below, parent=context))


def _help(command: click.Command, context: click.Context) -> str:
    context.terminal_width = _WIDTH
    return command.get_help(context) + "\n"


def renewed(page: str, texts: dict[str, str]) -> str:
    """A page with the help of today in its blocks."""
    return BLOCK.sub(
        lambda found: f"```console\n$ whichmodel {found[1]} --help\n{texts.get(found[1], found[2])}```", page
    )


if __name__ == "__main__":
    texts = dict(helps())
    for path in sorted(PAGES.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        path.write_text(renewed(page, texts), encoding="utf-8")
