"""Whether the models given do what the question is about, and whether the answer says so where they do not."""

from __future__ import annotations

import re

from whichmodel.answering.audit.about import Subject
from whichmodel.answering.audit.ground import Ground
from whichmodel.answering.audit.statements import Statement
from whichmodel.domain import MismatchFinding

_MISFIT = re.compile(
    r"\b(?:another|a different|different|other|wrong) (?:tasks?|purpose|kind of (?:task|model)|problem|goal)\b"
    r"|\bmismatch|\b(?:does|do|can|could|will|would|did) ?n[o']t (?:do|fit|match|suit|perform|"
    r"address|solve|provide|enlarge|add|cover|handle|"
    r"change|support|appear|seem|correspond|apply|increase|produce|generate|aim|target|serve|itself|"
    r"by itself|actually|directly)\b"
    r"|\bcannot\b|\b(?:is|are|was|were) ?n[o']t (?:designed|meant|intended|made|trained|built|suited|"
    r"suitable|aimed|the right|an? (?:[\w-]+ ){0,4}model|"
    r"for|what|directly|really|actually)\b|\bnone of the (?:\w+ ){0,3}models?\b|\bno (?:given |"
    r"recommended |provided )?model\b"
    r"|\bunsuited\b|\bunsuitable\b|\bnot (?:the task|what you|what the user|one that|for this)\b|"
    r"\bunlikely to be what\b|\bbeside the (?:point|question)\b",
    re.IGNORECASE,
)


def check_mismatch(ground: Ground, statements: list[tuple[Statement, Subject]]) -> MismatchFinding:
    """Compare the tasks, and look for a sentence on a misfit model that says that it does not fit."""
    mismatch = ground.verdict.mismatch()
    if mismatch is None:
        return MismatchFinding(found=False)
    numbers = {reading.source.number for reading in ground.verdict.misfits}
    told = any(_tells(statement, subject, numbers) for statement, subject in statements)
    return MismatchFinding(
        found=True,
        told=told,
        question_task=mismatch.question_task,
        model_tasks=mismatch.model_tasks,
        models=mismatch.models,
    )


def _tells(statement: Statement, subject: Subject, numbers: set[int]) -> bool:
    if not _MISFIT.search(statement.text):
        return False
    return bool(numbers & set(subject.sources)) or "model" in statement.text.lower()
