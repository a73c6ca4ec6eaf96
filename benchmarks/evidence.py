"""Measure what the evidence finds: places, dishonest results, honest ones, back-projection, and time.

Parts: `geometry` (honest results turned, cropped, scaled and recoloured are laid over their inputs, different
photographs are refused), `dishonest` (200 generated cases, each with a place that was tampered with:
`evidence_cases`), `honest` (every honest enlargement: `evidence_photos`), `back-projection` (Y-PSNR with and without),
`speed` (a result of 12 megapixels, in a process of its own).

A part stops after `--minutes` and goes on where it was when it is started again; what it found is kept in `--kept`
as long as the code of the evidence is the same.

Exit codes: 0 fine; 1 a gate is missed; 3 time is up, start it again.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from skimage import data as photographs

import whichmodel
from evidence_cases import Case, case
from evidence_photos import MODELS, Made, Pixels, enlargements
from super_resolution import DATA, scores
from whichmodel.domain import DataType, InputError, Port, Step
from whichmodel.examining.full import Evidence, full_evidence
from whichmodel.examining.geometry import Geometry, find_geometry, laid
from whichmodel.examining.invention import Kind as Class
from whichmodel.nodes.operation import Context, Size, Unit
from whichmodel.nodes.registry import operation_of
from whichmodel.pictures import Picture, bicubic, resample
from whichmodel.pictures.raster import Kind, store

CASES = 200
FLAGGED, FALSE = 0.95, 0.02
"""Least share of dishonest cases that is flagged at the right place; largest share of honest results flagged."""
HIT = 0.25
"""Share of a tampered place that the places pointed out must cover, and the other way round."""
SEEN = 0.5
"""Share of a place with added texture that must be classed as invented (or worse) in the map."""

Row = dict[str, Any]

_DECIDES = [
    *("copies", "disagreement", "forward", "geometry", "invention", "local", "maps", "overlay", "refine"),
    *("regions", "rows", "search"),
]
"""Modules of the evidence on which what is measured here rests."""


class Kept:
    """Rows that were found, one for each key, in a file that outlives the process."""

    def __init__(self, folder: Path, part: str, minutes: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{part}-{_fingerprint()}.jsonl"
        self._end = time.monotonic() + 60 * minutes
        self.rows: dict[str, Row] = {}
        if self._path.exists():
            lines = self._path.read_text(encoding="utf-8").splitlines()
            self.rows = {row["key"]: row for row in map(json.loads, lines)}

    def add(self, key: str, compute: Callable[[], Row]) -> None:
        """Find a row, unless it is there; `TimeoutError` where time is up."""
        if key in self.rows:
            return
        if time.monotonic() > self._end:
            raise TimeoutError
        self.rows[key] = {"key": key, **compute()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.rows[key]) + "\n")


def _fingerprint() -> str:
    """Of the code that decides: rows found by other code do not count."""
    root = Path(whichmodel.__file__).parent
    paths = [root / "examining" / f"{name}.py" for name in _DECIDES]
    paths += [root / "pictures/reduction.py", root / "pictures/noise.py"]
    paths += sorted(Path(__file__).parent.glob("evidence_*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


# --- dishonest and honest results -----------------------------------------------------------------


def look(small: Pixels, large: Pixels) -> tuple[Evidence, NDArray[np.uint8]]:
    """The evidence, and the map of classes, shape `(H, W)`."""
    with tempfile.TemporaryDirectory() as folder:
        found, maps = full_evidence(Picture(small), Picture(large), Path(folder))
        classes = np.fromfile(maps.classes, np.uint8).reshape(large.shape[:2])
    return found, classes


def judged(given: Case) -> Row:
    """Whether a dishonest result is flagged where it is.

    The places that are pointed out must cover a share of the tampered place and lie in it to a share. Texture beyond
    the input's band cannot contradict it: that is flagged where it is pointed out, or where the map calls it
    invented and calls no more than a quarter of the rest so.
    """
    row: Row = {
        "kind": given.kind,
        "by": given.made.by,
        "name": given.made.name,
        "shared": given.made.input.shared,
    }
    try:
        found, classes = look(given.small, given.large)
    except InputError as error:
        return {**row, "good": False, "why": str(error)}
    seen = np.zeros(given.marks.shape, bool)
    for region in found.regions:
        seen[region.top : region.bottom, region.left : region.right] = True
    hit = float((seen & given.marks).sum())
    pointed = hit >= HIT * given.marks.sum() and hit >= HIT * seen.sum() and hit > 0
    worse = (classes == Class.INVENTED) | (classes == Class.CONTRADICTS)
    inside, outside = float(worse[given.marks].mean()), float(worse[~given.marks].mean())
    mapped = given.kind == "texture" and inside >= SEEN and outside < HIT
    told = [f"{r.why} {r.left}-{r.right}, {r.top}-{r.bottom}" for r in found.regions[:3]]
    return {
        **row,
        "good": bool(pointed or mapped),
        "pointed": bool(pointed),
        "covered": round(hit / float(given.marks.sum()), 2),
        "inside": round(inside, 2),
        "outside": round(outside, 2),
        "regions": told,
    }


def dishonest(made: list[Made], count: int, kept: Kept) -> Row:
    """How many dishonest results are flagged where they are."""
    for number in range(count):
        kept.add(str(number), lambda: judged(case(number, made)))  # noqa: B023 - used up at once
    rows = [kept.rows[str(number)] for number in range(count)]
    for row in rows:
        if not row["good"]:
            click.echo(f"missed: {row}", err=True)
    return {
        "flagged": {
            f"{kind} {by}": _share(row["good"] for row in rows if (row["kind"], row["by"]) == (kind, by))
            for kind in dict.fromkeys(row["kind"] for row in rows)
            for by in dict.fromkeys(row["by"] for row in rows)
        },
        "pointed_out": _share(row.get("pointed", False) for row in rows),
        "flagged_not_shared": _share(row["good"] for row in rows if not row["shared"]),
        "flagged_all": _share(row["good"] for row in rows),
    }


def honest(made: list[Made], kept: Kept) -> Row:
    """How many honest results are flagged at all."""

    def row(each: Made) -> Row:
        try:
            found = look(each.small, each.large)[0]
        except InputError as error:
            return {
                "by": each.by,
                "state": each.input.state,
                "shared": each.input.shared,
                "regions": [str(error)],
            }
        told = [f"{r.why} {r.left}-{r.right}, {r.top}-{r.bottom} of {r.area}" for r in found.regions[:5]]
        return {"by": each.by, "state": each.input.state, "shared": each.input.shared, "regions": told}

    for each in made:
        kept.add(each.name, lambda: row(each))  # noqa: B023 - used up at once
    rows = [kept.rows[each.name] for each in made]
    for one in rows:
        if one["regions"]:
            click.echo(f"honest but flagged: {one['key']}: {one['regions']}", err=True)
    return {
        "honest_flagged": {
            f"{by} {state}": _share(
                bool(r["regions"]) for r in rows if r["by"] == by and r["state"].rstrip("0123456789") == state
            )
            for by in dict.fromkeys(r["by"] for r in rows)
            for state in dict.fromkeys(r["state"].rstrip("0123456789") for r in rows)
        },
        "honest_flagged_not_shared": _share(bool(r["regions"]) for r in rows if not r["shared"]),
        "honest_contradicted_all": _share(
            any(told.startswith("contradicts") for told in r["regions"]) for r in rows
        ),
        "honest_flagged_all": _share(bool(r["regions"]) for r in rows),
    }


def _share(hits: Iterable[bool]) -> str:
    listed = list(hits)
    return f"{sum(listed)}/{len(listed)}"


def _value(share: str) -> float:
    hits, count = share.split("/")
    return int(hits) / max(1, int(count))


# --- the other parts -----------------------------------------------------------------------------


def geometry(made: list[Made], strangers: int, kept: Kept) -> Row:
    """Honest results turned, cropped and with other colours are found; different photographs are refused."""
    for number, each in enumerate(made):
        kept.add(each.name, lambda: _placed(each, np.random.default_rng([7, number])))  # noqa: B023 - used up at once
    rows = [kept.rows[each.name] for each in made]
    names = list(dict.fromkeys(each.input.photo for each in made))
    plain = {each.input.photo: each for each in made}
    rng = np.random.default_rng(8)
    pairs = [tuple(rng.choice(names, 2, replace=False)) for _ in range(strangers)]
    for one, two in pairs:
        key = f"{one} {two}"
        kept.add(key, lambda: {"matched": _geometry(plain[one].small, plain[two].large) is not None})  # noqa: B023
    for row in rows:
        if not all(row[what] for what in _WAYS):
            click.echo(f"not found: {row}", err=True)
    return {
        **{what: _share(row[what] for row in rows) for what in _WAYS},
        "least_confidence": min(row["confidence"] for row in rows),
        "strangers_matched": _share(kept.rows[f"{one} {two}"]["matched"] for one, two in pairs),
    }


_WAYS = ("turned", "cropped", "resized", "recoloured")


def _placed(each: Made, rng: np.random.Generator) -> Row:
    """Whether the result is found as it was turned, cut, resized to a share of its size, and recoloured."""
    mirrored, turns = bool(rng.integers(0, 2)), int(rng.integers(0, 4))
    large = each.large
    whole = _geometry(each.small, laid(large, mirrored, turns))
    high, wide = (int(side * rng.uniform(0.5, 0.95)) for side in large.shape[:2])
    top, left = int(rng.integers(0, large.shape[0] - high)), int(rng.integers(0, large.shape[1] - wide))
    part = _geometry(each.small, large[top : top + high, left : left + wide])
    share = rng.uniform(0.6, 0.95)
    size = [round(side * share) for side in large.shape[:2]]
    other = _geometry(each.small, resample(large, size[1], size[0], "lanczos3"))
    gain, offset = rng.uniform(0.8, 1.1, 3), rng.uniform(-15, 15, 3)
    recoloured = np.clip(np.rint(large * gain + offset), 0, 255).astype(np.uint8)
    shifted = _geometry(each.small, recoloured)
    # What is cut off at black or white is no gain any more; where nothing varies no gain can be told.
    expected = np.clip(each.small * gain + offset, 0, 255)
    found = [one for one in (whole, part, other, shifted) if one is not None]
    return {
        "turned": whole is not None
        and (whole.mirrored, whole.quarter_turns, whole.cropped) == (mirrored, turns, False),
        "cropped": part is not None
        and abs(part.scale_x / each.scale - 1) < 0.01
        and abs(part.offset_x + left) < 0.5 * each.scale
        and abs(part.offset_y + top) < 0.5 * each.scale,
        "resized": other is not None
        and not other.cropped
        and abs(other.scale_x - size[1] / each.small.shape[1]) < 0.02,
        "recoloured": shifted is not None
        and float(np.abs(each.small * shifted.colour.gain + shifted.colour.offset - expected).mean()) < 4,
        "confidence": min((one.confidence for one in found), default=-1.0),
    }


def _geometry(small: Pixels, large: Pixels) -> Geometry | None:
    try:
        return find_geometry(Picture(small), Picture(np.ascontiguousarray(large)))
    except InputError:
        return None


def back_projected(small: Pixels, large: Pixels) -> Pixels:
    """The result of operation `back-project` with its default parameters."""
    takes = {"image": "result", "reference": "photo"}
    gives = Port(name="result", type=DataType.IMAGE)
    step = Step(id="step", title="", operation="back-project", takes=takes, gives=gives)
    with tempfile.TemporaryDirectory() as folder:
        inputs = {
            "image": store(Picture(large), Path(folder) / "image"),
            "reference": store(Picture(small), Path(folder) / "reference"),
        }
        size = Size(large.shape[1], large.shape[0])
        none: dict[str, dict[str, Path]] = {}
        context = Context(cards={}, weights=none.__getitem__, size=size, kind=Kind(3, 8))
        unit = Unit(inputs["image"].box, "all")
        done: Pixels = operation_of(step).compute(step, unit, inputs, context).colour
    return done


def back_projection(made: list[Made], kept: Kept) -> Row:
    """Mean Y-PSNR without and with it, of photographs that were reduced and enlarged again."""

    def row(each: Made) -> Row:
        assert each.input.truth is not None
        truth = each.input.truth
        if each.scale != 4:
            height, width = each.large.shape[:2]
            truth = bicubic(truth, width, height)
        without = scores(each.large, truth, each.scale)[0]
        return {
            "without": without,
            "kept": scores(back_projected(each.small, each.large), truth, each.scale)[0],
        }

    group = [each for each in made if each.input.state == "reduced" and each.scale == 4]
    for each in group:
        kept.add(each.name, lambda: row(each))  # noqa: B023 - used up at once
    told = []
    for by in dict.fromkeys(each.by for each in group):
        rows = [kept.rows[each.name] for each in group if each.by == by]
        means = {name: round(float(np.mean([r[name] for r in rows])), 2) for name in ("without", "kept")}
        told.append({"made_by": by, "scale": 4, "pictures": len(rows), **means})
    return {"effects": told}


def speed() -> Row:
    """Seconds for a result of 4000 x 3000 pixels, and the most memory of the process."""
    astronaut = photographs.astronaut()  # type: ignore[no-untyped-call]
    tile = np.concatenate([astronaut] * 6, axis=0)[:3000]
    pixels = np.concatenate([tile, tile[:, ::-1]] * 4, axis=1)[:, :4000].copy()
    for top in range(0, 3000, 100):
        shade = np.linspace(0.4, 1.1, 4000, dtype=np.float32)[None, :, None]
        pixels[top : top + 100] = np.clip(pixels[top : top + 100] * shade, 0, 255).astype(np.uint8)
    small = bicubic(pixels, 1000, 750)
    with tempfile.TemporaryDirectory() as folder:
        before, after = (
            store(Picture(each), Path(folder) / name) for each, name in ((small, "before"), (pixels, "after"))
        )
        del pixels, tile, small
        memory, began, cpu = _memory(), time.perf_counter(), time.process_time()
        full_evidence(before, after, Path(folder), closely=True)
        return {
            "seconds_12_megapixels": round(time.perf_counter() - began, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
            "most_memory_mb": _memory(),
            "memory_before_mb": memory,
        }


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _listed(given: Iterator[Made]) -> list[Made]:
    found = list(given)
    if not found:
        raise click.ClickException("there is no photograph")
    return found


@click.command()
@click.option(
    "--part",
    type=click.Choice(["geometry", "dishonest", "honest", "back-projection", "speed"]),
    required=True,
)
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder with Set5 and Set14.")
@click.option("--models", default="+".join(MODELS), show_default=True, help="Names of cards, or none.")
@click.option("--kept", type=click.Path(path_type=Path), default=None, help="Folder for what is kept.")
@click.option("--cases", default=CASES, show_default=True)
@click.option("--every", default=1, help="Only every so manieth honest result, for a look.")
@click.option("--present", is_flag=True, help="Only what the models have made before.")
@click.option("--minutes", default=1e9, help="Stop after these; started again it goes on.")
def main(
    part: str,
    data: Path,
    models: str,
    kept: Path | None,
    cases: int,
    every: int,
    present: bool,
    minutes: float,
) -> None:
    """Measure one part of the evidence."""
    failed = False
    home = kept or Path(tempfile.gettempdir()) / "whichmodel-evidence"
    if part == "speed":
        told = speed()
        failed = told["cpu_seconds"] > 20
    else:
        names = tuple(name for name in models.split("+") if name and name != "none")
        states = "reduced" if part == "back-projection" else ""
        made = _listed(enlargements(data, names, home / "made", states))
        if present:
            made = [each for each in made if each.is_made]
        made = made[::every]
        found = Kept(home, part, minutes)
        try:
            if part == "geometry":
                plain = [each for each in made if each.input.state in ("reduced", "cut")]
                told = geometry(plain, cases // 4, found)
                failed = _value(told["strangers_matched"]) > 0
            elif part == "back-projection":
                told = back_projection(made, found)
            elif part == "honest":
                told = honest(made, found)
                failed = _value(told["honest_flagged_all"]) > FALSE
            else:
                told = dishonest(made, cases, found)
                failed = _value(told["flagged_all"]) < FLAGGED
        except TimeoutError:
            click.echo(f"{len(found.rows)} done; start it again to go on", err=True)
            sys.exit(3)
    click.echo(json.dumps(told, indent=2))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
