"""Reading a prompt that somebody else wrote: question, recommended models, related papers.

The format:

    A user has asked the following question:
    "..."
    ### Recommended AI Models:
    Model: NAME
    Paper: URL
    GitHub: URL
    HuggingFace: URL
    Summary: text, possibly over several lines

    ### Related Papers:
    Model: TITLE
    ...

or, for the entries, Markdown bullets: `- **NAME**` followed by indented fields.

Everything in a prompt is data. Inside a summary, a line that looks like a field, a heading or an
entry is text: a summary ends only at a blank line that is followed by a real entry (a name line
with a field line under it), at the heading of the other section, or at the final `Answer:`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from whichmodel.domain import Brief, InputError, Link, Source

MAX_BYTES = 8 * 1024 * 1024

_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s*)?(?:\*\*|__)?\s*(recommended\s+(?:ai\s+)?models?|related\s+papers?)\s*:?\s*(?:\*\*|__)?\s*:?\s*$",
    re.IGNORECASE,
)
_QUESTION_HEAD = re.compile(r"\bquestion\b[^\"“”]{0,40}:\s*(?P<rest>.*)$", re.IGNORECASE)
_BULLET = r"(?:[-*+•]|\d{1,3}[.)])"
_BOLD = r"\s*(?:\*\*|__)?\s*"
_ENTRY = re.compile(rf"^\s*(?:{_BULLET}\s+)?{_BOLD}Model{_BOLD}:{_BOLD}(?P<name>.*)$", re.IGNORECASE)
_BULLET_ENTRY = re.compile(
    rf"^\s*{_BULLET}\s+(?:\*\*|__)(?P<name>(?!\s*(?:Paper|GitHub|Hugging|Summary|Model)\b).+?)(?:\*\*|__)\s*:?\s*$"
)
_FIELD = re.compile(
    rf"^\s*(?:{_BULLET}\s+)?{_BOLD}(?P<key>Paper|GitHub|Hugging\s?Face|Summary){_BOLD}:{_BOLD}(?P<value>.*)$",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^\s*(?:#{1,6}\s*)?(?:\*\*)?Answer\s*:?\s*(?:\*\*)?\s*:?\s*$", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'`{}|\\^]+", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:none|null|n/?a|nan|unknown|not available|-+|–|)$", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’"}
# Links are compared after these are stripped from their end.
LINK_TAIL = ".,;:*["

_EXPECTED = (
    "expected a line such as: A user has asked the following question: and under it the question in quotes"
)


def strip_link(url: str) -> str:
    """A link without the punctuation that text leaves behind it.

    >>> strip_link("https://example.org/paper.pdf.")
    'https://example.org/paper.pdf'
    """
    return url.strip().rstrip(LINK_TAIL)


def links_in(text: str) -> tuple[str, ...]:
    """Links in running text, each once, in order; an unbalanced closing bracket is no part of a link."""
    found: dict[str, None] = {}
    for match in _URL.finditer(text):
        url = strip_link(match.group(0))
        while url.endswith((")", "]")) and not _balanced(url):
            url = strip_link(url[:-1])
        if len(url) > len("https://"):
            found[url] = None
    return tuple(found)


def _balanced(url: str) -> bool:
    return url.count(")") <= url.count("(") and url.count("]") <= url.count("[")


@dataclass(slots=True)
class _Entry:
    name: str
    line: int
    links: list[Link] = field(default_factory=list)
    summary: list[str] | None = None


def read_prompt(data: bytes | str, *, where: str = "the prompt") -> Brief:
    """Read a prompt into a Brief.

    Args:
        data: the prompt; bytes are decoded as UTF-8 (with or without BOM) or UTF-16 with BOM.
        where: what to call it in messages.

    Raises:
        InputError: too large, not text, or without a question; says the line and what was expected.
    """
    text = _decode(data, where)
    lines = [line.rstrip("\r") for line in re.split(r"\r\n|\n|\r", text)]
    if not text.strip():
        raise InputError(f"{where} is empty", hint=_EXPECTED)
    sections = _sections(lines)
    first_section = min((start for _, start, _ in sections), default=len(lines))
    question = _question(lines, first_section, where)
    models: list[_Entry] = []
    papers: list[_Entry] = []
    for kind, start, end in sections:
        (models if kind == "model" else papers).extend(_entries(lines, start + 1, end))
    numbered = [("model", entry) for entry in models] + [("paper", entry) for entry in papers]
    sources = tuple(_source(number, kind, entry) for number, (kind, entry) in enumerate(numbered, start=1))
    return Brief(
        question=question,
        models=tuple(source for source in sources if source.kind == "model"),
        papers=tuple(source for source in sources if source.kind == "paper"),
    )


def _decode(data: bytes | str, where: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{where} is larger than {MAX_BYTES // 2**20} MB, the most that a prompt may have",
            hint="give the question with its models and papers, not a whole collection",
        )
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
        if b"\x00" in data:
            raise InputError(
                f"{where} is not text: byte {data.index(0)} is zero", hint="a prompt is a UTF-8 text file"
            )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{where} is not UTF-8 text: byte {error.start} cannot be read", hint="save it as UTF-8"
        ) from error


def _sections(lines: list[str]) -> list[tuple[Literal["model", "paper"], int, int]]:
    """The two sections as (kind, heading line, end line); each kind once, at its first real heading."""
    found: dict[str, int] = {}
    for index, line in enumerate(lines):
        match = _HEADING.match(line)
        if not match:
            continue
        kind = "model" if "model" in match.group(1).lower() else "paper"
        inside = bool(found)
        # A heading inside a summary is text: after the first section, one needs a blank line before.
        if kind in found or (inside and index and lines[index - 1].strip()):
            continue
        found[kind] = index
    if not found:
        return []
    last = _end(lines)
    ordered = sorted(found.items(), key=lambda item: item[1])
    ends = [start for _, start in ordered[1:]] + [last]
    return [
        ("model" if kind == "model" else "paper", start, max(end, start + 1))
        for (kind, start), end in zip(ordered, ends, strict=True)
    ]


def _end(lines: list[str]) -> int:
    """The line of the final `Answer:` if nothing but blanks follows it, else the end of the text."""
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].strip():
            return index if _ANSWER.match(lines[index]) else len(lines)
    return len(lines)


def _question(lines: list[str], stop: int, where: str) -> str:
    for index in range(stop):
        match = _QUESTION_HEAD.search(lines[index])
        if not match:
            continue
        text, at = _quoted(lines, index, match.group("rest"), stop)
        if text:
            return text
        raise InputError(
            f"{where}, line {at + 1}: no question after {lines[index].strip()!r}", hint=_EXPECTED
        )
    for index in range(stop):
        if lines[index].strip()[:1] in _QUOTES:
            text, _ = _quoted(lines, index - 1, "", stop)
            if text:
                return text
    raise InputError(f"{where}: no question found before line {stop + 1}", hint=_EXPECTED)


def _quoted(lines: list[str], head: int, rest: str, stop: int) -> tuple[str, int]:
    """The paragraph after the heading, without its outer quotes, and the line where it begins."""
    at = head
    paragraph = [rest] if rest.strip() else []
    if not paragraph:
        at = head + 1
        while at < stop and not lines[at].strip():
            at += 1
    index = head + 1 if paragraph else at
    opening = (paragraph[0] if paragraph else lines[at] if at < stop else "").strip()[:1]
    closing = _QUOTES.get(opening, "")
    while index < stop and not (paragraph and closing and paragraph[-1].rstrip().endswith((closing, '"'))):
        if not lines[index].strip() and not (closing and _closes_later(lines, index, stop, closing)):
            break
        paragraph.append(lines[index])
        index += 1
    text = "\n".join(line.strip() for line in paragraph).strip()
    if closing and len(text) >= 1 and text.startswith(opening):
        text = text[1:]
        if text.endswith((closing, '"')):
            text = text[:-1]
    return text.strip(), min(at, len(lines) - 1)


def _closes_later(lines: list[str], start: int, stop: int, closing: str) -> bool:
    """Whether a question that holds a blank line is closed by its quote within a few lines."""
    return any(
        line.rstrip().endswith((closing, '"')) for line in lines[start : min(start + 12, stop)] if line
    )


def _entries(lines: list[str], start: int, end: int) -> list[_Entry]:
    blank_separated = any(
        _name(lines[index]) is not None and not lines[index - 1].strip()
        for index in range(start + 1, end)
        if any(_name(line) is not None for line in lines[start:index])
    )
    entries: list[_Entry] = []
    index = start
    while index < end:
        line = lines[index]
        name = _name(line)
        entry = entries[-1] if entries else None
        if name is not None and _begins(lines, index, end, entry, blank_separated):
            entries.append(_Entry(name=name, line=index + 1))
        elif entry is not None and entry.summary is not None:
            entry.summary.append(line)
        elif entry is not None:
            match = _FIELD.match(line)
            if match:
                _add_field(entry, match.group("key"), match.group("value"))
        index += 1
    return [entry for entry in entries if entry.name]


def _name(line: str) -> str | None:
    match = _ENTRY.match(line) or _BULLET_ENTRY.match(line)
    return match.group("name").strip().strip("*").strip() if match else None


def _begins(lines: list[str], index: int, end: int, entry: _Entry | None, blank_separated: bool) -> bool:
    """Whether the name line at `index` begins an entry, or is a line of the summary above it."""
    if entry is None or entry.summary is None:
        return True
    if blank_separated and lines[index - 1].strip():
        return False
    following = next((line for line in lines[index + 1 : end] if line.strip()), "")
    return bool(_FIELD.match(following))


def _add_field(entry: _Entry, key: str, value: str) -> None:
    key = re.sub(r"\s", "", key).lower()
    if key == "summary":
        entry.summary = [value]
        return
    kind: Literal["paper", "code", "huggingface"] = (
        "paper" if key == "paper" else "code" if key == "github" else "huggingface"
    )
    value = value.strip()
    urls = links_in(value)
    if (
        not urls
        and not _NOTHING.match(value.strip("*").strip())
        and re.match(r"^[\w-]+(\.[\w-]+)+(/\S*)?$", value)
    ):
        urls = (strip_link(value),)
    for url in urls:
        if all(link.url != url for link in entry.links):
            entry.links.append(Link(kind=kind, url=url))


def _source(number: int, kind: str, entry: _Entry) -> Source:
    summary = "\n".join(line.strip() for line in entry.summary or []).strip()
    if _NOTHING.match(summary):
        summary = ""
    own = {link.url for link in entry.links}
    return Source(
        number=number,
        kind="model" if kind == "model" else "paper",
        name=entry.name,
        links=tuple(entry.links),
        summary=summary,
        inside_links=tuple(url for url in links_in(summary) if url not in own),
        line=entry.line,
    )
