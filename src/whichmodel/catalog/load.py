"""Reading the ontology and the model cards from the readable files in `data/`.

XX
command line, so their content is also kept in `data/compiled.json`, which takes a few milliseconds.
That file carries a digest of the YAML files: when a single byte of them differs, it is ignored and
the YAML is parsed, so the answer is never stale, only slower. `python -m whichmodel.catalog.compile`
writes it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import msgspec

from whichmodel.catalog.families import expand
from whichmodel.domain import InputError, ModelCard, Record, Task

COMPILED = "compiled.json"

R = TypeVar("R", bound=Record)


class Document(Record, frozen=True, kw_only=True):
    """The whole catalog as one document: what `data/compiled.json` holds.

    Args:
        digest: of the YAML files that it was made from.
        tasks: the ontology, in the order of the files.
        cards: the model cards, in the order of the files.
    """

    digest: str
    tasks: tuple[Task, ...]
    cards: tuple[ModelCard, ...]


def tasks() -> dict[str, Task]:
    """Every task of the ontology by its id, in the order of the data files.

    >>> tasks()["super-resolution"].size
    'larger'
    """
    return dict(_tasks())


def cards() -> dict[str, ModelCard]:
    """Every model card by its name, in the order of the data files.

    >>> cards()["SPAN-4x"].scale
    4
    """
    return dict(_cards())


@cache
def _tasks() -> dict[str, Task]:
    return {task.id: task for task in _document().tasks}


@cache
def _cards() -> dict[str, ModelCard]:
    return {card.name: card for card in _document().cards}


@cache
def _document() -> Document:
    sources = read_sources()
    digest = digest_of(sources)
    compiled = _data() / COMPILED
    if compiled.is_file():
        try:
            document = msgspec.json.decode(compiled.read_bytes(), type=Document)
        except msgspec.MsgspecError:
            document = None  # written by another version: the YAML files count
        if document and document.digest == digest:
            return document
    return parse(sources)


def read_sources() -> dict[str, bytes]:
    """The YAML files, `"tasks/video.yaml"` and so on, sorted by name."""
    found = {}
    for folder in ("tasks", "models"):
        for file in sorted((_data() / folder).iterdir(), key=lambda file: file.name):
            if file.name.endswith(".yaml"):
                found[f"{folder}/{file.name}"] = file.read_bytes()
    return found


def digest_of(sources: dict[str, bytes]) -> str:
    """A digest of all files and their names."""
    total = hashlib.blake2b(digest_size=16)
    for name, content in sources.items():
        # Line ends may differ after a checkout on another system; they change nothing here.
        plain = content.replace(b"\r\n", b"\n")
        total.update(f"{name}\0{len(plain)}\0".encode())
        total.update(plain)
    return total.hexdigest()


def parse(sources: dict[str, bytes]) -> Document:
    """Parse and validate the YAML files.

    Raises:
        InputError: a file is not YAML, or an entry is not valid; names file, entry and field.
    """
    tasks: dict[str, Task] = {}
    cards: dict[str, ModelCard] = {}
    for name, content in sources.items():
        data = _parse_yaml(content, name)
        if name.startswith("tasks/"):
            for task in _read_tasks(data, name):
                _add(tasks, task.id, task, name)
        else:
            for fields in expand(data, where=name):
                card = _convert(fields, ModelCard, f"{name}: {fields.get('name', 'a card without a name')}")
                _add(cards, card.name, card, name)
    return Document(digest=digest_of(sources), tasks=tuple(tasks.values()), cards=tuple(cards.values()))


def _read_tasks(data: Any, where: str) -> Iterator[Task]:
    if not isinstance(data, dict) or not isinstance(data.get("tasks"), dict):
        raise InputError(
            f"{where} has no `tasks:`", hint="expected `field:` and `tasks:`, as in its siblings"
        )
    unknown = set(data) - {"field", "tasks"}
    if unknown:
        raise InputError(f"{where}: unknown keys {sorted(unknown)}")
    for identifier, fields in data["tasks"].items():
        entry = {"field": data.get("field"), **fields, "id": identifier}
        yield _convert(entry, Task, f"{where}: {identifier}")


def _add(entries: dict[str, Any], key: str, entry: object, where: str) -> None:
    if key in entries:
        raise InputError(f"{where}: {key} is there twice")
    entries[key] = entry


def _convert(fields: dict[str, Any], kind: type[R], where: str) -> R:
    try:
        return msgspec.convert(fields, type=kind)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from error


def _parse_yaml(content: bytes, where: str) -> Any:
    import yaml  # costs 15 ms, and only a changed file needs it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(content, Loader=loader)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise InputError(f"{where} is not YAML: {error}") from error


def _data() -> Traversable:
    return resources.files("whichmodel.catalog") / "data"
