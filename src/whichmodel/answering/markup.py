"""Putting other people's words into our Markdown without letting them become markup or links."""

from __future__ import annotations

import re
from collections.abc import Sequence

from whichmodel.answering.quotes import Piece
from whichmodel.domain import Source, Task

_SCHEME = re.compile(r"\bhttps?://|\bwww\.", re.IGNORECASE)
_ESCAPED = re.compile(r"([*`<|~\\]|(?<!\w)_|_(?!\w)|\[(?=[^\]]*\][(:\[])|^#)")
# Direction overrides and other invisible controls could make a name read as something else.
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# A title before its colon stands for the work where it is short: "FeatSharp: Your Vision ...".
_SHORT_TITLE_WORDS = 3
_LONGEST_NAME = 300


def inline(text: str) -> str:
    """Foreign text on one line, with Markdown's special characters escaped and links taken apart.

    >>> inline("a *b* https://x.org")
    'a \\\\*b\\\\* x.org'
    """
    flat = " ".join(_INVISIBLE.sub(" ", text).split())
    return _ESCAPED.sub(r"\\\1", _SCHEME.sub("", flat))


def quote(text: str) -> str:
    """Verbatim words in quotation marks."""
    return f'"{inline(text)}"'


def quoted(piece: Piece, *, cut: bool = False) -> str:
    """A verbatim piece in quotation marks; an ellipsis outside them tells that its end is left out."""
    return quote(piece.text) + (" …" if cut else "")


def full_name(source: Source) -> str:
    """Name or title as given."""
    return inline(source.name[:_LONGEST_NAME])


def short_name(source: Source) -> str:
    """The name of a model, or what stands before the colon of a title if that is short enough."""
    head, colon, _ = source.name.partition(":")
    if colon and 0 < len(head.split()) <= _SHORT_TITLE_WORDS:
        return inline(head)
    return full_name(source)


def listing(items: Sequence[str], *, word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def article(noun: str) -> str:
    """The noun with its indefinite article; a plural stays without.

    >>> article("image"), article("depth map"), article("boxes in space")
    ('an image', 'a depth map', 'boxes in space')
    """
    head = re.split(r" (?:in|of|with|for|and|from|that|to) |,", noun)[0]
    if head.endswith("s") and not head.endswith(("ss", "us", "is")):
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def task_name(task: Task) -> str:
    """A task's name inside a sentence: lower case but for abbreviations, without its bracketed gloss."""
    name = task.name.partition(" (")[0]
    first = name.split()[0]
    return name if first[1:] != first[1:].lower() else name[:1].lower() + name[1:]


def number(value: float) -> str:
    """A factor without needless decimals: 4.0 -> 4, 9.6 -> 9.6."""
    return f"{value:g}"


_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count(value: int) -> str:
    """A small count in words."""
    return _COUNTS[value] if value < len(_COUNTS) else str(value)
