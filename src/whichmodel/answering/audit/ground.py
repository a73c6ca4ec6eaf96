"""All that the claims of an answer are compared with, made once for a brief."""

from __future__ import annotations

from whichmodel.answering.audit.evidence import QUESTION, Evidence, Passage
from whichmodel.answering.audit.figures import all_values
from whichmodel.answering.audit.names import KnownNames
from whichmodel.answering.audit.quotations import Quotable
from whichmodel.answering.audit.subjects import Names
from whichmodel.answering.verdict import judge
from whichmodel.domain import Brief, Task


class Ground:
    """The evidence of a brief in every form that is needed, and the tasks that question and models are about."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.verdict = judge(brief)
        self.names = Names(brief)
        self.known = KnownNames(brief)
        self.quotable = Quotable(brief)
        self.evidence = Evidence(brief)
        task = self.verdict.task
        self.definition = _definition(task) if task else []
        self.definitions = {
            reading.source.number: _definition(reading.task)
            for reading in self.verdict.models
            if reading.task
        }
        self.values = all_values(
            [brief.question]
            + [f"{source.name} {source.summary}" for source in brief.sources]
            + [statement.text for source in brief.sources for statement in source.statements]
        ) | {
            number.value for passage in self.evidence.everything for number in passage.numbers if number.spelt
        }


def _definition(task: Task) -> list[Passage]:
    """What the field means by a task, in the catalog's words."""
    ports = ", ".join(port.name for port in (*task.inputs, *task.outputs))
    texts = (
        f"{task.name}: {task.definition}",
        f"{task.verb}; {task.changes}; {ports}",
        ", ".join((task.name, *task.synonyms)),
        task.in_general,
    )
    return [Passage(QUESTION, "task", 0, text) for text in texts]
