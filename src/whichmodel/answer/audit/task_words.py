"""The words by which the field calls its tasks, from the catalog: they name no model, paper or data set."""

from __future__ import annotations

import re
from functools import cache

from whichmodel.catalog import tasks

_TOKEN = re.compile(r"[^\W_]+")


@cache
def task_words() -> frozenset[str]:
    """All words, lower case, of the names, synonyms and terms of the tasks."""
    found: set[str] = set()
    for task in tasks().values():
        for text in (task.name, *task.synonyms, *(term.partition("^")[0] for term in task.cues.term)):
            found |= {token.lower() for token in _TOKEN.findall(text)}
        found |= set(task.cues.name)
    return frozenset(found)
