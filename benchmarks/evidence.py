"""Measure what the evidence finds: places, dishonest results, honest ones, back-projection, and time.

Parts: `geometry` (honest results are laid over their inputs, different photographs are refused), `dishonest` (200
generated cases, each with a place that was tampered with, and the honest results that they were made from),
`back-projection` (Y-PSNR on Set5 and Set14 with and without), `speed` (a result of 12 megapixels). Enlargements are
bicubic, and by the models of `--models` where their weights are there; photographs are those of scikit-image, and of
Set14 where it is there. What the models made is kept in `--made` between runs.

Exit codes: 0 fine; 1 a gate is missed.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import skimage
from numpy.typing import NDArray

from super_resolution import DATA, scores
from whichmodel.catalog import cards
from whichmodel.domain import DataType, InputError, Port, Step
from whichmodel.evidence.full import Evidence, full_evidence
from whichmodel.evidence.geometry import find_geometry, laid
from whichmodel.evidence.maps import Maps
from whichmodel.nodes.operation import Context, Size, Unit
from whichmodel.nodes.registry import operation_of
from whichmodel.pictures import Picture, bicubic, read_picture, write_picture
from whichmodel.pictures.bridge import from_vips, pyvips
from whichmodel.pictures.raster import Kind, store
from whichmodel.weights import installed
from whichmodel.workflow import run_picture, workflow_for_card

Pixels = NDArray[np.uint8]
SCALE = 4
CASES = 200
FLAGGED, FALSE = 0.95, 0.02
"""Least share of dishonest cases that is flagged at the right place; largest share of honest results flagged."""
HIT = 0.25
"""Share of a tampered place that the places pointed out must cover, and the other way round."""


@dataclass(frozen=True)
class Made:
    """A small picture and its enlargement."""

    name: str
    by: str
    small: Pixels
    large: Pixels


def photographs(data: Path) -> Iterator[tuple[str, Pixels]]:
    """Real photographs whose sides are multiples of `SCALE`."""
    folder = Path(skimage.__file__).parent / "data"
    paths = [folder / f"{name}.png" for name in ("astronaut", "chelsea", "coffee")]
    paths += sorted(data.glob("Set14/x4/*_HR.png"))
    for path in paths:
        pixels = read_picture(path).pixels
        if pixels.shape[2] == 1:
            pixels = np.repeat(pixels, 3, axis=2)
        height, width = (side // SCALE * SCALE for side in pixels.shape[:2])
        yield path.stem.removesuffix("_HR"), np.ascontiguousarray(pixels[:height, :width])


def enlargements(data: Path, models: tuple[str, ...], kept: Path) -> list[Made]:
    """Every photograph reduced and enlarged again, by each means."""
    found = []
    for name, pixels in photographs(data):
        height, width = pixels.shape[:2]
        small = bicubic(pixels, width // SCALE, height // SCALE)
        found.append(Made(name, "bicubic", small, bicubic(small, width, height)))
        for model in models:
            card = cards()[model]
            if card.weights is None or installed(card.weights) is None:
                click.echo(f"{model}: its weights are not here, so it is left out", err=True)
                continue
            path = kept / f"{name}-{model}.png"
            if not path.exists():
                kept.mkdir(parents=True, exist_ok=True)
                done, _ = run_picture(workflow_for_card(card), Picture(small), cards=cards())
                write_picture(Picture(done.pixels), path)
            found.append(Made(name, model, small, read_picture(path).pixels))
    return found


def look(small: Pixels, large: Pixels) -> tuple[Evidence, Maps]:
    """The evidence; the files of the maps are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return full_evidence(Picture(small), Picture(large), Path(folder))


# --- dishonest results ---------------------------------------------------------------------------


def _place(rng: np.random.Generator, shape: tuple[int, ...], high: int, wide: int) -> tuple[slice, slice]:
    top, left = int(rng.integers(0, shape[0] - high)), int(rng.integers(0, shape[1] - wide))
    return slice(top, top + high), slice(left, left + wide)


