"""`whichmodel doctor`: is this installation well, and what can it use?"""

from __future__ import annotations

from itertools import groupby

import click

from whichmodel.cli.health import Check, diagnose
from whichmodel.domain import to_json

_SIGNS = {"ok": "ok", "note": "note", "problem": "PROBLEM"}


@click.command(short_help="Check this installation, and say what to do.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def doctor(as_json: bool) -> int:
    """Check this installation: packages, runtimes, pip and npm, cache, weights, memory.

    Fetches nothing. Exit code 1 where something of the base install is broken or pulled weights are damaged; what
    is merely not there (extras, npm, weights not pulled yet) is a note.
    """
    found = diagnose()
    if as_json:
        click.echo(to_json(found), nl=False)
        return 0 if found.ok else 1
    width = max(len(check.name) for check in found.checks)
    for part, checks in groupby(found.checks, key=lambda check: check.part):
        click.echo(part)
        for check in checks:
            click.echo("\n".join(_lines(check, width)))
        click.echo()
    problems = sum(check.status == "problem" for check in found.checks)
    notes = sum(check.status == "note" for check in found.checks)
    if problems:
        click.echo(f"{problems} problem{'s' if problems != 1 else ''}: what to do stands below each")
        return 1
    more = f"; {notes} note{'s' if notes != 1 else ''} on what is not needed for it" if notes else ""
    click.echo(f"the base install works{more}")
    return 0


def _lines(check: Check, width: int) -> list[str]:
    lines = [f"  {_SIGNS[check.status]:<7}  {check.name:<{width}}  {check.text}"]
    if check.hint:
        lines.append(f"  {'':<7}  {'':<{width}}  → {check.hint}")
    return lines
