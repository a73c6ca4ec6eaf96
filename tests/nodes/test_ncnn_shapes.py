"""One network runs on tiles of many shapes: the memory that it keeps for them does not change what it gives."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from whichmodel.domain import StepError
from whichmodel.runtimes.ncnn import NcnnNet

SHAPES = [
    (40, 40),
    (64, 64),
    (1, 1),
    (64, 40),
    (17, 90),
    (90, 17),
    (64, 64),
    (3, 200),
    (40, 64),
    (120, 120),
    (64, 64),
]


def fresh(span: dict[str, dict[str, Path]]) -> NcnnNet:
    files = span["span-x2-ch48"]
    return NcnnNet(files["param"], files["bin"], input_blob="data", output_blob="output")


def noise(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(height * 1000 + width).random((3, height, width), np.float32)


def test_the_order_of_shapes_changes_no_bit(span: dict[str, dict[str, Path]]) -> None:
    net = fresh(span)
    forwards = {shape: net.infer(noise(*shape)).tobytes() for shape in SHAPES}
    for shape in reversed(SHAPES):
        assert net.infer(noise(*shape)).tobytes() == forwards[shape]
    for shape in set(SHAPES):
        assert fresh(span).infer(noise(*shape)).tobytes() == forwards[shape]


def test_results_outlive_their_network(span: dict[str, dict[str, Path]]) -> None:
    net = fresh(span)
    kept = net.infer(noise(64, 64))
    before = kept.tobytes()
    net.infer(noise(120, 120))
    del net
    gc.collect()
    other = fresh(span)
    other.infer(noise(90, 90))
    assert kept.tobytes() == before


def test_a_network_works_on_after_a_fault(span: dict[str, dict[str, Path]]) -> None:
    net = fresh(span)
    wanted = net.infer(noise(33, 21)).tobytes()
    for bad in (np.nan, np.inf, -np.inf):
        spoilt = noise(48, 48)
        spoilt[1, 20, 30] = bad
        with pytest.raises(StepError, match="NaN or infinite"):
            net.infer(spoilt)
        assert net.infer(noise(33, 21)).tobytes() == wanted
