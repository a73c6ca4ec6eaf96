"""`whichmodel evidence`: what a result and its input tell about each other."""

from __future__ import annotations

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)
_FILES = (
    "evidence.json",
    "before-after.png",
    "evidence.png",
    "invention.tif",
    "consistency.tif",
    "error.tif",
)


@click.command()
@click.argument("before", type=_PATH)
@click.argument("after", type=_PATH)
@click.option(
    "-o", "--output", "folder", type=_PATH, required=True, metavar="DIR", help="Folder for the files."
)
@click.option(
    "--blur",
    metavar="NAME",
    help="How BEFORE was reduced: cubic, area, lanczos3, linear, gaussian-0.4, -0.55, -0.7.",
)
@click.option(
    "--noise", metavar="N", type=click.FloatRange(0, 255), help="Noise in BEFORE, 0 to 255, if known."
)
@click.option(
    "--model",
    metavar="NAME",
    help="The model that made AFTER, where no provenance beside it tells; for the expected error.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the evidence as JSON instead of sentences.")
def evidence(
    before: Path,
    after: Path,
    folder: Path,
    blur: str | None,
    noise: float | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Compare a result AFTER with its input BEFORE, whoever made it.

    AFTER may be enlarged, cropped, turned by quarters, mirrored, or of other colours. Writes to DIR, which is made
    if needed: evidence.json; evidence.png with the map of what was found; before-after.png; and three maps the size of
    AFTER, in which 1 is the full range of brightness: invention.tif (what BEFORE does not determine),
    consistency.tif (how far AFTER, shrunk, is from BEFORE) and error.tif (the expected error; NaN where it is not
    calibrated).
    """
    from tempfile import TemporaryDirectory

    from whichmodel.domain import InputError, to_json
    from whichmodel.evidence import explain, full_evidence, paragraph
    from whichmodel.evidence.drawing import evidence_picture
    from whichmodel.evidence.expected import EXPECTED
    from whichmodel.evidence.expected_origin import named_origin, origin_of
    from whichmodel.evidence.files import write_text
    from whichmodel.evidence.sheets import write_sheet
    from whichmodel.pictures import read_picture, same_file, write_picture
    from whichmodel.pictures.compare import before_after

    for made in (folder / name for name in _FILES):
        for given in (before, after):
            if same_file(made, given):
                raise InputError(f"{made} would overwrite an input", hint="name another folder with -o")
    origin = named_origin(model) if model else origin_of(before, after)
    first, second = read_picture(before), read_picture(after)
    with TemporaryDirectory(prefix="whichmodel-") as raw:
        found, maps = full_evidence(first, second, Path(raw), kernel=blur, noise=noise, origin=origin)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the folder {folder} cannot be made: {error.strerror or error}",
                hint="name another folder with -o",
            ) from error
        size = second.width, second.height
        write_sheet(maps.invention, size, folder / "invention.tif")
        write_sheet(maps.error, size, folder / "consistency.tif")
        write_sheet(Path(raw) / EXPECTED, size, folder / "error.tif")
        write_picture(evidence_picture(first, second, found, maps), folder / "evidence.png")
    write_picture(before_after(first, second), folder / "before-after.png")
    write_text(folder / "evidence.json", to_json(found))
    if as_json:
        click.echo(to_json(found), nl=False)
        return
    for line in explain(found):
        click.echo(line)
    click.echo(f"\n{paragraph(found)}")
    click.echo("\n".join(str(folder / name) for name in _FILES), err=True)
