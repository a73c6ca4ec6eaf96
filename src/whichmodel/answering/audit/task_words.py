"""The words by which the field calls its tasks, from the catalog: they name no model, paper or data set."""

from __future__ import annotations

import re
from functools import cache

from whichmodel.catalog import tasks

_TOKEN = re.compile(r"[^\W_]+")


@cache
def task_words() -> frozenset[str]:
    """All words, lower case, of the names and synonyms of the tasks; cues are left out, some are names of data sets."""
    found: set[str] = set()
    for task in tasks().values():
        if task.kind == "task":  # what research is about can be the name of a data set
            for text in (task.name, *task.synonyms, *task.cues.name):
                found |= {token.lower() for token in _TOKEN.findall(text)}
    return frozenset(found)
