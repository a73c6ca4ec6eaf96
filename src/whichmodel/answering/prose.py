"""A sentence as runs of plain text, with the places in it that point to the evidence.

The web page and the terminal share this: Markdown is parsed once, and what a quotation or a `[3]`
rests on is decided in one place.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from whichmodel.answering.markup import inline
from whichmodel.domain import DraftReport, Sentence, Span

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Style = Literal["strong", "em", "code"]
_CITATION = re.compile(r"\[(\d{1,6})(?:,\s([^\[\]\"]{1,60}))?\]")
_QUOTATION = re.compile(r'"([^"]+)"')
_OPENS: dict[str, Style] = {"strong_open": "strong", "em_open": "em"}
# Direction overrides and control characters would change how the text around them reads; each
# becomes one sign, so that places in the text stay what they are.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a sentence in one style; `text` is plain."""

    text: str
    styles: frozenset[Style] = frozenset()


@dataclass(frozen=True, slots=True)
class Reference:
    """Characters `start:end` of a sentence's plain text that point to the evidence.

    Args:
        kind: a verbatim quotation (with its quotation marks), or a citation such as `[3, name]`.
        source: number of the source; 0 is the question.
        span: the words it rests on; None where only the source is meant.
    """

    start: int
    end: int
    kind: Literal["quotation", "citation"]
    source: int
    span: Span | None


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Nothing in a sentence may become a link, a picture or raw HTML; links come from fields only.
    return MarkdownIt("commonmark", {"html": False}).disable(
        ["link", "image", "autolink", "html_inline", "entity"]
    )


def runs(text: str) -> list[Run]:
    """Markdown inline text as styled plain text.

    >>> [(run.text, sorted(run.styles)) for run in runs("is *ours* [1]")]
    [('is ', []), ('ours', ['em']), (' [1]', [])]
    """
    found: list[Run] = []
    styles: list[Style] = []
    for token in _parser().parseInline(text)[0].children or []:
        if token.type in _OPENS:
            styles.append(_OPENS[token.type])
        elif token.type.endswith("_close") and styles:
            styles.pop()
        elif token.type == "code_inline":
            found.append(Run(visible(token.content), frozenset([*styles, "code"])))
        else:
            content = " " if token.type.endswith("break") else token.content
            if content:
                found.append(Run(visible(content), frozenset(styles)))
    return found


def plain_text(text: str) -> str:
    """Markdown inline text without its markup."""
    return "".join(run.text for run in runs(text))


def plain_name(name: str, longest: int = 300) -> str:
    """Somebody else's name on one line: without links and control characters, cut where it is too long."""
    flat = plain_text(inline(name[: longest + 1]))
    return flat if len(name) <= longest else flat[: longest - 1].rstrip() + "…"


def visible(text: str) -> str:
    """The text with `�` for every control character and direction override; as long as before.

    >>> visible("a\\x1b[1m")
    'a�[1m'
    """
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", " \n"))


def draft_told(report: DraftReport) -> str:
    """What became of a language model's draft, in a sentence or two of plain text."""
    who = plain_name(report.model or report.writer)
    told = (
        f"Sentences drafted by {who}: {report.drafted}. Kept, because the evidence carries them: {report.kept};"
        f" replaced by ours: {report.repaired}; left out: {report.dropped}."
    )
    if not report.fault:
        return told
    fault = f"The draft is missing or cut short: {plain_name(report.fault, 1000).rstrip('.')}."
    return f"{told} {fault}" if report.drafted else f"{plain_name(report.writer)} was asked to draft. {fault}"


def references(sentence: Sentence, sources: frozenset[int]) -> tuple[list[Reference], list[Span]]:
    """What in a sentence points to the evidence.

    Args:
        sentence: the sentence.
        sources: the numbers that a citation may have.

    Returns:
        The places, in order and without overlaps, and the spans that no place of the text stands for.
    """
    text = plain_text(sentence.text)
    covered = bytearray(len(text))
    found = sorted(_quotations(text, sentence.spans, covered), key=lambda item: item.start)
    linked = {reference.span for reference in found}
    quoted: dict[int, list[Reference]] = defaultdict(list)
    for reference in found:
        quoted[reference.source].append(reference)
    own: dict[int, list[Span]] = defaultdict(list)
    for span in sentence.spans:
        own[span.source].append(span)
    for match in _CITATION.finditer(text):
        number, label = int(match[1]), match[2] or ""
        if number in sources and not covered[match.start()]:
            index = bisect(quoted[number], match.start(), key=lambda item: item.end)
            # The quotation before it is what a bare number cites; a label names the field.
            before = quoted[number][index - 1].span if index and not label else None
            cited = before or _cited(own[number], label, linked)
            linked.add(cited)
            found.append(Reference(match.start(), match.end(), "citation", number, cited))
    found.sort(key=lambda item: item.start)
    return found, [span for span in dict.fromkeys(sentence.spans) if span not in linked]


def _quotations(text: str, spans: tuple[Span, ...], covered: bytearray) -> Iterator[Reference]:
    """Quotations that are a span, longest first, then those that are a part of one; marks what they cover."""
    shown: dict[str, list[Span]] = defaultdict(list)
    for span in dict.fromkeys(spans):
        words = plain_text(inline(span.text))
        if words:
            shown[words].append(span)
    for words in sorted(shown, key=len, reverse=True):
        # Several sources may hold the same words: the first quotation is of the first, and so on.
        waiting = iter(shown[words])
        last = shown[words][0]
        start = text.find(f'"{words}"')
        while start >= 0:
            end = start + len(words) + 2
            # What covers it is longer, so it covers an end of it.
            if not covered[start] and not covered[end - 1]:
                last = next(waiting, last)
                covered[start:end] = bytes([1]) * (end - start)
                yield Reference(start, end, "quotation", last.source, last)
            start = text.find(f'"{words}"', end)
    for match in _QUOTATION.finditer(text):
        start, end = match.span()
        if not any(covered[start:end]):
            whole = next((words for words in shown if match[1] in words), None)
            if whole is not None:
                span = shown[whole][0]
                covered[start:end] = bytes([1]) * (end - start)
                yield Reference(start, end, "quotation", span.source, span)


_FIELDS = {"name": "name", "title": "name", "text": "summary", "summary": "summary", "our card": "statement"}


def _cited(spans: list[Span], label: str, linked: set[Span | None]) -> Span | None:
    """The span of a source that a citation stands for: of the field that it names, and not linked yet."""
    field = _FIELDS.get(label, "")
    return min(
        spans, key=lambda span: (not (field and span.field.startswith(field)), span in linked), default=None
    )
