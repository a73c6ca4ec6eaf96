"""The base of every domain type: immutable, validated at the edge, JSON in and out.

A `Record` is a frozen struct. It is checked when it is *read* (JSON, YAML): a wrong type, a missing
or an unknown field is refused with the path of the field. Inside the program types are checked by
mypy, so that no run-time cost is paid twice.

Documents that leave the program carry `schema_version`, so that a reader of tomorrow can tell what
it holds.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from whichmodel.domain.errors import InputError

SCHEMA_VERSION = 1


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """An immutable value with named fields; equality is by value.

    Made of data from outside it is checked: a wrong type, a missing or an unknown field is refused (`from_data`,
    `from_json`); documents carry `schema_version`.

    >>> import whichmodel
    >>> from whichmodel.domain import from_json, to_json
    >>> link = whichmodel.Link(kind="code", url="https://example.org")
    >>> from_json(whichmodel.Link, to_json(link)) == link
    True
    >>> link.url = "https://example.com"
    Traceback (most recent call last):
    ...
    AttributeError: immutable type: 'Link'
    """


R = TypeVar("R", bound=Record)


def to_data(record: Record) -> dict[str, Any]:
    """The record as plain dictionaries and lists, `schema_version` first."""
    fields = msgspec.to_builtins(record)
    return {"schema_version": SCHEMA_VERSION, "document": _kind(type(record)), **fields}


def to_json(record: Record, *, indent: int = 2) -> str:
    """The record as JSON text, ending with a newline.

    >>> from whichmodel.domain import Link
    >>> print(to_json(Link(kind="paper", url="https://arxiv.org/abs/2201.02973"), indent=0), end="")
    {"schema_version":1,"document":"link","kind":"paper","url":"https://arxiv.org/abs/2201.02973"}
    """
    text = msgspec.json.encode(to_data(record))
    if indent:
        text = msgspec.json.format(text, indent=indent)
    return text.decode() + "\n"


def from_data(kind: type[R], data: object, *, where: str = "the document") -> R:
    """Check plain data and make the record.

    Raises:
        InputError: the data is not a document of this kind and version; names the field.
    """
    if not isinstance(data, dict):
        raise InputError(f"{where} is not a JSON object", hint=f"expected a {_kind(kind)} document")
    fields = dict(data)
    version = fields.pop("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{where} has schema_version {version!r}; this program reads {SCHEMA_VERSION}",
            hint="write it again with this version of whichmodel, or use the version that wrote it",
        )
    named = fields.pop("document", _kind(kind))
    if named != _kind(kind):
        raise InputError(f"{where} is a {named!r} document, not a {_kind(kind)!r}")
    try:
        return msgspec.convert(fields, type=kind)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{where}: {error}",
            hint=f"its fields: help(whichmodel.{kind.__name__}) in Python, or docs/reference/python.md",
        ) from error


def from_json(kind: type[R], text: str | bytes, *, where: str = "the document") -> R:
    """Read JSON text into a record; raises `InputError` with the place of the mistake."""
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputError(f"{where} is not JSON: {error}") from error
    return from_data(kind, data, where=where)


def _kind(kind: type[Record]) -> str:
    return kind.__name__.lower()
