"""The three parts that a prompt asks for: the task, the workflow, papers and tools."""

from __future__ import annotations

import re

from whichmodel.answering.audit.statements import Statement
from whichmodel.answering.audit.subjects import about_question

_TASK_HEADING = re.compile(
    r"^[^\w\n]{0,12}(?:\*\*)?(?:\d+[.)]\s*)?.{0,40}\btask\b", re.IGNORECASE | re.MULTILINE
)
_INPUT = re.compile(r"\binputs?\b|\btakes?\b|\bgoes in\b|\bgo in\b", re.IGNORECASE)
_OUTPUT = re.compile(r"\boutputs?\b|\bgives?\b|\bcomes? out\b|\breturns?\b|\bproduces?\b", re.IGNORECASE)
_WORKFLOW = re.compile(r"\bworkflow\b|\bpipeline\b|→|──|-->|\|\s*step\s*\|", re.IGNORECASE)
_PAPERS = re.compile(
    r"^[^\w\n]{0,12}(?:\*\*)?(?:\d+[.)]\s*)?.{0,40}\b(?:papers?|tools|references|sources|links|literature)\b",
    re.IGNORECASE | re.MULTILINE,
)
_LINK = re.compile(r"https?://", re.IGNORECASE)


def missing_parts(answer: str, statements: list[Statement], has_links: bool) -> tuple[str, ...]:
    """Which parts the answer lacks, of `"task"`, `"workflow"`, `"papers"`.

    Args:
        answer: the whole answer.
        statements: its sentences.
        has_links: whether the brief has links that could be listed.
    """
    task = any(about_question(statement.text) for statement in statements) or bool(
        _TASK_HEADING.search(answer)
    )
    workflow = bool(_WORKFLOW.search(answer)) or bool(_INPUT.search(answer) and _OUTPUT.search(answer))
    papers = bool(_LINK.search(answer)) if has_links else bool(_PAPERS.search(answer))
    found = {"task": task and bool(statements), "workflow": workflow, "papers": papers}
    return tuple(name for name, there in found.items() if not there)
