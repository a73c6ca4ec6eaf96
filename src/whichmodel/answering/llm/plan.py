"""What a language model is to draft: slots of the built-in answer, with the sources that each may rest on.

The built-in answer is the frame. Workflow, table, drawing, names, links, closeness and part 3 are never
drafted; what is drafted is prose: the short reply, part 1, what a step does, what was asked, the idea of
each paper, and what stays open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from whichmodel.domain import Answer, QuestionRow, Sentence, SourceRow, StepRow

_NUMBER = re.compile(r"\[(\d{1,4})\]\s*$")
_LONGEST_ASKED = 300
_Row = TypeVar("_Row", StepRow, QuestionRow, SourceRow)


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of the answer for a few sentences.

    Args:
        id: `"reply"`, `"task"`, `"step-a"`, `"question-1"`, `"paper-2"`, `"open"`.
        about: what belongs there, for the model.
        sources: numbers of the sources that its sentences may rest on.
        builtin: the sentences of the built-in writer.
        most: so many drafted sentences are used at most.
    """

    id: str
    about: str
    sources: frozenset[int]
    builtin: tuple[Sentence, ...]
    most: int = 3


def make_plan(answer: Answer) -> tuple[Slot, ...]:
    """The slots of an answer in reading order; empty where nothing was understood."""
    if not answer.task or not answer.sources:
        return ()
    every = frozenset(source.number for source in answer.sources)
    slots = []
    if answer.mismatch is None:  # what does not fit is told by us, in the first paragraph
        about = "the short reply: which task it is, how that is possible, which model does it"
        slots.append(Slot("reply", about, every, answer.reply))
    about = "part 1: the task in plain words, and what matters to the person"
    slots.append(Slot("task", about, every, answer.task))
    for row in answer.steps:
        match = _NUMBER.search(row.step)
        if match and not row.needed_but_missing:
            number = int(match[1])
            about = f"what the step of source {number} does and how, as far as its text says"
            slots.append(Slot(f"step-{row.mark}", about, frozenset({number}), row.sentences))
    for index, question in enumerate(answer.questions, 1):
        asked = " ".join(question.asked.text.split())[:_LONGEST_ASKED]
        about = f"what the sources say to this: {asked}"
        slots.append(Slot(f"question-{index}", about, every, question.sentences, most=4))
    for idea in answer.ideas:
        about = f"the idea of source {idea.source}: what it does and how, for the workflow"
        slots.append(Slot(f"paper-{idea.source}", about, frozenset({idea.source}), idea.sentences))
    if answer.left_open:
        slots.append(Slot("open", "what the sources do not tell", every, answer.left_open, most=2))
    return tuple(slots)


def fill(answer: Answer, filled: Mapping[str, tuple[Sentence, ...]]) -> Answer:
    """The answer with other sentences in some of its slots; everything else stays.

    Args:
        filled: sentences by slot id; slots that are not named keep theirs.
    """
    steps = tuple(_with(row, filled.get(f"step-{row.mark}")) for row in answer.steps)
    questions = tuple(
        _with(row, filled.get(f"question-{index}")) for index, row in enumerate(answer.questions, 1)
    )
    ideas = tuple(_with(row, filled.get(f"paper-{row.source}")) for row in answer.ideas)
    return msgspec.structs.replace(
        answer,
        reply=filled.get("reply", answer.reply),
        task=filled.get("task", answer.task),
        left_open=filled.get("open", answer.left_open),
        steps=steps,
        questions=questions,
        ideas=ideas,
    )


def _with(row: _Row, sentences: tuple[Sentence, ...] | None) -> _Row:
    return row if sentences is None else msgspec.structs.replace(row, sentences=sentences)
