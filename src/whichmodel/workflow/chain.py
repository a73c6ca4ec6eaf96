"""Chains of whole factors: which enlargements in a row reach a wished factor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement
from math import prod

LONGEST = 3
"""Models in a row, at most. Each works on the inventions of the one before."""

product = prod


def best_chain(scales: Sequence[int], factor: float) -> tuple[int, ...]:
    """The chain whose product is the smallest that reaches `factor`; the shortest among equals.

    Args:
        scales: factors of the models at hand, each above 1.
        factor: wished, above 1.

    Returns:
        Factors in the order in which to run them, the largest first, so that the model that adds most
        sees the original pixels; empty where no chain of at most three reaches.

    >>> best_chain((2, 4), 3), best_chain((2, 4), 8), best_chain((2, 4), 6), best_chain((2, 4), 16)
    ((4,), (4, 2), (4, 2), (4, 4))
    """
    reaching = [chain for chain in _chains(scales) if prod(chain) >= factor]
    best = min(reaching, key=lambda chain: (prod(chain), len(chain)), default=())
    return tuple(sorted(best, reverse=True))


def _chains(scales: Sequence[int]) -> Iterable[tuple[int, ...]]:
    for length in range(1, LONGEST + 1):
        yield from combinations_with_replacement(sorted(scales), length)
