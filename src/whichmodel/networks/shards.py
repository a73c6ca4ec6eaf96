"""Reads the numbers of a model as TensorFlow.js stores them: a list in `model.json` and raw shards.

Both of its kinds of model, graphs (`networks.tfjs`) and layers of Keras (`networks.keras_layers`), keep theirs so.
Nothing of the model is run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_DIMENSIONS = 8
_BYTES = 4
_TYPES = {"float32": "<f4", "int32": "<i4"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of the list.

    Args:
        name: e.g. `"F_1_1_1/kernel"`.
        kind: type of its numbers, `"float32"` or `"int32"`.
        shape: its sides, outermost first; empty for a single number.
    """

    name: str
    kind: str
    shape: tuple[int, ...]


def read_model(model: Path, most: int) -> tuple[dict[str, Any], tuple[Tensor, ...]]:
    """What `model.json` holds, and the tensors that it lists, in the order of the shards.

    Args:
        model: `model.json`.
        most: how many bytes it may have.

    Raises:
        ValueError: too large, no such list, or tensors that are not read here.
    """
    if model.stat().st_size > most:
        raise ValueError(f"{model.name} is too large")
    told = json.loads(model.read_text(encoding="utf-8"))
    try:
        entries = [entry for group in told["weightsManifest"] for entry in group["weights"]]
        listed = tuple(
            Tensor(str(entry["name"]), str(entry["dtype"]), tuple(int(side) for side in entry["shape"]))
            for entry in entries
        )
        quantised = any("quantization" in entry for entry in entries)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{model.name} has no list of weights: {error}") from error
    if quantised:
        raise ValueError(f"{model.name} has quantised numbers, which are not read here")
    for tensor in listed:
        if tensor.kind not in _TYPES:
            raise ValueError(f"{tensor.name} has numbers of type {tensor.kind}, which are not read here")
        if len(tensor.shape) > _MOST_DIMENSIONS or min(tensor.shape, default=1) < 0:
            raise ValueError(f"{tensor.name} has an impossible shape")
    return told, listed


def read_numbers(
    model: Path, listed: Sequence[Tensor], shards: Sequence[Path]
) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors by name; whole numbers are stepped over.

    Args:
        model: named in messages.
        listed: of `read_model`.
        shards: files of little-endian numbers, in order; a tensor may lie across two.

    Raises:
        ValueError: the numbers are not as many as the list says.
    """
    numbers = b"".join(shard.read_bytes() for shard in shards)
    arrays: dict[str, NDArray[np.float32]] = {}
    place = 0
    for tensor in listed:
        count = math.prod(tensor.shape)
        if place + count * _BYTES > len(numbers):
            raise ValueError(f"the shards hold {len(numbers):,} bytes, which is less than {model.name} says")
        if tensor.kind == "float32":
            found = np.frombuffer(numbers, _TYPES[tensor.kind], count, place)
            arrays[tensor.name] = found.astype(np.float32).reshape(tensor.shape)
        place += count * _BYTES
    if place != len(numbers):
        raise ValueError(f"the shards hold {len(numbers):,} bytes, and {model.name} speaks of {place:,}")
    return arrays
