"""Make the tables of the expected error: photographs made small, enlarged again, compared, learned from.

1. `enlarge WEIGHTS --photographs DIR --work DIR`: finds the photographs of `photographs.yaml` in DIR by their SHA-256,
   reduces them (they carry JPEG and the blur of sensors: whole factors, means over squares, so that the longer side
   is about 800 pixels; what has less stays as it is), cuts a square from their middle, puts grain on half of them,
   makes them small by cubic reduction and enlarges them with the model (and with a second one: `--second`). What is
   there is not made again.
2. `learn WEIGHTS --work DIR`: learns and calibrates, each photograph by a network that did not learn from it
   (cross-conformal prediction; MAPIE), and writes `src/whichmodel/examining/data/expected/`. The rest of the
   photographs is kept for measuring (`benchmarks/expected_error.py --kept DIR`): which is which follows from
   the hashes alone.

Exit codes: 0 fine; 2 photographs are missing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
import yaml
from mapie.regression import SplitConformalRegressor
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.neural_network import MLPRegressor

from whichmodel.catalog import card_with, cards
from whichmodel.domain import InputError
from whichmodel.examining.expected_domain import NOISE, SHARPNESS, measured
from whichmodel.examining.expected_features import PATCH, features, luma, pooled
from whichmodel.examining.expected_second import second_features
from whichmodel.examining.expected_table import DISAGREEMENT, FAR, Facts, Table, names_for
from whichmodel.files import replacing
from whichmodel.pictures import Picture, bicubic, read_picture, write_picture
from whichmodel.weights import record
from whichmodel.workflow import run_picture, workflow_for_card

HERE = Path(__file__).parent
TABLES = HERE.parent / "src" / "whichmodel" / "examining" / "data" / "expected"
LONGEST = 800
GRAIN, GRAINY = 5.0, 0.5
"""Largest standard deviation of the grain in each channel, 0..255; the share of photographs that get some."""
USED, KEPT = 62, 12
"""Photographs to learn from and calibrate on, and to measure with, in the order of their hashes."""
SAMPLES = 3600
"""Patches of a photograph that are learned from, at most."""
GRIDS = ((0, 0), (0, 4), (4, 0), (4, 4))
"""Where the patches begin, in pixels: what is learned from is cut into patches four times."""
LEVELS = (0.8, 0.9, 0.95)
FLOOR = 0.5
"""Added to errors before their logarithm is taken: half a step is rounding."""
MEMBERS, HIDDEN, DECAY = 4, (64, 32), 1.0
"""As many networks; each learns from all photographs but every fourth, and is tried on these."""
STEPS, BATCH = 2000, 512
"""Of learning, and patches a step. Counted in rounds through the patches, few patches would be learned too little."""
GRID = np.concatenate([[0.0], np.geomspace(0.25, 128.0, 55), [255.0]])

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Photograph:
    """A line of `photographs.yaml`, with its file where it was found."""

    name: str
    sha256: str
    path: Path | None


@dataclass(frozen=True)
class Patches:
    """Features `(patches, features)` and errors `(patches)` of one photograph, without those at its border."""

    features: Floats
    errors: Floats


def photographs(folder: Path | None = None) -> list[Photograph]:
    """Those of the list, in the order of their hashes; found in `folder` wherever they lie there."""
    listed = yaml.safe_load((HERE / "photographs.yaml").read_text(encoding="utf-8"))
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.suffix.lower() in (".jpg", ".jpeg", ".png") and path.is_file():
            found[hashlib.sha256(path.read_bytes()).hexdigest()] = path
    every = [
        Photograph(Path(each["file"]).stem, each["sha256"], found.get(each["sha256"])) for each in listed
    ]
    return sorted(every, key=lambda each: each.sha256)


def order(turn: int = 0) -> list[str]:
    """Names of the photographs in the order of their hashes, begun `KEPT` later for each turn."""
    names = [each.name for each in photographs()]
    first = turn * KEPT % len(names)
    return names[first:] + names[:first]


def kept(turn: int = 0) -> list[str]:
    """Names of the photographs that nothing is learned from and nothing calibrated on."""
    return order(turn)[USED:]


def reduced(photograph: Path) -> NDArray[np.uint8]:
    """A photograph in colour, reduced by a whole factor, its sides multiples of 8."""
    picture = read_picture(photograph)
    pixels = picture.pixels.astype(np.float32) * np.float32(255 / ((1 << picture.bits) - 1))
    longer = max(pixels.shape[:2])
    factor = 1 if longer < LONGEST else max(2, round(longer / LONGEST))
    high, wide = (length // factor for length in pixels.shape[:2])
    pixels = (
        pixels[: high * factor, : wide * factor].reshape(high, factor, wide, factor, -1).mean(axis=(1, 3))
    )
    pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    return np.ascontiguousarray(np.rint(pixels[: high // 8 * 8, : wide // 8 * 8]).astype(np.uint8))


def truth_of(pixels: NDArray[np.uint8], sha256: str, side: int) -> NDArray[np.uint8]:
    """What a result is compared with: the middle of a reduced photograph, at most `side` pixels if not 0.

    Half of them get grain, by lot with the hash: what was reduced has next to none left, and photographs as cameras
    and scanners give them have.
    """
    rng = np.random.default_rng(int(sha256[:16], 16))
    if side:
        top, left = (max(0, length - side) // 2 // 8 * 8 for length in pixels.shape[:2])
        pixels = pixels[top : top + side, left : left + side]
    strength = rng.uniform(0, GRAIN) if rng.random() < GRAINY else 0.0
    grain = strength * rng.standard_normal(pixels.shape)
    return np.ascontiguousarray(np.clip(np.rint(pixels + grain), 0, 255).astype(np.uint8))


@cache
def patches_of(
    work: Path, name: str, scale: int, begin: tuple[int, int] = (0, 0), second: str = ""
) -> tuple[Floats, Floats]:
    """Features and errors of the patches of one photograph, as arrays over the picture.

    Args:
        second: weights of the second model, whose results lie beside the others.
        begin: where the first patch begins; as much is left out at the other end.
    """
    planes = []
    for part in ("before", "after", "truth", *((f"by-{second}",) if second else ())):
        plane = luma(read_picture(work / f"{name}.{part}.png").pixels, 8)
        down, right = (n // scale if part == "before" else n for n in begin)
        planes.append(plane[down : plane.shape[0] - down, right : plane.shape[1] - right])
    found = features(planes[0], planes[1], scale)
    if second:
        found = np.concatenate([found, second_features(planes[1], planes[3])], axis=2)
    return found, pooled(np.abs(planes[1] - planes[2]), PATCH)


def inner(found: tuple[Floats, Floats]) -> Patches:
    """Without the border: there the network sees zeros, and a large photo has little of it."""
    return Patches(found[0][1:-1, 1:-1].reshape(-1, found[0].shape[2]), found[1][1:-1, 1:-1].ravel())


def together(parts: list[Patches]) -> Patches:
    """The patches of all parts."""
    return Patches(
        np.concatenate([part.features for part in parts]), np.concatenate([part.errors for part in parts])
    )


class Shape(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What MAPIE takes for a fitted model: the first column is the prediction."""

    def fit(self, x: Any, y: Any) -> Shape:
        """Nothing is learned here."""
        self.is_fitted_, self.n_features_in_ = True, 1
        return self

    def predict(self, x: Any) -> Any:
        """The column."""
        return np.asarray(x)[:, 0]


