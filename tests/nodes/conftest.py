"""Weights for the tests, fetched once; and steps run in any pieces."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from whichmodel.domain import Port, Step
from whichmodel.nodes.operation import Context, Size, Unit
from whichmodel.nodes.registry import OPERATIONS, operation_of, wrong_ports
from whichmodel.pictures import Picture
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Raster, joined, store
from whichmodel.weights import pull, records


@pytest.fixture(scope="session")
def span(weights_cache: Path) -> dict[str, dict[str, Path]]:
    """Files of every SPAN record by weights id."""
    return {id: pull(id, say=lambda line: None) for id in records() if id.startswith("span-")}


@pytest.fixture(scope="session")
def do() -> Callable[..., tuple[Picture, Context]]:
    """Runs one step without the engine: `do("median", picture, cuts, radius=2)`, the result and its context.

    A picture goes to port `image`; a mapping names the ports. Cuts are shares 0..1 of the sides; without
    any (`None`) the step's own units are taken, which must make up the result.
    """
    return _done


def _done(
    operation: str,
    given: Picture | Mapping[str, Picture],
    cuts: Sequence[float] | None = None,
    **parameters: Any,
) -> tuple[Picture, Context]:
    pictures = {"image": given} if isinstance(given, Picture) else dict(given)
    step = Step(
        id=operation,
        title="",
        operation=operation,
        takes={port: port for port in pictures},
        gives=Port(name="result", type=OPERATIONS[operation].gives),
        parameters=parameters,
    )
    known = operation_of(step)
    assert wrong_ports(step) == ""
    with TemporaryDirectory() as folder:
        inputs = {port: store(item, Path(folder) / port) for port, item in pictures.items()}
        sizes = {port: Size(raster.width, raster.height) for port, raster in inputs.items()}
        size = known.output_size(step, sizes, {})
        assert size is not None
        kind = known.output_kind(step, {port: raster.kind for port, raster in inputs.items()})
        context = Context(cards={}, weights={}.__getitem__, size=size, kind=kind)
        context = replace(context, state=known.prepare(step, inputs, context))
        units = known.units(step, sizes, context)
        assert sum(unit.target.pixels for unit in units) == size.pixels
        if cuts is not None:
            units = [Unit(box, "part") for box in _boxes(size, cuts)]
        result = Raster.create(Path(folder) / "result", size.width, size.height, kind)
        for unit in units:
            samples = known.compute(step, unit, inputs, context)
            assert samples.colour.dtype == kind.dtype
            assert (samples.alpha is not None) == kind.alpha
            result.write(unit.target, joined(samples.colour, samples.alpha))
        for raster in (*inputs.values(), result):
            raster.close()
        return result.to_picture(), context


def _boxes(size: Size, cuts: Sequence[float]) -> list[Box]:
    """A picture cut in a grid, at shares of its sides; the last three cuts are for the columns."""
    rows = sorted({0, size.height, *(round(cut * size.height) for cut in cuts)})
    columns = sorted({0, size.width, *(round(cut * size.width) for cut in cuts[-3:])})
    return [
        Box(left, top, right, bottom)
        for top, bottom in itertools.pairwise(rows)
        for left, right in itertools.pairwise(columns)
    ]


@pytest.fixture(scope="session")
def noise() -> Callable[..., Picture]:
    """Makes a picture of noise with many extreme values: `noise(kind, width, height, seed)`."""
    return _noise


def _noise(kind: Any, width: int, height: int, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    samples = rng.integers(-kind.top // 4, kind.top + kind.top // 4, (height, width, kind.samples))
    clipped = np.clip(samples, 0, kind.top).astype(kind.dtype)
    return Picture(
        np.ascontiguousarray(clipped[:, :, : kind.bands]),
        np.ascontiguousarray(clipped[:, :, -1]) if kind.alpha else None,
    )


@pytest.fixture(scope="session")
def small(repository: Path) -> ModuleType:
    """The module `small_networks.py`."""
    path = repository / "tests" / "nodes" / "small_networks.py"
    spec = importlib.util.spec_from_file_location("small_networks", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
