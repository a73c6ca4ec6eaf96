"""Sentence vectors that are shipped with the catalog: of every model card and of every paper's title.

Vectors of length 1 are kept as whole numbers from -127 to 127 with one scale for a table, a quarter of
the size of float32. `training/build_vectors.py` writes them. Each table has, beside its `.npy`, a
`.json` with the scale, the hash of the encoder, and what each row was made of, so that a row whose text
has changed since is noticed.

The encoder is handed in: it is no part of the catalog.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from whichmodel.catalog.load import cards, tasks
from whichmodel.domain import InputError, ModelCard, Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

Encoder = Callable[[Sequence[str]], "NDArray[np.float32]"]

DIMENSIONS = 384


class TableFacts(Record, frozen=True, kw_only=True):
    """What a table of vectors was made of; the `.json` beside it.

    Args:
        scale: what a whole number of the table is multiplied with.
        encoder: SHA-256 of the network that made the vectors.
        rows: for each row in order, its name and the digest of its text. For the papers a single entry
            with the digest of all titles.
    """

    scale: float
    encoder: str
    rows: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Vectors as whole numbers, `(n, 384)` int8, memory-mapped where the files lie on a disk."""

    rows: NDArray[np.int8]
    facts: TableFacts

    def similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine of every row with a vector of length 1: `(n,)` float32, about -1..1."""
        # In blocks, so that the float32 copy of a table of thousands stays in the processor's cache.
        found = np.empty(len(self.rows), np.float32)
        for start in range(0, len(self.rows), 512):
            block = self.rows[start : start + 512].astype(np.float32)
            found[start : start + 512] = block @ vector
        return found * np.float32(self.facts.scale)


def card_vectors(encode: Encoder | None = None) -> dict[str, NDArray[np.float32]]:
    """The vector of every model card by its name: `(384,)` float32 of length 1.

    Args:
        encode: makes vectors of the cards that the shipped table lacks or that changed since
            (`whichmodel.runtimes.text_encoder.encode`); without it they are left out.

    Raises:
        InputError: the shipped table is damaged.
    """
    table = read_table("cards")
    place = {name: row for row, name in enumerate(table.facts.rows)}
    found: dict[str, NDArray[np.float32]] = {}
    for name, card in cards().items():
        text = card_text(card)
        if table.facts.rows.get(name) == digest(text):
            vector = table.rows[place[name]].astype(np.float32)
            found[name] = vector / np.linalg.norm(vector)
        elif encode is not None:
            found[name] = encode([text])[0]
    return found


def card_text(card: ModelCard) -> str:
    """What the vector of a card is made of: its name in words, its task, what it suits, its statements.

    >>> card_text(cards()["SPAN-4x"])[:27]
    'SPAN 4x. Super-resolution. '
    """
    task = tasks()[card.task].name if card.task in tasks() else card.task
    parts = [
        name_in_words(card.name),
        task,
        card.variant,
        ", ".join(card.suits),
        *(statement.text.rstrip(".") for statement in card.statements),
    ]
    return ". ".join(part for part in parts if part) + "."


def name_in_words(name: str) -> str:
    """A model's name as words.

    >>> name_in_words("Deblur-NetLarge_v2")
    'Deblur Net Large v2'
    """
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[-_/]+", " ", name)).split())


def digest(text: str) -> str:
    """Sixteen hexadecimal digits that change with the text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def to_int8(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], float]:
    """Vectors as whole numbers of -127..127, and the scale that gives them back.

    >>> to_int8(np.array([[1.0, -0.5]], np.float32))[0]
    array([[127, -64]], dtype=int8)
    """
    scale = float(np.abs(vectors).max(initial=1e-12)) / 127
    return np.rint(vectors / scale).astype(np.int8), scale


@cache
def read_table(name: str) -> Table:
    """A shipped table, `"cards"` or `"papers"`.

    Raises:
        InputError: its files are missing or do not fit together.
    """
    folder = resources.files("whichmodel.catalog").joinpath("data/vectors")
    try:
        facts = msgspec.json.decode(folder.joinpath(f"{name}.json").read_bytes(), type=TableFacts)
        file = folder.joinpath(f"{name}.npy")
        if isinstance(file, Path):
            rows = np.load(file, mmap_mode="r", allow_pickle=False)
        else:
            with file.open("rb") as stream:
                rows = np.load(stream, allow_pickle=False)
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise InputError(f"the table of vectors `{name}` cannot be read: {error}") from error
    if rows.dtype != np.int8 or rows.ndim != 2 or rows.shape[1] != DIMENSIONS:
        raise InputError(f"the table of vectors `{name}` is no (n, {DIMENSIONS}) int8")
    return Table(rows, facts)
