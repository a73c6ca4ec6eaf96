"""What installed packages add: data files of a folder of theirs, and steps, named by their entry points.

A package that somebody installed may run code of its own in any case, so its steps are imported; its data are read
as data, like ours. A faulty package never stops the program: what is wrong with it is said on stderr, once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files

DATA_GROUP = "whichmodel.models"
"""Entry points whose value is a package with folders `models/` and `weights/` of YAML files."""

STEPS_GROUP = "whichmodel.steps"
"""Entry points whose name is that of an operation, and whose value is its class, `package.module:Class`."""

LARGEST_FILE = 1_000_000


def offered(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group, in the order of their names."""
    return tuple(sorted(entry_points(group=group), key=lambda point: (point.name, point.value)))


def offered_files(folder: str) -> Iterator[tuple[str, str]]:
    """Name and text of the YAML files in a folder of each package that offers data.

    Args:
        folder: `"models"` or `"weights"`.
    """
    for point in offered(DATA_GROUP):
        try:
            place = files(point.value) / folder
            for file in sorted(place.iterdir() if place.is_dir() else (), key=lambda file: file.name):
                if not file.name.endswith(".yaml"):
                    continue
                where = f"{point.value}/{folder}/{file.name}"
                with file.open("rb") as stream:
                    content = stream.read(LARGEST_FILE + 1)
                if len(content) > LARGEST_FILE:
                    tell(where, f"larger than {LARGEST_FILE:,} bytes")
                else:
                    yield where, content.decode("utf-8")
        except Exception as error:  # noqa: BLE001 - foreign code is imported here, and may do anything
            tell(point.value, f"{type(error).__name__}: {error}")


@cache
def tell(where: str, wrong: str) -> None:
    """Say on stderr, once, what is wrong with something that an installed package offers."""
    text = "".join(char if char.isprintable() else " " for char in f"{where}: {wrong}"[:1000])
    sys.stderr.write(f"whichmodel: left out, from an installed package: {text}\n")
