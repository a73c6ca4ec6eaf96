"""When two records are the same paper: the arXiv number, the DOI, else the title.

Two different arXiv numbers, or two different DOIs of which neither record has an arXiv number, are two
papers even under one title. A title alone counts only where it is long enough to tell papers apart.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from whichmodel.domain import Paper

_NEW = r"\d{4}\.\d{4,5}"
_OLD = r"[a-z][a-z-]*(?:\.[A-Z]{2})?/\d{7}"
_ARXIV = re.compile(
    rf"(?:^|arxiv\.org/(?:abs|pdf|html)/|arxiv\.org:|arxiv[:.])\s*({_NEW}|{_OLD})(?:v(\d+))?(?:\.pdf)?/?$",
    re.IGNORECASE,
)
_DOI = re.compile(r"(10\.\d{4,9}/\S+)", re.IGNORECASE)
_ARXIV_DOI = re.compile(rf"10\.48550/arxiv\.({_NEW}|{_OLD})$", re.IGNORECASE)
_FORMULA, _NO_LETTER = re.compile(r"\\[A-Za-z]+"), re.compile(r"[\W_]+")
_SHORTEST_TITLE = 12


def arxiv_number(text: str) -> tuple[str, int]:
    """The arXiv number in a number, link or identifier, and its version (0 where none is named); `("", 0)` if none.

    >>> arxiv_number("http://arxiv.org/pdf/2302.14483v1.pdf")
    ('2302.14483', 1)
    >>> arxiv_number("oai:arXiv.org:hep-th/9901001")
    ('hep-th/9901001', 0)
    >>> arxiv_number("arXiv:math.GT/0309136v2")
    ('math/0309136', 2)
    """
    found = _ARXIV.search(text.strip())
    if found is None:
        return "", 0
    # The class behind the archive is no part of the number: math.GT/0309136 is math/0309136.
    number = re.sub(r"^([a-z-]+)\.[A-Za-z]{2}/", r"\1/", found[1].casefold())
    return number, int(found[2] or 0)


def plain_doi(text: str) -> str:
    """A DOI in lower case without a resolver before it; "" where the text holds none.

    >>> plain_doi("https://doi.org/10.1109/CVPR.2023.00001 ")
    '10.1109/cvpr.2023.00001'
    """
    found = _DOI.search(text)
    return found[1].rstrip(".,;)>]}").casefold() if found else ""


@lru_cache(maxsize=8192)
def title_key(title: str) -> str:
    """Letters and digits of a title without case, accents and formula marks; "" for one too short to tell.

    >>> title_key("S$^2$Mamba:  A Naïve Approach")
    's2mambaanaiveapproach'
    >>> title_key("Editorial")
    ''
    """
    plain = unicodedata.normalize("NFKD", _FORMULA.sub("", title).casefold())
    key = _NO_LETTER.sub("", plain)
    return key if len(key) >= _SHORTEST_TITLE else ""


def arxiv_of(paper: Paper) -> str:
    """The arXiv number of a paper, from its id, its DOI or its links; "" where it has none."""
    if paper.id.startswith("arxiv:"):
        return paper.id.removeprefix("arxiv:")
    named = _ARXIV_DOI.match(paper.doi)
    if named:
        return arxiv_number(named[1])[0]
    for link in paper.links:
        if link.kind == "paper" and (number := arxiv_number(link.url)[0]):
            return number
    return ""


def id_of(paper: Paper) -> str:
    """What a library knows a paper by: its arXiv number, else its DOI, else a digest of its title.

    A title too short to tell papers apart counts with year and first author.
    """
    number = arxiv_of(paper)
    if number:
        return f"arxiv:{number}"
    if paper.doi:
        return f"doi:{paper.doi}"
    plain = title_key(paper.title)
    if not plain:
        plain = f"{' '.join(paper.title.casefold().split())} {paper.year} {' '.join(paper.authors[:1])}"
    return f"title:{hashlib.sha256(plain.encode()).hexdigest()[:20]}"


def keys_of(paper: Paper) -> list[int]:
    """Numbers under which the paper is looked up, the surest first: 63 bits of a digest each."""
    names = [id_of(paper)]
    if paper.doi:
        names.append(f"doi:{paper.doi}")
    if title := title_key(paper.title):
        names.append(f"title:{title}")
    return [_number(name) for name in dict.fromkeys(names)]


def same(one: Paper, other: Paper) -> bool:
    """Whether two records that share a key are one paper."""
    first, second = arxiv_of(one), arxiv_of(other)
    if first and second:
        return first == second
    if one.doi and other.doi and not (first or second):
        return one.doi == other.doi
    return (one.doi != "" and one.doi == other.doi) or title_key(one.title) == title_key(other.title)


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1
