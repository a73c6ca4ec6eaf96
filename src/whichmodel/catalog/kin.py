"""Which tasks are close enough that what serves one may serve the other."""

from __future__ import annotations

from whichmodel.catalog.load import tasks


def task_family(task: str) -> frozenset[str]:
    """A task with its wider and its narrower ones; only itself where the ontology does not know it.

    >>> "image-restoration" in task_family("deblurring")
    True
    """
    known = tasks()
    wider = known[task].parents if task in known else ()
    narrower = (other.id for other in known.values() if task in other.parents)
    return frozenset({task, *wider, *narrower})
