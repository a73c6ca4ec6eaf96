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
        start, end: its characters in the answer, from 0, `end` excluded.
        verdict: what the evidence says of it.
        span: the closest piece of the evidence, also where it does not carry the claim; `None` where
            nothing in the evidence is near.
        why: the reason in a few words, for people ("the number 98.9 is not in the prompt").

    >>> import whichmodel
    >>> prompt = '''A user has asked the following question:
    ... "How can I enlarge a photo?"
    ... ### Recommended AI Models:
    ... Model: SomeNet
    ... Summary: SomeNet enlarges photographs four times.
    ... Answer:'''
    >>> answer = "SomeNet enlarges photographs four times. It learned from 3 million pictures."
    >>> [(claim.start, claim.verdict) for claim in whichmodel.audit(prompt, answer).claims]
    [(0, 'supported'), (41, 'unsupported')]
    """

    text: str
    start: int
    end: int
    verdict: Verdict
    span: Span | None = None
    why: str = ""


class LinkFindings(Record, frozen=True, kw_only=True):
    """Links of an answer against those of its prompt.

    Args:
        outside: links of the answer that the prompt does not have.
        missing: links of the prompt's models and papers that the answer lacks.

    >>> import whichmodel
    >>> whichmodel.LinkFindings(outside=("https://example.org/other",)).missing
    ()
    """

    outside: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class NameFindings(Record, frozen=True, kw_only=True):
    """Names of an answer against those of its prompt.

    Args:
        outside: models, papers, data sets and institutions that the answer names and the prompt does not.

    >>> import whichmodel
    >>> whichmodel.NameFindings(outside=("OtherNet",)).outside
    ('OtherNet',)
    """

    outside: tuple[str, ...] = ()


class MismatchFinding(Record, frozen=True, kw_only=True):
    """Whether task and models fit, and whether the answer says so where they do not.

    Args:
        found: the models given do another task than the question is about.
        told: the answer says so; `None` where there is nothing to tell.
        question_task, model_tasks: ids of the tasks.
        models: names of the models that do not fit.

    >>> import whichmodel
    >>> whichmodel.MismatchFinding(found=False).told is None
    True
    """

    found: bool
    told: bool | None = None
    question_task: str | None = None
    model_tasks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class Audit(Record, frozen=True, kw_only=True):
    """The findings on one answer.

    Args:
        links, names: what comes from elsewhere, and what is left out.
        claims: each factual sentence with its verdict, in the order of the answer.
        mismatch: whether task and models fit, and whether the answer says so.
        parts_missing: which of the three parts asked for the answer lacks: `"task"`, `"workflow"`,
            `"papers"`.
        unjudged: claims beyond those that an audit judges, in a very long answer.

    >>> import whichmodel
    >>> prompt = '''A user has asked the following question:
    ... "How can I enlarge a photo?"
    ... ### Recommended AI Models:
    ... Model: SomeNet
    ... Summary: SomeNet enlarges photographs four times.
    ... Answer:'''
    >>> found = whichmodel.audit(prompt, "SomeNet enlarges photographs four times.")
    >>> found.claims[0].verdict, found.parts_missing
    ('supported', ('task', 'workflow', 'papers'))
    """

    links: LinkFindings
    names: NameFindings
    claims: tuple[Claim, ...]
    mismatch: MismatchFinding
    parts_missing: tuple[str, ...] = ()
    unjudged: int = 0
