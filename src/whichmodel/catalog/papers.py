"""Papers of the field as bibliographic facts: title, where to read it, its code, the tasks its title names.

`data/papers.jsonl.gz` holds one paper a line; `training/build_papers.py` writes it. Nothing is held of
what the papers say, so nothing beyond a title may be said of one.
"""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from importlib import resources
from typing import Annotated

import msgspec

from whichmodel.domain import InputError, Link, Paper, Record


class PaperLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the file; of a paper at arXiv the link to the text follows from its number, as does the year.

    Args:
        title: as the authors wrote it, one line, formulas made plain.
        arxiv: number without the version, `"2302.14483"`; "" for a paper that is not there.
        url: where it can be read, of those that are not at arXiv.
        year: of those.
        code: link to the code, "" where none is known.
        topics: what the bibliography files it under.
        tasks: ids of the ontology that the title names, best first.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    arxiv: Annotated[str, msgspec.Meta(pattern=r"^$|^\d{4}\.\d{4,5}$")] = ""
    url: Annotated[str, msgspec.Meta(pattern=r"^$|^https?://[\w.-]+/[!-~]+$")] = ""
    year: Annotated[int, msgspec.Meta(ge=1900, le=2100)] | None = None
    code: Annotated[str, msgspec.Meta(pattern=r"^$|^https://")] = ""
    topics: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()


def papers() -> tuple[Paper, ...]:
    """Every paper, in the order of the file; read at the first call and kept.

    Raises:
        InputError: the file is damaged; names the line.

    >>> papers()[0].links[0].kind
    'paper'
    """
    return _papers()


@cache
def _papers() -> tuple[Paper, ...]:
    file = resources.files("whichmodel.catalog").joinpath("data/papers.jsonl.gz")
    try:
        content = gzip.decompress(file.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"the file of papers cannot be read: {error}") from error
    return read_papers(content)


def read_papers(content: bytes) -> tuple[Paper, ...]:
    """The papers of a file's content, one JSON object a line.

    Raises:
        InputError: a line is not valid, or a paper is there twice; names the line.

    >>> read_papers(b'{"title":"Deblurring","arxiv":"2302.00001","tasks":["deblurring"]}')[0].year
    2023
    """
    decode = msgspec.json.Decoder(PaperLine).decode
    found: dict[str, Paper] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            fields = decode(line)
        except msgspec.DecodeError as error:
            raise InputError(f"papers, line {number}: {error}") from error
        url = f"https://arxiv.org/abs/{fields.arxiv}" if fields.arxiv else fields.url
        if not url:
            raise InputError(f"papers, line {number}: no place where it can be read")
        if url in found:
            raise InputError(f"papers, line {number}: {url} is there twice")
        links = [Link(kind="paper", url=url)]
        if fields.code:
            links.append(Link(kind="code", url=fields.code))
        found[url] = Paper(
            title=fields.title,
            links=tuple(links),
            year=2000 + int(fields.arxiv[:2]) if fields.arxiv else fields.year,
            topics=fields.topics,
            tasks=fields.tasks,
        )
    return tuple(found.values())
