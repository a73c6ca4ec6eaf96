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

    Args:
        source: number of the source, from 1.
        field: where in it: `"name"`, `"summary"`, `"question"` or `"statement <n>"`, counted from 0.
        start, end: characters of that field, from 0, `end` excluded.
        text: equals the field's `[start:end]`.

    >>> import whichmodel
    >>> source = whichmodel.Source(number=1, kind="paper", name="Deblurring by hand", summary="We remove blur.")
    >>> span = whichmodel.Span(source=1, field="summary", start=3, end=14, text="remove blur")
    >>> source.summary[span.start : span.end] == span.text
    True
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

    >>> import whichmodel
    >>> answer = whichmodel.ask("How was my old photo enlarged 4x?")
    >>> told = answer.steps[0].sentences[0]
    >>> told.text, told.basis, told.spans[0].field
    ('Makes a picture 4 times as wide and 4 times as high.', 'card', 'statement 0')
    """

    text: str
    basis: Basis
    spans: tuple[Span, ...] = ()


class StepRow(Record, frozen=True, kw_only=True):
    """A step of the workflow as the answer's table shows it.

    Args:
        step: mark, model and number of its source, for people: `"(a) SPAN-4x [1]"`.
        mark: the letter by which the answer's text refers to it.
        takes, gives: what goes in and comes out, with shapes such as `h × w × 3`.
        sentences: what is said of it.
        needed_but_missing: the question needs the step, and none of the given models does it.

    >>> import whichmodel
    >>> row = whichmodel.ask("How was my old photo enlarged 4x?").steps[0]
    >>> row.mark, row.takes, row.gives
    ('a', 'picture h × w × 3', 'larger picture 4·h × 4·w × 3')
    """

    step: str
    mark: str
    takes: str
    gives: str
    sentences: tuple[Sentence, ...]
    needed_but_missing: bool = False


class SourceRow(Record, frozen=True, kw_only=True):
    """A line of part 3: a source, why it matters here, and how close it is to what was asked.

    Args:
        source: number of the source, from 1.
        closeness: how the source's task lies to that of the question; `"unclear"` where its text does not tell.
        sentences: why it matters here.

    >>> import whichmodel
    >>> row = whichmodel.ask("How was my old photo enlarged 4x?").papers[0]
    >>> row.source, row.closeness
    (1, 'does the task')
    """

    source: int
    closeness: Literal[
        "does the task", "wider task", "part of the task", "neighbour", "background", "unclear"
    ]
    sentences: tuple[Sentence, ...]


class QuestionRow(Record, frozen=True, kw_only=True):
    """A question that the person asked, in their words, and what the sources say to it.

    Args:
        asked: the words; a span of the `"question"`, whose `source` is 0.
        sentences: the answer to it.

    >>> import whichmodel
    >>> prompt = '''A user has asked the following question:
    ... "I enlarged a photo 4x. How does a model know the fine detail?"
    ... ### Recommended AI Models:
    ... Model: SomeNet
    ... Summary: SomeNet enlarges photographs four times. It learns fine detail from pairs of photographs.
    ... Answer:'''
    >>> [row.asked.text for row in whichmodel.answer(prompt).questions]
    ['How does a model know the fine detail?']
    """

    asked: Span
    sentences: tuple[Sentence, ...]


class Mismatch(Record, frozen=True, kw_only=True):
    """Model and question do not fit.

    Args:
        question_task: id of the task that the question is about.
        model_tasks: ids of the tasks that the models do.
        models: names of the models that do not fit.

    >>> import whichmodel
    >>> prompt = '''A user has asked the following question:
    ... "How can I enlarge a photo 4x?"
    ... ### Recommended AI Models:
    ... Model: Smooth-Deblur-One
    ... Answer:'''
    >>> whichmodel.answer(prompt).mismatch
    Mismatch(question_task='super-resolution', model_tasks=('deblurring',), models=('Smooth-Deblur-One',))
    """

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

    >>> import whichmodel
    >>> report = whichmodel.DraftReport(writer="llm:any", drafted=9, kept=4, repaired=2, dropped=3)
    >>> report.kept + report.repaired + report.dropped == report.drafted
    True
    >>> whichmodel.ask("How was my old photo enlarged 4x?").drafted is None  # no language model was asked
    True
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
    """The three-part answer: the task, the workflow, the sources.

    Args:
        question: as it was asked.
        reply: the short reply at the top.
        task: sentences of part 1.
        diagram: plain-text drawing of the workflow.
        steps: rows of part 2: one for each step of `workflow`, then alternatives to its last step.
        workflow: the object that would run; `None` where no task was understood.
        example: the workflow in numbers, under an assumption that is told.
        questions: what the person asked, one by one, and what the sources say to it.
        ideas: what the papers add to part 2, one group a paper, closest first.
        beside: what the papers on other tasks give instead of what the question needs.
        left_open: what the sources do not tell.
        papers: rows of part 3, every source once.
        sources: the evidence, by number from 1.
        mismatch: set where the models do not do what the question is about.
        here: sentences about this computer (only for our own recommendations).
        drafted: set where a language model was asked to draft the sentences.

    >>> import whichmodel
    >>> answer = whichmodel.ask("How was my old photo enlarged 4x?")
    >>> answer.workflow.steps[-1].model, answer.sources[0].name
    ('SPAN-4x', 'SPAN-4x')
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
