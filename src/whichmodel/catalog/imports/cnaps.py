"""CNAPS-style catalogs: a JSON list of objects with name, category, task, dataset, links and summary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from whichmodel.catalog.imports.draft import Draft, listed
from whichmodel.catalog.imports.words import nearest, tasks_of
from whichmodel.catalog.load import tasks
from whichmodel.catalog.outside import Entry

FIELDS = ("name", "category", "task", "dataset", "paper", "github", "huggingface", "summary")
_LINKS = {"paper": "paper", "github": "code", "huggingface": "huggingface"}
_COMMA = re.compile(r"[,;](?![^()]*\))")


def draft_of(entry: Entry, file: str) -> Draft:
    """What one entry says; its summary is read by nobody: we attribute facts, not sentences of others."""
    draft = Draft(file=file, line=entry.line, number=entry.number)
    data = entry.data
    if not isinstance(data, dict):
        draft.wrong("the entry is no object", hint=f"expected an object with {', '.join(FIELDS)}")
        return draft
    draft.name = draft.text("name", data.get("name"))
    if not draft.name and not draft.bars:
        draft.wrong("the entry has no `name`", hint="every model needs a name of its own")
    for key in entry.repeated:
        draft.wrong(f"the field `{key}` is there twice", hint="keep one of them")
    for key in data:
        if key not in FIELDS:
            hint = f"it was left out; known are {', '.join(FIELDS)}"
            draft.wrong(f"unknown field `{key}`", hint=hint, bars=False)
    draft.fields["collection"] = "cnaps"
    _task(draft, data)
    draft.read_scale("catalog field: name")
    _data(draft, data)
    _links(draft, data)
    if isinstance(data.get("summary"), str):
        draft.prose = bool(data["summary"].strip())
    else:
        draft.text("summary", data.get("summary"))
    return draft


def _task(draft: Draft, data: dict[str, Any]) -> None:
    word, category = draft.text("task", data.get("task")), draft.text("category", data.get("category"))
    key = "task" if word else "category"
    settle_task(draft, key, word or category, "words")
    if draft.tasks and (word or category):
        also = f", in the category {category}" if word and category and category != word else ""
        draft.state("task", f"The catalog files it under {word or category}{also}.", f"catalog field: {key}")


def settle_task(draft: Draft, key: str, word: str, table: Any, *, line: int | None = None) -> None:
    """Find the tasks that a word can mean; note what is wrong where it is not exactly one."""
    if not word:
        draft.open_task = draft.problem(f"`{key}` is empty, so its task is unknown", hint="name a task")
        return
    draft.tasks = tasks_of(word, table)
    if not draft.tasks:
        close = nearest(word, table)
        hint = f"nearest known tasks: {', '.join(close)}" if close else f"tasks are: {', '.join(tasks())}"
        draft.wrong(f"unknown {key} {word!r}", hint=hint, line=line)
    elif len(draft.tasks) > 1:
        hint = f"say which: {', '.join(draft.tasks)}"
        draft.open_task = draft.problem(f"{key} {word!r} can mean several tasks", hint=hint, line=line)


def _data(draft: Draft, data: dict[str, Any]) -> None:
    sets = list(dict.fromkeys(_names(draft.text("dataset", data.get("dataset")))))
    if sets:
        draft.fields["trained_on"] = sets
        draft.state("training", f"The catalog names as its data {listed(sets)}.", "catalog field: dataset")


def _links(draft: Draft, data: dict[str, Any]) -> None:
    found = {}
    for key, kind in _LINKS.items():
        url = draft.address(key, data.get(key))
        if url:
            found[kind] = url
    draft.fields["links"] = [{"kind": kind, "url": url} for kind, url in found.items()]
    if found and not draft.fields.get("statements"):
        draft.state("method", f"The catalog links to its {listed(list(found))} page.", "catalog field: links")


def _names(text: str) -> Iterator[str]:
    return (name.strip() for name in _COMMA.split(text) if name.strip())
