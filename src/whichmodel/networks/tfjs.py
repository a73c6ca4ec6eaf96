"""Reads a frozen graph as TensorFlow.js stores it ("graph-model"): a JSON list of nodes and raw shards of numbers.

Nothing of the graph is run. What is taken from it are its constants and, because their own names often say nothing
("Const_7363"), which nodes use them: the names of those keep the path of the module that they came from.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST_GRAPH = 64_000_000
_MOST_DIMENSIONS = 8
_BYTES = 4
_TYPES = {"float32": "<f4", "int32": "<i4"}


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a constant.

    Args:
        node: name of the node that takes it.
        operation: of that node, e.g. `"Conv2D"`.
        place: which of the node's inputs it is, from 0.
    """

    node: str
    operation: str
    place: int


@dataclass(frozen=True, slots=True)
class Constants:
    """The constants of a graph.

    Args:
        arrays: those of float32, by name.
        uses: of each, by name; constants that nothing uses are not in it.
    """

    arrays: dict[str, NDArray[np.float32]]
    uses: dict[str, tuple[Use, ...]]


def read_graph(model: Path, shards: Sequence[Path]) -> Constants:
    """The float32 constants of a graph and who uses them.

    Args:
        model: `model.json`.
        shards: its files of little-endian numbers, in order.

    Raises:
        ValueError: not such a graph, or the numbers do not add up.
    """
    if model.stat().st_size > _LARGEST_GRAPH:
        raise ValueError(f"{model.name} is too large")
    told = json.loads(model.read_text(encoding="utf-8"))
    try:
        entries = [entry for group in told["weightsManifest"] for entry in group["weights"]]
        wanted = [
            (str(entry["name"]), str(entry["dtype"]), [int(side) for side in entry["shape"]])
            for entry in entries
        ]
        nodes = told["modelTopology"]["node"]
        uses = _uses({name for name, _, _ in wanted}, nodes)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{model.name} is no graph with a list of weights: {error}") from error
    if any("quantization" in entry for entry in entries):
        raise ValueError(f"{model.name} has quantised numbers, which are not read here")
    numbers = b"".join(shard.read_bytes() for shard in shards)
    arrays: dict[str, NDArray[np.float32]] = {}
    place = 0
    for name, kind, shape in wanted:
        if kind not in _TYPES:
            raise ValueError(f"{name} has numbers of type {kind}, which are not read here")
        if len(shape) > _MOST_DIMENSIONS or min(shape, default=1) < 0:
            raise ValueError(f"{name} has an impossible shape")
        size = math.prod(shape) * _BYTES
        if place + size > len(numbers):
            raise ValueError(f"the shards hold {len(numbers):,} bytes, which is less than {model.name} says")
        if kind == "float32":
            found = np.frombuffer(numbers, _TYPES[kind], math.prod(shape), place)
            arrays[name] = found.astype(np.float32).reshape(shape)
        place += size
    if place != len(numbers):
        raise ValueError(f"the shards hold {len(numbers):,} bytes, and {model.name} speaks of {place:,}")
    return Constants(arrays, {name: tuple(found) for name, found in uses.items() if name in arrays})


def _uses(names: set[str], nodes: list[dict[str, Any]]) -> dict[str, list[Use]]:
    """Where each of the named constants is taken."""
    found: dict[str, list[Use]] = defaultdict(list)
    for node in nodes:
        for place, source in enumerate(node.get("input", [])):
            if source in names:
                found[source].append(Use(str(node["name"]), str(node["op"]), place))
    return found
