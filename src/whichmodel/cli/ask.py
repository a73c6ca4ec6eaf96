"""`whichmodel ask`: a question in plain words becomes an answer from our catalog, and runs if wanted."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from whichmodel.answering.views import Format, show, to_html
from whichmodel.api.ask import ask_about
from whichmodel.api.beside import own_picture
from whichmodel.api.look import Looking
from whichmodel.api.run import RunOptions, run_file
from whichmodel.cli.answer import format_options
from whichmodel.cli.asked import DPI, KEEP, PRINT
from whichmodel.cli.look import looking
from whichmodel.cli.progress import feedback
from whichmodel.cli.tell import tell_report
from whichmodel.cli.writer import tell_draft, writer_option
from whichmodel.domain import SCHEMA_VERSION, InputError, to_data


@click.command(short_help="Answer a question from the catalog; run the answer.")
@click.argument("question")
@click.option("--photo", type=click.Path(path_type=Path), help="The picture that the question is about.")
@click.option("--run", "runs", is_flag=True, help="Run the answer's workflow on --photo and write -o.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the result goes, with --run.")
@PRINT
@DPI
@KEEP
@looking
@click.option("--substitute", metavar="MODELS", help="Run these instead of a model that cannot run here.")
@format_options
@writer_option
def ask(
    question: str,
    photo: Path | None,
    runs: bool,
    output: Path | None,
    paper: str,
    dpi: int | None,
    keep: Path | None,
    no_look: bool,
    without: tuple[str, ...],
    also: tuple[str, ...],
    substitute: str | None,
    view: Format,
    writer: str,
) -> None:
    """Answer QUESTION from the catalog: the task, the models that do it, the workflow, the papers.

    With --photo FILE the photo is looked at: where it is to be enlarged, noise, traces of JPEG and blur that
    are found are removed first. With --run -o OUT the workflow of the answer, the same object, runs on it,
    and OUT gets a before/after picture beside it.
    """
    if runs and (photo is None or output is None):
        raise InputError("--run needs a picture and a place for the result", hint="add --photo FILE -o OUT")
    if not runs and (output is not None or substitute is not None):
        raise InputError("-o and --substitute belong to --run", hint="add --run, or leave them out")
    if photo is None and (without or also):
        raise InputError("--with and --without are about a photo", hint="add --photo FILE")
    if keep is not None and not runs:
        raise InputError("--keep belongs to --run", hint="add --run, or say it in words")
    asking = ask_about(
        question,
        photo,
        paper=paper,
        dpi=dpi,
        keep=keep,
        look=Looking(not no_look, without, also),
        substitute=substitute,
        writer=writer,
    )
    tell_draft(asking.answer)
    if not runs or photo is None or output is None:
        show(asking.answer, view)
        return
    # In JSON and HTML answer and run are one document; else the answer is shown before the long work begins.
    if view == "md":
        show(asking.answer, view)
    with feedback(photo.name) as told:
        report = run_file(
            asking.runnable(),
            photo,
            output,
            RunOptions(substitute=substitute),
            print_target=asking.target,
            others=asking.files,
            decisions=asking.decisions,
            feedback=told,
        )
    drawing = _draw(photo, output)
    if view == "html":
        click.echo(to_html(asking.answer, own_picture(report)), nl=False)
    if view == "json":
        both = {"schema_version": SCHEMA_VERSION, "answer": to_data(asking.answer), "run": to_data(report)}
        click.echo(msgspec.json.encode(both))
        return
    tell_report(report, err=view == "html")
    click.echo(f"compare      {drawing}", err=view == "html")


def _draw(photo: Path, output: Path) -> Path:
    """Draw before and after beside the result: `big.png` gets `big.before-after.png`."""
    from whichmodel.pictures import read_picture, write_picture
    from whichmodel.pictures.compare import before_after

    drawing = output.with_name(f"{output.stem}.before-after.png")
    write_picture(before_after(read_picture(photo), read_picture(output)), drawing)
    return drawing
