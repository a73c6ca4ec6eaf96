"""A paper as a bibliographic record. What it says is not known here unless a summary is held."""

from __future__ import annotations

from whichmodel.domain.card import Link
from whichmodel.domain.record import Record

ABSTRACT = "abstract"
"""In `summary_origin`: the summary is the authors' abstract, word for word; it may be quoted, not reworded."""


class Paper(Record, frozen=True, kw_only=True):
    """Bibliographic facts of one paper.

    Args:
        title: full title.
        links: where it can be read, and its code.
        year: of publication, where known.
        summary: text held about it, with its origin in `summary_origin`; empty where only the title
            is held, and then nothing beyond the title may be said of it.
        summary_origin: `"abstract"`, or whose words the summary is.
        tasks: ids of the ontology it is about, as far as known.
        id: what a library knows it by, `"arxiv:2302.14483"`, `"doi:10.1000/x"` or `"title:…"`; "" outside one.
        authors: names in order, as the source writes them.
        topics: what the source files it under: subjects, categories of arXiv, keywords.
        source: the list or import it came from.
        version: of the text; 0 where the source counts none.
        doi: lower-case, without a resolver before it.

    >>> import whichmodel
    >>> code = whichmodel.Link(kind="code", url="https://example.org/code")
    >>> whichmodel.Paper(title="Deblurring by hand", links=(code,)).has_code
    True
    """

    title: str
    links: tuple[Link, ...] = ()
    year: int | None = None
    summary: str = ""
    summary_origin: str = ""
    tasks: tuple[str, ...] = ()
    id: str = ""
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    source: str = ""
    version: int = 0
    doi: str = ""

    @property
    def has_code(self) -> bool:
        """Whether a link to its code is held."""
        return any(link.kind == "code" for link in self.links)
