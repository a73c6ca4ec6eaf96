"""The user's library of papers, with the cache in place."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whichmodel.catalog.library import Library


def library(name: str | None = None) -> Library:
    """The library that is asked for by name or by `WHICHMODEL_LIBRARY`, else the user's own, else the shipped one.

    It is opened once in a process. The shipped bibliography is kept as a library in `<cache>/library/`.

    Raises:
        InputError: the named library is missing or damaged.
    """
    from whichmodel.catalog.library.opening import named_library, own_folder

    return _library(named_library(name), str(own_folder()))


@cache
def _library(name: str | None, own: str) -> Library:
    from whichmodel.catalog.library.opening import open_library
    from whichmodel.weights import cache_dir

    return open_library(name, cache=cache_dir() / "library")
