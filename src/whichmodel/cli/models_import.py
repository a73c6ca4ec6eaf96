"""`whichmodel models import`: cards from other catalogs into the user's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from whichmodel.catalog.imports import ImportReport, Problem

# Where a big catalog says the same about hundreds of entries, the rest is counted.
_MOST_NOTES = 20


@click.command(name="import", short_help="Import cards of your own.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the cards instead of your own catalog folder.",
)
@click.option("--check", is_flag=True, help="Only tell what would be imported and what is wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def import_models(files: tuple[Path, ...], folder: Path | None, check: bool, as_json: bool) -> int:
    """Import model cards: CNAPS-style JSON, our own YAML or JSON, or Hugging Face model cards (Markdown).

    Good entries are imported even when others are wrong; then the exit code is 2. Cards that the catalog
    has are never overwritten. Your own folder is models/ in $WHICHMODEL_DATA, else in the data folder of
    your system.
    """
    from whichmodel.catalog.imports import read_files
    from whichmodel.catalog.own import data_dir, write_cards
    from whichmodel.weights.record import records

    report = read_files(files, folder=folder, weights=records())
    written = None
    if report.cards and not check:
        title = report.cards[0].name if len(report.cards) == 1 else files[0].stem
        written = write_cards(report.cards, folder or data_dir() / "models", title=title)
    if as_json:
        import msgspec

        from whichmodel.domain import to_data

        data = {**to_data(report), "file": None if written is None else str(written)}
        click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
    else:
        for line in _lines(report, written, check=check):
            click.echo(line)
        for problem in report.problems:
            click.echo(_told(problem), err=True)
    return 2 if report.problems else 0


def _lines(report: ImportReport, written: Path | None, *, check: bool) -> Iterator[str]:
    from whichmodel.catalog.outside import printable

    for card in report.cards:
        yield f"{'good' if check else 'imported'}: {printable(card.name)} ({card.task})"
    yield from (f"note: {note}" for note in report.notes[:_MOST_NOTES])
    if len(report.notes) > _MOST_NOTES:
        yield f"note: {len(report.notes) - _MOST_NOTES} more; --json tells them all"
    word = "could be imported" if check else "imported"
    parts = [f"{len(report.cards)} {word}", f"{report.known} known already"]
    parts.append(f"{len(report.problems)} problem{'' if len(report.problems) == 1 else 's'}")
    yield ", ".join(parts) + ("" if written is None else f"; written to {printable(str(written))}")


def _told(problem: Problem) -> str:
    place = problem.file
    if problem.line is not None:
        place += f", line {problem.line}"
    if problem.entry is not None:
        place += f", entry {problem.entry}"
    return f"{place}: {problem.message}" + (f"\n  {problem.hint}" if problem.hint else "")
