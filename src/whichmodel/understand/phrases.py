"""A small language for cue phrases, so that the ontology can stay data.

A phrase is a row of words that must follow each other:

    enlarg*             any word that begins with "enlarg"
    blow|blew up        one of several words
    blew .. up          up to four words in between
    4x ^0.5             a weight after a caret, instead of 1

Text is compared case-folded and Unicode-normalised, with typographic quotes and dashes made plain.
Matching is a single regular expression for each phrase, without nested repetition, hence linear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

_PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "′": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "×": "x",
        "✕": "x",
        "\u00a0": " ",
    }
)  # fmt: skip
_GAP = r"(?:[^\w]+\w+){0,4}?"


def plain(text: str) -> str:
    """The text case-folded with plain quotes and dashes, **of the same length** as `text`.

    Offsets found in the result are therefore offsets in `text`.

    >>> plain("Blew up 4×…")
    'blew up 4x…'
    """
    if text.isascii():
        return text.lower()  # nothing else applies to it, and most texts are
    return "".join(map(_plain_character, text))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character.translate(_PLAIN)).casefold()
    return folded if len(folded) == 1 else character


@dataclass(frozen=True, slots=True)
class Phrase:
    """A compiled cue phrase; `needs` are letter sequences of which a match holds at least one."""

    source: str
    weight: float
    pattern: str
    needs: tuple[str, ...]

    def find(self, text: str) -> tuple[int, int] | None:
        """Start and end of the first match in `plain` text, or None."""
        # Most phrases do not occur. Looking for a letter sequence is ten times faster than matching, and
        # an expression that never gets a chance need not be compiled.
        for (
            piece
        ) in self.needs:  # a plain loop: this is the innermost one, and `any` costs three times as much
            if piece in text:
                break
        else:
            return None
        match = _expression(self.pattern).search(text)
        return match.span() if match else None


@lru_cache(maxsize=65536)
def compile_phrase(source: str) -> Phrase:
    """Compile one phrase.

    Raises:
        ValueError: the phrase is empty or its weight is no number.

    >>> compile_phrase("blow|blew .. up").find("i blew this small picture up")
    (2, 28)
    """
    words, _, weight = source.partition("^")
    pieces = words.split()
    if not pieces:
        raise ValueError(f"empty phrase: {source!r}")
    pattern = r"(?<!\w)"
    joined = False
    needs: tuple[str, ...] = ()
    for index, piece in enumerate(pieces):
        if piece == "..":
            pattern += _GAP
            continue
        if index:
            pattern += r"[^\w]+"
        alternatives = "|".join(
            re.escape(word).replace(r"\*", r"\w*").replace(r"\-", r"[-\s]?")
            for word in plain(piece).split("|")
        )
        pattern += f"(?:{alternatives})"
        joined = True
        stems = tuple(re.split(r"[*-]", word)[0] for word in plain(piece).split("|"))
        if min(map(len, stems)) > min(map(len, needs), default=-1):
            needs = stems
    if not joined:
        raise ValueError(f"a phrase needs a word: {source!r}")
    return Phrase(source, float(weight) if weight else 1.0, pattern + r"(?!\w)", needs)


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    # Patterns come from the ontology's own files, so their number is bounded.
    return re.compile(pattern)


def find_all(phrases: Iterable[str], text: str) -> list[tuple[Phrase, int, int]]:
    """Every phrase that occurs in `plain` text, with the place of its first occurrence."""
    return [
        (phrase, *place)
        for phrase in map(compile_phrase, phrases)
        if (place := phrase.find(text)) is not None
    ]
