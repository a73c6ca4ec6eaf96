"""The learned weighing of signals: a forest of randomised trees, kept as plain numbers.

Extremely randomised trees (Geurts, Ernst, Wehenkel 2006). `training/train_audit.py` grows them from
sentences of our own and from labelled claims of recorded answers; here they are only read. A tree's nodes
stand in depth-first order, so the left child of a node is the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees one after the other.

    Args:
        signals: names of the signals, in the order in which `feature` counts them.
        roots: first node of each tree.
        feature: signal that a node asks for; 255 at a leaf.
        threshold: a node goes left where the signal is at most this.
        right: how far on the right child stands.
        value: share of good claims at a leaf, 0 to 255.
    """

    signals: tuple[str, ...]
    roots: NDArray[np.int64]
    feature: NDArray[np.uint8]
    threshold: NDArray[np.float32]
    right: NDArray[np.uint16]
    value: NDArray[np.uint8]

    def good(self, values: Mapping[str, float]) -> float:
        """How likely a claim with these signals is supported or a marked inference, from 0 to 1."""
        row = np.array([values[name] for name in self.signals], np.float32)
        nodes = self.roots.copy()
        while True:
            asked = self.feature[nodes]
            inner = np.flatnonzero(asked != LEAF)
            if not len(inner):
                return float(self.value[nodes].mean()) / 255
            at = nodes[inner]
            left = row[asked[inner]] <= self.threshold[at]
            nodes[inner] = at + np.where(left, 1, self.right[at])


LEAF = 255


@cache
def forest() -> Forest:
    """The forest that comes with the package."""
    folder = resources.files("whichmodel.answering.audit").joinpath("data")
    with resources.as_file(folder.joinpath("forest.npz")) as path, np.load(path, allow_pickle=False) as data:
        return Forest(
            signals=tuple(str(name) for name in data["signals"]),
            roots=data["roots"].astype(np.int64),
            feature=data["feature"],
            threshold=data["threshold"],
            right=data["right"],
            value=data["value"],
        )
