"""`whichmodel ask`: a question in plain words becomes an answer from our catalog, and runs if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from whichmodel.answer.views import Format, show
from whichmodel.catalog import cards, tasks
from whichmodel.cli.answer import FORMATS
from whichmodel.cli.asked import DPI, KEEP, PRINT, Asked
from whichmodel.cli.look import Looking, looking
from whichmodel.cli.run import limits_of, run_file
from whichmodel.cli.tell import tell_report
from whichmodel.cli.writer import write_by, writer_option
from whichmodel.domain import SCHEMA_VERSION, Answer, InputError, Intent, Sentence, Workflow, to_data
from whichmodel.recommend import Ranking, make_brief, recommend
from whichmodel.understand import understand
from whichmodel.understand.intent import for_print

if TYPE_CHECKING:
    from whichmodel.pictures import Header
    from whichmodel.workflow import Decision, RunReport


@click.command()
@click.argument("question")
@click.option("--photo", type=click.Path(path_type=Path), help="The picture that the question is about.")
@click.option("--run", "runs", is_flag=True, help="Run the answer's workflow on --photo and write -o.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the result goes, with --run.")
@PRINT
@DPI
@KEEP
@looking
@click.option("--substitute", metavar="MODELS", help="Run these instead of a model that cannot run here.")
@click.option(
    "--format", "view", type=FORMATS, default="md", show_default=True, help="How to write the answer."
)
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
    from whichmodel.pictures import read_header

    if runs and (photo is None or output is None):
        raise InputError("--run needs a picture and a place for the result", hint="add --photo FILE -o OUT")
    if not runs and (output is not None or substitute is not None):
        raise InputError("-o and --substitute belong to --run", hint="add --run, or leave them out")
    if photo is None and (without or also):
        raise InputError("--with and --without are about a photo", hint="add --photo FILE")
    if keep is not None and not runs:
        raise InputError("--keep belongs to --run", hint="add --run, or say it in words")
    # A picture that cannot be read is said before anything is answered.
    header = read_header(photo) if photo is not None else None
    intent = _with_factor_for_print(for_print(understand(question), paper, dpi), header)
    ranking = recommend(intent)
    size = (header.width, header.height) if header is not None else None
    brief = msgspec.structs.replace(make_brief(ranking), picture=size)
    answer = write_by(writer, brief, intent=intent)
    decisions = Looking(not no_look, without, also).decide(intent, photo, limits_of(None)) if photo else ()
    answer = _with_prepared(_with_here(answer, ranking), decisions)
    answer = _with_kept(answer, intent, keep)
    answer = _with_print(answer, intent, header)
    recommended = answer.workflow
    if substitute is not None:
        answer = _with_substitute(answer, substitute)
    if not runs or photo is None or output is None:
        show(answer, view)
        return
    # In JSON answer and run are one document; else the answer is shown before the long work begins.
    if view != "json":
        show(answer, view)
    report = _run(recommended, intent, photo, output, substitute, keep, decisions)
    drawing = _draw(photo, output)
    if view == "json":
        both = {"schema_version": SCHEMA_VERSION, "answer": to_data(answer), "run": to_data(report)}
        click.echo(msgspec.json.encode(both))
        return
    tell_report(report, err=view == "html")
    click.echo(f"compare      {drawing}", err=view == "html")


def _with_factor_for_print(intent: Intent, header: Header | None) -> Intent:
    """A print size or a size in pixels becomes a factor once the picture's own size is known."""
    from whichmodel.workflow import factor_for_pixels, factor_for_print

    if header is None or isinstance(intent.scale, float) or (intent.target is None and intent.pixels is None):
        return intent
    if intent.target is not None:
        factor, _ = factor_for_print(intent.target, header)
    elif intent.pixels is not None:
        factor, _ = factor_for_pixels(intent.pixels, header)
    return msgspec.structs.replace(intent, scale=round(factor, 4))


def _with_here(answer: Answer, ranking: Ranking) -> Answer:
    """The box "On this computer": what of this answer can run, and what would be needed."""
    from whichmodel.workflow import bind

    told: list[Sentence] = []
    if ranking.unsure and answer.workflow is not None:
        told.append(Sentence(text=ranking.unsure, basis="here"))
    told += [
        Sentence(text=f"Against {item.card.name}: {item.against}", basis="here")
        for item in ranking.models
        if item.against and item.runs_here  # of the others the line of their step says why they cannot run
    ]
    if answer.workflow is not None:
        for step in answer.workflow.steps:
            if step.model is None:
                continue
            binding = bind(step, cards())
            letter = step.id.removeprefix("step-")
            line = f"Step ({letter}): {binding.reason}."
            if binding.substitute:
                line += f" With --run a substitute has to be named: {' or '.join(binding.substitute)}."
            told.append(Sentence(text=line, basis="here"))
    return msgspec.structs.replace(answer, here=tuple(told))


