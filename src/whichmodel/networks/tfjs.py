"""Reads a frozen graph as TensorFlow.js stores it ("graph-model"): a JSON list of nodes and raw shards of numbers.

Nothing of the graph is run. What is taken from it are its constants and, because their own names often say nothing
("Const_7363"), which nodes use them: the names of those keep the path of the module that they came from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.networks.shards import read_model, read_numbers

_LARGEST_GRAPH = 64_000_000


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
    told, listed = read_model(model, _LARGEST_GRAPH)
    try:
        nodes = told["modelTopology"]["node"]
        uses = _uses({tensor.name for tensor in listed}, nodes)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{model.name} is no graph: {error}") from error
    arrays = read_numbers(model, listed, shards)
    return Constants(arrays, {name: tuple(found) for name, found in uses.items() if name in arrays})


def _uses(names: set[str], nodes: list[dict[str, Any]]) -> dict[str, list[Use]]:
    """Where each of the named constants is taken."""
    found: dict[str, list[Use]] = defaultdict(list)
    for node in nodes:
        for place, source in enumerate(node.get("input", [])):
            if source in names:
                found[source].append(Use(str(node["name"]), str(node["op"]), place))
    return found
