"""Which task does a sentence mean, learned from phrasings: a linear classifier on sentence vectors.

Cue phrases are sure where they fit and silent where people say it in other words; sentence vectors
know other words. `training/train_tasks.py` makes the table; it holds a class for each task and one,
`"none"`, for what means no task.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from whichmodel.runtimes.text_encoder import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

NONE = "none"


@lru_cache(maxsize=256)
def probabilities(text: str) -> dict[str, float]:
    """Probability of each task, and of `"none"`, for one text; they sum to 1."""
    labels, table = _table()
    logits = table[:, :-1] @ encode([text])[0] + table[:, -1]
    exponents = np.exp(logits - logits.max())
    shares = exponents / exponents.sum()
    return {label: float(share) for label, share in zip(labels, shares, strict=True)}


@cache
def _table() -> tuple[tuple[str, ...], NDArray[np.float32]]:
    folder = resources.files("whichmodel.understand").joinpath("data")
    labels = tuple(json.loads(folder.joinpath("task_classifier.json").read_text("utf-8")))
    with folder.joinpath("task_classifier.npy").open("rb") as file:
        table = np.load(file, allow_pickle=False).astype(np.float32)
    return labels, table