def shape_of(expected: Floats, errors: Floats, level: float) -> NDArray[np.float64]:
    """The level's quantile of error by expected error, on `GRID`, both with `FLOOR`; never decreasing."""
    order = np.argsort(expected)
    parts = np.array_split(order, 16)
    middles = np.log([np.median(expected[part]) for part in parts])
    ratios = [np.quantile(errors[part] / expected[part], level) for part in parts]
    # Neighbouring parts are averaged: a ragged limit would be chance.
    padded = np.pad(ratios, 1, mode="edge")
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    floored = GRID + FLOOR
    return np.maximum.accumulate(np.interp(np.log(floored), middles, smooth) * floored)


def factor_of(
    shape: NDArray[np.float64], expected: Floats, errors: Floats, level: float, groups: int
) -> float:
    """What the shape must be multiplied by so that it holds for this share of the patches of a new picture.

    Pictures are exchangeable, patches of one picture are not: to `groups` pictures of equally many patches the
    new one adds a share 1 / (groups + 1) of which nothing is known, so the quantile is taken at
    `level (groups + 1) / groups` (Dunn, Wasserman and Ramdas 2023; Lee, Barber and Willett 2023). MAPIE's score is
    `(error - limit) / limit`, and its interval has two sides: the upper one at `2 p - 1` is the quantile p.
    """
    grouped = min(level * (groups + 1) / groups, 1 - 1e-4)
    limit = np.interp(expected, GRID + FLOOR, shape)[:, None]
    model = SplitConformalRegressor(
        Shape().fit(limit, errors), confidence_level=2 * grouped - 1, conformity_score="gamma", prefit=True
    )
    model.conformalize(limit, errors)
    _, found = model.predict_interval(np.ones((1, 1)))
    return float(found[0, 1, 0])


