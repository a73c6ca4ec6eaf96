"""The built-in writer: a Brief becomes a three-part Answer, from the Brief alone.

Brief ── judge ──▶ Verdict ──▶ short reply, task             (reply)
                           ──▶ workflow, its table, numbers   (flow, steps, numbers)
                           ──▶ what was asked, one by one     (asked)
                           ──▶ what the papers add            (papers)
                           ──▶ technical words in plain words (glossary)
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from whichmodel.answering.asked import Used, question_rows, where_to_look
from whichmodel.answering.flow import Flow, build_flow, draw
from whichmodel.answering.glossary import Glossary
from whichmodel.answering.markup import listing, short_name
from whichmodel.answering.numbers import in_numbers
from whichmodel.answering.papers import beside, ideas, rows
from whichmodel.answering.reply import short_reply, task_part
from whichmodel.answering.sentences import left_open, ours
from whichmodel.answering.steps import step_rows
from whichmodel.answering.verdict import Verdict, judge
from whichmodel.domain import Answer, Brief, Intent, QuestionRow, Sentence, SourceRow, StepRow

# At most this share of the sentences may be ours.
MOST_OURS = 0.3
_Row = TypeVar("_Row", StepRow, QuestionRow, SourceRow)


def write(brief: Brief, *, intent: Intent | None = None) -> Answer:
    """Write the answer to a Brief.

    Args:
        brief: question and evidence; nothing else is used.
        intent: the question understood, where the caller did that already.

    Returns:
        An answer in which every sentence says what it rests on, every link is one of the Brief's,
        and the workflow is the object that would run.
    """
    verdict = judge(brief, intent)
    flow = _flow(verdict)
    # What was asked has the first choice of the sentences; none is quoted twice.
    used: Used = set()
    questions = question_rows(verdict, used)
    steps = step_rows(flow, verdict, used) if flow else ()
    told = ideas(verdict, used)
    # In the order in which they are read, so that each word is explained where it comes first.
    glossary = Glossary(_quoted(steps, questions, told), _own_words(verdict))
    summaries = {source.number: source.summary for source in brief.sources}
    steps = _explained(steps, glossary, summaries)
    questions = _explained(questions, glossary, summaries)
    told = _explained(told, glossary, summaries)
    answer = Answer(
        question=brief.question,
        reply=short_reply(verdict),
        task=task_part(verdict),
        diagram=draw(flow) if flow else "",
        steps=steps,
        workflow=flow.workflow if flow else None,
        example=_example(verdict),
        questions=questions,
        ideas=told,
        beside=beside(verdict),
        left_open=_left_open(verdict, questions),
        papers=rows(verdict),
        sources=brief.sources,
        mismatch=verdict.mismatch(),
    )
    # The example is the first of our own sentences that an answer can do without.
    return answer if share_of_ours(answer) <= MOST_OURS else msgspec.structs.replace(answer, example=())


def share_of_ours(answer: Answer) -> float:
    """The share of the sentences that are our inference, definition, general knowledge or arithmetic."""
    told = [*answer.reply, *answer.task, *answer.example, *answer.beside, *answer.left_open]
    told += [sentence for row in (*answer.ideas, *answer.papers) for sentence in row.sentences]
    told += [sentence for row in answer.steps for sentence in row.sentences]
    told += [sentence for row in answer.questions for sentence in row.sentences]
    return sum(sentence.basis == "ours" for sentence in told) / max(len(told), 1)


def _own_words(verdict: Verdict) -> str:
    """The names of the task, which part 1 explains."""
    task = verdict.task
    return " | ".join((task.name, task.id, *task.synonyms)) if task else ""


def _quoted(*tables: tuple[StepRow | QuestionRow | SourceRow, ...]) -> list[str]:
    return [
        span.text
        for table in tables
        for row in table
        for sentence in row.sentences
        for span in sentence.spans
        if span.field == "summary"
    ]


def _explained(table: tuple[_Row, ...], glossary: Glossary, summaries: dict[int, str]) -> tuple[_Row, ...]:
    return tuple(
        msgspec.structs.replace(
            row, sentences=tuple(glossary.explain(item, summaries) for item in row.sentences)
        )
        for row in table
    )


def _example(verdict: Verdict) -> tuple[Sentence, ...]:
    task = verdict.task
    if task is None:
        return ()
    scale = verdict.intent.scale
    if scale is None and verdict.fitting:
        scale = verdict.fitting[0].scale
    text = in_numbers(task, verdict.intent, scale, verdict.brief.picture)
    return (ours(text),) if text else ()


def _flow(verdict: Verdict) -> Flow | None:
    if verdict.task is None:
        return None
    # A model that does not say what it does may be the one; its step says that this is not known.
    main = verdict.fitting or ([] if verdict.misfits else verdict.unknown)
    return build_flow(verdict.task, verdict.intent.scale, main, verdict.misfits)


def _left_open(verdict: Verdict, questions: tuple[QuestionRow, ...]) -> tuple[Sentence, ...]:
    """What the sources do not tell and the person did not ask in so many words."""
    told: list[Sentence] = []
    if verdict.brief.origin == "prompt" and not questions and verdict.task is not None:
        silent = [reading for reading in verdict.fitting if not reading.source.summary]
        unanswered = [concern.open for concern, _ in verdict.concerns]
        if not verdict.fitting:
            told.append(left_open("Which model produced what you saw is not told."))
        elif silent:
            what = listing(unanswered[:3], word="or") if unanswered else "how it works inside"
            has = "does" if len(silent) == 1 else "do"
            names = listing([short_name(reading.source) for reading in silent])
            told.append(left_open(f"The text given {has} not say of {names} {what}{where_to_look(silent)}."))
    return tuple(told)