def paste_face(made: Made, rng: np.random.Generator) -> tuple[Pixels, NDArray[np.bool_]]:
    """A face of 64 to 112 pixels where the photograph shows something else."""
    face = skimage.data.astronaut()[40:200, 150:290]
    if made.name == "astronaut":
        face = skimage.data.chelsea()[20:180, 130:270]
    high = int(rng.integers(64, 113))
    wide = high * 7 // 8
    place = _place(rng, made.large.shape, high, wide)
    large = made.large.copy()
    # An oval without a hard edge, as an editor would.
    y, x = np.linspace(-1, 1, high)[:, None], np.linspace(-1, 1, wide)[None]
    share = np.clip((1 - np.sqrt(x * x + y * y)) * 5, 0, 1)[:, :, None]
    mixed = share * bicubic(np.ascontiguousarray(face), wide, high) + (1 - share) * large[place]
    large[place] = np.rint(mixed)
    return large, _marked(large, place, share[:, :, 0] > 0.5)


def change_brightness(made: Made, rng: np.random.Generator) -> tuple[Pixels, NDArray[np.bool_]]:
    """A soft spot of 80 to 140 pixels, 25 to 45 of 255 lighter or darker."""
    side = int(rng.integers(80, 141))
    place = _place(rng, made.large.shape, side, side)
    y, x = np.linspace(-1, 1, side)[:, None], np.linspace(-1, 1, side)[None]
    share = np.clip((1 - np.sqrt(x * x + y * y)) * 3, 0, 1)
    part = made.large[place].astype(np.float64)
    # Towards where there is room: a white sky cannot be made lighter.
    sign = -1 if part.mean() > 128 else 1
    large = made.large.copy()
    large[place] = np.clip(np.rint(part + sign * rng.uniform(25, 45) * share[:, :, None]), 0, 255)
    return large, _marked(large, place, share > 0.5)


