"""Graphs of TensorFlow.js, read as plain data: their constants, who takes them, and everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whichmodel.networks.tfjs import Use, read_graph


def write(folder: Path, entries: list[dict[str, Any]], nodes: list[Any], *shards: bytes) -> list[Path]:
    """`model.json` and its shards."""
    told = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": entries}]}
    (folder / "model.json").write_text(json.dumps(told))
    for number, shard in enumerate(shards):
        (folder / f"{number}.bin").write_bytes(shard)
    return [folder / f"{number}.bin" for number in range(len(shards))]


KERNEL = {"name": "k", "shape": [2, 3], "dtype": "float32"}
AXES = {"name": "axes", "shape": [1], "dtype": "int32"}
BIAS = {"name": "b", "shape": [], "dtype": "float32"}
NODES = [
    {"name": "net/dense/MatMul", "op": "MatMul", "input": ["x", "k"]},
    {"name": "net/dense/Sum", "op": "Sum", "input": ["net/dense/MatMul", "axes"]},
    {"name": "net/dense/Add", "op": "AddV2", "input": ["net/dense/Sum", "b"]},
    {"name": "net/other/Add", "op": "AddV2", "input": ["b", "net/dense/Add"]},
    {"name": "x", "op": "Placeholder"},
]
NUMBERS = (
    np.arange(6, dtype="<f4").tobytes() + np.array([9], "<i4").tobytes() + np.array([7], "<f4").tobytes()
)


def test_constants_and_their_uses(tmp_path: Path) -> None:
    # A shard may end in the middle of an array, and even of a number.
    shards = write(tmp_path, [KERNEL, AXES, BIAS], NODES, NUMBERS[:9], NUMBERS[9:])
    found = read_graph(tmp_path / "model.json", shards)
    assert found.arrays["k"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found.arrays["b"] == 7
    assert found.arrays.keys() == {"k", "b"}  # whole numbers are stepped over
    assert found.uses["k"] == (Use("net/dense/MatMul", "MatMul", 1),)
    assert found.uses["b"] == (Use("net/dense/Add", "AddV2", 1), Use("net/other/Add", "AddV2", 0))
    assert "axes" not in found.uses


@pytest.mark.parametrize(
    ("entries", "numbers", "said"),
    [
        ([KERNEL, AXES], NUMBERS, "speaks of 28"),
        ([KERNEL, AXES, BIAS, BIAS], NUMBERS, "less than"),
        ([KERNEL, {**AXES, "dtype": "string"}, BIAS], NUMBERS, "type string"),
        ([{**KERNEL, "quantization": {"scale": 1}}, AXES, BIAS], NUMBERS, "quantised"),
        ([{**KERNEL, "shape": [-2, -3]}, AXES, BIAS], NUMBERS, "impossible"),
        ([{**KERNEL, "shape": [1] * 9}, AXES, BIAS], NUMBERS, "impossible"),
        ([{**KERNEL, "shape": None}, AXES, BIAS], NUMBERS, "no list of weights"),
        ([{"shape": [2, 3], "dtype": "float32"}], NUMBERS, "no list of weights"),
    ],
)
def test_what_does_not_fit(entries: list[dict[str, Any]], numbers: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        read_graph(tmp_path / "model.json", write(tmp_path, entries, NODES, numbers))


@pytest.mark.parametrize("nodes", [None, 3, ["x"], [{"op": "Add", "input": ["k"]}], {"a": 1}])
def test_nodes_that_are_none(nodes: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no graph"):
        read_graph(tmp_path / "model.json", write(tmp_path, [KERNEL, AXES, BIAS], nodes, NUMBERS))


@settings(max_examples=100)
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_damage_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    folder = tmp_path_factory.mktemp("graph")
    shards = write(folder, [KERNEL, AXES, BIAS], NODES, NUMBERS)
    told = bytearray((folder / "model.json").read_bytes())
    told[place % len(told)] = byte
    (folder / "model.json").write_bytes(told)
    try:
        found = read_graph(folder / "model.json", shards)
    except ValueError:
        return
    assert sum(array.nbytes for array in found.arrays.values()) <= len(NUMBERS)
