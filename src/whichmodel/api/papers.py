"""Papers that belong to a question, as programs get them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whichmodel.domain import InputError, to_data

if TYPE_CHECKING:
    from whichmodel.catalog.library import Library
    from whichmodel.recommending.papers import Related


@dataclass(frozen=True)
class Search:
    """What a search found.

    Args:
        library: that was searched.
        found: best first.
        filtered: whether filters narrowed it.
    """

    library: Library
    found: tuple[Related, ...]
    filtered: bool

    def data(self) -> dict[str, Any]:
        """As JSON: how many papers the library has, and those found."""
        return {"papers": len(self.library), "found": [to_data(item) for item in self.found]}


def search(
    query: str,
    *,
    year: str = "",
    topic: str = "",
    code: bool = False,
    source: str = "",
    top: int = 10,
    library: str | None = None,
) -> Search:
    """The papers that belong to a query, a question or words of a title; none where none is near enough.

    Args:
        year: as of `years`.
        topic: one of their tasks or subjects.
        code: only papers whose code is linked.
        source: only those of this list or import.
        top: how many at most.
        library: folder or address of another library than one's own.

    Raises:
        InputError: no years, or no such library.
    """
    from whichmodel.catalog.library import Filters
    from whichmodel.recommending.library import library as held_in
    from whichmodel.recommending.papers import rank
    from whichmodel.understand import understand

    since, until = years(year)
    filters = Filters(year_from=since, year_to=until, topic=topic, has_code=code, source=source)
    held = held_in(library)
    return Search(held, rank(held, understand(query), top=top, filters=filters), not filters.empty)


def years(text: str) -> tuple[int | None, int | None]:
    """First and last year of `2023`, `2020..`, `..2022` or `2020..2022`.

    Raises:
        InputError: it is none of these.

    >>> years("2020..")
    (2020, None)
    """
    if not text:
        return None, None
    found = re.fullmatch(r"(\d{4})?(\.\.)?(\d{4})?", text.strip())
    if found is None or not (found[1] or found[3]) or (found[1] and found[3] and not found[2]):
        raise InputError(f"{text!r} says no years", hint="write 2023, 2020.., ..2022 or 2020..2022")
    first = int(found[1]) if found[1] else None
    last = int(found[3]) if found[3] else None
    return first, last if found[2] else first
