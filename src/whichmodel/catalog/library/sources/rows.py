"""What a reader gives, and how loose fields of any source become a paper."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from whichmodel.catalog.library.identity import arxiv_number, id_of, plain_doi
from whichmodel.catalog.outside import is_control, printable
from whichmodel.domain import Link, Paper, Record
from whichmodel.domain.paper import ABSTRACT

LONGEST_TITLE, LONGEST_ABSTRACT, MOST_NAMES = 600, 20_000, 3000
_YEARS = range(1800, 2101)
_CODE = re.compile(
    r"https?://(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|huggingface\.co|codeberg\.org)/\S+"
)
_NAMES = re.compile(r"\s*[;,]\s*(?:and\s+)?|\s+and\s+")
_DATE = re.compile(r"\b(1[89]\d\d|20\d\d|2100)\b")
# The names that other lists give to a field of ours, the first that holds something counts.
_ALIASES = {
    "title": ("title",),
    "abstract": ("abstract",),
    "url": ("url", "abs", "paper", "pdf", "link"),
    "code": ("code", "github", "code_url"),
    "authors": ("authors", "author"),
    "topics": ("topics", "categories", "keywords"),
    "year": ("year", "date", "published", "update_date"),
    "arxiv": ("arxiv", "arxiv_id", "eprint"),
    "doi": ("doi",),
}


class Problem(Record, frozen=True, kw_only=True):
    """A row that could not be used.

    Args:
        place: where it stands, "line 12" or "page from 2000, entry 3".
        message: what is wrong with it.
    """

    place: str
    message: str


class Row(Record, frozen=True, kw_only=True):
    """One row of a source.

    Args:
        paper: what it holds, or `None`.
        problem: why it holds none; both are `None` where a row only tells how far the source was read.
        position: a reader that starts from here gives what follows this row; "" where that cannot be said.
    """

    paper: Paper | None = None
    problem: Problem | None = None
    position: str = ""


def paper_of(fields: Mapping[str, Any], *, source: str) -> Paper:
    """The paper of a row's loose fields.

    Args:
        fields: those of the schema in `lines`, or others' names for them.
        source: for `Paper.source`.

    Raises:
        ValueError: the row cannot be used; says why.
    """
    title = _text(fields, "title", LONGEST_TITLE)
    if not any(character.isalpha() for character in title):
        raise ValueError("has no title")
    abstract = _text(fields, "abstract", LONGEST_ABSTRACT)
    number, version = _number(fields)
    doi = plain_doi(_text(fields, "doi", 300))
    paper = Paper(
        title=title,
        summary=abstract,
        summary_origin=ABSTRACT if abstract else "",
        links=_links(fields, number, doi),
        year=_year(fields, number),
        authors=_names(fields),
        topics=_topics(fields),
        tasks=tuple(task for task in _list(fields.get("tasks")) if re.fullmatch(r"[a-z0-9-]{2,60}", task)),
        source=source,
        version=version,
        doi=doi,
    )
    import msgspec

    return msgspec.structs.replace(paper, id=f"arxiv:{number}" if number else id_of(paper))


def clean(text: str) -> str:
    """One line of composed characters, without those that steer a terminal or hide.

    >>> clean("A  b\\n c\\x1b[0m")
    'A b c[0m'
    """
    flat = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(character for character in flat if not is_control(character))


def _first(fields: Mapping[str, Any], name: str) -> Any:
    return next((fields[alias] for alias in _ALIASES[name] if fields.get(alias)), None)


def _text(fields: Mapping[str, Any], name: str, most: int) -> str:
    value = _first(fields, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    if len(value) > 10 * most:
        raise ValueError(f"{name} has {len(value)} characters")
    return clean(value)[:most]


def _number(fields: Mapping[str, Any]) -> tuple[str, int]:
    """The arXiv number and the version; the versions of a snapshot are a list."""
    number, version = "", 0
    for name in ("arxiv", "arxiv_id", "eprint", "id", "url", "abs", "paper", "pdf"):
        value = fields.get(name)
        if isinstance(value, str) and not number:
            number, version = arxiv_number(value)
    if not number and isinstance(fields.get("doi"), str):
        number = arxiv_number(re.sub(r"(?i)^.*10\.48550/arxiv\.", "", fields["doi"]))[0]
    given = fields.get("version")
    versions = fields.get("versions")
    if isinstance(versions, list) and versions and isinstance(versions[-1], Mapping):
        given = versions[-1].get("version")
    if isinstance(given, int | str) and (found := re.fullmatch(r"v?(\d{1,3})", str(given))):
        version = int(found[1])
    return number, version


def _year(fields: Mapping[str, Any], number: str) -> int | None:
    """Of the first version at arXiv, which its number tells, else as given."""
    digits = re.match(r"(?:[a-z-]+/)?(\d\d)", number)
    if digits:
        short = int(digits[1])
        return 1900 + short if short > 90 else 2000 + short
    value = _first(fields, "year")
    if isinstance(value, bool) or value is None:
        return None
    found = _DATE.search(str(value)[:40])
    if found is None or int(found[1]) not in _YEARS:
        raise ValueError(f"year {printable(str(value), 40)!r} is no year")
    return int(found[1])


def _links(fields: Mapping[str, Any], number: str, doi: str) -> tuple[Link, ...]:
    found = []
    if number:
        found.append(Link(kind="paper", url=f"https://arxiv.org/abs/{number}"))
    elif url := _url(_first(fields, "url")):
        found.append(Link(kind="paper", url=url))
    elif doi:
        found.append(Link(kind="paper", url=f"https://doi.org/{doi}"))
    if code := _url(_first(fields, "code")):
        found.append(Link(kind="code", url=code))
    elif named := _CODE.search(str(fields.get("comments") or "")[:2000]):
        found.append(Link(kind="code", url=_url(named[0].rstrip(".,;)")) or ""))
    return tuple(link for link in found if link.url)


def _url(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    url = re.sub(r"^http://", "https://", value.strip())
    return url if re.fullmatch(r"https://[^\s<>\"'`\\{}|^\x00-\x20\x7f-\x9f]{3,500}", url) else ""


def _names(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = _first(fields, "authors")
    if isinstance(value, str):
        value = _NAMES.split(value)
    return tuple(name[:200] for name in _list(value))[:MOST_NAMES]


def _topics(fields: Mapping[str, Any]) -> tuple[str, ...]:
    value = _first(fields, "topics")
    if isinstance(value, str):
        # Categories of arXiv stand side by side; keywords are parted by commas.
        value = re.split(r"\s*[;,]\s*", value) if re.search("[;,]", value) else value.split()
    return tuple(dict.fromkeys([*_list(value), *_list([fields.get("topic"), fields.get("subtopic")])]))[:100]


def _list(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        return []
    return [text for item in value if isinstance(item, str) and (text := clean(item)[:200])]
