"""A paper as a bibliographic record. What it says is not known here unless a summary is held."""

from __future__ import annotations

from whichmodel.domain.card import Link
from whichmodel.domain.record import Record


class Paper(Record, frozen=True, kw_only=True):
    """Bibliographic facts of one paper.

    Args:
        title: full title.
        links: where it can be read, and its code.
        year: of publication, where known.
        summary: text held about it, with its origin in `summary_origin`; empty where only the title
            is held, and then nothing beyond the title may be said of it.
        tasks: ids of the ontology it is about, as far as known.
    """

    title: str
    links: tuple[Link, ...] = ()
    year: int | None = None
    summary: str = ""
    summary_origin: str = ""
    tasks: tuple[str, ...] = ()
