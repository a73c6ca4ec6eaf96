"""The evidence of a brief as passages, and each claim compared with them word by word.

A passage is a sentence of a summary, a name, or a sentence of the question. Words find each other by
their stem, by what they mean in their sentence (vectors of the sentence encoder, as in BERTScore, Zhang
et al. 2020, arXiv 1904.09675), or by what they mean alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from whichmodel.answering.audit.kin import kin_vectors
from whichmodel.answering.audit.statements import sentence_bounds
from whichmodel.answering.audit.words import Number, Word, content, numbers_of
from whichmodel.domain import Brief, Source, Span
from whichmodel.runtimes.text_encoder import encode_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUESTION = 0
_READ = 60_000
_LONGEST_PASSAGE = 700


class Text:
    """A text with its content words and, when asked for, their vectors."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: list[Word] = content(text)
        self.numbers: list[Number] = numbers_of(text)
        self.stems = frozenset(word.stem for word in self.words)
        self._matches: dict[int, Match] = {}

    @cached_property
    def _encoded(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pieces = encode_pieces(self.text)
        vectors = np.zeros((len(self.words), pieces.vectors.shape[1]), np.float32)
        starts, ends = pieces.places[:, 0], pieces.places[:, 1]
        for row, word in enumerate(self.words):
            inside = np.flatnonzero((starts < word.end) & (ends > word.start))
            if len(inside):
                mean = pieces.vectors[inside].mean(axis=0)
                vectors[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return vectors, pieces.whole

    @property
    def vectors(self) -> NDArray[np.float32]:
        """`(words, 384)`: each word in its sentence; zeros for words beyond what the encoder reads."""
        return self._encoded[0]

    @property
    def whole(self) -> NDArray[np.float32]:
        """`(384,)`: the whole text."""
        return self._encoded[1]

    @cached_property
    def alone(self) -> NDArray[np.float32]:
        """`(words, 128)`: each word by itself."""
        return kin_vectors([word.text for word in self.words])

    @cached_property
    def stem_ids(self) -> NDArray[np.int64]:
        """Numbers that are equal where stems are."""
        return np.array([hash(word.stem) for word in self.words], np.int64)

    def match(self, passage: Passage) -> Match:
        """This text against one passage, word by word; computed once."""
        known = self._matches.get(id(passage))
        if known is None:
            known = self._matches[id(passage)] = _match(self, passage)
        return known


class Passage(Text):
    """A piece of the evidence, with its place."""

    def __init__(self, source: int, field: str, start: int, text: str) -> None:
        super().__init__(text)
        self.source = source
        self.field = field
        self.start = start

    def span(self) -> Span:
        """The piece as an answer would cite it."""
        end = self.start + len(self.text)
        return Span(source=self.source, field=self.field, start=self.start, end=end, text=self.text)


@dataclass(frozen=True, slots=True)
class Match:
    """Each word of a text against one passage.

    Args:
        exact: 1 where the passage has the stem.
        soft: likeness to the word of the passage most like it in its sentence, 0 to 1.
        kin: the same for the words by themselves.
        place: index of the word of the passage most like it; -1 where the passage has no words.
        whole: likeness of the two as wholes.
    """

    exact: NDArray[np.float32]
    soft: NDArray[np.float32]
    kin: NDArray[np.float32]
    place: NDArray[np.int64]
    whole: float


def _match(text: Text, passage: Passage) -> Match:
    count = len(text.words)
    whole = float(text.whole @ passage.whole)
    if not count or not passage.words:
        zeros = np.zeros(count, np.float32)
        return Match(zeros, zeros, zeros, np.full(count, -1, np.int64), whole)
    same = (text.stem_ids[:, None] == passage.stem_ids[None, :]).astype(np.float32)
    soft = text.vectors @ passage.vectors.T
    kin = text.alone @ passage.alone.T
    exact = same.max(axis=1)
    return Match(
        exact=exact,
        soft=np.maximum(np.clip(soft.max(axis=1), 0, 1), exact),
        kin=np.maximum(np.clip(kin.max(axis=1), 0, 1), exact),
        place=(soft + kin + same).argmax(axis=1),
        whole=whole,
    )


class Evidence:
    """All passages of a brief by source; 0 is the question."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.by_source: dict[int, list[Passage]] = {QUESTION: _passages(QUESTION, "question", brief.question)}
        for source in brief.sources:
            self.by_source[source.number] = _of_source(source)
        self.everything = [passage for passages in self.by_source.values() for passage in passages]
        self.stems = {
            number: frozenset(stem for passage in passages for stem in passage.stems)
            for number, passages in self.by_source.items()
        }
        self._sources = {source.number: source for source in brief.sources}

    def is_bare(self, number: int) -> bool:
        """Whether of a source only its name and links are given."""
        source = self._sources.get(number)
        return source is not None and not source.summary.strip() and not source.statements


def _of_source(source: Source) -> list[Passage]:
    found = [Passage(source.number, "name", 0, source.name[:_LONGEST_PASSAGE])]
    found += _passages(source.number, "summary", source.summary)
    for index, statement in enumerate(source.statements):
        found.append(Passage(source.number, f"statement {index}", 0, statement.text))
    return found


def _passages(number: int, field: str, text: str) -> list[Passage]:
    found = []
    for start, end in sentence_bounds(text[:_READ]):
        for left in range(start, end, _LONGEST_PASSAGE):
            piece = text[left : min(end, left + _LONGEST_PASSAGE)]
            if len(piece.split()) >= 2:
                found.append(Passage(number, field, left, piece))
    return found


def nearest(text: Text, passages: Sequence[Passage], most: int) -> Sequence[Passage]:
    """The passages that share most words with a text, in their order; all where there are few."""
    if len(passages) <= most:
        return passages
    shared = [sum(word.weight for word in text.words if word.stem in passage.stems) for passage in passages]
    chosen = sorted(range(len(passages)), key=lambda index: -shared[index])[:most]
    return [passages[index] for index in sorted(chosen)]
