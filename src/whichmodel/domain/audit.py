"""What an audit of an answer finds, whoever wrote the answer."""

from __future__ import annotations

from typing import Literal

from whichmodel.domain.answer import Span
from whichmodel.domain.record import Record

Verdict = Literal["supported", "marked inference", "unsupported", "contradicted"]


class Claim(Record, frozen=True, kw_only=True):
    """One factual sentence of an answer, judged.

    Args:
        text: the sentence as the answer has it.
        start, end: its characters in the answer.
        verdict: what the evidence says of it.
        span: the closest piece of the evidence, also where it does not carry the claim; None where
            nothing in the evidence is near.
        why: the reason in a few words, for people ("the number 98.9 is not in the prompt").
    """

    text: str
    start: int
    end: int
    verdict: Verdict
    span: Span | None = None
    why: str = ""


class LinkFindings(Record, frozen=True, kw_only=True):
    """Links of the answer that the prompt does not have, and links of the prompt that it lacks."""

    outside: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class NameFindings(Record, frozen=True, kw_only=True):
    """Models, papers, data sets and institutions that the answer names and the prompt does not."""

    outside: tuple[str, ...] = ()


class MismatchFinding(Record, frozen=True, kw_only=True):
    """Whether task and models fit, and whether the answer says so where they do not.

    Args:
        found: the models given do another task than the question is about.
        told: the answer says so; None where there is nothing to tell.
        question_task, model_tasks: ids of the tasks.
        models: names of the models that do not fit.
    """

    found: bool
    told: bool | None = None
    question_task: str | None = None
    model_tasks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class Audit(Record, frozen=True, kw_only=True):
    """The findings on one answer.

    Args:
        parts_missing: which of the three parts asked for the answer lacks: `"task"`, `"workflow"`,
            `"papers"`.
        unjudged: claims beyond those that an audit judges, in a very long answer.
    """

    links: LinkFindings
    names: NameFindings
    claims: tuple[Claim, ...]
    mismatch: MismatchFinding
    parts_missing: tuple[str, ...] = ()
    unjudged: int = 0
