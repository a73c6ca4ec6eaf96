"""The search of the catalog with the sentence encoder and the user's cache in place."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whichmodel.catalog.search import Hit, Kind, Search


def search(query: str, *, kind: Kind, top: int = 10, task: str | None = None) -> list[Hit]:
    """What fits a query best, best first; see `whichmodel.catalog.search.Search.search`.

    The indexes of words are kept in `<cache>/search/`; where that cannot be written, in memory.

    >>> search("make a blurry photo sharp", kind="model", top=1)[0].kind
    'model'
    """
    from whichmodel.weights import cache_dir

    return _search(cache_dir() / "search").search(query, kind=kind, top=top, task=task)


@cache
def _search(folder: Path) -> Search:
    # Loaded at the first search: NumPy and the encoder take a quarter of a second.
    from whichmodel.catalog.search import Search
    from whichmodel.runtimes.text_encoder import encode

    return Search(encode, folder)
