"""What an answer is told beyond its evidence: this computer, this photo, this print, what is left alone.

The answer's workflow is changed together with what tells of it, so that it stays the object that runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from whichmodel.catalog import cards
from whichmodel.domain import Answer, Intent, Sentence
from whichmodel.recommending import Ranking

if TYPE_CHECKING:
    from whichmodel.pictures import Header
    from whichmodel.workflow import Decision


def with_here(answer: Answer, ranking: Ranking) -> Answer:
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
    told += _from_the_user(answer, ranking)
    return msgspec.structs.replace(answer, here=tuple(told))


def _from_the_user(answer: Answer, ranking: Ranking) -> list[Sentence]:
    """Of the models beside those that run: whether weights that only the user can bring are here."""
    from whichmodel.catalog import tasks
    from whichmodel.weights import records
    from whichmodel.workflow.runs import runs

    stepping = {step.model for step in answer.workflow.steps} if answer.workflow is not None else set()
    told = []
    for card in (item.card for item in ranking.models):
        weights = records().get(card.weights or "")
        if weights is None or not weights.given or card.name in stepping:
            continue
        size = " It would give a picture of the same size." if tasks()[card.task].size == "same" else ""
        told.append(Sentence(text=f"{card.name}: {runs(card).text}.{size}", basis="here"))
    return told


def with_prepared(answer: Answer, decisions: tuple[Decision, ...]) -> Answer:
    """The answer with what the photo itself asks for in its workflow, and the reasons."""
    from whichmodel.workflow import with_prepared as prepared

    if answer.workflow is None or not decisions:
        return answer
    workflow = prepared(answer.workflow, decisions, cards())
    added = workflow.steps[: len(workflow.steps) - len(answer.workflow.steps)]
    lines = [f"first, for your photo: {step.title}" for step in added]
    told = tuple(Sentence(text=f"{item.why[0].upper()}{item.why[1:]}.", basis="here") for item in decisions)
    return msgspec.structs.replace(
        answer, workflow=workflow, diagram="\n".join([answer.diagram, *lines]), here=told + answer.here
    )


def with_edited(answer: Answer, intent: Intent) -> Answer:
    """The answer with the crops, turns and tones that were asked for around its workflow."""
    from whichmodel.workflow.edits import with_edits

    if answer.workflow is None or not intent.edits:
        return answer
    workflow = with_edits(answer.workflow, intent.edits)
    known = {step.id for step in answer.workflow.steps}
    lines = [f"also, as you asked: {step.title}" for step in workflow.steps if step.id not in known]
    return msgspec.structs.replace(answer, workflow=workflow, diagram="\n".join([answer.diagram, *lines]))


def with_substitute(answer: Answer, names: str) -> Answer:
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


def with_print(answer: Answer, intent: Intent, header: Header | None) -> Answer:
    """The answer with what the wished print means for the photo."""
    from whichmodel.workflow import print_target

    if header is None or intent.target is None:
        return answer
    notes = print_target(intent.target, header).notes
    told = tuple(Sentence(text=f"Your print: {note}.", basis="here") for note in notes)
    return msgspec.structs.replace(answer, here=answer.here + told)


def with_kept(answer: Answer, intent: Intent, keep: Path | None) -> Answer:
    """The answer with the regions that are to be left alone; drawing and box tell how."""
    from whichmodel.workflow import bind
    from whichmodel.workflow.keeping import with_kept as kept

    told = tuple(
        Sentence(text=f"Not understood and left out: “{words.text}”.", basis="here")
        for words in intent.unread
    )
    before = answer.workflow
    if before is None or not (intent.kept or keep):
        return msgspec.structs.replace(answer, here=answer.here + told)
    workflow = kept(before, intent.kept, cards(), mask=keep is not None, qualities=intent.qualities)
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
