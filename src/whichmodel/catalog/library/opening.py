"""Which library is meant: a folder, the URL of a server, the user's own, else the shipped bibliography."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from whichmodel.catalog.library.embedded import RECORDS, EmbeddedLibrary
from whichmodel.catalog.library.protocol import Library
from whichmodel.catalog.library.shipped import add_shipped, shipped_library
from whichmodel.catalog.own import data_dir
from whichmodel.domain import InputError

if TYPE_CHECKING:
    from whichmodel.catalog.library.postgres import PostgresLibrary

VARIABLE = "WHICHMODEL_LIBRARY"


def own_folder() -> Path:
    """Where the user's own library is kept; it need not exist."""
    return data_dir() / "library"


def named_library(name: str | None = None) -> str | None:
    """The folder or URL that was asked for: by name, else by `WHICHMODEL_LIBRARY`; `None` asks for none."""
    return name or os.environ.get(VARIABLE) or None


def open_for_import(name: str | None = None) -> EmbeddedLibrary | PostgresLibrary:
    """Open a library for writing; it is made where there is none. The user's own begins with the shipped papers.

    Args:
        name: a folder, or the URL of a server; without one `WHICHMODEL_LIBRARY` is asked, then the user's own
            library is taken.

    Raises:
        InputError: it cannot be written, or somebody else writes it.
    """
    named = named_library(name)
    if named is not None:
        return _named(named, write=True)
    library = EmbeddedLibrary(own_folder(), write=True)
    try:
        add_shipped(library)
    except BaseException:
        library.close()
        raise
    return library


def open_library(name: str | None = None, *, cache: Path | None = None) -> Library:
    """Open a library for reading.

    Args:
        name: a folder, or the URL of a server; without one `WHICHMODEL_LIBRARY` is asked, then the user's own
            library is taken, and where there is none the shipped bibliography.
        cache: where the shipped bibliography is kept as a library between runs.

    Raises:
        InputError: the named library is missing or damaged.
    """
    named = named_library(name)
    if named is not None:
        return _named(named, write=False)
    if (own_folder() / RECORDS).is_file():
        return EmbeddedLibrary(own_folder())
    return shipped_library(cache)


def _named(name: str, *, write: bool) -> EmbeddedLibrary | PostgresLibrary:
    if name.startswith(("postgresql://", "postgres://")):
        from whichmodel.catalog.library.postgres import PostgresLibrary

        return PostgresLibrary(name, write=write)
    if "://" in name:
        kind = name.partition("://")[0]
        raise InputError(f"a library cannot be kept at {kind}://", hint="name a folder, or postgresql://…")
    return EmbeddedLibrary(Path(name).expanduser(), write=write)
