"""`whichmodel plan` and `whichmodel run`: what would be done to a picture, and doing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from whichmodel.api.asked import read_asked
from whichmodel.api.look import Looking
from whichmodel.api.naming import result_name
from whichmodel.api.plan import plan_asked
from whichmodel.api.plan_rows import plan_rows
from whichmodel.api.run import RunOptions, run_asked
from whichmodel.cli.asked import wishes
from whichmodel.cli.completion import whats
from whichmodel.cli.draw import Style, drawn
from whichmodel.cli.engines import Engine, engines, hosted, on_ray
from whichmodel.cli.look import looking
from whichmodel.cli.progress import feedback
from whichmodel.cli.tell import table, tell_report
from whichmodel.domain import InputError, WhichmodelError, to_json

if TYPE_CHECKING:
    from whichmodel.workflow import Failure, Plan, RunReport

PICTURES = click.argument(
    "inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
TILE = click.option(
    "--tile",
    metavar="N",
    type=click.IntRange(16, 4096),
    default=256,
    show_default=True,
    help="Side of a tile in pixels; smaller needs less memory.",
)
SUBSTITUTE = click.option(
    "--substitute",
    metavar="NAMES",
    help="Models, joined by +, that stand in for one that cannot run here: SPAN-4x+SPAN-2x.",
)
LIMIT = click.option(
    "--max-megapixels",
    metavar="N",
    type=click.IntRange(1, 100_000),
    help="Largest picture to read or to make, instead of 250 and 1000 megapixels.",
)
DEVICE = click.option(
    "--device",
    type=click.Choice(["cpu", "vulkan", "cuda", "auto"]),
    default="cpu",
    show_default=True,
    help="What networks run on; auto takes the fastest that is there.",
)
GO_ON = "what is done is kept: the same command with --resume goes on from there"
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.command(short_help="Say what `run` would do, without doing it.")
@click.argument("what", shell_complete=whats)
@PICTURES
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="The file that the result would go to: is its format large enough?",
)
@wishes
@looking
@SUBSTITUTE
@TILE
@LIMIT
@DEVICE
@click.option("--no-calibrate", is_flag=True, help="Time nothing; what was never timed is not measured.")
@click.option(
    "--draw",
    type=click.Choice(["terminal", "mermaid", "svg"]),
    help="Print the steps as a drawing instead: lines, Mermaid text, or an SVG file.",
)
@JSON
def plan(
    what: str,
    inputs: tuple[Path, ...],
    output: Path | None,
    paper: str,
    dpi: int | None,
    keep: Path | None,
    further: tuple[str, ...],
    no_look: bool,
    without: tuple[str, ...],
    also: tuple[str, ...],
    substitute: str | None,
    tile: int,
    max_megapixels: int | None,
    device: str,
    no_calibrate: bool,
    draw: Style | None,
    as_json: bool,
) -> int:
    """Show what `run` would do to each INPUT, without doing it.

    WHAT is the exact name of a model, a workflow file (.json, .yaml, .yml), or plain words such as
    "enlarge 4x" and "leave the background alone". Exit code 2 where a step cannot run here, or a limit does not hold.

    Where words ask for an enlargement, the photo is looked at first: noise, traces of JPEG and blur that are
    found are removed before. --no-look, --without and --with overrule that.

    A model that was never timed on this computer is timed first, for about a second.
    """
    if draw and (as_json or len(inputs) > 1):
        raise InputError("--draw draws the steps for one picture, and goes without --json")
    asked = read_asked(what, paper, dpi, keep, further)
    plans = [
        plan_asked(
            asked,
            path,
            output=output,
            look=Looking(not no_look, without, also),
            substitute=substitute,
            tile=tile,
            max_megapixels=max_megapixels,
            device=device,
            calibrate=not no_calibrate,
        )
        for path in inputs
    ]
    if as_json:
        click.echo("".join(to_json(item) for item in plans), nl=False)
    elif draw:
        unbound = [step.step for step in plans[0].steps if step.status == "unbound"]
        click.echo(drawn(plans[0].workflow, draw, unbound=unbound), nl=False)
    else:
        for path, item in zip(inputs, plans, strict=True):
            table(plan_rows(path, item))
    if device == "auto":
        _tell_fallbacks(plans)
    return 0 if all(item.runs for item in plans) else 2


@click.command(short_help="Do something to pictures: in words, by a model, a workflow.")
@click.argument("what", shell_complete=whats)
@PICTURES
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the result goes: a file, or for several inputs a folder.",
)
@wishes
@looking
@SUBSTITUTE
@click.option(
    "--quality",
    metavar="N",
    type=click.IntRange(1, 100),
    default=92,
    show_default=True,
    help="Of JPEG and lossy WebP.",
)
@click.option(
    "--pyramid", is_flag=True, help="Write .tif in tiles with smaller copies, as from 100 megapixels."
)
@TILE
@LIMIT
@DEVICE
@click.option(
    "--evidence/--no-evidence",
    "evidence",
    default=None,
    help="Write OUT.evidence: what of the result is in the photo. By default where a picture is enlarged or"
    " restored, up to 4 megapixels.",
)
@click.option("--no-provenance", is_flag=True, help="Write no OUT.provenance.json and no XMP about AI.")
@click.option("--resume", is_flag=True, help="Go on with the unfinished work of an interrupted run.")
@click.option("--no-cache", is_flag=True, help="Neither take nor keep results of steps.")
@click.option("--overwrite", is_flag=True, help="Replace results that are in the folder OUT already.")
@engines
@JSON
def run(
    what: str,
    inputs: tuple[Path, ...],
    output: Path,
    paper: str,
    dpi: int | None,
    keep: Path | None,
    further: tuple[str, ...],
    no_look: bool,
    without: tuple[str, ...],
    also: tuple[str, ...],
    substitute: str | None,
    quality: int,
    pyramid: bool,
    tile: int,
    max_megapixels: int | None,
    device: str,
    evidence: bool | None,
    no_provenance: bool,
    resume: bool,
    no_cache: bool,
    overwrite: bool,
    engine: Engine,
    as_json: bool,
) -> int:
    """Do WHAT to each INPUT, a picture or a folder of pictures, and write the result to OUT.

    WHAT is the exact name of a model, a workflow file (.json, .yaml, .yml), or plain words such as
    "enlarge 4x" or "print 60x90 cm at 150 dpi". A file that is named as OUT is replaced; in a folder
    OUT nothing is, unless --overwrite is given; an input never is. With several inputs those that fail
    are reported, and the others are done.

    Where words ask for an enlargement, the photo is looked at first, as `plan` tells.

    Beside each result OUT.evidence shows what of it is in the photo, OUT.provenance.json says what was done
    with what, and XMP in the picture says that it was processed by AI.

    Finished steps are kept in the cache folder (WHICHMODEL_CACHE; at most 4 GB, WHICHMODEL_CACHE_LIMIT)
    and not computed again.

    With --engine ray several pictures are done at once by the workers of a Ray cluster, and of a single
    picture the tiles; the results are the same, byte for byte.
    """
    from whichmodel.workflow import BatchReport, Failure
    from whichmodel.workflow.outputs import pair_outputs, pictures_of

    asked = read_asked(what, paper, dpi, keep, further)
    for line in asked.left_out:
        click.echo(f"whichmodel: {line}", err=True)
    pictures = pictures_of(inputs)
    single = len(inputs) == 1 and pictures == list(inputs)
    named = single and not output.is_dir()
    look = Looking(not no_look, without, also)
    options = RunOptions(
        substitute=substitute,
        quality=quality,
        tile=tile,
        max_megapixels=max_megapixels,
        resume=resume,
        cache=not no_cache,
        device=device,
        provenance=not no_provenance,
        pyramid=pyramid,
        evidence=evidence,
    )
    pairs = pair_outputs(pictures, output, folder=not single)
    if engine.ray and not single:
        return on_ray(engine, asked, pairs, options, look, overwrite=overwrite, as_json=as_json)
    reports: list[RunReport] = []
    failures: list[Failure] = []
    kept: list[str] = []
    codes: list[int] = []
    with hosted(engine, asked, pairs, options, look) as hosting:
        for source, target in pairs:
            try:
                if not named:
                    target = result_name(asked, source, target, max_megapixels)
                if target.exists() and not named and not overwrite:
                    if resume:
                        kept.append(str(target))
                        continue
                    raise InputError(f"{target} is there already", hint="--overwrite replaces it")
                with feedback(source.name) as told:
                    done = run_asked(
                        asked, source, target, options, look=look, feedback=told, hosting=hosting
                    )
                    reports.append(done)
            except WhichmodelError as error:
                if single:
                    raise
                failures.append(Failure(input=str(source), error=error.message, hint=error.hint))
                codes.append(error.exit_code)
                click.echo(f"whichmodel: {source}: {error}", err=True)
            except KeyboardInterrupt:
                if not no_cache:
                    click.echo(GO_ON, err=True)
                raise
    if as_json:
        batch = BatchReport(runs=tuple(reports), failures=tuple(failures), kept=tuple(kept))
        click.echo(to_json(reports[0] if single and reports else batch), nl=False)
    else:
        for report in reports:
            tell_report(report)
        for path in kept:
            click.echo(f"{path} was there already and is left as it is", err=True)
        if failures:
            click.echo(
                f"{len(reports)} of {len(pictures)} pictures are done, {len(failures)} failed", err=True
            )
    return min(codes, default=0)


def _tell_fallbacks(plans: list[Plan]) -> None:
    """What `--device auto` had to do without, on stderr: never in silence."""
    from whichmodel.runtimes.devices import choose
    from whichmodel.weights import records

    formats = {records()[id].format for id in _weights_of(plans)}
    for line in sorted({choose("auto", format).fallback for format in formats} - {""}):
        click.echo(line, err=True)


def _weights_of(plans: list[Plan]) -> set[str]:
    from whichmodel.catalog import cards

    found = {
        cards()[step.model].weights for item in plans for step in item.steps if step.tiles and step.model
    }
    return {id for id in found if id}
