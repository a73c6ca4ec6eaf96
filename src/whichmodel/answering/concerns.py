"""What a person cares about in a question, and where a source speaks of the same thing."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

import msgspec
import yaml

from whichmodel.answering.quotes import RESULTS, Piece, is_own, sentences
from whichmodel.domain import Record, Source, Words
from whichmodel.understand.phrases import find_all, plain

_WEAKEST = 0.6


class Concern(Record, frozen=True, kw_only=True):
    """Something people care about: their words for it, the papers' words, what may stay open."""

    id: str
    asks: tuple[str, ...]
    sources: tuple[str, ...]
    open: str


@cache
def all_concerns() -> tuple[Concern, ...]:
    """Every concern, the more specific first."""
    text = resources.files("whichmodel.answering").joinpath("data/concerns.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), type=tuple[Concern, ...])


def concerns_of(question: str) -> list[tuple[Concern, Words]]:
    """The concerns that a question names, in the order in which it names them, each with its words.

    Words that a more specific concern has taken are not counted again.
    """
    return list(concerns_in(question, 0, len(question)))


@lru_cache(maxsize=64)
def concerns_in(question: str, start: int, end: int) -> tuple[tuple[Concern, Words], ...]:
    """The concerns that `question[start:end]` names; places are those in the whole question."""
    text = plain(question)[start:end]
    taken: list[tuple[int, int]] = []
    found: list[tuple[Concern, Words]] = []
    for concern in all_concerns():
        hits = [
            (left, right)
            for phrase, left, right in find_all(concern.asks, text)
            if phrase.weight >= 1 and all(right <= a or left >= b for a, b in taken)
        ]
        if hits:
            left, right = min(hits)
            taken.extend(hits)
            words = Words(text=question[start + left : start + right], start=start + left, end=start + right)
            found.append((concern, words))
    return tuple(sorted(found, key=lambda item: item[1].start))


def touches(piece: Piece, concerns: list[Concern]) -> bool:
    """Whether a piece speaks of one of the concerns."""
    text = plain(piece.text)
    return any(find_all(concern.sources, text) for concern in concerns)


def threads(source: Source, concerns: list[Concern], avoid: set[int]) -> list[Piece]:
    """Sentences of a source that speak of the same concerns, one for each concern, best first.

    Args:
        avoid: starts of sentences that are already quoted.
    """
    found: list[tuple[float, int, Piece]] = []
    used = set(avoid)
    pieces = sentences(source)
    for rank, concern in enumerate(concerns):
        best: tuple[float, Piece] | None = None
        for piece in pieces:
            # What leads up to the authors' own work answers nothing, nor do results.
            if piece.start in used or RESULTS.search(piece.text) or not is_own(piece):
                continue
            score = sum(phrase.weight for phrase, *_ in find_all(concern.sources, plain(piece.text)))
            if score >= _WEAKEST and (best is None or score > best[0]):
                best = (score, piece)
        if best:
            used.add(best[1].start)
            found.append((best[0] - 0.1 * rank, rank, best[1]))
    return [piece for *_, piece in sorted(found, key=lambda item: (-item[0], item[1]))]
