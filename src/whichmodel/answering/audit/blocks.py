"""The blocks of an answer in Markdown: headings, paragraphs, bullets, cells of tables, with their places.

Only what the audit needs of Markdown is read, line by line, so that any text is read in one pass; code fences are
drawings and are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["heading", "paragraph", "bullet", "cell"]

_FENCE = re.compile(r"^\s{0,12}(`{3,}|~{3,})")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+")
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$|^\s*=+\s*$")
_BULLET = re.compile(r"^(\s*)(?:[-*+•–]|\d{1,3}[.)]|[a-z][.)])\s+")
_ORDERED = re.compile(r"^\d{1,3}[.)]\s+")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_QUOTE = re.compile(r"^\s{0,3}>\s?")
# "2. How the model(s) would work in a workflow" is a heading though it looks like an item of a list.
_PART = re.compile(
    r"\b(?:tasks?|workflow|papers?|tools|references|summary|conclusion|links|how (?:do|does|would|the|it)|what)\b",
    re.IGNORECASE,
)
_LONGEST_HEADING_WORDS = 25
_MOST_CELLS = 12


@dataclass(slots=True)
class Block:
    """One block.

    Args:
        kind: what it is.
        lines: its lines, each with its place in the answer.
        parent: the block it stands under: the bullet above a nested one, the paragraph that leads in to bullets.
        row: for a cell, the first cells of its row before it.
        heading: the heading above.
    """

    kind: Kind
    lines: list[tuple[int, str]]
    indent: int = 0
    parent: Block | None = None
    row: list[Block] = field(default_factory=list)
    heading: Block | None = None

    @property
    def raw(self) -> str:
        """The block's text with its markup."""
        return " ".join(text for _, text in self.lines)


def read_blocks(answer: str) -> list[Block]:
    """All blocks in order. Reading takes time in proportion to the answer's length."""
    reader = _Reader()
    lines = answer.splitlines(keepends=True)
    offset = 0
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else ""
        reader.line(offset, line.rstrip("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), following)
        offset += len(line)
    return reader.blocks


class _Reader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._open: Block | None = None
        self._stack: list[Block] = []
        self._lead: Block | None = None
        self._heading: Block | None = None
        self._fence = ""
        self._broken = False

    def line(self, offset: int, line: str, following: str) -> None:
        fence = _FENCE.match(line)
        if self._fence:
            if fence and fence[1].startswith(self._fence):
                self._fence = ""
            return
        if fence:
            self._fence, self._open = fence[1], None
            return
        quote = _QUOTE.match(line)
        if quote:
            offset, line = offset + quote.end(), line[quote.end() :]
        if not line.strip():
            self._open = None
            return
        if _RULE.match(line):
            self._open, self._stack, self._lead = None, [], None
            return
        if self._is_heading(line, following):
            self._start("heading", offset, line)
            return
        if line.lstrip().startswith("|") and line.count("|") >= 2:
            self._row(offset, line, following)
            return
        bullet = _BULLET.match(line)
        if bullet:
            self._start("bullet", offset + bullet.end(), line[bullet.end() :], len(bullet[1].expandtabs(4)))
        elif self._open is not None and self._open.kind != "heading" and not self._broken:
            self._open.lines.append((offset, line))
        else:
            self._start("paragraph", offset, line, len(line) - len(line.lstrip()))
        # Two blanks or a backslash at the end of a line break it for good.
        self._broken = line.endswith(("  ", "\\"))

    def _is_heading(self, line: str, following: str) -> bool:
        if _HEADING.match(line):
            return True
        # "2. How the model would work" on a line of its own, with nothing below it at once.
        stands_alone = not following.strip() and self._open is None
        short = len(line.split()) <= _LONGEST_HEADING_WORDS
        numbered = bool(_ORDERED.match(line)) and bool(_PART.search(line))
        bold = (
            line.strip().startswith("**")
            and line.strip().rstrip(":").endswith("**")
            and line.count("**") == 2
        )
        return stands_alone and short and (numbered or bold)

    def _row(self, offset: int, line: str, following: str) -> None:
        self._open = None
        if _TABLE_RULE.match(line) or _TABLE_RULE.match(following):
            return
        row: list[Block] = []
        at = 0
        for cell in re.split(r"(?<!\\)\|", line, maxsplit=_MOST_CELLS):
            if cell.strip():
                block = Block("cell", [(offset + at, cell)], row=list(row[:2]), heading=self._heading)
                row.append(block)
                self.blocks.append(block)
            at += len(cell) + 1

    def _start(self, kind: Kind, offset: int, line: str, indent: int = 0) -> None:
        block = Block(kind, [(offset, line)], indent, heading=self._heading)
        self._broken = False
        if kind == "heading":
            self._heading, self._lead, self._stack = block, None, []
        elif kind == "bullet":
            while self._stack and self._stack[-1].indent >= indent:
                self._stack.pop()
            block.parent = self._stack[-1] if self._stack else self._lead
            self._stack.append(block)
        else:
            # A line after a hard break or an indented paragraph belongs to the bullet above it.
            while self._stack and (self._stack[-1].indent >= indent or indent == 0):
                self._stack.pop()
            block.parent = self._stack[-1] if self._stack else None
            self._lead = block if not self._stack and line.rstrip().rstrip("*_").endswith(":") else None
        self._open = block if kind != "heading" else None
        self.blocks.append(block)
