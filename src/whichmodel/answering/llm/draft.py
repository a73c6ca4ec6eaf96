"""Reading what a language model wrote: sentences by slot, however badly they are laid out.

Nothing here can fail or take long: text is cut to a limit first, JSON is read object by object, so that
an answer cut in the middle or wrapped in chatter still gives the sentences that are whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

READ_CHARACTERS = 100_000
MOST_SENTENCES = 120
_LONGEST = 1_200
# Flat objects only: the scan starts anew at every brace, so it is linear.
_OBJECT = re.compile(r"\{[^{}]{0,4000}\}")
_LINE = re.compile(
    r"^[\s>*\-•]{0,8}[\"'`*\[]{0,3}(?P<slot>[a-z]{3,9}(?:-[a-z0-9]{1,4})?)[\"'`*\]]{0,3}\s{0,3}[|:]\s{0,9}(?P<text>.+)$"
)
_END = re.compile(r"[.!?…]{1,9}[\"”’')\]]{0,3}(?=\s+[\"“‘'(\[]?[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|resp|approx|fig|eq|sec|no|al|dr|mr|mrs|st|ca|incl)|\b[A-Za-z])\.$",
    re.IGNORECASE,
)


def read_draft(text: str, slots: Iterable[str]) -> list[tuple[str, str]]:
    """`(slot, sentence)` in the order written, of the slots asked for.

    Args:
        text: what the model said, of any length.
        slots: the slots that exist; what is meant for others is left out.
    """
    known = frozenset(slots)
    text = text[:READ_CHARACTERS]
    found = _from_json(text, known) or _from_lines(text, known)
    return [(slot, sentence) for slot, told in found for sentence in split_sentences(told)][:MOST_SENTENCES]


def split_sentences(text: str) -> list[str]:
    """The sentences of a text.

    >>> split_sentences("It is fast, e.g. on a phone. It is small.")
    ['It is fast, e.g. on a phone.', 'It is small.']
    """
    flat = " ".join(text[: _LONGEST * 4].split())
    found = []
    start = 0
    for match in [*_END.finditer(flat), None]:
        end = match.end() if match else len(flat)
        if match and _ABBREVIATION.search(flat[max(start, match.start() - 8) : match.start() + 1]):
            continue
        if sentence := flat[start:end].strip():
            found.append(sentence)
        start = end
    return found


def _from_json(text: str, known: frozenset[str]) -> list[tuple[str, str]]:
    found = []
    for match in _OBJECT.finditer(text):
        try:
            item = json.loads(match[0])
        except (ValueError, RecursionError):
            continue
        slot, told = item.get("slot"), item.get("text")
        if isinstance(slot, str) and isinstance(told, str):
            if slot in known:
                found.append((slot, told))
        else:  # {"reply": "One sentence.", "task": ["One.", "Two."]}
            for key, value in item.items():
                told_here = value if isinstance(value, list) else [value]
                found += [(key, part) for part in told_here if key in known and isinstance(part, str)]
    return found


def _from_lines(text: str, known: frozenset[str]) -> list[tuple[str, str]]:
    found = []
    for line in text.splitlines():
        match = _LINE.match(line[:_LONGEST])
        if match and match["slot"] in known:
            found.append((match["slot"], match["text"]))
    return found
