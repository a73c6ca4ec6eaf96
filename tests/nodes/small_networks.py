"""Small ONNX networks that are made in tests, and operations run on arrays without a workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from whichmodel.catalog import cards
from whichmodel.domain import Step
from whichmodel.nodes.operation import Context, Size, Unit
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.pictures import Box, Picture
from whichmodel.pictures.raster import Raster, store

TYPES = {"float": TensorProto.FLOAT, "uint8": TensorProto.UINT8}


def save(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, tuple[str, Sequence[int | str]]],
    outputs: Mapping[str, tuple[str, Sequence[int | str]]],
    numbers: Mapping[str, NDArray[Any]],
) -> Path:
    """Write a network of these nodes."""
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info(name, TYPES[kind], shape) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info(name, TYPES[kind], shape) for name, (kind, shape) in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in numbers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def context_with(files: Mapping[str, Path]) -> Context:
    """A context in which every weights id has these files."""
    return Context(cards=cards(), weights=lambda id: files)


def rasters(folder: Path, pictures: Mapping[str, NDArray[Any]]) -> dict[str, Raster]:
    """Arrays `(h, w, 1 or 3)` as rasters, by port."""
    return {port: store(Picture(pixels), folder / f"{port}.raster") for port, pixels in pictures.items()}


def run(
    step: Step,
    inputs: Mapping[str, Raster],
    context: Context,
    *,
    rows: int | None = None,
) -> tuple[NDArray[Any], Mapping[str, Any]]:
    """Colour of the whole result, and the state; in bands of `rows` rows, or all at once."""
    operation = OPERATIONS[step.operation]
    sizes = {port: Size(raster.width, raster.height) for port, raster in inputs.items()}
    kinds = {port: raster.kind for port, raster in inputs.items()}
    size = operation.output_size(step, sizes, context.cards)
    assert size is not None
    own = replace(context, size=size, kind=operation.output_kind(step, kinds))
    own = replace(own, state=operation.prepare(step, inputs, own))
    rows = rows or size.height
    parts = []
    for top in range(0, size.height, rows):
        box = Box(0, top, size.width, min(top + rows, size.height))
        parts.append(operation.compute(step, Unit(box, str(box)), inputs, own).colour)
    return np.concatenate(parts), own.state
