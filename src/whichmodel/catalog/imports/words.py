"""From the words of other catalogs to the tasks of the ontology; the words are data, in `imports.yaml`."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from whichmodel.catalog.load import tasks
from whichmodel.domain import InputError, Record, Scale

Table = Literal["words", "pipeline_tags"]

_FACTOR = re.compile(r"(?<![a-z0-9.])(?:x(\d{1,2}(?:\.\d)?)|(\d{1,2}(?:\.\d)?)x)(?![a-z0-9.])", re.IGNORECASE)
_ANY = re.compile(r"(?<![a-z])(?:any|arbitrary)(?![a-z])", re.IGNORECASE)


class Words(Record, frozen=True, kw_only=True):
    """The file `data/imports.yaml`: tasks by the words of others, and what is passed over."""

    words: dict[str, tuple[str, ...]]
    pipeline_tags: dict[str, tuple[str, ...]]
    card_fields_left_out: frozenset[str]


@cache
def known_words() -> Words:
    """The shipped words.

    Raises:
        InputError: a word leads to a task that the ontology lacks.
    """
    import yaml

    file = resources.files("whichmodel.catalog") / "data" / "imports.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = msgspec.convert(yaml.load(file.read_bytes(), Loader=loader), type=Words)  # noqa: S506 - safe
    for table in (found.words, found.pipeline_tags):
        for word, ids in table.items():
            if missing := set(ids) - set(tasks()):
                raise InputError(f"imports.yaml: {word} leads to unknown tasks {sorted(missing)}")
    return found


def tasks_of(word: str, table: Table) -> tuple[str, ...]:
    """The tasks that a word of another catalog can mean; none where it is unknown.

    >>> tasks_of("sisr", "words"), tasks_of("Deblurring", "words"), tasks_of("weaving", "words")
    (('super-resolution',), ('deblurring',), ())
    """
    # An id means itself, also where another catalog uses nearly the same word more widely.
    return (word,) if word in tasks() else _index(table).get(_folded(word), ())


def nearest(word: str, table: Table) -> tuple[str, ...]:
    """Ids of tasks whose names are most like a word, at most three.

    >>> nearest("deblurrin", "words")[0]
    'deblurring'
    """
    index = _index(table)
    close = [id for found in get_close_matches(_folded(word), index, n=3, cutoff=0.6) for id in index[found]]
    pieces = [piece for piece in re.split(r"[\W_]+", word.casefold()) if len(piece) > 2]
    close += [id for id in tasks() if any(piece in id.split("-") for piece in pieces)]
    return tuple(dict.fromkeys(close))[:3]


def scale_in(name: str) -> Scale:
    """The factor of enlargement that a name carries.

    >>> scale_in("net-4x"), scale_in("net_x2"), scale_in("Net-Any"), scale_in("net-512x512")
    (4, 2, 'any', None)
    """
    factors = {float(first or second) for first, second in _FACTOR.findall(name)}
    sensible = [factor for factor in factors if 1 < factor <= 64]
    if len(sensible) == 1:
        factor = sensible[0]
        return int(factor) if factor.is_integer() else factor
    return "any" if not factors and _ANY.search(name) else None


@cache
def _index(table: Table) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for task in tasks().values():
        for synonym in (task.id, task.name):
            found.setdefault(_folded(synonym), (task.id,))
    for word, ids in getattr(known_words(), table).items():
        found[_folded(word)] = ids
    return found


def _folded(word: str) -> str:
    return re.sub(r"[\W_]+", "", word.casefold())
