"""Words, pairs of words and pieces of words as a sparse vector of fixed size.

Sentence vectors know which words mean alike; they blur which words were there. Counts of words and of
their pieces keep that, and endings and misspellings share pieces. Features are hashed into a table of
fixed size (Weinberger et al., arXiv 0902.2206), so that no vocabulary has to be shipped.
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator

from whichmodel.understand.phrases import plain

SIZE = 1 << 15
_WORD = re.compile(r"\w+")
_PIECES = (3, 4, 5)


def ngrams(text: str) -> dict[int, float]:
    """Hashed features of a text: index below `SIZE` -> weight; each of the two kinds has length 1.

    >>> features = ngrams("Enlarge it")
    >>> round(sum(weight * weight for weight in features.values()), 6)
    2.0
    """
    words = _WORD.findall(plain(text))
    found: dict[int, float] = {}
    for kind in (_words(words), _pieces(words)):
        # A word said three times is not three times the evidence: 1 + log count.
        weights = {feature: 1 + math.log(count) for feature, count in Counter(kind).items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        for feature, weight in weights.items():
            found[feature] = found.get(feature, 0.0) + weight / length
    return found


def _words(words: list[str]) -> Iterator[int]:
    for word in words:
        yield _hashed("w" + word)
    for pair in itertools.pairwise(words):
        yield _hashed("p" + " ".join(pair))


def _pieces(words: list[str]) -> Iterator[int]:
    for word in words:
        padded = f" {word} "
        for length in _PIECES:
            for start in range(len(padded) - length + 1):
                yield _hashed("c" + padded[start : start + length])


def _hashed(feature: str) -> int:
    return zlib.crc32(feature.encode()) % SIZE
