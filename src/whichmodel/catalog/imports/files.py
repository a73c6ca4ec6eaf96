"""From a file to drafts: which of the three formats it is, and what could not be read of it."""

from __future__ import annotations

from pathlib import Path

from whichmodel.catalog.imports import cnaps, huggingface, native
from whichmodel.catalog.imports.draft import Draft, Problem
from whichmodel.catalog.outside import UnreadableError, json_entries, printable, read_text, yaml_text
from whichmodel.domain import InputError


def drafts_of(path: Path) -> tuple[list[Draft], list[Problem]]:
    """Every entry of a file, and what is wrong with the file as a whole.

    The format is told by the ending of the name (`.json`, `.yaml`, `.yml`, `.md`), else by the first
    character. Of a file that breaks off in the middle nothing is taken.
    """
    file = printable(path.name)
    try:
        text = read_text(path)
    except InputError as error:
        return [], [Problem(file=file, message=error.message, hint=error.hint)]
    try:
        kind = _kind(path, text)
        if kind == "json":
            return _of_json(text, file), []
        if kind == "markdown":
            return [huggingface.draft_of(text, file)], []
        found = yaml_text(text)
        drafts = list(native.drafts_of_yaml(found, file))
        twice = [
            Problem(file=file, message=printable(f"`{key}` is there twice"), hint="keep one", line=line)
            for line, key in found.repeated
        ]
        # Which of the two counts is a guess, hence neither does; other keys can concern every card.
        repeated = {key for _, key in found.repeated}
        if repeated - {draft.name for draft in drafts}:
            return [], twice
        return [draft for draft in drafts if draft.name not in repeated], twice
    except UnreadableError as error:
        return [], [
            Problem(file=file, message=printable(error.message), hint=printable(error.hint), line=error.line)
        ]


def _of_json(text: str, file: str) -> list[Draft]:
    return [
        native.draft_of_json(entry, file) if native.is_card(entry.data) else cnaps.draft_of(entry, file)
        for entry in json_entries(text)
    ]


def _kind(path: Path, text: str) -> str:
    suffix = path.suffix.casefold()
    known = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".md": "markdown", ".markdown": "markdown"}
    if suffix in known:
        return known[suffix]
    start = text.lstrip()[:3]
    return "json" if start[:1] in ("[", "{") else "markdown" if start == "---" else "yaml"
