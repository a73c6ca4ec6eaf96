"""Which tasks are close enough that what serves one may serve the other."""

from __future__ import annotations

from whichmodel.catalog.load import tasks
from whichmodel.domain import Task


def ancestors(task: Task) -> set[str]:
    """Ids of the wider tasks that include this one, at any distance."""
    found: set[str] = set()
    waiting = list(task.parents)
    while waiting:
        parent = waiting.pop()
        if parent not in found and parent in tasks():
            found.add(parent)
            waiting.extend(tasks()[parent].parents)
    return found


def task_family(task: str) -> frozenset[str]:
    """A task with its wider and its narrower ones; only itself where the ontology does not know it.

    >>> "image-restoration" in task_family("deblurring")
    True
    """
    known = tasks()
    wider = known[task].parents if task in known else ()
    narrower = (other.id for other in known.values() if task in other.parents)
    return frozenset({task, *wider, *narrower})
