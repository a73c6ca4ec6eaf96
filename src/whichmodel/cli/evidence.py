"""`whichmodel evidence`: what a result and its input tell about each other."""

from __future__ import annotations

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("before", type=_PATH)
@click.argument("after", type=_PATH)
@click.option(
    "-o", "--output", "folder", type=_PATH, required=True, metavar="DIR", help="Folder for the files."
)
@click.option("--json", "as_json", is_flag=True, help="Print the evidence as JSON instead of sentences.")
def evidence(before: Path, after: Path, folder: Path, as_json: bool) -> None:
    """Compare a result AFTER with its input BEFORE.

    Writes evidence.json and before-after.png to DIR, which is made if needed.
    """
    from whichmodel.domain import InputError, to_json
    from whichmodel.evidence import explain, first_evidence
    from whichmodel.evidence.files import write_text
    from whichmodel.pictures import read_picture, same_file, write_picture
    from whichmodel.pictures.compare import before_after

    report, drawing = folder / "evidence.json", folder / "before-after.png"
    for made in (report, drawing):
        for given in (before, after):
            if same_file(made, given):
                raise InputError(f"{made} would overwrite an input", hint="name another folder with -o")
    first, second = read_picture(before), read_picture(after)
    found = first_evidence(first, second)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder {folder} cannot be made: {error.strerror or error}",
            hint="name another folder with -o",
        ) from error
    write_picture(before_after(first, second), drawing)
    write_text(report, to_json(found))
    if as_json:
        click.echo(to_json(found), nl=False)
        return
    for line in explain(found):
        click.echo(line)
    click.echo(f"{report}\n{drawing}", err=True)
