"""Links of an answer against those of the brief."""

from __future__ import annotations

import re

from whichmodel.domain import Brief, LinkFindings
from whichmodel.understand.prompt_format import links_in, strip_link


def check_links(brief: Brief, answer: str) -> LinkFindings:
    """Links that only the answer has, and links of the brief that the answer lacks; both in order.

    A scheme, `www.`, capitals, a closing slash and `.git` make no difference.
    """
    given: dict[str, str] = {}
    for source in brief.sources:
        for url in (*(link.url for link in source.links), *source.inside_links):
            given.setdefault(_same(url), url)
    for url in links_in(brief.question):
        given.setdefault(_same(url), url)
    shown = {_same(url): url for url in links_in(answer.replace("\\_", "_"))}
    asked = {_same(url) for url in links_in(brief.question)}
    return LinkFindings(
        outside=tuple(url for key, url in shown.items() if key not in given),
        missing=tuple(
            url
            for key, url in given.items()
            if key not in shown and key not in asked and not _written(url, answer)
        ),
    )


def _written(url: str, answer: str) -> bool:
    """Whether a link that is none by its looks ("example.org/x") stands in the answer."""
    return not url.lower().startswith(("http://", "https://")) and url in answer


def _same(url: str) -> str:
    bare = re.sub(r"^https?://(?:www\.)?", "", strip_link(url), flags=re.IGNORECASE)
    return bare.casefold().rstrip("/").removesuffix(".git")
