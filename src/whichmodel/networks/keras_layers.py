"""Reads the numbers of a Keras model as TensorFlow.js stores it ("layers-model"): a JSON list and raw shards.

Only the list of weights (`weightsManifest`) is read; which layers there are is what the port says, and names and
shapes must fit it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LARGEST_LIST = 8_000_000
_MOST_DIMENSIONS = 8


def read_layers(model: Path, shards: Sequence[Path]) -> dict[str, NDArray[np.float32]]:
    """All tensors by name, e.g. `"F_1_1_1/kernel"`.

    Args:
        model: `model.json`.
        shards: its files of little-endian float32 numbers, in order.

    Raises:
        ValueError: not such a model, or the numbers do not add up.
    """
    if model.stat().st_size > _LARGEST_LIST:
        raise ValueError(f"{model.name} is too large")
    told = json.loads(model.read_text(encoding="utf-8"))
    try:
        entries = [entry for group in told["weightsManifest"] for entry in group["weights"]]
        wanted = [(str(entry["name"]), [int(side) for side in entry["shape"]]) for entry in entries]
        kinds = {entry["dtype"] for entry in entries} | {
            "quantized" for entry in entries if "quantization" in entry
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"{model.name} has no list of weights: {error}") from error
    if kinds != {"float32"}:
        raise ValueError(f"{model.name} has numbers of other types than float32: {sorted(map(str, kinds))}")
    if any(len(shape) > _MOST_DIMENSIONS or min(shape, default=1) < 1 for _, shape in wanted):
        raise ValueError(f"{model.name} has a tensor of impossible shape")
    numbers = np.concatenate([np.fromfile(shard, "<f4") for shard in shards])
    if sum(math.prod(shape) for _, shape in wanted) != len(numbers):
        raise ValueError(f"the shards hold {len(numbers):,} numbers, which is not what {model.name} says")
    found: dict[str, NDArray[np.float32]] = {}
    place = 0
    for name, shape in wanted:
        size = math.prod(shape)
        found[name] = numbers[place : place + size].reshape(shape)
        place += size
    return found