def _with_prepared(answer: Answer, decisions: tuple[Decision, ...]) -> Answer:
    """The answer with what the photo itself asks for in its workflow, and the reasons."""
    from whichmodel.workflow import with_prepared

    if answer.workflow is None or not decisions:
        return answer
    workflow = with_prepared(answer.workflow, decisions, cards())
    added = workflow.steps[: len(workflow.steps) - len(answer.workflow.steps)]
    lines = [f"first, for your photo: {step.title}" for step in added]
    told = tuple(Sentence(text=f"{item.why[0].upper()}{item.why[1:]}.", basis="here") for item in decisions)
    return msgspec.structs.replace(
        answer, workflow=workflow, diagram="\n".join([answer.diagram, *lines]), here=told + answer.here
    )


def _with_substitute(answer: Answer, names: str) -> Answer:
    """The answer with the models that the user accepted in the place of one that cannot run here.

    The workflow is replaced, so that it stays the object that runs; table, drawing and the box about
    this computer tell the substitution.
    """
    from whichmodel.workflow import substitute

    if answer.workflow is None:
        return answer
    workflow, done = substitute(answer.workflow, names, cards())
    replaced = {f"({item.step.removeprefix('step-')})": item for item in done}
    rows = tuple(
        msgspec.structs.replace(row, step=f"{row.step}, substituted by {' then '.join(replaced[key].models)}")
        if (key := f"({row.mark})") in replaced
        else row
        for row in answer.steps
    )
    lines = [
        f"{key} runs here as: {' ──▶ '.join(item.models)} (substituted)" for key, item in replaced.items()
    ]
    told = tuple(Sentence(text=f"As you asked: {item.note}.", basis="here") for item in done)
    return msgspec.structs.replace(
        answer,
        workflow=workflow,
        steps=rows,
        diagram="\n".join([answer.diagram, *lines]),
        here=told + answer.here,
    )


def _with_print(answer: Answer, intent: Intent, header: Header | None) -> Answer:
    """The answer with what the wished print means for the photo."""
    from whichmodel.workflow import print_target

    if header is None or intent.target is None:
        return answer
    notes = print_target(intent.target, header).notes
    told = tuple(Sentence(text=f"Your print: {note}.", basis="here") for note in notes)
    return msgspec.structs.replace(answer, here=answer.here + told)


def _with_kept(answer: Answer, intent: Intent, keep: Path | None) -> Answer:
    """The answer with the regions that are to be left alone; drawing and box tell how."""
    from whichmodel.workflow import bind
    from whichmodel.workflow.keeping import with_kept

    told = tuple(
        Sentence(text=f"Not understood and left out: “{words.text}”.", basis="here")
        for words in intent.unread
    )
    before = answer.workflow
    if before is None or not (intent.kept or keep):
        return msgspec.structs.replace(answer, here=answer.here + told)
    workflow = with_kept(before, intent.kept, cards(), mask=keep is not None, qualities=intent.qualities)
    added = workflow.steps[len(before.steps) :]
    for step in added:
        if step.operation == "keep":
            told += (Sentence(text=f"Then {step.title}: there your photo is only resampled.", basis="here"),)
        elif step.model:
            told += (Sentence(text=f"For that, {step.title}: {bind(step, cards()).reason}.", basis="here"),)
    lines = [f"then: {step.title}" for step in added]
    return msgspec.structs.replace(
        answer, workflow=workflow, diagram="\n".join([answer.diagram, *lines]), here=answer.here + told
    )


def _run(
    workflow: Workflow | None,
    intent: Intent,
    photo: Path,
    output: Path,
    substitute: str | None,
    keep: Path | None,
    decisions: tuple[Decision, ...],
) -> RunReport:
    """Run the workflow of the answer on the photo; the report names what was substituted."""
    if workflow is None:
        raise InputError(
            "the question names no task, so there is nothing to run",
            hint="say what you want done, e.g. 'enlarge this photo 4x'",
        )
    if intent.scale in (None, "any") and tasks()[intent.task or ""].size == "larger":
        raise InputError(
            "the question does not say how large",
            hint="add a factor or a print size, e.g. 'enlarge it 4x' or '60x90 cm at 150 dpi'",
        )
    from whichmodel.pictures import read_header
    from whichmodel.workflow import print_target

    target = print_target(intent.target, read_header(photo)) if intent.target else None
    others = Asked(intent.question, intent, keep).files
    return run_file(
        workflow,
        photo,
        output,
        substitute=substitute,
        print_target=target,
        others=others,
        decisions=decisions,
    )


def _draw(photo: Path, output: Path) -> Path:
    """Draw before and after beside the result: `big.png` gets `big.before-after.png`."""
    from whichmodel.pictures import read_picture, write_picture
    from whichmodel.pictures.compare import before_after

    drawing = output.with_name(f"{output.stem}.before-after.png")
    write_picture(before_after(read_picture(photo), read_picture(output)), drawing)
    return drawing
