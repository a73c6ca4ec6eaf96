"""Measure the expected error: whether its limits hold, and whether it finds the patches that are wrong.

For each calibrated model and each 8 x 8 patch of its results, figures of each picture and their mean and spread over
pictures: coverage (share of patches whose error stays below the limit) at 80, 90 and 95 %; the limits' mean, which is
the interval's width, for errors begin at 0; Spearman correlation with the true error; and the area under the ROC curve
for "error among the largest tenth", beside that of the local gradient, the local variance and the difference from
bicubic enlargement. Set5 and Set14 took no part in the calibration. `--kept` also measures the photographs that
`training/build_calibration.py` kept (give it the folder that it worked in); pictures differ so much that a dozen of
them say little, so `--turns` makes the tables anew with others kept.

Shift, reported separately: noise of 10 and JPEG of quality 50 on the small pictures of the sets, and the drawings of
Set14. `told` is the share of pictures for which the program itself says "not calibrated".

Exit codes: 0 fine; 1 a gate is missed; 2 the data are missing.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from super_resolution import DATA
from whichmodel.catalog import card_with, cards
from whichmodel.examining.expected_domain import unlike
from whichmodel.examining.expected_features import PATCH, enlarged, features, luma, pooled
from whichmodel.examining.expected_second import second_features
from whichmodel.examining.expected_table import Table, calibrated, table_for
from whichmodel.pictures import Picture, read_picture, write_picture
from whichmodel.pictures.bridge import from_vips, pyvips, to_vips
from whichmodel.weights import installed
from whichmodel.workflow import run_picture, workflow_for_card

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
DRAWINGS = ("img_005", "img_013")
"""Of Set14: a page of a comic, and a slide of a presentation."""
OFF, BETTER = 0.03, 0.03
"""Coverage may be this far off; the area under the curve must be this far above every baseline."""
TENTH = 0.9


@dataclass(frozen=True)
class Pair:
    """A small picture, what a model made of it, the truth, and what a second model made where one is compared."""

    name: str
    before: Pixels
    after: Pixels
    truth: Pixels
    second: Pixels | None = None


@dataclass(frozen=True)
class Row:
    """The figures of one picture; errors and limits of 255."""

    weights: str
    part: str
    picture: str
    patches: int
    error: float
    expected: float
    coverage: dict[str, float]
    width: dict[str, float]
    spearman: float
    auc: float
    gradient: float
    variance: float
    bicubic: float
    told: str


def area(score: Floats, wrong: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a wrong patch has the higher score than one that is not."""
    ranks, count = rankdata(score.ravel()), int(wrong.sum())
    others = wrong.size - count
    return float((ranks[wrong.ravel()].sum() - count * (count + 1) / 2) / (count * others))


