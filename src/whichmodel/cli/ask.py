"""`whichmodel ask`: a question in plain words becomes an answer from our catalog, and runs if wanted."""

from __future__ import annotations

from pathlib import Path

import click

from whichmodel.answer import write
from whichmodel.answer.views import Format, show
from whichmodel.catalog import cards
from whichmodel.cli.answer import FORMATS
from whichmodel.domain import Answer, InputError, Intent, Sentence
from whichmodel.recommend import Ranking, make_brief, recommend
from whichmodel.understand import understand


@click.command()
@click.argument("question")
@click.option("--photo", type=click.Path(path_type=Path), help="The picture that the question is about.")
@click.option("--run", "runs", is_flag=True, help="Run the answer's workflow on --photo and write -o.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the result goes, with --run.")
@click.option("--substitute", metavar="MODELS", help="Run these instead of a model that cannot run here.")
@click.option(
    "--format", "view", type=FORMATS, default="md", show_default=True, help="How to write the answer."
)
def ask(
    question: str, photo: Path | None, runs: bool, output: Path | None, substitute: str | None, view: Format
) -> None:
    """Answer QUESTION from the catalog: the task, the models that do it, the workflow, the papers.

    With --photo FILE --run -o OUT the workflow of the answer, the same object, runs on the picture.
    """
    if runs and (photo is None or output is None):
        raise InputError("--run needs a picture and a place for the result", hint="add --photo FILE -o OUT")
    if not runs and (output is not None or substitute is not None):
        raise InputError("-o and --substitute belong to --run", hint="add --run, or leave them out")
    intent = _with_factor_for_print(understand(question), photo)
    ranking = recommend(intent)
    answer = write(make_brief(ranking), intent=intent)
    answer = _with_here(answer, ranking)
    show(answer, view)
    if runs and photo is not None and output is not None:
        _run(answer, intent, photo, output, substitute)


def _with_factor_for_print(intent: Intent, photo: Path | None) -> Intent:
    """A print size becomes a factor once the picture's own size is known."""
    import msgspec

    from whichmodel.pictures import read_header
    from whichmodel.workflow import factor_for_print

    if photo is None:
        return intent
    header = read_header(photo)  # a picture that cannot be read is said before anything is answered
    if intent.target is None or isinstance(intent.scale, float):
        return intent
    factor, _ = factor_for_print(intent.target, header)
    return msgspec.structs.replace(intent, scale=round(factor, 4))


def _with_here(answer: Answer, ranking: Ranking) -> Answer:
    """The box "On this computer": what of this answer can run, and what would be needed."""
    import msgspec

    from whichmodel.workflow import bind

    told: list[Sentence] = []
    if ranking.unsure and answer.workflow is not None:
        told.append(Sentence(text=ranking.unsure, basis="here"))
    told += [
        Sentence(text=f"Against {item.card.name}: {item.against}", basis="here")
        for item in ranking.models
        if item.against
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


def _run(answer: Answer, intent: Intent, photo: Path, output: Path, substitute: str | None) -> None:
    """Run the workflow of the answer and tell what came out."""
    from whichmodel.cli.run import run_and_tell

    if answer.workflow is None:
        raise InputError(
            "the question names no task, so there is nothing to run",
            hint="say what you want done, e.g. 'enlarge this photo 4x'",
        )
    if answer.workflow.steps and intent.scale in (None, "any") and intent.task == "super-resolution":
        raise InputError(
            "the question does not say how large",
            hint="add a factor or a print size, e.g. 'enlarge it 4x' or '60x90 cm at 150 dpi'",
        )
    run_and_tell(answer.workflow, photo, output, substitute=substitute)
