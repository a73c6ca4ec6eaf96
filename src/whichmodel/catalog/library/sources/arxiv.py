"""arXiv's query interface (Atom): what a query finds, the latest first.

https://info.arxiv.org/help/api/user-manual.html: pages of at most 2,000 entries, three seconds between two
questions, and 30,000 results at most; for more there is `oai` or the snapshot.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import msgspec

from whichmodel.catalog.library.sources.rows import Problem, Row, paper_of
from whichmodel.catalog.library.sources.web import FetchError, Polite
from whichmodel.catalog.library.sources.xml import BrokenPageError, parsed, text_of
from whichmodel.catalog.outside import printable
from whichmodel.domain import Record

if TYPE_CHECKING:
    from whichmodel.domain import Paper

BASE = "https://export.arxiv.org/api/query"
_ATOM, _ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
PAGE = 500
_MOST_EMPTY = 3
MOST_RESULTS = 30_000


class ApiPlace(Record, frozen=True, kw_only=True):
    """How far a query was read, kept between runs.

    Args:
        start: number of the next entry.
        newest: the latest change that this reading has seen, as arXiv writes it.
        until: the latest change that the last whole reading saw; what is not newer is known.
    """

    start: int = 0
    newest: str = ""
    until: str = ""


def read_arxiv(
    query: str, web: Polite, *, source: str = "arxiv", position: str = "", base: str = BASE, page: int = PAGE
) -> Iterator[Row]:
    """The rows of a query, the latest changed first, down to what the last whole reading saw.

    Args:
        query: in arXiv's language: `cat:cs.CV AND abs:"super resolution"`.
        position: an `ApiPlace` as JSON.

    Raises:
        FetchError: a page could not be fetched.
    """
    place = msgspec.json.decode(position or "{}", type=ApiPlace)
    empty = 0
    while True:
        asked = {
            "search_query": query, "start": place.start, "max_results": page,
            "sortBy": "lastUpdatedDate", "sortOrder": "descending",
        }  # fmt: skip
        total, entries = web.get(f"{base}?{urllib.parse.urlencode(asked)}", _page)
        fresh = 0
        for number, entry in enumerate(entries, start=1):
            at = f"page from {place.start}, entry {number}"
            updated = text_of(entry.find(f"{_ATOM}updated"))
            if place.until and updated and updated <= place.until:
                break
            fresh += 1
            place = msgspec.structs.replace(place, newest=max(place.newest, updated))
            yield _row(entry, at, source)
        # The service is known to answer an empty page now and then, where there is more.
        if not entries and place.start < min(total, MOST_RESULTS):
            empty += 1
            if empty > _MOST_EMPTY:
                raise FetchError(
                    f"arXiv answers with empty pages from result {place.start:,} of {total:,}",
                    hint="what came before is imported; the same command goes on there",
                )
            continue
        empty = 0
        place = msgspec.structs.replace(place, start=place.start + len(entries))
        if fresh == len(entries) and place.start >= MOST_RESULTS < total:
            raise FetchError(
                f"arXiv gives the first {MOST_RESULTS:,} of {total:,} papers for a query; these are imported",
                hint="narrow the query (submittedDate:[202401010000 TO 202406302359]), or take --oai or the snapshot",
            )
        if not entries or fresh < len(entries) or place.start >= total:
            done = ApiPlace(until=max(place.newest, place.until))
            yield Row(position=msgspec.json.encode(done).decode())
            return
        yield Row(position=msgspec.json.encode(place).decode())


def _page(body: bytes) -> tuple[int, list[Element]]:
    feed = parsed(body, f"{_ATOM}feed")
    entries = feed.findall(f"{_ATOM}entry")
    if len(entries) == 1 and "/api/errors" in text_of(entries[0].find(f"{_ATOM}id")):
        told = printable(text_of(entries[0].find(f"{_ATOM}summary")), 200)
        raise FetchError(
            f"arXiv refuses the query: {told}", hint="see the language of queries in arXiv's manual"
        )
    total = text_of(feed.find(f"{_SEARCH}totalResults"))
    if not total.isdigit():
        raise BrokenPageError("the page does not say how many results there are")
    return int(total[:12]), entries


def _row(entry: Element, at: str, source: str) -> Row:
    try:
        return Row(paper=_paper(entry, source))
    except ValueError as error:
        return Row(problem=Problem(place=at, message=printable(str(error))))


def _paper(entry: Element, source: str) -> Paper:
    address = text_of(entry.find(f"{_ATOM}id"))
    paper = paper_of(
        {
            "arxiv": address,
            "title": text_of(entry.find(f"{_ATOM}title")),
            "abstract": text_of(entry.find(f"{_ATOM}summary")),
            "authors": [text_of(author.find(f"{_ATOM}name")) for author in entry.findall(f"{_ATOM}author")],
            "topics": [category.get("term", "") for category in entry.findall(f"{_ATOM}category")],
            "doi": text_of(entry.find(f"{_ARXIV}doi")),
            "comments": text_of(entry.find(f"{_ARXIV}comment")),
            "published": text_of(entry.find(f"{_ATOM}published")),
        },
        source=source,
    )
    if not paper.id.startswith("arxiv:"):
        raise ValueError(f"{printable(address, 80)!r} is no arXiv number")
    return paper
