"""Words of like meaning: what the sentence encoder makes of a single word, kept for the 14,000 commonest words.

In a sentence the encoder mixes a word with what stands around it; by itself "dust" is closer to "dirt" than there. The
table (`training/train_audit.py` makes it) holds int8 vectors of 128 numbers, the main axes of the encoder's 384.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS = 128


def kin_vectors(words: Sequence[str]) -> NDArray[np.float32]:
    """`(len(words), 128)`, rows of length 1; zeros for words that are not in the table."""
    rows, table = _table()
    found = np.zeros((len(words), DIMENSIONS), np.float32)
    for index, word in enumerate(words):
        row = rows.get(word.lower())
        if row is not None:
            vector = table[row].astype(np.float32)
            found[index] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return found


@cache
def _table() -> tuple[dict[str, int], NDArray[np.int8]]:
    folder = resources.files("whichmodel.answering.audit").joinpath("data")
    words = folder.joinpath("words_known.txt").read_text("utf-8").split()
    with resources.as_file(folder.joinpath("word_vectors.npy")) as path:
        table: NDArray[np.int8] = np.load(path, allow_pickle=False)
    return {word: row for row, word in enumerate(words)}, table
