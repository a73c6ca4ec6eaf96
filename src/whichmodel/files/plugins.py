"""What installed packages add: data files of a folder of theirs, catalogs, and steps, named by their entry points.

A package that somebody installed may run code of its own in any case, so its steps are imported; its data are read
as data, like ours. A faulty package never stops the program: what is wrong with it is said on stderr, once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

DATA_GROUP = "whichmodel.models"
"""Entry points whose value is a package with folders `models/` and `weights/` of YAML files."""

CATALOGS_GROUP = "whichmodel.catalogs"
"""Entry points whose name is that of a collection, and whose value is a package with folders `models/` and
`weights/` of YAML files and a file `papers.jsonl`, each where it has any."""

OURS = ("whichmodel", "cnaps")
"""Collections that come with the program; no package may add to them under their names."""

PAPERS = "papers.jsonl"

STEPS_GROUP = "whichmodel.steps"
"""Entry points whose name is that of an operation, and whose value is its class, `package.module:Class`."""

LARGEST_FILE = 1_000_000
MOST_PAPERS = 16_000_000
"""Bytes of a catalog's file of papers."""


class Offered(NamedTuple):
    """One file that a package offers.

    Args:
        where: package and file, for messages.
        content: the file's bytes.
        catalog: name of the catalog that it belongs to; "" where it belongs to none.
    """

    where: str
    content: bytes
    catalog: str = ""


def offered(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group, in the order of their names."""
    return tuple(sorted(entry_points(group=group), key=lambda point: (point.name, point.value)))


def offered_files(folder: str) -> Iterator[Offered]:
    """The YAML files in a folder of each package that offers data or a catalog.

    Args:
        folder: `"models"` or `"weights"`.
    """
    for package, catalog in _packages():
        with _told(package):
            place = files(package) / folder
            for file in sorted(place.iterdir() if place.is_dir() else (), key=lambda file: file.name):
                where = f"{package}/{folder}/{file.name}"
                if file.name.endswith(".yaml") and (content := _read(file, where, LARGEST_FILE)) is not None:
                    yield Offered(where, content, catalog)


def offered_papers() -> Iterator[Offered]:
    """The file of papers of each catalog that has one."""
    for package, catalog in _packages():
        with _told(package):
            file = files(package) / PAPERS
            if catalog and file.is_file():
                content = _read(file, f"{package}/{PAPERS}", MOST_PAPERS)
                if content is not None:
                    yield Offered(f"{package}/{PAPERS}", content, catalog)


def _packages() -> Iterator[tuple[str, str]]:
    """Every package that offers data, with the name of its catalog; "" for one that adds to none."""
    yield from ((point.value, "") for point in offered(DATA_GROUP))
    taken: set[str] = set(OURS)
    for point in offered(CATALOGS_GROUP):
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", point.name):
            tell(point.value, f"{point.name!r} is no name of a catalog: small letters, digits and hyphens")
        elif point.name in taken:
            tell(point.value, f"there is a catalog {point.name!r} already")
        else:
            taken.add(point.name)
            yield point.value, point.name


@contextmanager
def _told(package: str) -> Iterator[None]:
    """Whatever goes wrong inside is told; foreign code is imported there, and may do anything."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        tell(package, f"{type(error).__name__}: {error}")


def _read(file: Traversable, where: str, most: int) -> bytes | None:
    """The content of a file; `None` where it is too large, which is told."""
    with file.open("rb") as stream:
        content: bytes = stream.read(most + 1)
    if len(content) > most:
        tell(where, f"larger than {most:,} bytes")
        return None
    return content


@cache
def tell(where: str, wrong: str) -> None:
    """Say on stderr, once, what is wrong with something that an installed package offers."""
    text = "".join(char if char.isprintable() else " " for char in f"{where}: {wrong}"[:1000])
    sys.stderr.write(f"whichmodel: left out, from an installed package: {text}\n")
