"""An answer: sentences that say what they rest on.

Every sentence is one of: resting on a source (with the verbatim span), marked as ours (inference,
definition, arithmetic), saying what the sources leave open, or plain structure ("Short reply").
"""

from __future__ import annotations

from typing import Literal

from whichmodel.domain.brief import Source
from whichmodel.domain.record import Record
from whichmodel.domain.workflow import Workflow

Basis = Literal["question", "source", "ours", "open", "card", "here"]


class Span(Record, frozen=True, kw_only=True):
    """A verbatim piece of a source.

    `field` tells where: `"name"`, `"summary"`, `"question"` or `"statement <n>"`;
    `text` equals that field's characters `start:end`.
    """

    source: int
    field: str
    start: int
    end: int
    text: str


class Sentence(Record, frozen=True, kw_only=True):
    """One sentence of the answer.

    Args:
        text: Markdown inline text, without its mark.
        basis: `"question"` retells what the user said, `"source"` rests on the spans,
            `"card"` rests on statements of our model card, `"ours"` is our inference or definition,
            `"open"` says what the sources do not tell, `"here"` what is so on this computer.
        spans: the evidence; at least one for `"source"`.
    """

    text: str
    basis: Basis
    spans: tuple[Span, ...] = ()


class StepRow(Record, frozen=True, kw_only=True):
    """A step of the workflow as the answer's table shows it."""

    step: str
    mark: str
    takes: str
    gives: str
    sentences: tuple[Sentence, ...]
    needed_but_missing: bool = False


class SourceRow(Record, frozen=True, kw_only=True):
    """A line of part 3: a source, why it matters here, how close it is, its links."""

    source: int
    closeness: Literal[
        "does the task", "wider task", "part of the task", "neighbour", "background", "unclear"
    ]
    sentences: tuple[Sentence, ...]


class QuestionRow(Record, frozen=True, kw_only=True):
    """A question that the person asked, in their words, and what the sources say to it."""

    asked: Span
    sentences: tuple[Sentence, ...]


class Mismatch(Record, frozen=True, kw_only=True):
    """Model and question do not fit: `models` do `model_tasks`, the question needs `question_task`."""

    question_task: str
    model_tasks: tuple[str, ...]
    models: tuple[str, ...]


class DraftReport(Record, frozen=True, kw_only=True):
    """What became of the sentences that a language model drafted for an answer.

    Args:
        writer: who was asked to draft: `"llm:NAME"` as the user named it.
        model: id of the model that drafted; empty where none was reached.
        drafted: sentences read from the draft: kept + repaired + dropped.
        kept: sentences that the evidence carries.
        repaired: sentences that it does not carry, replaced by what our writer says on the same.
        dropped: sentences that it does not carry and that nothing replaces.
        seconds: from the question to the model until its last word was judged.
        fault: why the draft is missing or cut short, for people; empty where it is whole.
    """

    writer: str
    model: str = ""
    drafted: int = 0
    kept: int = 0
    repaired: int = 0
    dropped: int = 0
    seconds: float = 0.0
    fault: str = ""


class Answer(Record, frozen=True, kw_only=True):
    """The three-part answer.

    Args:
        reply: the short reply at the top.
        task: sentences of part 1.
        diagram: plain-text drawing of the workflow.
        steps: rows of part 2: one for each step of `workflow`, then alternatives to its last step.
        workflow: the object that would run.
        example: the workflow in numbers, under an assumption that is told.
        questions: what the person asked, one by one, and what the sources say to it.
        ideas: what the papers add to part 2, one group a paper, closest first.
        beside: what the papers on other tasks give instead of what the question needs.
        left_open: what the sources do not tell.
        papers: rows of part 3, every source once.
        sources: the evidence.
        mismatch: set where the models do not do what the question is about.
        here: sentences about this computer (only for our own recommendations).
        drafted: set where a language model was asked to draft the sentences.
    """

    question: str
    reply: tuple[Sentence, ...]
    task: tuple[Sentence, ...]
    diagram: str
    steps: tuple[StepRow, ...]
    workflow: Workflow | None
    ideas: tuple[SourceRow, ...]
    left_open: tuple[Sentence, ...]
    papers: tuple[SourceRow, ...]
    sources: tuple[Source, ...]
    mismatch: Mismatch | None = None
    example: tuple[Sentence, ...] = ()
    questions: tuple[QuestionRow, ...] = ()
    beside: tuple[Sentence, ...] = ()
    here: tuple[Sentence, ...] = ()
    drafted: DraftReport | None = None
