"""Reading the phrasings, and which of them are kept for validation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "phrasings"


class Phrasing(NamedTuple):
    """One line: the task meant (`"none"` for none), its style (`"Q"` or `"R"`), and the words."""

    task: str
    style: str
    text: str


def phrasings() -> Iterator[Phrasing]:
    """All phrasings, in the order of the files and lines.

    Raises:
        ValueError: a line has no style; names file and line.
    """
    for path in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            style, _, text = line.partition(" ")
            if style not in ("Q", "R") or not text.strip():
                raise ValueError(f"{path.name}, line {number}: expected 'Q words' or 'R words'")
            # `deblurring.txt`, `deblurring.2.txt`, ... hold phrasings of the same task.
            yield Phrasing(path.name.split(".")[0], style, text.strip())


def is_for_validation(text: str) -> bool:
    """One line in five, by its hash, so that the choice never depends on the order of lines."""
    return hashlib.sha256(text.encode()).digest()[0] % 5 == 0
