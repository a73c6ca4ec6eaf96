"""Signs that a claim says the opposite of a passage that it is close to: negation, opposites, exchanged parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from whichmodel.answering.audit.evidence import Passage, Text
from whichmodel.answering.audit.words import lexicon, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLAUSE = re.compile(
    r"[,;:()]\s|\s[–—-]\s|\s(?=(?:whereas|while|but|although|though|which|where|because|so that|and|"
    r"or|than|compared|against|"
    r"instead|rather|yet|unlike)\s)"
)
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|been|being)\s+(?:\w+\s+)?\w+(?:ed|en|wn|ut|pt|lt)\b", re.IGNORECASE
)
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Opposition:
    """How a claim opposes a passage; 0 to 1 each.

    Args:
        negated: of two clauses close to each other one is negated and the other is not; how close they are.
        opposite: one has a word whose opposite the other has; how close they are.
        exchanged: share of common words that stand the other way round, around a contrast.
        swapped: two common words have changed places and all others have kept theirs.
        mixed: a clause of the claim joins what a contrast in the passage holds apart.
        shared: share of the words that the two closest clauses have in common, of the poorer of the two.
    """

    negated: float = 0.0
    opposite: float = 0.0
    exchanged: float = 0.0
    swapped: float = 0.0
    mixed: float = 0.0
    shared: float = 0.0


def opposition(claim: Text, passage: Passage | None) -> Opposition:
    """Compare a claim with the passage closest to it."""
    if passage is None or not claim.words or not passage.words:
        return Opposition()
    pairs = claim.vectors @ passage.vectors.T
    same = claim.stem_ids[:, None] == passage.stem_ids[None, :]
    negated, opposite, shared = 0.0, 0.0, 0.0
    for own in _clauses(claim):
        place = _closest(own, claim, passage, pairs, same)
        if place is None:
            continue
        (left, right), near, common = place
        theirs = passage.text[left:right]
        said = bool(lexicon().negate.search(claim.text[own[0] : own[1]]))
        if said != bool(lexicon().negate.search(theirs)) and near > negated:
            negated, shared = near, common
        if _opposites(claim.text[own[0] : own[1]], theirs):
            opposite = max(opposite, near)
    return Opposition(
        negated=negated,
        opposite=opposite,
        exchanged=_exchanged(claim, passage),
        swapped=_swapped(claim, passage),
        mixed=_mixed(claim, passage),
        shared=shared,
    )


def _clauses(text: Text) -> list[tuple[int, int]]:
    edges = [0, *(match.end() for match in _CLAUSE.finditer(text.text)), len(text.text)]
    whole = [(0, len(text.text))]
    parts = [
        (left, right)
        for left, right in pairwise(edges)
        if sum(left <= word.start < right for word in text.words) >= 2
    ]
    return parts or whole


def _closest(
    own: tuple[int, int], claim: Text, passage: Passage, pairs: NDArray[np.float32], same: NDArray[np.bool_]
) -> tuple[tuple[int, int], float, float] | None:
    """The clause of the passage closest to a clause of the claim, how close, and the share of common stems."""
    rows = [index for index, word in enumerate(claim.words) if own[0] <= word.start < own[1]]
    if not rows:
        return None
    best, found = -1.0, None
    for left, right in _clauses(passage):
        inside = [index for index, word in enumerate(passage.words) if left <= word.start < right]
        if not inside:
            continue
        likeness = np.clip(np.maximum(pairs[np.ix_(rows, inside)], same[np.ix_(rows, inside)]), 0, 1)
        # How much of the clause the claim retells, and how much of the claim the clause holds.
        score = float(likeness.max(axis=0).mean() + likeness.max(axis=1).mean()) / 2
        if score > best:
            best = score
            common = same[np.ix_(rows, inside)]
            found = (left, right), score, float(min(common.any(axis=1).mean(), common.any(axis=0).mean()))
    return found


def _opposites(claim: str, passage: str) -> bool:
    own = {word.text.lower() for word in words_of(claim)}
    their = {word.text.lower() for word in words_of(passage)}
    for left, right in lexicon().opposite:
        for one, other in ((left, right), (right, left)):
            if own & one and their & other and not own & other and not their & one:
                return True
    return False


def _order(claim: Text, passage: Passage) -> list[int]:
    """Places in the passage of the words that both have, each once, in the claim's order."""
    there: dict[str, list[int]] = {}
    for index, word in enumerate(passage.words):
        there.setdefault(word.stem, []).append(index)
    own: dict[str, int] = {}
    for word in claim.words:
        own[word.stem] = own.get(word.stem, 0) + 1
    return [
        there[word.stem][0]
        for word in claim.words
        if len(there.get(word.stem, ())) == 1 and own[word.stem] == 1
    ]


def _exchanged(claim: Text, passage: Passage) -> float:
    if not lexicon().contrast.search(passage.text):
        return 0.0
    order = _order(claim, passage)
    pairs = [(a, b) for index, a in enumerate(order) for b in order[index + 1 :]]
    if len(order) < _FEWEST or not pairs:
        return 0.0
    return sum(a > b for a, b in pairs) / len(pairs)


def _swapped(claim: Text, passage: Passage) -> float:
    """1 where one exchange of two words that are not neighbours puts the common words into the passage's order."""
    order = _order(claim, passage)
    few = len(order) <= _FEWEST
    if len(order) < _FEWEST or len(order) < 0.7 * len({word.stem for word in claim.words}):
        return 0.0
    if few and not lexicon().contrast.search(passage.text):
        return 0.0
    if bool(_PASSIVE.search(claim.text)) != bool(_PASSIVE.search(passage.text)):
        return 0.0  # "filters remove grain", "grain is removed by filters"
    wrong = [index for index, (a, b) in enumerate(zip(order, sorted(order), strict=True)) if a != b]
    return float(len(wrong) == 2 and wrong[1] - wrong[0] >= 2)


def _mixed(claim: Text, passage: Passage) -> float:
    if not lexicon().contrast.search(passage.text):
        return 0.0
    parts = _clauses(passage)
    of_stem: dict[str, set[int]] = {}
    for word in passage.words:
        for index, (left, right) in enumerate(parts):
            if left <= word.start < right:
                of_stem.setdefault(word.stem, set()).add(index)
    worst = 0.0
    for left, right in _clauses(claim):
        inside = [word for word in claim.words if left <= word.start < right]
        homes = [next(iter(of_stem[word.stem])) for word in inside if len(of_stem.get(word.stem, ())) == 1]
        if len(homes) < _FEWEST or len(homes) < 0.7 * len(inside):
            continue
        most = max(homes.count(home) for home in set(homes))
        # Where the claim has a contrast of its own, each side must come from one side of the passage.
        worst = (
            max(worst, 1 - most / len(homes)) if len(_clauses(claim)) > 1 or len(set(homes)) > 1 else worst
        )
    return worst
