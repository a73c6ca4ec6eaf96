"""Two records of one paper become one: the newer text, and every fact that either of them knows."""

from __future__ import annotations

import msgspec

from whichmodel.catalog.library.identity import arxiv_of, id_of
from whichmodel.domain import Link, Paper


def merged(held: Paper, new: Paper) -> Paper:
    """What is held after a record of the same paper came in.

    The text (title, summary) is that of the later version; at one version a record that brings a
    summary renews the text, and one without leaves it. Links, topics and tasks are joined. The source
    is that of the first record, or of the one that brought the summary.
    """
    newer = _renews(held, new)
    text = new if newer else held
    title, summary, origin = text.title, text.summary, text.summary_origin
    if not summary:
        summary, origin = held.summary, held.summary_origin
    found = msgspec.structs.replace(
        held,
        title=title,
        summary=summary,
        summary_origin=origin,
        source=new.source if newer and new.summary and not held.summary else held.source,
        version=max(held.version, new.version),
        year=held.year or new.year,
        authors=(new.authors or held.authors) if newer else (held.authors or new.authors),
        links=_joined(held.links, new.links),
        tasks=tuple(dict.fromkeys((*held.tasks, *new.tasks))),
        topics=tuple(dict.fromkeys((*held.topics, *new.topics))),
        doi=held.doi or new.doi,
    )
    # A paper known by its title first, say, is known by its number from now on.
    return msgspec.structs.replace(found, id=id_of(found) if arxiv_of(found) else held.id)


def _renews(held: Paper, new: Paper) -> bool:
    if new.version != held.version and new.version and held.version:
        return new.version > held.version
    return bool(new.summary) or not held.summary


def _joined(held: tuple[Link, ...], new: tuple[Link, ...]) -> tuple[Link, ...]:
    kinds = {link.kind for link in held}
    return held + tuple(link for link in new if link.kind not in kinds)
