"""One small search over models and papers: shared words and likeness in meaning, in one score.

The encoder and the folder of the cache are handed in: they are no part of the catalog.
`whichmodel.recommend.search` is the search with both in place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from whichmodel.catalog.kin import task_family
from whichmodel.catalog.lexical import LexicalIndex, shared_words
from whichmodel.catalog.load import cards
from whichmodel.catalog.papers import papers
from whichmodel.catalog.vectors import Encoder, card_text, card_vectors, digest, read_table
from whichmodel.domain import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["model", "paper"]
_Similarities = Callable[["NDArray[np.float32]"], "NDArray[np.float32]"]

# The share of likeness in the score, the rest is shared words; docs/decisions/0007 has the measurement.
VECTOR_SHARE = 0.7
# Below this score a hit is chance.
LEAST_SCORE = 0.1
_MOST_CHARACTERS = 4000


class Hit(Record, frozen=True, kw_only=True):
    """Something found.

    Args:
        kind: a model of the catalog or a paper.
        name: name of the model, title of the paper.
        score: 0..1; comparable between queries.
        lexical_rank: its place by shared words alone, from 1; `None` where it shares none.
        similarity: cosine of query and text, about -1..1; `None` where no vector was at hand.
        why: the words of the query that its text has, as they stand in the query.
    """

    kind: Kind
    name: str
    score: float
    lexical_rank: int | None
    similarity: float | None
    why: tuple[str, ...]


class Search:
    """The search. Everything is read, built or opened at its first use, and kept.

    Args:
        encode: makes vectors of texts; without it only words count.
        folder: where the indexes of words are kept between runs; `None` keeps nothing.
    """

    def __init__(self, encode: Encoder | None = None, folder: Path | None = None) -> None:
        self._encode = encode
        self._folder = folder

    def search(self, query: str, *, kind: Kind, top: int = 10, task: str | None = None) -> list[Hit]:
        """What fits a query best, best first.

        Args:
            query: any text; it is read as words, never as a query language. What goes beyond 4,000
                characters is not read.
            kind: what to look for.
            top: how many at most.
            task: only what is about this task of the ontology, its wider or its narrower ones.

        Returns:
            At most `top` hits; none where nothing fits, or where the query holds no word.

        Raises:
            WeightsError: the sentence encoder is missing or damaged.
        """
        query = query[:_MOST_CHARACTERS].encode("utf-8", "replace").decode()
        if top < 1 or not any(character.isalnum() for character in query):
            return []
        corpus = self._models if kind == "model" else self._papers
        shares = corpus.index.shares(query)
        similarities = None
        if self._encode is not None and corpus.vectors is not None:
            similarities = corpus.vectors(self._encode([query])[0])
        score = mixed(shares, similarities)
        if task is not None:
            family = task_family(task)
            score = np.where([bool(family & of_row) for of_row in corpus.tasks], score, np.float32(0))
        rows = np.argsort(-score, kind="stable")[:top]
        return [
            Hit(
                kind=kind,
                name=corpus.names[row],
                score=round(float(score[row]), 4),
                lexical_rank=1 + int((shares > shares[row]).sum()) if shares[row] > 0 else None,
                similarity=None if similarities is None else round(float(similarities[row]), 4),
                why=shared_words(query, corpus.texts[row]),
            )
            for row in rows.tolist()
            if score[row] >= LEAST_SCORE
        ]

    @cached_property
    def _models(self) -> _Corpus:
        vectors = card_vectors(self._encode)
        found = list(cards().values())
        table = np.stack([vectors.get(card.name, np.zeros(384, np.float32)) for card in found])
        return _Corpus(
            names=[card.name for card in found],
            texts=[card_text(card) for card in found],
            tasks=[frozenset({card.task}) for card in found],
            vectors=lambda vector: table @ vector,
            kind="model",
            folder=self._folder,
        )

    @cached_property
    def _papers(self) -> _Corpus:
        titles = [paper.title for paper in papers()]
        table = read_table("papers")
        # Rows of other titles would be wrong without anybody noticing; then only words count.
        fresh = table.facts.rows.get("titles") == digest("\n".join(titles))
        return _Corpus(
            names=titles,
            texts=titles,
            tasks=[frozenset(paper.tasks) for paper in papers()],
            vectors=table.similarities if fresh else None,
            kind="paper",
            folder=self._folder,
        )


def mixed(shares: NDArray[np.float32], similarities: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """One score of both halves, 0..1: the weighted mean of shared words and likeness, `(n,)` float32."""
    if similarities is None:
        return shares
    likeness = np.clip(similarities, 0, 1)
    return np.float32(VECTOR_SHARE) * likeness + np.float32(1 - VECTOR_SHARE) * shares


class _Corpus:
    """The texts of one kind with what finds them."""

    def __init__(
        self,
        *,
        names: list[str],
        texts: list[str],
        tasks: list[frozenset[str]],
        vectors: _Similarities | None,
        kind: Kind,
        folder: Path | None,
    ) -> None:
        self.names, self.texts, self.tasks, self.vectors = names, texts, tasks, vectors
        self.index = LexicalIndex(texts, name=kind, folder=folder)
