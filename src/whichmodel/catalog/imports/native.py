"""Our own format: files like those of `data/models/`, and the cards that `models show --json` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from whichmodel.catalog.families import expand
from whichmodel.catalog.imports.draft import Draft, card_problems
from whichmodel.catalog.outside import MOST_ENTRIES, Entry, UnreadableError, YamlText
from whichmodel.domain import SCHEMA_VERSION, InputError, ModelCard

_MOST_SHARED = 200
_FIELDS = {item.name: item for item in msgspec.structs.fields(ModelCard)}


def is_card(data: object) -> bool:
    """Whether an entry of a JSON list is a card of ours."""
    return isinstance(data, dict) and (data.get("document") == "modelcard" or "statements" in data)


def draft_of_json(entry: Entry, file: str) -> Draft:
    """One card as JSON."""
    draft = Draft(file=file, line=entry.line, number=entry.number)
    fields = dict(entry.data)
    for key in entry.repeated:
        draft.wrong(f"the field `{key}` is there twice", hint="keep one of them")
    version, kind = fields.pop("schema_version", SCHEMA_VERSION), fields.pop("document", "modelcard")
    if version != SCHEMA_VERSION or kind != "modelcard":
        draft.wrong(
            f"it is a {kind!r} document of schema_version {version!r}", hint="expected a modelcard, 1"
        )
    for told in ("runs_here", "runs"):
        fields.pop(told, None)
    return _checked(draft, fields)


def drafts_of_yaml(found: YamlText, file: str) -> Iterator[Draft]:
    """Every card of a YAML file.

    Raises:
        UnreadableError: it has not the structure of our files.
    """
    data = found.data
    if not isinstance(data, dict) or not isinstance(data.get("families"), list):
        raise UnreadableError(
            "it has no `families:`", line=1, hint="the files in the catalog's data/models show the structure"
        )
    number = 0
    for index, family in enumerate(data["families"]):
        line = found.lines.get(("families", index))
        members = family.get("members") if isinstance(family, dict) else None
        if not isinstance(members, dict):
            draft = Draft(file=file, line=line, number=index + 1)
            draft.wrong(
                f"family {index + 1} has no `members:`", hint="members are a mapping of names to fields"
            )
            yield draft
            continue
        for name, member in members.items():
            number += 1
            line = found.lines.get(("families", index, "members", name), line)
            if number > MOST_ENTRIES:
                raise UnreadableError(f"more than {MOST_ENTRIES} models", line=line, hint="split the file")
            yield _member(data, family, name, member, Draft(file=file, line=line, number=number))


def _member(data: dict[str, Any], family: dict[str, Any], name: Any, member: Any, draft: Draft) -> Draft:
    draft.name = draft.text("name", name)
    if member is not None and not isinstance(member, dict):
        draft.wrong("its fields are to be a mapping", hint="write `name: {field: value}`")
        return draft
    for level in (data, family, member or {}):
        for key, kind in (("statements", dict), ("corrections", str)):
            items = level.get(key, [])
            if not isinstance(items, list) or not all(isinstance(item, kind) for item in items):
                draft.wrong(f"`{key}` is to be a list of {'mappings' if kind is dict else 'texts'}")
            elif len(items) > _MOST_SHARED:
                draft.wrong(f"`{key}` has more than {_MOST_SHARED} items")
        if not isinstance(level.get("links") or {}, dict):
            draft.wrong("`links` is to be a mapping of kinds to addresses")
    if draft.bars:
        return draft
    one = {**data, "families": [{**family, "members": {name: member}}]}
    try:
        (fields,) = expand(one, where="the file")
    except (InputError, TypeError, ValueError, KeyError, AttributeError) as error:
        hint = error.hint if isinstance(error, InputError) else ""
        draft.wrong(str(getattr(error, "message", error)), hint=hint)
        return draft
    return _checked(draft, fields)


def _checked(draft: Draft, fields: dict[str, Any]) -> Draft:
    """Look at every field, so that all that is wrong is told at once."""
    name = fields.pop("name", None)
    draft.name = draft.text("name", name)
    if not draft.name:
        draft.wrong("it has no `name`")
    for key in fields:
        if key not in _FIELDS:
            draft.wrong(f"unknown field `{key}`", hint=f"known are {', '.join(_FIELDS)}")
    good: dict[str, Any] = {}
    for key, field in _FIELDS.items():
        if key == "name":
            continue
        if key in fields:
            try:
                good[key] = msgspec.convert(fields[key], type=field.type)
            except msgspec.ValidationError as error:
                draft.wrong(f"`{key}`: {error}")
        elif field.required:
            draft.wrong(f"the field `{key}` is missing")
    if {"task", "statements"} <= set(good):
        # What is good so far is looked at as a card, whatever is wrong with the other fields.
        for problem in card_problems(ModelCard(**{"collection": "cnaps", **good, "name": draft.name})):
            draft.wrong(problem)
    draft.whole = True
    task = fields.pop("task", None)
    draft.tasks = (task,) if isinstance(task, str) else ()
    draft.fields = fields
    return draft
