"""The sentences of an answer that claim something, each with its place and with what it stands under."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from whichmodel.answering.audit.blocks import Block, read_blocks
from whichmodel.answering.audit.plain_text import Plain, to_plain
from whichmodel.answering.audit.words import content, lexicon, numbers_of, words_of

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|resp|approx|fig|eq|sec|no|al|dr|mr|mrs|st|ca|incl|w\.r\.t)|\b[A-Za-z])\.$",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s+[\"“‘'(\[—–-]?[A-Z0-9]|\s*$)")
_LEAD = re.compile(r"[\s\"“(]*([^:.!?\n]{1,160}?)\s*(?::|\s[–—-]\s)\s*")
# Words that label a part of an answer and claim nothing.
_LABELS = re.compile(
    r"^(?:\W*\d+[.)]?\s*)?(?:inputs?|outputs?|model|models|short reply|summary|conclusion|task|"
    r"the task|paper|papers|github|code|"
    r"hugging\s?face|project(?: page)?|links?|dataset|workflow|in numbers|answer|in short|result|"
    r"what the sources leave open|"
    r"(?:core |main |primary |related |supporting )?(?:model|concept|paper|framework|tool|"
    r"reference)s?(?:\s*\([^)]{0,80}\))?)\W*$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^\W*(?:paper|papers|github|code|hugging\s?face|project(?: page)?|links?|url|arxiv|model|title|"
    r"name|user question|question|code and dataset are available at)\W*:",
    re.IGNORECASE,
)
_KEY = re.compile(r"^how to read the marks", re.IGNORECASE)
_ARROW = re.compile(r"[→➔➜⟶]|->")
_MOST_CHARACTERS = 2000
_LONGEST_PORTS, _SHORTEST_CELL = 14, 3


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, or a bullet that stands for one.

    Args:
        text: without markup, the label before it included.
        body: where the claim begins in `text`: after a label ("Output:") that claims nothing.
        start, end: its characters in the answer.
        block: the block that holds it.
        index: which sentence of the block it is, from 0.
        marks: `"ours"`, `"open"` where the sentence bears our mark.
        cites: numbers of the sources it cites.
        urls: addresses in its block, which tell what the block is about.
        label: the words before the colon.
        unlinked: the text without the words of links.
    """

    text: str
    body: int
    start: int
    end: int
    block: Block
    index: int
    marks: frozenset[str] = frozenset()
    cites: tuple[int, ...] = ()
    urls: tuple[str, ...] = ()
    label: str = ""
    unlinked: str = ""

    @property
    def claim(self) -> str:
        """The text without its label."""
        return self.text[self.body :]


def read_statements(answer: str) -> list[Statement]:
    """Every sentence of the answer in order, questions and headings left out."""
    found: list[Statement] = []
    for block in read_blocks(answer):
        if block.kind == "heading":
            continue
        found += _statements(block)
    return found


def as_statement(sentence: str) -> Statement:
    """A sentence that stands by itself, as a statement."""
    block = Block("paragraph", [(0, " ".join(sentence.split()))])
    plain = to_plain(block.lines)
    return _statement(block, plain, 0, len(plain.text), 0)


def is_claim(statement: Statement) -> bool:
    """Whether a sentence says something that could be true or false of sources, task or question."""
    text = statement.claim.strip()
    if not text or text.rstrip("\"”’').").endswith("?") or _KEY.match(text) or _FIELD.match(statement.text):
        return False
    if statement.block.kind == "cell" and (
        (_ARROW.search(text) and len(content(text)) <= _LONGEST_PORTS) or len(content(text)) < _SHORTEST_CELL
    ):
        return False  # "grainy picture h × w × 3 → clean picture", "(b) denoising"
    words = words_of(text)
    if len(words) < 3 or (_LABELS.match(text) and len(words) <= 4):
        return False
    if not [word for word in content(statement.unlinked) if word.text.lower() not in lexicon().talk]:
        return bool(numbers_of(statement.unlinked))
    return len(content(text)) >= 2 or bool(numbers_of(text)) or len(words) >= 6


def sentence_bounds(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of a plain text, without the white space around it.

    >>> [text[a:b] for text in ["One. Two, e.g. this."] for a, b in sentence_bounds(text)]
    ['One.', 'Two, e.g. this.']
    """
    found = []
    start = 0
    for match in [*_END.finditer(text), None]:
        end = match.end() if match else len(text)
        if match and _ABBREVIATION.search(text[max(start, match.start() - 8) : match.start() + 1]):
            continue
        stripped = text[start:end].strip()
        if stripped:
            left = start + len(text[start:end]) - len(text[start:end].lstrip())
            found.append((left, left + len(stripped)))
        start = end
    return found


def _statements(block: Block) -> list[Statement]:
    plain = to_plain(block.lines)
    return [
        _statement(block, plain, start, end, index)
        for index, (start, end) in enumerate(sentence_bounds(plain.text))
    ]


def _statement(block: Block, plain: Plain, start: int, end: int, index: int) -> Statement:
    while start < end and not (plain.text[start].isalnum() or plain.text[start] in "\"“‘'(["):
        start += 1
    while end > start and plain.text[end - 1].isspace():
        end -= 1
    end = min(end, start + _MOST_CHARACTERS)
    text = plain.text[start:end]
    left = plain.places[start] if start < len(plain.places) else block.lines[0][0]
    right = plain.places[end - 1] + 1 if end > start else left
    statement = Statement(
        text=text,
        body=0,
        start=left,
        end=right,
        block=block,
        index=index,
        # A mark stands before the full stop or right after it.
        marks=frozenset(word for at, word in plain.marks if start < at <= end + 1),
        cites=tuple(dict.fromkeys(number for at, number in plain.cites if start <= at <= end + 1)),
        urls=tuple(url for _, url in plain.urls),
        unlinked=_without(text, [(a - start, b - start) for a, b in plain.labels]),
    )
    return _with_label(statement, any(left <= start + 2 for left, _ in plain.bold))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        if end > 0 and start < len(text):
            text = text[: max(start, 0)] + text[max(end, 0) :]
    return text


def _with_label(statement: Statement, bold: bool) -> Statement:
    match = _LEAD.match(statement.text)
    if not match or match.end() >= len(statement.text):
        return statement
    label = match[1].strip()
    if statement.index and not bold and not _LABELS.match(label):
        return statement
    if _LABELS.match(label) or bold:
        body = match.end() if _LABELS.match(label) else 0
        return replace(statement, label=label, body=body)
    return replace(statement, label=label) if len(label.split()) <= 8 else statement
