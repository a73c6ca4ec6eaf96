"""What a paper has to do with a task: whether its title or abstract names it, and how far it is about something else.

Names of tasks are read with the ontology's own terms. A title says what a paper is about; of an
abstract the sentences count in which the authors say what they do, for the others speak of related
work as well. Of an entry without an abstract the title alone is read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from whichmodel.catalog import tasks
from whichmodel.catalog.kin import task_family
from whichmodel.domain import Paper, Record, Task
from whichmodel.domain.paper import ABSTRACT
from whichmodel.understand.phrases import find_all, plain
from whichmodel.understand.tasks import claims, score_text

# Nearly every title names these two; they tell nothing.
_COMMON_TASKS = {"visual-features", "language-model"}
# A task behind these words is the means of a paper, not its subject, unless a "for" stands between.
_MEANS = re.compile(r"\b(?:via|using|through|by|based on)\b(?!.*\bfor\b)", re.IGNORECASE)
# Weaker terms are shared by several tasks ("low-resolution images"); they name none.
_NAMES_A_TASK = 1.0


class Place(Record, frozen=True, kw_only=True):
    """A piece of a paper, verbatim: `paper.title[start:end] == text`, or of its summary."""

    field: Literal["title", "summary"]
    start: int
    end: int
    text: str


class Relation(Record, frozen=True, kw_only=True):
    """How a paper stands to a task.

    Args:
        named: the task that it names: the one asked for, else a wider or narrower one; `None` if neither.
        place: the words that name it.
        as_means: the title names it as what is used, not as what is done.
        others: how many other tasks of the same field the title names.
        strangers: how many of another field.
    """

    named: Task | None = None
    place: Place | None = None
    as_means: bool = False
    others: int = 0
    strangers: int = 0


@lru_cache(maxsize=8192)
def relation(paper: Paper, id: str) -> Relation:
    """How a paper stands to a task of the ontology."""
    task = tasks()[id]
    for candidate in (task, *_kin(task)):
        if place := _in_title(paper, candidate) or _in_claims(paper, candidate):
            break
    else:
        return Relation()
    others = set(_tasks_of_title(paper)) - _COMMON_TASKS - {id, *task.parents}
    same = sum(tasks()[other].field == task.field for other in others)
    means = _MEANS.search(paper.title)
    return Relation(
        named=candidate,
        place=place,
        as_means=bool(means and place.field == "title" and means.start() < place.start),
        others=same,
        strangers=len(others) - same,
    )


def _kin(task: Task) -> list[Task]:
    return [tasks()[id] for id in sorted(task_family(task.id) - {task.id})]


def _in_title(paper: Paper, task: Task) -> Place | None:
    """The first place of a title that names a task, the longest where several begin there."""
    places = _places(paper.title, task)
    # Of a shipped entry the ontology's reading of the title is held: it has looked at the meaning as well.
    if not places or (_is_shipped(paper) and task.id not in paper.tasks):
        return None
    start, end = min(places, key=lambda place: (place[0], -place[1]))
    return Place(field="title", start=start, end=end, text=paper.title[start:end])


def abstract_of(paper: Paper) -> str:
    """The authors' abstract; "" where none is held. A summary in other words is not theirs."""
    return paper.summary if paper.summary_origin == ABSTRACT else ""


def _in_claims(paper: Paper, task: Task) -> Place | None:
    abstract = abstract_of(paper)
    for first, last in claims(abstract) if abstract else ():
        places = _places(abstract[first:last], task)
        if places:
            start, end = min(places, key=lambda place: (place[0], -place[1]))
            text = abstract[first + start : first + end]
            return Place(field="summary", start=first + start, end=first + end, text=text)
    return None


def _places(text: str, task: Task) -> list[tuple[int, int]]:
    found = find_all((*task.cues.term, *task.synonyms, task.name), plain(text))
    return [(start, end) for phrase, start, end in found if phrase.weight >= _NAMES_A_TASK]


def _tasks_of_title(paper: Paper) -> tuple[str, ...]:
    if paper.tasks or _is_shipped(paper):
        return paper.tasks
    return tuple(item.task.id for item in score_text(paper.title) if item.task.kind == "task" and item.places)


def _is_shipped(paper: Paper) -> bool:
    from whichmodel.catalog.library.shipped import SOURCE  # loads NumPy, which `--help` need not wait for

    return paper.source == SOURCE