def add_texture(made: Made, rng: np.random.Generator) -> tuple[Pixels, NDArray[np.bool_]]:
    """A pattern above the small picture's band in a square of 64 to 112 pixels, 20 to 35 of 255 strong.

    In the half of the photograph with less structure: among structure it is a guess like others.
    """
    side = int(rng.integers(64, 113))
    places = [_place(rng, made.large.shape, side, side) for _ in range(12)]
    smooth = sorted(
        places, key=lambda place: float(np.abs(np.diff(made.large[place].astype(int), axis=1)).mean())
    )
    place = smooth[int(rng.integers(0, 6))]
    frequency = rng.uniform(0.22, 0.45)
    angle = rng.uniform(0, np.pi)
    y, x = np.indices((side, side))
    wave = np.sin(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
    wave *= np.sqrt(2) * rng.uniform(20, 35)
    part = made.large[place].astype(np.float64)
    large = made.large.copy()
    large[place] = np.clip(np.rint(part + wave[:, :, None]), 0, 255)
    return large, _marked(large, place, np.ones((side, side), bool))


def _marked(large: Pixels, place: tuple[slice, slice], share: NDArray[np.bool_]) -> NDArray[np.bool_]:
    marks = np.zeros(large.shape[:2], bool)
    marks[place] = share
    return marks


def _letters(words: str, high: int) -> NDArray[np.float64]:
    """Ink 0..1 of a word, `high` pixels high."""
    ink = from_vips(pyvips.Image.text(words, font="sans bold 30", dpi=150))
    wide = max(1, round(ink.shape[1] * high / ink.shape[0]))
    return bicubic(ink, wide, high).astype(np.float64) / 255


def with_text(made: Made, words: str, high: int, corner: tuple[int, int], shape: tuple[int, int]) -> Pixels:
    """A plate with a word on the enlargement."""
    plate = np.full(shape, 1.0)
    ink = _letters(words, high)[:, : shape[1] - 8, 0]
    plate[4 : 4 + ink.shape[0], 4 : 4 + ink.shape[1]] -= 0.9 * ink
    large = made.large.copy()
    part = large[corner[0] : corner[0] + shape[0], corner[1] : corner[1] + shape[1]]
    part[:] = np.rint(plate[: part.shape[0], : part.shape[1], None] * (235, 230, 210))
    return large


def text_case(made: Made, rng: np.random.Generator) -> tuple[Pixels, Pixels, NDArray[np.bool_]]:
    """Small picture with one word, large one with another of as many letters; the marks are where they differ."""
    high = int(rng.integers(28, 49))
    letters = list("ABDEGHKMNPRSTUVXYZ2345789")
    first = "".join(rng.choice(letters, 5))
    second = "".join(rng.choice([c for c in letters if c != old]) for old in first)
    shape = (high + 8, min(high * 5, made.large.shape[1] - 8))
    corner = (
        int(rng.integers(0, made.large.shape[0] - shape[0])),
        int(rng.integers(0, made.large.shape[1] - shape[1])),
    )
    true, false = (with_text(made, words, high, corner, shape) for words in (first, second))
    small = bicubic(true, made.small.shape[1], made.small.shape[0])
    # Beside the plate the large picture stays what the model made of the small one.
    differ = np.abs(true.astype(int) - false).max(axis=2) > 60
    marks = np.zeros_like(differ)
    rows, columns = np.flatnonzero(differ.any(axis=1)), np.flatnonzero(differ.any(axis=0))
    marks[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    plain = made.small.copy()
    reach = tuple(slice(c // SCALE, -(-(c + s) // SCALE)) for c, s in zip(corner, shape, strict=True))
    plain[reach] = small[reach]
    return plain, false, marks


CHANGES: dict[str, Callable[[Made, np.random.Generator], tuple[Pixels, NDArray[np.bool_]]]] = {
    "face": paste_face,
    "brightness": change_brightness,
    "texture": add_texture,
}


def covered(found: Evidence, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels of all places that are pointed out."""
    marks = np.zeros(shape[:2], bool)
    for region in found.regions:
        marks[region.top : region.bottom, region.left : region.right] = True
    return marks


def dishonest(made: list[Made], count: int) -> dict[str, Any]:
    """How many dishonest results are flagged where they are, and how many honest ones at all."""
    rng = np.random.default_rng(20)
    kinds = [*CHANGES, "text"]
    rows: list[tuple[str, str, bool]] = []
    for i in range(count):
        kind, base = kinds[i % len(kinds)], made[int(rng.integers(0, len(made)))]
        if kind == "text":
            small, large, marks = text_case(base, rng)
        else:
            small = base.small
            large, marks = CHANGES[kind](base, rng)
        try:
            seen = covered(look(small, large)[0], large.shape)
        except InputError as error:
            click.echo(str(error), err=True)
            seen = np.zeros_like(marks)
        hit = float((seen & marks).sum())
        good = hit >= HIT * marks.sum() and hit >= HIT * seen.sum() and hit > 0
        rows.append((kind, base.by, good))
        if not good:
            where = np.argwhere(marks).min(axis=0).tolist()
            click.echo(f"missed: {kind} on {base.by} of {base.name} at y, x {where}", err=True)
    honest = [(each, look(each.small, each.large)[0].regions) for each in made]
    for each, regions in honest:
        if regions:
            click.echo(f"honest but flagged: {each.by} of {each.name}: {regions[0]}", err=True)
    return {
        "flagged": {
            f"{kind} {by}": _share([good for k, b, good in rows if (k, b) == (kind, by)])
            for kind in kinds
            for by in dict.fromkeys(b for _, b, _ in rows)
        },
        "flagged_all": _share([good for _, _, good in rows]),
        "honest_flagged": {
            by: _share([bool(regions) for each, regions in honest if each.by == by])
            for by in dict.fromkeys(each.by for each in made)
        },
        "honest_flagged_all": _share([bool(regions) for _, regions in honest]),
    }


def _share(hits: list[bool]) -> str:
    return f"{sum(hits)}/{len(hits)}"


# --- the other parts -----------------------------------------------------------------------------


def geometry(made: list[Made], strangers: int) -> dict[str, Any]:
    """Honest results turned, cropped and with other colours are found; different photographs are refused."""
    rng = np.random.default_rng(7)
    right: list[bool] = []
    least = 1.0
    for each in made:
        mirrored, turns = bool(rng.integers(0, 2)), int(rng.integers(0, 4))
        high, wide = (int(side * rng.uniform(0.5, 0.95)) for side in each.large.shape[:2])
        rows, columns = _place(rng, each.large.shape, high, wide)
        shifted = np.clip(each.large * rng.uniform(0.8, 1.1) + rng.uniform(-15, 15), 0, 255).astype(np.uint8)
        whole = _geometry(each.small, laid(shifted, mirrored, turns))
        part = _geometry(each.small, each.large[rows, columns])
        right.append(
            whole is not None
            and (whole.mirrored, whole.quarter_turns, whole.cropped) == (mirrored, turns, False)
        )
        right.append(
            part is not None
            and abs(part.scale_x - SCALE) < 0.02
            and abs(part.offset_x + columns.start) < 1
            and abs(part.offset_y + rows.start) < 1
        )
        least = min(least, *(found.confidence for found in (whole, part) if found is not None))
    names = list(dict.fromkeys(each.name for each in made))
    plain = {each.name: each for each in made if each.by == "bicubic"}
    matched = 0
    for _ in range(strangers):
        one, two = rng.choice(names, 2, replace=False)
        matched += _geometry(plain[one].small, plain[two].large) is not None
    return {"found": _share(right), "least_confidence": least, "strangers_matched": f"{matched}/{strangers}"}


def _geometry(small: Pixels, large: Pixels) -> Any:
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
        context = Context(cards={}, weights={}.__getitem__, size=size, kind=Kind(3, 8))
        unit = Unit(inputs["image"].box, "all")
        return operation_of(step).compute(step, unit, inputs, context).colour


def back_projection(made: list[Made], data: Path) -> dict[str, Any]:
    """Mean Y-PSNR before and after, of the photographs that were enlarged."""
    truth = dict(photographs(data))
    told = {}
    for by in dict.fromkeys(each.by for each in made):
        group = [each for each in made if each.by == by]
        pairs = [
            (
                scores(each.large, truth[each.name], SCALE)[0],
                scores(back_projected(each.small, each.large), truth[each.name], SCALE)[0],
            )
            for each in group
        ]
        told[by] = [round(float(mean), 2) for mean in np.mean(pairs, axis=0)]
    return told


def speed() -> dict[str, Any]:
    """Seconds for a result of 4000 x 3000 pixels, and the most memory of the process."""
    tile = np.concatenate([skimage.data.astronaut()] * 6, axis=0)[:3000]
    pixels = np.concatenate([tile, tile[:, ::-1]] * 4, axis=1)[:, :4000].copy()
    pixels = np.clip(pixels * np.linspace(0.4, 1.1, 4000)[None, :, None], 0, 255).astype(np.uint8)
    small = bicubic(pixels, 1000, 750)
    began = time.perf_counter()
    look(small, pixels)
    seconds = time.perf_counter() - began
    return {
        "seconds_12_megapixels": round(seconds, 1),
        "most_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


@click.command()
@click.option(
    "--part", type=click.Choice(["geometry", "dishonest", "back-projection", "speed"]), required=True
)
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder with Set14.")
@click.option("--models", default="SPAN-4x", show_default=True, help="Names of cards, joined by +, or none.")
@click.option("--made", type=click.Path(path_type=Path), default=None, help="Folder for what models made.")
@click.option("--cases", default=CASES, show_default=True)
def main(part: str, data: Path, models: str, made: Path | None, cases: int) -> None:
    """Measure one part of the evidence."""
    failed = False
    if part == "speed":
        told = speed()
        failed = told["seconds_12_megapixels"] > 20
    else:
        names = tuple(name for name in models.split("+") if name and name != "none")
        kept = made or Path(tempfile.gettempdir()) / "whichmodel-evidence"
        pairs = enlargements(data, names, kept)
        if part == "geometry":
            told = geometry(pairs, cases // 4)
            failed = not told["strangers_matched"].startswith("0/")
        elif part == "back-projection":
            told = back_projection(pairs, data)
        else:
            told = dishonest(pairs, cases)
            hits, wrong = (_value(told[key]) for key in ("flagged_all", "honest_flagged_all"))
            failed = hits < FLAGGED or wrong > FALSE
    click.echo(json.dumps(told, indent=2))
    sys.exit(1 if failed else 0)


def _value(share: str) -> float:
    hits, count = share.split("/")
    return int(hits) / max(1, int(count))


if __name__ == "__main__":
    main()
