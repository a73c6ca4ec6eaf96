"""Markdown within a line as plain text, each character with its place in the answer.

What is no part of the statement goes: emphasis, link targets, citation marks of all makes. What tells how the
sentence is meant is remembered: `*[ours]*`, `*[open]*`, and the numbers of the sources cited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Every repetition is bounded or cannot be entered twice for the same text, so hostile answers cost no more.
_MARKUP = re.compile(
    r"(?P<mark>\*{0,2}\[(?P<word>ours|open)\]\*{0,2})"
    r"|\[cite_start\]|\[cite:[^\[\]\n]{0,200}\]|【[^】\n]{0,120}】"
    r"|(?P<cite>\[(?P<number>\d{1,3})(?:,\s?(?:name|title|our card|our library|card))?\](?!\())"
    r"|(?P<link>!?\[(?P<label>[^\[\]\n]{0,300})\]\(<?(?P<target>[^()\s<>]{0,2000}(?:\([^()\s]{0,200}\)[^()\s<>]{0,500})?)>?\))"
    r"|(?P<url><?https?://[^\s<>\"'`{}|\\^]{1,2000}>?)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|\*{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|`{1,3}"
    r"|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
    r"|[\U0001F300-\U0001FAFF\u2600-\u27bf\ufe0f]"
    r"|<br\s?/?>|</?(?:b|i|em|strong|sub|sup|u|p)>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """Text without markup.

    Args:
        text: what a reader sees.
        places: for each character of `text` its place in the answer.
        marks: `(place in text, "ours" or "open")`.
        cites: `(place in text, number)` of sources cited.
        urls: `(place in text, address)` of links.
        bold: `(start, end)` in text of what is in bold.
        labels: `(start, end)` in text of the words of links.
    """

    text: str
    places: tuple[int, ...]
    marks: tuple[tuple[int, str], ...]
    cites: tuple[tuple[int, int], ...]
    urls: tuple[tuple[int, str], ...]
    bold: tuple[tuple[int, int], ...]
    labels: tuple[tuple[int, int], ...]


def to_plain(pieces: list[tuple[int, str]]) -> Plain:
    """Lines of one block, each with its place in the answer, as one plain text.

    >>> to_plain([(0, "**It** removes noise [cite: 4]."), (40, "So *there*")]).text
    'It removes noise . So there'
    """
    out: list[str] = []
    places: list[int] = []
    marks: list[tuple[int, str]] = []
    cites: list[tuple[int, int]] = []
    urls: list[tuple[int, str]] = []
    bold: list[tuple[int, int]] = []
    labels: list[tuple[int, int]] = []
    opened: int | None = None

    def add(text: str, at: int) -> None:
        out.append(text)
        places.extend(range(at, at + len(text)))

    for index, (offset, line) in enumerate(pieces):
        if index:
            add(" ", max(offset - 1, 0))
        last = 0
        for match in _MARKUP.finditer(line):
            add(line[last : match.start()], offset + last)
            last = match.end()
            here = len(places)
            if match["word"]:
                marks.append((here, match["word"].lower()))
            elif match["number"]:
                cites.append((here, int(match["number"])))
            elif match["link"]:
                urls.append((here, match["target"]))
                labels.append((here, here + len(match["label"])))
                add(match["label"], offset + match.start("label"))
            elif match["url"]:
                urls.append((here, match["url"].strip("<>")))
            elif match["escaped"]:
                add(match["escaped"], offset + match.start("escaped"))
            elif match[0] in ("**", "***"):
                if opened is None:
                    opened = here
                else:
                    bold.append((opened, here))
                    opened = None
        add(line[last:], offset + last)
    return Plain(
        "".join(out), tuple(places), tuple(marks), tuple(cites), tuple(urls), tuple(bold), tuple(labels)
    )
