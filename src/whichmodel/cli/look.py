"""Looking at the photo before a plan is made, and overruling what it would decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from whichmodel.domain import InputError

if TYPE_CHECKING:
    from whichmodel.domain import Intent
    from whichmodel.pictures import Limits
    from whichmodel.workflow import Decision

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Looking:
    """What the command line says about looking.

    Args:
        looks: whether to look at all.
        without, also: tasks that the person leaves out or adds.
    """

    looks: bool = True
    without: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def decide(self, intent: Intent | None, photo: Path, limits: Limits) -> tuple[Decision, ...]:
        """What this photo needs before it is enlarged; nothing where no words ask for an enlargement.

        Raises:
            InputError: `without` or `also` names a step that photos do not decide.
            PictureError: the photo cannot be read.
        """
        from whichmodel.catalog import cards
        from whichmodel.photo import findings, measure
        from whichmodel.workflow import decide, enlarges

        if intent is None or not enlarges(intent):
            if self.without or self.also:
                raise InputError(
                    "--with and --without say what is done before an enlargement, and none is asked for in words"
                )
            return ()
        if not (self.looks or self.without or self.also):
            return ()
        facts = measure(photo, networks=False, limits=limits) if self.looks else None
        found = findings(facts) if facts else ()
        return decide(facts, found, cards(), without=self.without, also=self.also)


def looking(command: _Command) -> _Command:
    """The options; the command takes them as `no_look`, `without` and `also`."""
    for option in (
        click.option(
            "--no-look", is_flag=True, help="Do only what WHAT says; do not look at what the photo needs."
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