def whole(plane: Floats) -> Floats:
    """Without the patches that the right and the lower border cut."""
    return plane[: plane.shape[0] // PATCH * PATCH, : plane.shape[1] // PATCH * PATCH]


def named(table: Table) -> str:
    """The weights, and the second model's after a plus."""
    return "+".join(filter(None, (table.facts.weights, table.facts.second)))


def measure(table: Table, part: str, pair: Pair) -> Row:
    """Compare one picture's expected errors with its errors."""
    before, after, truth = (luma(pixels, 8) for pixels in (pair.before, pair.after, pair.truth))
    scale = table.facts.scale
    seen = features(before, after, scale)
    if pair.second is not None:
        seen = np.concatenate([seen, second_features(after, luma(pair.second, 8))], axis=2)
    found = table.expected(seen)
    errors = pooled(np.abs(whole(after - truth)), PATCH)
    found = found[: errors.shape[0], : errors.shape[1]]
    # Of what the program calls outside, it expects nothing: it counts as below every limit and as the worst.
    found = np.where(np.isnan(found), np.float32(255), found)
    wrong = errors >= np.quantile(errors, TENTH)
    down, across = np.gradient(after)
    mean = pooled(whole(after), PATCH)
    limits = {f"{level:.0%}": table.limit(found, place) for place, level in enumerate(table.facts.levels)}
    return Row(
        weights=named(table),
        part=part,
        picture=pair.name,
        patches=errors.size,
        error=float(errors.mean()),
        expected=float(found.mean()),
        coverage={level: float((errors <= limit).mean()) for level, limit in limits.items()},
        width={level: float(limit.mean()) for level, limit in limits.items()},
        spearman=float(np.corrcoef(rankdata(found), rankdata(errors))[0, 1]),
        auc=area(found, wrong),
        gradient=area(pooled(whole(np.hypot(down, across).astype(np.float32)), PATCH), wrong),
        variance=area(pooled(np.square(whole(after)), PATCH) - np.square(mean), wrong),
        bicubic=area(pooled(whole(np.abs(after - enlarged(before, scale))), PATCH), wrong),
        told=unlike(Picture(pair.before), table.facts) if table.facts.ranges else "",
    )


def noisy(pixels: Pixels, name: str) -> Pixels:
    """With Gaussian noise of 10, the same for each run."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return np.clip(np.rint(pixels + rng.normal(0, 10, pixels.shape)), 0, 255).astype(np.uint8)


def compressed(pixels: Pixels, name: str) -> Pixels:
    """Through JPEG of quality 50."""
    stored = to_vips(pixels).jpegsave_buffer(Q=50)
    found: Pixels = from_vips(pyvips.Image.new_from_buffer(stored, ""))
    return found


def colour(path: Path) -> Pixels:
    """The pixels of a file, grey as three equal channels."""
    pixels = read_picture(path).pixels
    return np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)


def sets(
    table: Table,
    data: Path,
    made: Path,
    damage: Callable[[Pixels, str], Pixels] | None = None,
    most: int = 99,
) -> Iterator[Pair]:
    """The pictures of Set5 and Set14, enlarged; what the model made is kept in `made`."""
    weights, scale, second = table.facts.weights, table.facts.scale, table.facts.second
    paths = [path for name in ("Set5", "Set14") for path in sorted(data.glob(f"{name}/x{scale}/*_LR.png"))]
    for path in paths[:most]:
        name = f"{path.parent.parent.name}-{path.stem.split('_SRF')[0]}"
        before = colour(path)
        if damage is not None:
            before = damage(before, name)
        damaged = f"{name}{'-' + damage.__name__ if damage else ''}.png"
        after = made_by(weights, before, made / weights / damaged)
        other = made_by(second, before, made / second / damaged) if second else None
        truth = colour(path.with_name(path.name.replace("_LR", "_HR")))
        yield Pair(name, before, after, truth, other)


def made_by(weights: str, before: Pixels, kept: Path) -> Pixels:
    """What the model of these weights makes of a small picture; kept in a file."""
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        card = card_with(weights)
        assert card is not None, f"no model has the weights {weights}"
        done, _ = run_picture(workflow_for_card(card), Picture(before), cards=cards())
        write_picture(Picture(done.pixels), kept)
    return colour(kept)


def kept_photographs(table: Table, work: Path, turn: int = 0) -> Iterator[Pair]:
    """The photographs that were neither learned from nor calibrated on."""
    from build_calibration import kept

    for name in kept(turn):
        folder = work / table.facts.weights
        parts = [colour(folder / f"{name}.{part}.png") for part in ("before", "after", "truth")]
        second = table.facts.second
        other = colour(folder / f"{name}.by-{second}.png") if second else None
        yield Pair(name, parts[0], parts[1], parts[2], other)


def turned(weights: str, work: Path, turns: int, second: str = "") -> list[Row]:
    """The same with tables that are made anew, so that other photographs are kept each time."""
    from build_calibration import made

    rows = []
    for turn in range(turns):
        table = made(weights, work, turn, second)
        pairs = kept_photographs(table, work, turn)
        rows += [measure(table, "photographs kept in turn", pair) for pair in pairs]
    return rows


_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option("--data", type=_FOLDER, default=DATA, help="Folder with Set5 and Set14.")
@click.option("--made", type=_FOLDER, required=True, help="Where results are kept between runs.")
@click.option("--kept", "work", type=_FOLDER, help="Folder that build_calibration.py worked in.")
@click.option(
    "--turns", default=0, help="Times that tables are made anew from --kept; 6 keep every photograph once."
)
@click.option("--weights", "only", multiple=True, help="Only these; default all that are calibrated.")
@click.option("--damaged", default=99, help="Pictures that noise and JPEG are put on; 0 for none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def main(
    data: Path, made: Path, work: Path | None, turns: int, only: tuple[str, ...], damaged: int, as_json: bool
) -> None:
    """Measure coverage, width, Spearman and AUC of the expected error."""
    if not any(data.glob("Set5/x*/*_LR.png")):
        click.echo(f"no pictures at {data}/Set5/x4/*_LR.png; name the folder with --data", err=True)
        sys.exit(2)
    rows: list[Row] = []
    every = [(weights, again) for again in (False, True) for weights in calibrated(again)]
    for weights, again in every:
        if only and weights not in only:
            continue
        table = table_for(weights, again)
        if table is None or installed(weights) is None:
            click.echo(f"{weights}: no table, or its weights are not here: left out", err=True)
            continue
        rows += [measure(table, "Set5 and Set14", pair) for pair in sets(table, data, made)]
        if work is not None:
            rows += [measure(table, "kept photographs", pair) for pair in kept_photographs(table, work)]
            rows += turned(weights, work, turns, table.facts.second)
        drawn = [pair for pair in sets(table, data, made) if pair.name.removeprefix("Set14-") in DRAWINGS]
        rows += [measure(table, "shift: drawings", pair) for pair in drawn]
        for damage in (noisy, compressed) if damaged else ():
            pairs = sets(table, data, made, damage, damaged)
            rows += [measure(table, f"shift: {damage.__name__}", pair) for pair in pairs]
    failed = missed(rows)
    if as_json:
        click.echo(json.dumps({"rows": [asdict(row) for row in rows], "failed": failed}, indent=2))
    else:
        click.echo(table_of(rows))
    for line in failed:
        click.echo(line, err=True)
    sys.exit(1 if failed else 0)


def groups(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    """Rows by weights and part, in their order."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.weights, row.part), []).append(row)
    return found


def mean(rows: list[Row], of: Callable[[Row], Any]) -> float:
    """Mean of a figure over pictures."""
    return float(np.mean([of(row) for row in rows]))


def missed(rows: list[Row]) -> list[str]:
    """What a gate asks for and was not reached; shift is no gate."""
    found = []
    for (weights, part), group in groups(rows).items():
        if part.startswith("shift"):
            continue
        for level in group[0].coverage:
            share = mean(group, lambda row, level=level: row.coverage[level])  # type: ignore[misc]
            if abs(share - float(level.rstrip("%")) / 100) > OFF:
                found.append(f"{weights}, {part}: {share:.1%} of the patches at {level}")
        best = max(mean(group, lambda row, by=by: getattr(row, by)) for by in BASELINES)  # type: ignore[misc]
        if mean(group, lambda row: row.auc) < best + BETTER:
            found.append(
                f"{weights}, {part}: AUC {mean(group, lambda row: row.auc):.3f}, a baseline has {best:.3f}"
            )
    return found


BASELINES = ("gradient", "variance", "bicubic")


def table_of(rows: list[Row]) -> str:
    """Means and spreads over pictures (standard deviation), as text."""
    lines = []
    for (weights, part), group in groups(rows).items():
        told = mean(group, lambda row: bool(row.told))
        lines.append(f"\n{weights}, {part}: {len(group)} pictures, told as not calibrated {told:.0%}")
        figures: list[tuple[str, Callable[[Row], float]]] = []
        for level in group[0].coverage:
            figures.append((f"coverage {level}", lambda row, level=level: row.coverage[level]))  # type: ignore[misc]
            figures.append((f"width {level}", lambda row, level=level: row.width[level]))  # type: ignore[misc]
        figures += [
            (name, lambda row, name=name: getattr(row, name))  # type: ignore[misc]
            for name in ("error", "expected", "spearman", "auc", *BASELINES)
        ]
        for name, of in figures:
            values = [of(row) for row in group]
            lines.append(f"  {name:<14} {np.mean(values):7.3f} ± {np.std(values):.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
    main()
