"""arXiv's harvesting interface (OAI-PMH 2.0): everything of a set, and later what changed since.

Pages follow each other by resumption tokens; one that has expired begins the reading again from the
date that it began with, which is no harm, since papers are known by number and version.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import msgspec

from whichmodel.catalog.library.sources.rows import Problem, Row, paper_of
from whichmodel.catalog.library.sources.web import FetchError, Polite
from whichmodel.catalog.library.sources.xml import parsed, text_of
from whichmodel.catalog.outside import printable
from whichmodel.domain import Record

if TYPE_CHECKING:
    from whichmodel.domain import Paper

BASE = "https://oaipmh.arxiv.org/oai"
_OAI, _ARXIV = "{http://www.openarchives.org/OAI/2.0/}", "{http://arxiv.org/OAI/arXiv/}"
_HINT = "see the names of sets in arXiv's manual; dates are written 2024-01-31"


class OaiPlace(Record, frozen=True, kw_only=True):
    """How far a set was read, kept between runs.

    Args:
        token: of the next page; "" begins.
        since: day from which this reading takes changes; "" takes everything.
        began: day on which this reading began, by the server's clock; the next one takes changes from there.
        restarted: so often in a row a token had expired.
    """

    token: str = ""
    since: str = ""
    began: str = ""
    restarted: int = 0


def read_oai(
    name: str,
    web: Polite,
    *,
    source: str = "arxiv",
    position: str = "",
    base: str = BASE,
    since: str = "",
    until: str = "",
) -> Iterator[Row]:
    """The rows of a set that changed since the last whole reading, or since a day.

    Args:
        name: of the set, such as `cs` or `cs:cs:CV`.
        position: an `OaiPlace` as JSON.
        since: day, in place of that of the last reading.
        until: day.

    Raises:
        FetchError: a page could not be fetched, or the server refuses the question.
    """
    place = msgspec.json.decode(position or "{}", type=OaiPlace)
    if since and not place.token:
        place = msgspec.structs.replace(place, since=since)
    while True:
        page = web.get(f"{base}?{urllib.parse.urlencode(_asked(name, place, until))}", _Page)
        if page.error == "badResumptionToken" and place.token and place.restarted < 3:
            place = OaiPlace(since=place.since, began=place.began, restarted=place.restarted + 1)
            yield Row(position=_json(place))
            continue
        if page.error not in ("", "noRecordsMatch"):
            raise FetchError(f"the server refuses: {page.error}: {page.told}", hint=_HINT)
        place = msgspec.structs.replace(place, began=place.began or page.day)
        for number, record in enumerate(page.records, start=1):
            row = _row(record, f"page {printable(place.token, 60) or 'one'}, record {number}", source)
            if row is not None:
                yield row
        if not page.token or page.token == place.token:
            yield Row(position=_json(OaiPlace(since=place.began)))
            return
        place = msgspec.structs.replace(place, token=page.token, restarted=0)
        yield Row(position=_json(place))


class _Page:
    """One answer of the server."""

    def __init__(self, body: bytes) -> None:
        root = parsed(body, f"{_OAI}OAI-PMH")
        error = root.find(f"{_OAI}error")
        self.error = "" if error is None else error.get("code", "error")
        self.told = printable(text_of(error), 200)
        self.day = text_of(root.find(f"{_OAI}responseDate"))[:10]
        listed = root.find(f"{_OAI}ListRecords")
        self.records: list[Element] = [] if listed is None else listed.findall(f"{_OAI}record")
        self.token = "" if listed is None else text_of(listed.find(f"{_OAI}resumptionToken"))


def _asked(name: str, place: OaiPlace, until: str) -> dict[str, str]:
    if place.token:
        return {"verb": "ListRecords", "resumptionToken": place.token}
    asked = {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": name}
    return asked | {key: day for key, day in (("from", place.since), ("until", until)) if day}


def _row(record: Element, at: str, source: str) -> Row | None:
    """`None` for what arXiv withdrew: it is no mistake, and what is held stays."""
    header = record.find(f"{_OAI}header")
    if header is not None and header.get("status") == "deleted":
        return None
    fields = record.find(f"{_OAI}metadata/{_ARXIV}arXiv")
    try:
        if fields is None:
            raise ValueError("holds no metadata of the form arXiv")
        return Row(paper=_paper(fields, source))
    except ValueError as error:
        return Row(problem=Problem(place=at, message=printable(str(error))))


def _paper(fields: Element, source: str) -> Paper:
    def told(name: str) -> str:
        return text_of(fields.find(f"{_ARXIV}{name}"))

    authors = [
        " ".join(
            part
            for part in (text_of(one.find(f"{_ARXIV}forenames")), text_of(one.find(f"{_ARXIV}keyname")))
            if part
        )
        for one in fields.findall(f"{_ARXIV}authors/{_ARXIV}author")
    ]
    if not re.fullmatch(r"\d{4}\.\d{4,5}|[a-zA-Z.-]+/\d{7}", told("id")):
        raise ValueError(f"{printable(told('id'), 80)!r} is no arXiv number")
    return paper_of(
        {
            "arxiv": told("id"),
            "title": told("title"),
            "abstract": told("abstract"),
            "authors": authors,
            "topics": told("categories").split(),
            "doi": told("doi"),
            "comments": told("comments"),
        },
        source=source,
    )


def _json(place: OaiPlace) -> str:
    return msgspec.json.encode(place).decode()
