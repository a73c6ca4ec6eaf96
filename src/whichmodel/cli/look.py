"""The options about looking at the photo before a plan is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def looking(command: _Command) -> _Command:
    """The options; the command takes them as `no_look`, `without` and `also`."""
    for option in (
        click.option(
            "--no-look", is_flag=True, help="Do only what the words say; do not look at what the photo needs."
        ),
        click.option(
            "--without",
            multiple=True,
            metavar="STEP",
            help="Leave out a step that the photo asks for: denoising, deblurring.",
        ),
        click.option(
            "--with", "also", multiple=True, metavar="STEP", help="Add such a step, whatever was found."
        ),
    ):
        command = option(command)
    return command
