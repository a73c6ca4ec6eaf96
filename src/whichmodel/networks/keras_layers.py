"""Reads the numbers of a Keras model as TensorFlow.js stores it ("layers-model"): a JSON list and raw shards.

Only the list of weights (`weightsManifest`) is read; which layers there are is what the port says, and names and
shapes must fit it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whichmodel.networks.shards import read_model, read_numbers

_LARGEST_LIST = 8_000_000


def read_layers(model: Path, shards: Sequence[Path]) -> dict[str, NDArray[np.float32]]:
    """All tensors by name, e.g. `"F_1_1_1/kernel"`.

    Args:
        model: `model.json`.
        shards: its files of little-endian float32 numbers, in order.

    Raises:
        ValueError: not such a model, or the numbers do not add up.
    """
    _, listed = read_model(model, _LARGEST_LIST)
    kinds = {tensor.kind for tensor in listed}
    if kinds != {"float32"}:
        raise ValueError(f"{model.name} has numbers of other types than float32: {sorted(kinds)}")
    return read_numbers(model, listed, shards)
