"""How well the words of a claim are covered by passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whichmodel.answering.audit.evidence import Passage, Text, nearest

# More passages than these are picked by the words they share, so that a book as evidence costs no more.
MOST_COMPARED = 28
_GOOD = 0.6
_KIN = 0.45
_NEIGHBOURS = 3
_UNFIT = 1.4


@dataclass(frozen=True, slots=True)
class Cover:
    """How well passages cover the words of a claim; shares from 0 to 1, weighted by what the words tell.

    Args:
        exact, exact_all: share of words whose stem the best single passage has; that any passage has.
        soft, soft_all: mean likeness in the sentence, in the best passage; over all.
        weak: share of words with no good match in a sentence.
        lowest: likeness of the worst fifth of the words.
        whole: likeness of the sentences as wholes.
        kin, kin_all, kin_weak: as soft, soft_all and weak, for words by themselves.
        missing: number of words that nothing is like.
        absent: number of words whose stem is nowhere.
        mass: how much the words tell that nothing covers, summed.
        pairs: share of neighbouring words that stand near each other in one passage.
        best: the passage that covers most; None where there is none.
    """

    exact: float = 0.0
    exact_all: float = 0.0
    soft: float = 0.0
    soft_all: float = 0.0
    weak: float = 1.0
    lowest: float = 0.0
    whole: float = 0.0
    kin: float = 0.0
    kin_all: float = 0.0
    kin_weak: float = 1.0
    missing: int = 0
    absent: int = 0
    mass: float = 0.0
    pairs: float = 0.0
    best: Passage | None = None


def cover(claim: Text, passages: Sequence[Passage], skip: frozenset[int] = frozenset()) -> Cover:
    """Compare a claim with passages.

    Args:
        claim: the claim.
        passages: the evidence.
        skip: indices of words of the claim that need no evidence (the name of the one spoken of).
    """
    rows = [index for index in range(len(claim.words)) if index not in skip]
    if not passages:
        return Cover(missing=len(rows), absent=len(rows), mass=sum(claim.words[row].weight for row in rows))
    near = nearest(claim, passages, MOST_COMPARED)
    if not rows:
        return Cover(1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1, near[0])
    own = np.array([claim.words[row].weight for row in rows], np.float32)
    shares = own / own.sum()
    matches = [claim.match(passage) for passage in near]
    exact = np.stack([match.exact[rows] for match in matches])
    soft = np.stack([match.soft[rows] for match in matches])
    kin = np.stack([match.kin[rows] for match in matches])
    whole = np.array([match.whole for match in matches], np.float32)
    top_exact, top_soft, top_kin = exact.max(axis=0), soft.max(axis=0), kin.max(axis=0)
    either = np.maximum(soft, kin)
    worst = np.argsort(top_soft)[: max(1, len(rows) // 5)]
    best = int((0.5 * ((soft + kin) * shares).sum(axis=1) + 0.3 * whole).argmax())
    return Cover(
        exact=float((exact * shares).sum(axis=1).max()),
        exact_all=float((top_exact * shares).sum()),
        soft=float((soft * shares).sum(axis=1).max()),
        soft_all=float((top_soft * shares).sum()),
        weak=float(shares[top_soft < _GOOD].sum()),
        lowest=float(top_soft[worst].mean()),
        whole=float(whole.max()),
        kin=float((kin * shares).sum(axis=1).max()),
        kin_all=float((top_kin * shares).sum()),
        kin_weak=float(shares[top_kin < _KIN].sum()),
        missing=int((either.max(axis=0) < _KIN).sum()),
        absent=int((top_exact < 1).sum()),
        mass=float((own * np.clip(1 - _UNFIT * either.max(axis=0), 0, 1)).sum()),
        pairs=_pairs(np.stack([match.place[rows] for match in matches]), either),
        best=near[best],
    )


def _pairs(places: np.ndarray, likeness: np.ndarray) -> float:
    """Share of neighbouring words of the claim whose matches stand near each other in one passage."""
    if places.shape[1] < 2:
        return 1.0
    close = (np.abs(np.diff(places, axis=1)) <= _NEIGHBOURS) & (places[:, 1:] >= 0)
    strength = np.minimum(likeness[:, 1:], likeness[:, :-1]) * close
    return float(strength.max(axis=0).mean())
