"""What every library of papers can do, wherever it keeps them; and what a search is narrowed by.

A *row* is a number by which a library knows one of its papers. It stays that paper's as long as the
library lasts; rows of two libraries have nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from whichmodel.domain import Paper, Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSIONS = 384
"""Length of the sentence vectors (`whichmodel.runtimes.text_encoder`)."""


class Filters(Record, frozen=True, kw_only=True):
    """What a paper must be to come into question; the default lets everything through.

    Args:
        year_from: not older; papers without a year are out where either year is given.
        year_to: not newer.
        topic: one of its tasks or topics, whole, small and capital letters alike.
        has_code: a link to its code is held.
        source: the list or import it came from.
    """

    year_from: int | None = None
    year_to: int | None = None
    topic: str = ""
    has_code: bool = False
    source: str = ""

    @property
    def empty(self) -> bool:
        """Whether everything passes."""
        return self == EVERYTHING

    def let(self, paper: Paper) -> bool:
        """Whether a paper passes."""
        if self.year_from is not None and (paper.year is None or paper.year < self.year_from):
            return False
        if self.year_to is not None and (paper.year is None or paper.year > self.year_to):
            return False
        if self.topic and plain_topic(self.topic) not in topics_of(paper):
            return False
        if self.has_code and not paper.has_code:
            return False
        return not self.source or self.source == paper.source


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Found:
    """Rows with scores, best first.

    Args:
        rows: `(k,)` int64.
        scores: `(k,)` float32.
        most: of a lexical search, the score of a short text with every word of the query that any paper
            has, so that `scores / most` is the share of the query that a paper has; else 1.
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    most: float = 1.0


class Library(Protocol):
    """Papers that can be searched by words and by meaning."""

    def __len__(self) -> int:
        """How many papers it holds."""

    def lexical(self, query: str, *, filters: Filters = EVERYTHING, top: int = 1000) -> Found:
        """The papers that share words with a query, by BM25 or what the engine has in its place.

        Args:
            query: any text; it is read as words, never as a query language.
        """

    def nearest(
        self, vector: NDArray[np.float32], *, filters: Filters = EVERYTHING, top: int = 1000
    ) -> Found:
        """The papers nearest in meaning, with their cosine; those without a vector are not among them.

        Args:
            vector: `(384,)` of length 1.
        """

    def vectors(
        self, rows: Sequence[int] | NDArray[np.int64]
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """The stored vectors, `(k, 384)` int8, and the scale of each, `(k,)`; 0 where there is no vector.

        `(stored @ q) * scale` is the cosine with a vector `q` of length 1.
        """

    def papers(self, rows: Sequence[int] | NDArray[np.int64]) -> tuple[Paper, ...]:
        """The papers of these rows, in their order.

        Raises:
            InputError: there is no such row.
        """

    @property
    def without_vector(self) -> int:
        """How many papers have no vector of their present text."""

    def close(self) -> None:
        """Let files and connections go."""


def topics_of(paper: Paper) -> frozenset[str]:
    """Tasks and topics in the form in which they are compared."""
    return frozenset(plain_topic(topic) for topic in (*paper.tasks, *paper.topics))


def plain_topic(topic: str) -> str:
    """The form in which topics are compared.

    >>> plain_topic("  Super-Resolution ")
    'super resolution'
    """
    return " ".join(topic.casefold().replace("-", " ").replace("_", " ").split())
