"""One large picture: its units done here and by the workers of a Ray cluster of this computer.

Local means one thread, as a worker on Ray has one: so the rows compare the engines and not the threads. Two sizes tell
the cost of starting from the cost of a unit: the overhead of a unit is by how much the processor time above the local
run's grows from the smaller picture to the larger, for each unit more.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scale_processes import Family, Spent, shared
from scale_tables import table
from whichmodel.api.limits import limits_of
from whichmodel.nodes.checks import Likeness
from whichmodel.nodes.operation import Size
from whichmodel.nodes.tiles import tiles
from whichmodel.pictures import Picture, bicubic, read_header, write_picture
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import store
from workflow import scene

TILE = 256


@dataclass(frozen=True)
class Ran:
    """One run: seconds by the clock, those inside its steps, what its processes took; pixels and hash of the result."""

    seconds: float
    steps: float
    spent: dict[str, Spent]
    pixels: int
    result: str

    @property
    def cpu(self) -> float:
        """Seconds of processor time of all processes together."""
        return sum(kind.cpu for kind in self.spent.values())


def run(what: str, source: Path, target: Path, workers: int) -> Ran:
    """`whichmodel run` in a process of its own; no workers: the local engine."""
    call = [sys.executable, "-m", "whichmodel", "run", what, str(source), "-o", str(target)]
    call += ["--tile", str(TILE), "--no-cache", "--no-evidence", "--no-look", "--json"]
    call += ["--max-megapixels", "4000"]
    if workers:
        call += ["--engine", "ray", "--workers", str(workers)]
    one_thread = {"WHICHMODEL_THREADS": "1", "VIPS_CONCURRENCY": "1"}
    began = time.monotonic()
    process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env={**os.environ, **one_thread})
    family = Family(process.pid)
    told, _ = process.communicate()
    seconds, spent = time.monotonic() - began, family.end()
    if process.returncode:
        sys.exit(f"the run with {workers} workers failed")
    report = json.loads(told)
    steps = sum(step["seconds"] for step in report["steps"])
    header = read_header(target, limits_of(4000))
    result = hashlib.sha256(target.read_bytes()).hexdigest()
    target.unlink()
    return Ran(seconds, steps, spent, header.width * header.height, result)


def measure(folder: Path, what: str, sides: tuple[int, int], rounds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Run both sizes with each engine, and print the tables."""
    warm = folder / "warm.png"
    write_picture(Picture(scene(64, 64)), warm)
    run(what, warm, folder / "out.png", 0)  # fetches the weights
    rows, ran = [], {}
    for side in sides:
        source = folder / f"{side}.png"
        write_picture(Picture(scene(side, side)), source)
        units = len(list(tiles(side, side, size=TILE, halo=0)))
        for workers in rounds:
            now = ran[side, workers] = run(what, source, folder / "out.png", workers)
            rows.append(row(side, units, workers, now, ran[side, rounds[0]]))
    print(
        table(
            (
                "picture, units",
                "engine, workers",
                "seconds",
                "of these in steps",
                "speed of the steps against local",
                "CPU seconds: asking + workers + Ray's own",
                "peak MB of the asking program",
                "of a worker",
            ),
            rows,
        )
    )
    same = all(len({ran[side, n].result for n in rounds}) == 1 for side in sides)
    print(f"\nthe results are {'the same, byte for byte' if same else 'NOT THE SAME'}; {shared()}")
    small, large = (ran[side, 0] for side in sides)
    unit = (large.cpu - small.cpu) / (large.pixels - small.pixels) * 1e6
    print(f"local: {unit:.2f} s of processor time a megapixel of result, beyond the start")
    for workers in rounds[1:]:
        print(overhead(sides, workers, ran))
    print(at_the_asking(folder))
    if not same:
        sys.exit(1)


def at_the_asking(folder: Path) -> str:
    """What the asking program does for each unit that comes back, and to write the result; processor time."""
    side, unit = 4096, 4 * TILE
    large = Picture(np.ascontiguousarray(bicubic(scene(side // 4, side // 4), side, side)))
    raster = store(large, folder / "raster")
    likeness = Likeness("step", raster, Size(side, side), raster.kind)
    boxes = [Box(x, y, x + unit, y + unit) for y in range(0, side, unit) for x in range(0, side, unit)]
    began = time.process_time()
    for box in boxes:
        part = raster.read_all(box)
        zlib.crc32(part.data)
        likeness.add(box, part)
    told = [f"reading back and checking a unit: {(time.process_time() - began) / len(boxes) * 1000:.0f} ms"]
    raster.close()
    for ending in ("tif", "jpg"):
        target = folder / f"written.{ending}"
        began = time.process_time()
        write_picture(large, target)
        seconds = (time.process_time() - began) / side**2 * 1e6
        told.append(
            f"writing .{ending}: {seconds:.3f} s and {target.stat().st_size / side**2:.2f} MB a megapixel"
        )
    return "; ".join(told)


def row(side: int, units: int, workers: int, now: Ran, local: Ran) -> tuple[str, ...]:
    """One row of the table."""
    asking, working, own = now.spent["driver"], now.spent["worker"], now.spent["ray"]
    return (
        f"{side} × {side}, {units}",
        f"Ray, {workers}" if workers else "local",
        f"{now.seconds:.1f}",
        f"{now.steps:.1f}",
        f"{local.steps / now.steps:.2f}",
        f"{asking.cpu:.1f} + {working.cpu:.1f} + {own.cpu:.1f}",
        f"{asking.peak:.0f}",
        f"{working.peak:.0f}" if workers else "",
    )


def overhead(sides: tuple[int, int], workers: int, ran: dict[tuple[int, int], Ran]) -> str:
    """What a unit and what the start costs more than in the local run, in processor time."""
    small, large = (len(list(tiles(side, side, size=TILE, halo=0))) for side in sides)
    extra = [ran[side, workers].cpu - ran[side, 0].cpu for side in sides]
    unit = (extra[1] - extra[0]) / (large - small)
    asking = [ran[side, workers].spent["driver"].cpu for side in sides]
    drives = (asking[1] - asking[0]) / (large - small)
    return (
        f"Ray, {workers}: {unit * 1000:.0f} ms of processor time a unit more than the local engine, "
        f"{extra[0] - small * unit:.1f} s for the start; the asking program takes {drives * 1000:.0f} ms a unit, "
        "writing the result among them"
    )
