"""The judgement that an answer rests on: what the question is about, and whether the models fit it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from whichmodel.answering.concerns import Concern, concerns_of
from whichmodel.answering.reading import Reading, read_source, relate
from whichmodel.catalog import tasks
from whichmodel.domain import Brief, Intent, Mismatch, Task, Words
from whichmodel.understand import understand

# The models were recommended for this question. Where its words leave two readings nearly equal, the
# reading that a model fits is taken; and words that hardly name any task do not outweigh a model that does.
_NEARLY = 0.6
_VIDEO = re.compile(r"\b(?:videos?|films?|filmed|clips?|footage|frames?|movies?)\b", re.IGNORECASE)
_HINTED, _SAID = 0.07, 0.2
_CLEAR = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that the parts of an answer share.

    Args:
        task: the task of the question; None where neither the question nor a model tells.
        guessed: the task was taken from a model because the question names none.
        models, papers: readings, in the order given.
        fitting: models that do the task, a wider one, or a part of it.
        misfits: models that do something else by their own words.
        unknown: models that do not say what they do.
    """

    brief: Brief
    intent: Intent
    task: Task | None
    guessed: bool
    models: tuple[Reading, ...]
    papers: tuple[Reading, ...]
    concerns: tuple[tuple[Concern, Words], ...]

    @property
    def fitting(self) -> list[Reading]:
        return [reading for reading in self.models if reading.on_task]

    @property
    def misfits(self) -> list[Reading]:
        return [reading for reading in self.models if reading.relation in ("sibling", "neighbour", "other")]

    @property
    def unknown(self) -> list[Reading]:
        return [reading for reading in self.models if reading.relation == "unknown"]

    def mismatch(self) -> Mismatch | None:
        """Set where some model does another task and none does that of the question."""
        if self.task is None or self.fitting or not self.misfits:
            return None
        other = {reading.task.id: None for reading in self.misfits if reading.task}
        return Mismatch(
            question_task=self.task.id,
            model_tasks=tuple(other),
            models=tuple(reading.source.name for reading in self.misfits),
        )


def judge(brief: Brief, intent: Intent | None = None) -> Verdict:
    """Understand the question (unless that is done already), read every source against it."""
    intent = intent or understand(brief.question)
    task = tasks()[intent.task] if intent.task else None
    model_tasks = [
        reading.task for reading in (read_source(source, None) for source in brief.models) if reading.task
    ]
    guessed = False
    if task is None and model_tasks:
        task, guessed = model_tasks[0], True
    elif task is not None:
        task = _prefer_given(intent, task, model_tasks)
    video = bool(_VIDEO.search(brief.question))
    return Verdict(
        brief=brief,
        intent=intent,
        task=task,
        guessed=guessed,
        models=tuple(read_source(source, task, video_meant=video) for source in brief.models),
        papers=tuple(read_source(source, task, video_meant=video) for source in brief.papers),
        concerns=tuple(concerns_of(brief.question)),
    )


def _prefer_given(intent: Intent, task: Task, model_tasks: list[Task]) -> Task:
    """The task of the question, unless its words leave room for that of a model given."""
    if any(other.id == task.id for other in model_tasks):
        return task
    if intent.candidates[0].confidence < _CLEAR and model_tasks:
        return model_tasks[0]
    named = {candidate.task for candidate in intent.candidates}
    for other in model_tasks:
        if relate(task, other) == "part" and other.id in named:
            return other
    top = intent.candidates[0].confidence
    given = {other.id: other for other in model_tasks}
    for candidate in intent.candidates[1:]:
        fits = given.get(candidate.task)
        if fits is not None and candidate.confidence >= _enough(task, fits, top):
            return fits
    return task


def _enough(task: Task, other: Task, top: float) -> float:
    """How sure the reading that a model given fits must be, to be taken instead of the first one."""
    if (task.size == "larger") == (other.size == "larger"):
        return _HINTED
    # Nobody says "enlarge" in passing; but where it was said, a model that keeps the size does not fit.
    return _SAID if other.size == "larger" else _NEARLY * top
