"""Measure in which order a damaged picture is best repaired and enlarged, and what looking at the photo is worth.

    python benchmarks/order.py [--part orders|strength|planned|clean] [--scale 2|4] [--every N] [--json]
        [--results FILE] [--minutes N]

The small pictures of Set14 are damaged in ways that are known: noise of 15, 25 and 50 of 255, JPEG of quality 10 to
40, movement by 9 to 21 pixels in some direction, and mixtures (movement, then noise, then JPEG, as in a camera). Luma
PSNR of the enlarged result against the true large picture, `scale` pixels of border left out.

- orders: each way to arrange denoising, deblurring and enlarging, with the noise known;
- strength: how strongly FFDNet best cleans a JPEG before it is enlarged;
- planned: the photo is looked at, and the planner decides; against enlarging alone, picture by picture;
- clean: undamaged pictures of Set5 and Set14; nothing but the enlargement may be planned.

With --results what was computed is kept in a file, one line a result, and taken from there: after --minutes it stops
(exit code 3), and the same command goes on. What the planner decides is never kept, only what its way gives.

Exit codes: 0 fine; 1 a gate of `planned` or `clean` is missed; 2 the pictures are missing; 3 time is up.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve, rotate

from whichmodel.catalog import cards
from whichmodel.domain import Step, Workflow
from whichmodel.photo import findings, measure
from whichmodel.pictures import Picture, read_header, read_picture, write_picture
from whichmodel.workflow import decide, run_picture, workflow_for
from whichmodel.workflow.steps import INPUT, model_step, workflow_of

DATA = Path(__file__).parents[2] / "shared" / "images"
LEAST_WON, MOST_LOST = 0.90, 0.2
"""Gates of `planned`: share of cases that gain, and dB that one may lose."""
LEVELS = (3, 5, 8, 10, 15, 20, 30)

Pixels = NDArray[np.uint8]
Damage = Callable[[Pixels, int], Pixels]


@dataclass(frozen=True)
class Row:
    """One way to treat one kind of damage: gain in dB over enlarging alone, over all pictures."""

    part: str
    damage: str
    way: str
    mean: float
    least: float
    won: float
    cases: int


class Results:
    """PSNR by picture, damage, scale and way; kept in a file where one is named."""

    def __init__(self, path: Path | None = None, seconds: float = float("inf")) -> None:
        self._path = path
        self._end = time.monotonic() + seconds
        lines = path.read_text("utf-8").splitlines() if path and path.exists() else []
        self._known: dict[tuple[str, ...], float] = {}
        for line in lines:
            *key, value = json.loads(line)
            self._known[tuple(key)] = value

    def get(self, key: tuple[str, ...], compute: Callable[[], float]) -> float:
        """The known result, else a new one; leaves the program with code 3 where time is up."""
        if key not in self._known:
            if time.monotonic() > self._end:
                click.echo(f"time is up; {len(self._known)} results are kept", err=True)
                sys.exit(3)
            self._known[key] = compute()
            if self._path:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([*key, self._known[key]]) + "\n")
        return self._known[key]


RESULTS = Results()


def noisy(level: float) -> Damage:
    """Gaussian noise, rounded and clipped as in a file."""

    def damage(pixels: Pixels, seed: int) -> Pixels:
        grain = np.random.default_rng(seed).normal(0, level, pixels.shape)
        return _rounded(pixels + grain)

    return damage


def moved(length: int) -> Damage:
    """Even movement in a direction that the seed chooses."""

    def damage(pixels: Pixels, seed: int) -> Pixels:
        angle = float(np.random.default_rng(seed + 77).uniform(0, 180))
        line = np.zeros((length + 2, length + 2))
        line[length // 2 + 1, 1:-1] = 1
        kernel = rotate(line, angle, reshape=False, order=1).clip(0)
        kernel /= kernel.sum()
        planes = [convolve(pixels[:, :, band].astype(float), kernel, mode="mirror") for band in range(3)]
        return _rounded(np.stack(planes, axis=2))

    return damage


def compressed(quality: int) -> Damage:
    """JPEG with halved colour, as cameras and the web write it."""

    def damage(pixels: Pixels, seed: int) -> Pixels:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.jpg"
            write_picture(Picture(pixels), path, quality=quality)
            return read_picture(path).pixels

    return damage


def mixed(*parts: Damage) -> Damage:
    """One after the other."""

    def damage(pixels: Pixels, seed: int) -> Pixels:
        for part in parts:
            pixels = part(pixels, seed)
        return pixels

    return damage


NOISE = {f"noise {level}": (noisy(level), float(level)) for level in (15, 25, 50)}
JPEG = {f"JPEG {quality}": (compressed(quality), None) for quality in (10, 20, 30, 40)}
BLUR = {f"movement {length}": (moved(length), None) for length in (9, 15, 21)}
MIXED = {
    "movement 15, noise 15": (mixed(moved(15), noisy(15)), 15.0),
    "noise 25, JPEG 30": (mixed(noisy(25), compressed(30)), 25.0),
    "movement 9, JPEG 40": (mixed(moved(9), compressed(40)), None),
    "movement 15, noise 15, JPEG 40": (mixed(moved(15), noisy(15), compressed(40)), 15.0),
}


def pictures(
    scale: int, every: int, sets: Sequence[str] = ("Set14",)
) -> Iterator[tuple[int, str, Pixels, Pixels]]:
    """Number in its set (the seed of its damage), name, small picture and true large picture, three channels both."""
    for name in sets:
        paths = sorted((DATA / name / f"x{scale}").glob("*_LR.png"))
        for number, path in list(enumerate(paths))[::every]:
            truth = path.with_name(path.name.replace("_LR", "_HR"))
            yield number, f"{name} {path.stem}", _colour(path), _colour(truth)


def treated(pixels: Pixels, scale: int, way: Sequence[str], sigma: float | None) -> Pixels:
    """Run the steps of a way (`"denoise"`, `"deblur"`, `"enlarge"`), in this order."""
    known = cards()
    names = {"denoise": "FFDNet-colour", "enlarge": f"SPAN-{scale}x"}
    names["deblur"] = next(card.name for card in known.values() if card.weights == "srn-deblur")
    steps: list[Step] = []
    for word in way:
        source = steps[-1].id if steps else INPUT.name
        given = {"sigma": sigma} if word == "denoise" and sigma is not None else None
        steps.append(model_step(known[names[word]], source, id=word, given=given))
    return run_picture(workflow_of("order", tuple(steps)), Picture(pixels), cards=known)[0].pixels


def psnr(pixels: Pixels, truth: Pixels, border: int) -> float:
    """Luma PSNR in dB (BT.601) without the border."""
    weights = np.array([65.481, 128.553, 24.966]) / 255
    error = ((pixels.astype(float) - truth) @ weights)[border:-border, border:-border]
    return float(10 * np.log10(255**2 / max(1e-9, (error**2).mean())))


def orders(scale: int, every: int) -> Iterator[Row]:
    """All orders, with the noise known."""
    ways = {
        "noise": (["denoise", "enlarge"], ["enlarge", "denoise"]),
        "movement": (["deblur", "enlarge"], ["enlarge", "deblur"]),
        "both": (
            ["denoise", "enlarge"],
            ["denoise", "deblur", "enlarge"],
            ["deblur", "denoise", "enlarge"],
            ["denoise", "enlarge", "deblur"],
        ),
    }
    kinds = [
        ("noise", NOISE),
        ("movement", BLUR),
        ("both", {"movement 15, noise 15": MIXED["movement 15, noise 15"]}),
    ]
    for kind, damages in kinds:
        for damage, (spoil, sigma) in damages.items():
            gains: dict[str, list[float]] = {}
            for seed, _, small, truth in pictures(scale, every):
                spoilt = spoil(small, seed)
                alone = psnr(treated(spoilt, scale, ["enlarge"], None), truth, scale)
                for way in ways[kind]:
                    gain = psnr(treated(spoilt, scale, way, sigma), truth, scale) - alone
                    gains.setdefault(", ".join(way), []).append(gain)
            for way, found in gains.items():
                yield _row("orders", damage, way, found)


def strength(scale: int, every: int) -> Iterator[Row]:
    """FFDNet at several levels on JPEG of several qualities."""
    for quality in (10, 20, 40, 60, 80, 90, 95):
        gains: dict[int, list[float]] = {level: [] for level in LEVELS}
        for seed, _, small, truth in pictures(scale, every):
            spoilt = compressed(quality)(small, seed)
            alone = psnr(treated(spoilt, scale, ["enlarge"], None), truth, scale)
            for level in LEVELS:
                result = treated(spoilt, scale, ["denoise", "enlarge"], float(level))
                gains[level].append(psnr(result, truth, scale) - alone)
        for level, found in gains.items():
            yield _row("strength", f"JPEG {quality}", f"denoise at {level}, enlarge", found)


def planned(scale: int, every: int) -> Iterator[Row]:
    """What the planner decides for each damaged picture, against enlarging alone."""
    everything: list[float] = []
    for damage, (spoil, _) in (NOISE | JPEG | BLUR | MIXED).items():
        gains = []
        ways: dict[str, int] = {}
        for seed, name, small, truth in pictures(scale, every):
            spoilt = spoil(small, seed)
            workflow, way = as_planned(spoilt, scale)
            ways[way] = ways.get(way, 0) + 1
            gains.append(_gain(name, damage, scale, spoilt, truth, workflow, way))
            if gains[-1] < -MOST_LOST:
                click.echo(f"{name}, {damage}: {gains[-1]:+.2f} dB by {way}", err=True)
        everything += gains
        told = "; ".join(f"{count} × {way}" for way, count in sorted(ways.items(), key=lambda item: -item[1]))
        yield _row("planned", damage, told, gains)
    yield _row("planned", "all", "", everything)


def clean(scale: int, every: int) -> Iterator[Row]:
    """Undamaged pictures: how many are planned to be only enlarged."""
    gains = []
    wrong = []
    for _, name, small, truth in pictures(scale, every, ("Set5", "Set14")):
        workflow, way = as_planned(small, scale)
        gains.append(_gain(name, "none", scale, small, truth, workflow, way))
        if way != "enlarge":
            wrong.append(f"{name}: {way}")
    yield _row("clean", "none", "; ".join(wrong) or "enlarge", gains)


def _gain(
    name: str, damage: str, scale: int, spoilt: Pixels, truth: Pixels, workflow: Workflow, way: str
) -> float:
    """What a workflow gains over enlarging alone, in dB."""

    def alone() -> float:
        return psnr(treated(spoilt, scale, ["enlarge"], None), truth, scale)

    def done() -> float:
        return psnr(run_picture(workflow, Picture(spoilt), cards=cards())[0].pixels, truth, scale)

    base = RESULTS.get((name, damage, str(scale), "enlarge"), alone)
    return RESULTS.get((name, damage, str(scale), way), done) - base


def as_planned(pixels: Pixels, scale: int) -> tuple[Workflow, str]:
    """Look at a picture as a file without a past, and plan; the workflow and its steps in a word each."""
    known = cards()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.png"
        write_picture(Picture(pixels), path)
        facts = measure(path, networks=False)
        decisions = decide(facts, findings(facts), known)
        workflow = workflow_for(f"enlarge {scale}x", read_header(path), known, decisions=decisions)
    return workflow, ", ".join(_word(step) for step in workflow.steps)


def _word(step: Step) -> str:
    card = cards().get(step.model or "")
    word = {"super-resolution": "enlarge"}.get(card.task, card.task) if card else step.operation
    return f"{word} {step.parameters['sigma']}" if "sigma" in step.parameters else word


def _row(part: str, damage: str, way: str, gains: Sequence[float]) -> Row:
    found = np.array(gains)
    return Row(
        part, damage, way, float(found.mean()), float(found.min()), float((found > 0).mean()), len(found)
    )


def _rounded(values: NDArray[Any]) -> Pixels:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def _colour(path: Path) -> Pixels:
    pixels = read_picture(path).pixels
    return np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)


PARTS = {"orders": orders, "strength": strength, "planned": planned, "clean": clean}


@click.command()
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Only this.")
@click.option("--scale", type=click.Choice(["2", "4"]), default="2", show_default=True)
@click.option("--every", default=1, show_default=True, help="Take every so many pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--results", type=click.Path(path_type=Path), help="File in which results of planned and clean are kept."
)
@click.option("--minutes", type=float, default=float("inf"), help="Stop after these; the results are kept.")
def main(
    parts: tuple[str, ...], scale: str, every: int, as_json: bool, results: Path | None, minutes: float
) -> None:
    """Measure orders, strengths, and what the planner makes of damaged and of clean pictures."""
    global RESULTS
    RESULTS = Results(results, 60 * minutes)
    if not (DATA / "Set14").is_dir():
        click.echo(f"{DATA} has no Set14", err=True)
        sys.exit(2)
    rows: list[Row] = []
    for part in parts or tuple(PARTS):
        for row in PARTS[part](int(scale), every):
            rows.append(row)
            if not as_json:
                click.echo(
                    f"{row.part:<9} {row.damage:<32} mean {row.mean:+6.2f} dB  least {row.least:+6.2f}"
                    f"  gained {row.won:5.0%} of {row.cases:<3} {row.way}"
                )
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
    sys.exit(1 if any(_missed(row) for row in rows) else 0)


def _missed(row: Row) -> bool:
    if row.part == "planned" and row.damage == "all":
        return row.won < LEAST_WON or row.least < -MOST_LOST
    return row.part == "clean" and row.way != "enlarge"


if __name__ == "__main__":
    main()