@click.group()
def main() -> None:
    """Make the tables of the expected error."""


_WORK = click.Path(path_type=Path, file_okay=False)


@main.command()
@click.argument("weights")
@click.option("--photographs", "folder", type=_WORK, required=True, help="Where the packages were unpacked.")
@click.option("--work", type=_WORK, required=True, help="Where to keep the pictures.")
@click.option("--side", type=click.IntRange(0), default=384, help="Of the square; 0 for all.")
@click.option("--second", default="", metavar="WEIGHTS", help="Enlarge it by this model too.")
def enlarge(weights: str, folder: Path, work: Path, side: int, second: str) -> None:
    """Make every photograph small and enlarge it with the model of WEIGHTS."""
    scale = record(weights).scale
    folder_of = work / weights
    folder_of.mkdir(parents=True, exist_ok=True)
    every = photographs(folder)
    missing = [each.name for each in every if each.path is None]
    if missing:
        click.echo(f"not found by their hashes: {', '.join(missing)}", err=True)
        raise SystemExit(2)
    for each in every:
        after = folder_of / f"{each.name}.after.png"
        other = folder_of / f"{each.name}.by-{second}.png"
        if after.exists() and second and not other.exists():
            write_picture(_made_by(second, read_picture(folder_of / f"{each.name}.before.png")), other)
        if after.exists() or each.path is None:
            continue
        kept_at = work / "reduced" / f"{each.name}.png"
        if not kept_at.exists():
            kept_at.parent.mkdir(parents=True, exist_ok=True)
            write_picture(Picture(reduced(each.path)), kept_at)
        truth = truth_of(read_picture(kept_at).pixels.astype(np.uint8), each.sha256, side)
        before = bicubic(truth, truth.shape[1] // scale, truth.shape[0] // scale)
        if second:
            write_picture(_made_by(second, Picture(before)), other)
        write_picture(Picture(truth), folder_of / f"{each.name}.truth.png")
        write_picture(Picture(before), folder_of / f"{each.name}.before.png")
        write_picture(_made_by(weights, Picture(before)), after)
        click.echo(each.name)


def _made_by(weights: str, before: Picture) -> Picture:
    card = card_with(weights)
    assert card is not None, f"no model has the weights {weights}"
    made, _ = run_picture(workflow_for_card(card), Picture(before.pixels), cards=cards())
    return Picture(made.pixels)


@main.command()
@click.argument("weights")
@click.option("--work", type=_WORK, required=True, help="Where `enlarge` kept the pictures.")
@click.option("--second", default="", metavar="WEIGHTS", help="With the results of this model too.")
def learn(weights: str, work: Path, second: str) -> None:
    """Learn, calibrate and write the table of WEIGHTS."""
    _write(made(weights, work, second=second))


def made(weights: str, work: Path, turn: int = 0, second: str = "") -> Table:
    """The table of weights.

    Args:
        second: weights of a second model whose results are compared too.
        turn: others are learned from, calibrated on and kept: the order begins `KEPT` photographs later for each.
    """
    scale, folder = record(weights).scale, work / weights
    names = order(turn)
    rng = np.random.default_rng(0)
    learned = [
        together([inner(patches_of(folder, name, scale, begin, second)) for begin in GRIDS])
        for name in names[:USED]
    ]
    some = [Patches(*_some(each, SAMPLES, rng)) for each in learned]
    calibration = [inner(patches_of(folder, name, scale, second=second)) for name in names[:USED]]
    count = min(len(each.errors) for each in calibration)
    facts = Facts(
        weights=weights,
        scale=scale,
        degradation=f"made small {scale} times by cubic reduction, with a photo's own grain at most and without JPEG",
        measure="mean absolute error of luma in a patch, 0 to 255",
        learned=USED - USED // MEMBERS,
        calibrated=USED,
        patches=count,
        levels=LEVELS,
        ranges={} if turn else _ranges(folder, names[:USED]),
        disagreement=_disagreement(learned),
        how=(
            f"training/build_calibration.py; the photographs of training/photographs.yaml in the order of their "
            f"hashes, the first {USED}; {MEMBERS} networks, each calibrated on those that it did not learn from"
        ),
        second=second,
    )
    table = _learned(facts, some)
    drawn = [_some(each, count, rng) for each in calibration]
    # Each photograph by the network that never saw it.
    expected = [_member(table, place % MEMBERS).expected(each[0]) for place, each in enumerate(drawn)]
    seen = np.concatenate(expected) + FLOOR
    errors = np.concatenate([each[1] for each in drawn]) + FLOOR
    limits = []
    for level in LEVELS:
        shape = shape_of(seen, errors, level)
        factor = factor_of(shape, seen, errors, level, USED)
        click.echo(f"{level:.0%}: the learned limit times {factor:.3f}")
        limits.append(np.clip(factor * shape - FLOOR, 0, 255))
    return replace(table, limits=np.stack(limits).astype(np.float32))


def _member(table: Table, place: int) -> Table:
    """With one of the networks alone."""
    return replace(table, layers=tuple((a[place : place + 1], b[place : place + 1]) for a, b in table.layers))


def _learned(facts: Facts, photographs: list[Patches]) -> Table:
    """What expects the errors of patches from their features; its limits are not known yet."""
    every = together(photographs).features
    centre, spread = every.mean(axis=0), every.std(axis=0) + 1e-6
    members = []
    for seed in range(MEMBERS):
        seen = together([each for place, each in enumerate(photographs) if place % MEMBERS != seed])
        network = MLPRegressor(
            hidden_layer_sizes=HIDDEN, alpha=DECAY, learning_rate_init=1.5e-3, batch_size=BATCH,
            max_iter=max(1, round(STEPS * BATCH / len(seen.errors))), n_iter_no_change=STEPS, random_state=seed,
        )  # fmt: skip
        x = np.clip((seen.features - centre) / spread, -FAR, FAR)
        members.append(network.fit(x, np.log(seen.errors + FLOOR)))
    layers = tuple(
        (
            np.stack([each.coefs_[place] for each in members]).astype(np.float32),
            np.stack([each.intercepts_[place] for each in members])[:, None].astype(np.float32),
        )
        for place in range(len(HIDDEN) + 1)
    )
    grid = GRID.astype(np.float32)
    return Table(
        facts=facts,
        centre=centre.astype(np.float32),
        spread=spread.astype(np.float32),
        layers=layers,
        floor=FLOOR,
        grid=grid,
        limits=np.zeros((0, len(grid)), np.float32),
    )


def _some(patches: Patches, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    chosen = rng.permutation(len(patches.errors))[:count]
    return patches.features[chosen], patches.errors[chosen]


def _ranges(folder: Path, names: list[str]) -> dict[str, tuple[float, float]]:
    """From the least to the most that was seen, and a quarter beyond."""
    found = [measured(read_picture(folder / f"{name}.before.png"))[0] for name in names]
    sharp = [each[SHARPNESS] for each in found]
    most = max(each[NOISE] for each in found)
    return {
        NOISE: (0.0, round(1.25 * most, 2)),
        SHARPNESS: (round(min(sharp) / 1.25, 3), round(1.25 * max(sharp), 3)),
    }


def _disagreement(every: list[Patches]) -> float:
    """The largest that a result of the model showed, and a quarter beyond."""
    most = max(float(each.features[:, DISAGREEMENT].max()) for each in every)
    return round(1.25 * float(np.exp(most)), 2)


def _write(table: Table) -> None:
    TABLES.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {f"matrix{i}": layer[0] for i, layer in enumerate(table.layers)}
    arrays |= {f"offset{i}": layer[1] for i, layer in enumerate(table.layers)}
    stem = "+".join(filter(None, (table.facts.weights, table.facts.second)))
    with replacing(TABLES / f"{stem}.npz") as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            features=np.array(names_for(table.facts.second)),
            centre=table.centre,
            spread=table.spread,
            floor=np.float32(table.floor),
            grid=table.grid,
            limits=table.limits,
            **arrays,
        )
    with replacing(TABLES / f"{stem}.json") as temporary:
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(table.facts), indent=2) + b"\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(f"{error}") from error
