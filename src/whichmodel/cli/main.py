"""The command line: one file per command, loaded only when it is used, so that start-up stays fast.

Exit codes: 0 fine, 1 ours, 2 the user's input, 3 an audit that found something, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

from whichmodel import __version__
from whichmodel.domain import WhichmodelError

COMMANDS = {
    "answer": "whichmodel.cli.answer:answer",
    "audit": "whichmodel.cli.audit:audit",
    "ask": "whichmodel.cli.ask:ask",
    "recommend": "whichmodel.cli.recommend:recommend",
    "plan": "whichmodel.cli.run:plan",
    "run": "whichmodel.cli.run:run",
    "evidence": "whichmodel.cli.evidence:evidence",
    "models": "whichmodel.cli.models:models",
    "papers": "whichmodel.cli.papers:papers",
    "train": "whichmodel.cli.train:train",
    "weights": "whichmodel.cli.weights:weights",
    "serve": "whichmodel.cli.serve:serve",
    "mcp": "whichmodel.cli.mcp:mcp",
    "completion": "whichmodel.cli.completion:completion",
    "doctor": "whichmodel.cli.doctor:doctor",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="whichmodel")
def main() -> None:
    """Which AI task did you see, which model does it, and why? Then run it on your own picture."""


def entry() -> None:
    """Entry point of the program: runs the command and maps errors to exit codes."""
    sys.exit(run_program(sys.argv[1:]))


def run_program(arguments: list[str]) -> int:
    """Run one command line and return its exit code; never raises."""
    try:
        outcome = main.main(args=arguments, prog_name="whichmodel", standalone_mode=False)
        return outcome if isinstance(outcome, int) else 0
    except WhichmodelError as error:
        _say(str(error))
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Nothing more can be written to stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: report, never a bare traceback
        if os.environ.get("WHICHMODEL_DEBUG"):
            traceback.print_exc()
        _say(
            f"an error of ours: {type(error).__name__}: {error}\n"
            "  this is a fault in whichmodel; set WHICHMODEL_DEBUG=1 to see where, and please report it"
        )
        return 1


def _say(message: str) -> None:
    click.echo(f"whichmodel: {message}", err=True)
