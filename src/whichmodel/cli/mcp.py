"""`whichmodel mcp`: the verbs of the program as tools for agents."""

from __future__ import annotations

from pathlib import Path

import click

from whichmodel.domain import InputError


@click.command(short_help="Serve these verbs to an agent (MCP).")
@click.option(
    "--root",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="The only folder whose files agents may read and write.",
)
def mcp(root: Path) -> None:
    """Serve ask, answer, recommend, audit, plan, run and evidence to an agent over the Model Context Protocol.

    The agent's program starts this command and speaks to it over stdin and stdout. Needs the extra mcp.
    """
    try:
        from whichmodel.mcp.server import make_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"mcp", "anyio"}:
            raise
        raise InputError(
            "the server for agents needs the package mcp", hint="pip install 'whichmodel[mcp]'"
        ) from error
    make_server(root).run("stdio")
