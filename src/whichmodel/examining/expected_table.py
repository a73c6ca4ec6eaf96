"""The calibrations that come with the package: a small network of plain numbers, and how far it may be off.

Each is for one set of weights, one scale and one degradation. `training/build_calibration.py` makes them;
`docs/decisions/0012` says what they promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import Record
from whichmodel.domain.record import from_json
from whichmodel.examining.expected_features import NAMES, logarithm
from whichmodel.examining.expected_second import SECOND_NAMES

Floats = NDArray[np.float32]

DISAGREEMENT = NAMES.index("disagreement, here")
FAR = 5.0
"""Spreads from its centre beyond which a feature counts as there."""


class Facts(Record, frozen=True, kw_only=True):
    """What a calibration is for, and what it rests on.

    Args:
        weights: id of the weights record.
        scale: how many times as wide and high as BEFORE AFTER is.
        degradation: how the photographs were made small, in words.
        measure: what the error is, in words.
        learned: photographs that a network learned from, at most.
        calibrated: photographs that the limits rest on, each by the network that did not learn from it.
        patches: patches of each of these.
        levels: shares of patches, 0..1, below whose limits the error is to stay.
        ranges: what pictures must be like for the calibration to speak of them: for each measure of
            `examining.expected_domain` the least and the largest value.
        disagreement: how far a patch of AFTER, reduced, may be from BEFORE, mean over the patch, 0..255: no result
            of the model went further, so beyond it something else made the patch.
        how: how it was made, in words.
        second: id of the weights of a second model that BEFORE is enlarged with too; empty without one.
    """

    weights: str
    scale: int
    degradation: str
    measure: str
    learned: int
    calibrated: int
    patches: int
    levels: tuple[float, ...]
    ranges: dict[str, tuple[float, float]]
    disagreement: float
    how: str
    second: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """A calibration.

    Args:
        facts: see `Facts`.
        centre, spread: of the features; what lies further than `FAR` spreads from the centre counts as there.
        layers: matrices `(networks, in, out)` and offsets `(networks, 1, out)`, one layer after the other; all
            layers but the last end at 0 below. The networks' results are averaged.
        floor: `log(error + floor)` is what the network gives, error 0..255.
        grid: errors that the network may give, increasing, 0..255.
        limits: shape `(levels, grid)`: below them the true error is to stay, 0..255.
    """

    facts: Facts
    centre: Floats
    spread: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    floor: float
    grid: Floats
    limits: Floats

    def expected(self, features: Floats) -> Floats:
        """The expected error of patches, 0..255, NaN where the model cannot have made them.

        `(..., features)` to `(...)`.
        """
        shape = features.shape[:-1]
        x = (features.reshape(-1, features.shape[-1]) - self.centre) / self.spread
        np.clip(x, -FAR, FAR, out=x)
        for place, (matrix, offset) in enumerate(self.layers):
            x = x @ matrix
            x += offset
            if place < len(self.layers) - 1:
                np.maximum(x, 0, out=x)
        mean = x[:, :, 0].mean(axis=0)
        found: Floats = np.clip(np.exp(mean) - np.float32(self.floor), 0, 255).reshape(shape)
        found[features[..., DISAGREEMENT] > logarithm(self.facts.disagreement)] = np.nan
        return found

    def limit(self, expected: Floats, level: int) -> Floats:
        """The limit at the level of this index for expected errors, both 0..255."""
        found: Floats = np.interp(expected, self.grid, self.limits[level]).astype(np.float32)
        return found


def names_for(second: str) -> tuple[str, ...]:
    """The features of a calibration, in their order; `second` as in `Facts`."""
    return (*NAMES, *SECOND_NAMES) if second else NAMES


@cache
def table_for(weights: str, again: bool = False) -> Table | None:
    """The calibration for weights, or `None` if there is none.

    Args:
        again: the one that rests on a second model's result too.
    """
    if again:
        name = next((each for each in _stems() if each.startswith(f"{weights}+")), "")
    else:
        name = weights if weights in _stems() else ""
    if not name:
        return None
    folder = resources.files("whichmodel.examining").joinpath("data", "expected")
    facts = from_json(
        Facts, folder.joinpath(f"{name}.json").read_text(encoding="utf-8"), where=f"{name}.json"
    )
    with (
        resources.as_file(folder.joinpath(f"{name}.npz")) as path,
        np.load(path, allow_pickle=False) as data,
    ):
        if tuple(str(name) for name in data["features"]) != names_for(facts.second):
            raise ValueError(f"{name}.npz was made for other features: make it again")
        count = sum(name.startswith("matrix") for name in data.files)
        return Table(
            facts=facts,
            centre=data["centre"],
            spread=data["spread"],
            layers=tuple((data[f"matrix{i}"], data[f"offset{i}"]) for i in range(count)),
            floor=float(data["floor"]),
            grid=data["grid"],
            limits=data["limits"],
        )


def calibrated(again: bool = False) -> tuple[str, ...]:
    """Ids of the weights for which there is a calibration; `again` as in `table_for`."""
    return tuple(name.partition("+")[0] for name in _stems() if ("+" in name) == again)


@cache
def _stems() -> tuple[str, ...]:
    """Names of the tables: the weights, and the second model's after a plus."""
    folder = resources.files("whichmodel.examining").joinpath("data", "expected")
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json"))
    )
