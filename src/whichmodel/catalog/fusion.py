"""Shared words and likeness in meaning as one score; the one place where the two halves of a search meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The share of likeness in the score, the rest is shared words; docs/decisions/0007 has the measurement.
VECTOR_SHARE = 0.7


def mixed(shares: NDArray[np.float32], similarities: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """One score of both halves, 0..1, comparable between queries: the weighted mean, `(n,)` float32.

    Args:
        shares: how much of the query each text has, 0..1, `(n,)`.
        similarities: cosine of query and text, `(n,)`, about -1..1; `None` where no vectors are at hand, and
            then words are all that counts.
    """
    if similarities is None:
        return shares
    likeness = np.clip(similarities, 0, 1)
    return np.float32(VECTOR_SHARE) * likeness + np.float32(1 - VECTOR_SHARE) * shares
