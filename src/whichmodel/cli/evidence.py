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
@click.option(
    "--again",
    is_flag=True,
    help="Enlarge BEFORE with a second model too: a better expected error where there is a calibration for it"
    " (Real-ESRGAN). It costs a run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the evidence as JSON instead of sentences.")
def evidence(
    before: Path,
    after: Path,
    folder: Path,
    blur: str | None,
    noise: float | None,
    model: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """Compare a result AFTER with its input BEFORE, whoever made it.

    AFTER may be enlarged, cropped, turned by quarters, mirrored, or of other colours. Writes to DIR, which is made
    if needed: evidence.html, which shows all of it; evidence.json; evidence.png with the map of what was found;
    before-after.png; and three maps the size of AFTER, in which 1 is the full range of brightness: invention.tif
    (what BEFORE does not determine), consistency.tif (how far AFTER, shrunk, is from BEFORE) and error.tif (the
    expected error; NaN where it is not calibrated).
    """
    from whichmodel.api import verbs
    from whichmodel.domain import to_json
    from whichmodel.examining import explain, paragraph
    from whichmodel.examining.folder import FILES, keep_command
    from whichmodel.examining.keeping import offer
    from whichmodel.examining.words import careful, not_looked

    found = verbs.evidence(before, after, folder, blur=blur, noise=noise, model=model, again=again)
    if as_json:
        click.echo(to_json(found), nl=False)
        return
    for line in explain(found):
        click.echo(line)
    click.echo(f"\n{paragraph(found)}")
    lines = careful(found)
    if lines:
        click.echo("\nBe careful with (the numbers are those of the frames in evidence.png):")
        click.echo("\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)))
    for line in not_looked(found):
        click.echo(f"\n{line}")
    told = offer(found)
    if told:
        click.echo("\n" + " ".join(told))
        click.echo(f"  {keep_command(folder, str(before), str(after))}")
    click.echo("\n".join(str(folder / name) for name in FILES), err=True)
