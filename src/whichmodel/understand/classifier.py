"""Which task does a sentence mean, learned from phrasings.

Two linear classifiers look at the same sentence: one at its vector, which knows what words mean, one
at its words and pieces of words, which knows exactly which there were. Each alone errs often; they
err on different sentences, and the sum of their log-probabilities errs least (measured, see
`training/train_tasks.py`, which also makes the tables). There is a class for each task, and `"none"`
for what means no task.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NONE = "none"
# Weights of the two log-probabilities, the best on the validation phrasings.
VECTOR_WEIGHT, NGRAM_WEIGHT = 1.0, 1.5


@dataclass(frozen=True, slots=True)
class Tables:
    """The learned numbers.

    Args:
        labels: the classes, `n` of them.
        vectors: `(n, 385)` float32: weights of the sentence vector, then the bias.
        ngrams: `(n, ngrams.SIZE)` int8 weights, to be multiplied by `scale`.
        scale: `(n, 2)` float32: scale of the row of `ngrams`, and the bias.
        rarity: `(ngrams.SIZE,)` float32: inverse document frequency of each feature.
    """

    labels: tuple[str, ...]
    vectors: NDArray[np.float32]
    ngrams: NDArray[np.int8]
    scale: NDArray[np.float32]
    rarity: NDArray[np.float32]


@lru_cache(maxsize=512)
def log_odds(text: str) -> dict[str, float]:
    """For each task, and for `"none"`, how much speaks for it: a weighted sum of log-probabilities."""
    from whichmodel.runtimes.text_encoder import encode

    tables = _tables()
    by_meaning = tables.vectors[:, :-1] @ encode([text])[0] + tables.vectors[:, -1]
    total = VECTOR_WEIGHT * _log_softmax(by_meaning) + NGRAM_WEIGHT * _log_softmax(_by_words(tables, text))
    return {label: float(value) for label, value in zip(tables.labels, total, strict=True)}


@lru_cache(maxsize=512)
def words_for(text: str, task: str) -> float:
    """How much the words of a text alone speak for a task, as a log-probability; takes no network."""
    tables = _tables()
    if task not in tables.labels:
        return float("-inf")
    return float(_log_softmax(_by_words(tables, text))[tables.labels.index(task)])


def _by_words(tables: Tables, text: str) -> NDArray[np.float32]:
    import numpy as np

    from whichmodel.understand.ngrams import ngrams

    features = ngrams(text)
    if not features:
        return tables.scale[:, 1]
    places = np.fromiter(features, np.int64, len(features))
    weights = np.fromiter(features.values(), np.float32, len(features)) * tables.rarity[places]
    weights /= np.float32(np.sqrt((weights * weights).sum()))
    found: NDArray[np.float32] = (tables.ngrams[:, places] @ weights) * tables.scale[:, 0] + tables.scale[
        :, 1
    ]
    return found


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    shifted = logits - logits.max()
    result: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum())
    return result


@cache
def _tables() -> Tables:
    import numpy as np

    folder = resources.files("whichmodel.understand").joinpath("data")

    def table(name: str) -> NDArray[np.generic]:
        with folder.joinpath(f"task_{name}.npy").open("rb") as file:
            loaded: NDArray[np.generic] = np.load(file, allow_pickle=False)
            return loaded

    return Tables(
        labels=tuple(json.loads(folder.joinpath("task_labels.json").read_text("utf-8"))),
        vectors=table("vectors").astype(np.float32),
        ngrams=table("ngrams").astype(np.int8),
        scale=table("scale").astype(np.float32),
        rarity=table("rarity").astype(np.float32),
    )
