"""The papers of a library that come into question, each with one score of shared words and likeness in meaning.

The first two steps of the search: every wanted name and the question itself are looked for by words and
by meaning, what they find is put together, and the two halves are fused by the one function that the
whole program uses (`whichmodel.catalog.fusion.mixed`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from whichmodel.catalog.fusion import mixed
from whichmodel.domain import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whichmodel.catalog.library import Filters, Library
    from whichmodel.recommending.wanted import Wanted

# So many of each list come into question.
_LOOKED_AT = 1000
# So many of the best by the question alone are among the candidates.
_BY_QUESTION = 10


class Candidate(Record, frozen=True, kw_only=True):
    """A row of a library with its scores.

    Args:
        row: of the library.
        score: 0..1, all that is wanted together.
        question: 0..1, the question's own words and meaning.
        of_task: 0..1 for each wanted task in order: its best name.
        likeness: cosine for each wanted task in order: of its best name.
    """

    row: int
    score: float
    question: float
    of_task: tuple[float, ...]
    likeness: tuple[float, ...]


def candidates(library: Library, wanted: Wanted, *, filters: Filters, most: int) -> list[Candidate]:
    """The best candidates, best first.

    Args:
        filters: only what passes them.
        most: how many by all that is wanted; a few that the question's own words find may come on top.

    Raises:
        WeightsError: the sentence encoder is missing or damaged.
    """
    texts = [wanted.question, *(name for task in wanted.tasks for name in task.names)]
    vectors = np.stack([_vector(text) for text in texts])
    medium = " ".join(wanted.words)
    words = [wanted.question, *(f"{name} {medium}" for task in wanted.tasks for name in task.names)]
    lexical = [library.lexical(text, filters=filters, top=_LOOKED_AT) for text in words]
    near = [library.nearest(vector, filters=filters, top=_LOOKED_AT) for vector in _places(wanted, vectors)]
    rows = np.unique(np.concatenate([found.rows for found in (*lexical, *near)]))
    if not len(rows):
        return []
    whole, scale = library.vectors(rows)
    likeness = (whole.astype(np.float32) @ vectors.T) * scale[:, None]
    scores = np.empty((len(rows), len(texts)), np.float32)
    for column, found in enumerate(lexical):
        shares = np.zeros(len(rows), np.float32)
        shares[np.searchsorted(rows, found.rows)] = np.minimum(found.scores / max(found.most, 1e-9), 1)
        # A paper without a vector is judged by its words alone.
        scores[:, column] = np.where(scale > 0, mixed(shares, likeness[:, column]), mixed(shares, None))
    return _best(rows, scores, likeness, wanted, most)


def _best(
    rows: NDArray[np.int64],
    scores: NDArray[np.float32],
    likeness: NDArray[np.float32],
    wanted: Wanted,
    most: int,
) -> list[Candidate]:
    of_task, like_task, first = [], [], 1
    for task in wanted.tasks:
        columns = slice(first, first + len(task.names))
        of_task.append(scores[:, columns].max(axis=1))
        like_task.append(likeness[:, columns].max(axis=1))
        first += len(task.names)
    total = wanted.question_share * scores[:, 0]
    for task, fitting in zip(wanted.tasks, of_task, strict=True):
        total = total + task.share * fitting
    order = np.argsort(-total, kind="stable")
    # What has the very words of the question may be what it names; it is judged whatever its task is.
    named = [
        place for place in np.argsort(-scores[:, 0], kind="stable")[:_BY_QUESTION] if place in order[most:]
    ]
    order = np.concatenate([order[:most], np.array(named, order.dtype)])
    return [
        Candidate(
            row=int(rows[place]),
            score=float(total[place]),
            question=float(scores[place, 0]),
            of_task=tuple(float(column[place]) for column in of_task),
            likeness=tuple(float(column[place]) for column in like_task),
        )
        for place in order.tolist()
    ]


def _places(wanted: Wanted, vectors: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Where in the space of meaning papers are looked for: at the question, and amid the names of each task."""
    found, first = [vectors[0]], 1
    for task in wanted.tasks:
        middle = vectors[first : first + len(task.names)].mean(axis=0)
        found.append(middle / max(float(np.linalg.norm(middle)), 1e-12))
        first += len(task.names)
    return found


@lru_cache(maxsize=512)
def _vector(text: str) -> NDArray[np.float32]:
    from whichmodel.runtimes.text_encoder import encode

    vector: NDArray[np.float32] = encode([text])[0]
    return vector
