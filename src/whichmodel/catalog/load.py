"""Reading the ontology and the model cards from the readable files in `data/`.

The YAML files are read as they are, with the C parser of PyYAML: all of them take about a tenth of
a second, the ontology alone half of that, so no second, compiled form has to be kept in step. Tasks
and cards are read apart, each at its first use, and kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import msgspec

from whichmodel.catalog.families import expand
from whichmodel.catalog.own import own_cards
from whichmodel.domain import InputError, ModelCard, Record, Task
from whichmodel.files.plugins import OURS, offered_files, tell

R = TypeVar("R", bound=Record)


def tasks() -> dict[str, Task]:
    """Every task of the ontology by its id, in the order of the data files.

    Raises:
        InputError: a file is not YAML, or an entry is not valid; names file, entry and field.

    >>> tasks()["super-resolution"].size
    'larger'
    """
    return dict(_tasks())


def cards() -> dict[str, ModelCard]:
    """Every model card by its name, in the order of the data files; then those of installed packages and the user's.

    Files of others never stop the program: what is wrong with them is said on stderr, once.

    Raises:
        InputError: as for `tasks`.

    >>> cards()["SPAN-4x"].scale
    4
    """
    known = {**_cards(), **_cards_of_packages()}
    return {**known, **own_cards(known)}


def card_with(weights: str) -> ModelCard | None:
    """The first card that runs with the weights of this id, `None` where there is none.

    >>> card_with("span-x4-ch48").name
    'SPAN-4x'
    """
    return next((card for card in cards().values() if card.weights == weights), None)


def collections() -> tuple[str, ...]:
    """The collections that the cards belong to, ours first.

    >>> collections()[:2]
    ('whichmodel', 'cnaps')
    """
    found = dict.fromkeys(card.collection for card in cards().values())
    return tuple(sorted(found, key=lambda name: (OURS.index(name) if name in OURS else len(OURS), name)))


def require_collection(name: str | None) -> None:
    """Check that there is a collection of this name, or that none was named.

    Raises:
        InputError: there is none; the hint lists those that there are.
    """
    if name is not None and name not in collections():
        raise InputError(f"there is no collection {name!r}", hint=f"there are: {', '.join(collections())}")


def cards_shipped() -> dict[str, ModelCard]:
    """The cards that come with the program, without the user's own."""
    return dict(_cards())


@cache
def _tasks() -> dict[str, Task]:
    found: dict[str, Task] = {}
    for where, data in _files("tasks"):
        for task in read_tasks(data, where=where):
            _add(found, task.id, task, where)
    return found


@cache
def _cards() -> dict[str, ModelCard]:
    found: dict[str, ModelCard] = {}
    for where, data in _files("models"):
        for card in read_cards(data, where=where):
            _add(found, card.name, card, where)
    return found


@cache
def _cards_of_packages() -> dict[str, ModelCard]:
    """Cards that installed packages offer; a file with a mistake, or a name that is taken, is left out whole."""
    found: dict[str, ModelCard] = {}
    for where, content, catalog in offered_files("models"):
        try:
            given = list(read_cards(_parsed(content, where), where=where))
            if catalog:
                given = [msgspec.structs.replace(card, collection=catalog) for card in given]
            for card in given:
                if card.task not in _tasks():
                    raise InputError(f"{card.name}: there is no task {card.task!r}")
                taken = {name.casefold() for name in (*_cards(), *found)}
                if card.name.casefold() in taken:
                    raise InputError(f"there is a model {card.name!r} already")
        except InputError as error:
            tell(where, error.message.removeprefix(f"{where}: "))
            continue
        found.update({card.name: card for card in given})
    return found


def read_tasks(data: Any, *, where: str) -> Iterator[Task]:
    """The tasks of one file of `data/tasks/`, already parsed."""
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


def read_cards(data: Any, *, where: str) -> Iterator[ModelCard]:
    """The cards of one file of `data/models/`, already parsed, families expanded."""
    for fields in expand(data, where=where):
        yield _convert(fields, ModelCard, f"{where}: {fields['name']}")


def _files(folder: str) -> Iterator[tuple[str, Any]]:
    place = resources.files("whichmodel.catalog") / "data" / folder
    for file in sorted(place.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".yaml"):
            continue
        where = f"{folder}/{file.name}"
        yield where, _parsed(file.read_bytes(), where)


def _parsed(content: bytes | str, where: str) -> Any:
    import yaml  # 15 ms that only those pay who need the catalog

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(content, Loader=loader)  # noqa: S506 - both loaders are safe
    except yaml.YAMLError as error:
        raise InputError(f"{where} is not YAML: {error}") from error


def _add(entries: dict[str, R], key: str, entry: R, where: str) -> None:
    if key in entries:
        raise InputError(f"{where}: {key} is there twice")
    entries[key] = entry


def _convert(fields: dict[str, Any], kind: type[R], where: str) -> R:
    try:
        return msgspec.convert(fields, type=kind)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from error
