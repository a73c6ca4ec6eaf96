"""Batches of text: lines a second here and on a Ray cluster of this computer, memory, what Ray itself costs.

Each run is a process of its own, so that none has loaded what another needs. "After the start" counts from the first
part that comes back: before it the cluster and the workers start, and load the network that reads texts. Seconds of
processor time are those of the program that asks, of the workers, and of Ray's own processes, each from its start.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from scale_processes import Family, shared
from scale_tables import table
from whichmodel.api.batch_lines import Wish
from whichmodel.api.batches import Advance, here, run_batch
from whichmodel.catalog import tasks

SEED = 14
THINGS = (
    "my grandmother",
    "the harbour",
    "an old barn",
    "our dog",
    "a street at night",
    "a receipt",
    "a heron",
)
FORMS = (
    "I {verb}: {thing}, in {place}. How does AI do that?",
    "Somebody {verb}; it shows {thing} in {place}, and it looks real. Which model was it?",
    "How come an app {verb} with {thing} near {place}?",
    "{name} for {thing} in {place}: what would you use?",
)
PLACES = (
    "Porto",
    "Lima",
    "Oslo",
    "Kyoto",
    "Leeds",
    "Accra",
    "Quebec",
    "Perth",
    "Riga",
    "Graz",
    "Cork",
    "Delhi",
)
ASKED = Wish(verb="recommend")


@dataclass(frozen=True)
class Ran:
    """One run: seconds by the clock, of it until the first part came back, and lines that had come by then."""

    seconds: float
    first: float
    lines_first: int
    lines: int
    driver_mb: list[float]


def make(path: Path, count: int) -> None:
    """Questions of one sentence or two about all tasks, the same each time."""
    draw = random.Random(SEED)
    known = list(tasks().values())
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            task = draw.choice(known)
            form = draw.choice(FORMS)
            question = form.format(
                verb=task.verb, name=task.name, thing=draw.choice(THINGS), place=draw.choice(PLACES)
            )
            out.write(json.dumps({"id": number, "question": question}) + "\n")


def one(source: Path, target: Path, workers: int, part_bytes: int | None) -> Ran:
    """One run in this process; no workers: the local engine."""
    from scale_pictures import resident

    engine = here
    if workers:
        from whichmodel.distributed.lines import on_ray

        engine = on_ray(None, workers)
    began = time.monotonic()
    seen: list[tuple[float, int, float]] = []

    def progress(now: Advance) -> None:
        seen.append((time.monotonic() - began, now.lines, resident("self")))

    report = run_batch(ASKED, source, target, engine=engine, progress=progress, part_bytes=part_bytes or None)
    every = max(1, len(seen) // 5)
    memory = [round(row[2]) for row in seen[::every]]
    return Ran(time.monotonic() - began, seen[0][0], seen[0][1], report.lines, memory)


def measure(
    folder: Path, count: int, rounds: tuple[int, ...] = (0, 1, 2), part_bytes: int | None = None
) -> None:
    """Run each engine in a process of its own, and print the table."""
    source = folder / "in.jsonl"
    make(source, count)
    rows, bytes_of, local = [], set(), 0.0
    for workers in rounds:
        target = folder / f"out-{workers}.jsonl"
        call = [sys.executable, __file__, str(source), str(target), str(workers), str(part_bytes or 0)]
        process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
        family = Family(process.pid)
        told, _ = process.communicate()
        spent = family.end()
        if process.returncode:
            sys.exit(f"the run with {workers} workers failed")
        ran = Ran(**json.loads(told.splitlines()[-1]))
        speed = (ran.lines - ran.lines_first) / max(1e-9, ran.seconds - ran.first)
        local = local or speed
        bytes_of.add(target.read_bytes())
        asking, working, own = spent["driver"], spent["worker"], spent["ray"]
        rows.append(
            (
                f"Ray, {workers}" if workers else "local",
                f"{ran.seconds:.0f}",
                f"{ran.first:.1f}",
                f"{speed:.1f}",
                f"{speed / local:.2f}",
                f"{asking.cpu:.1f} + {working.cpu:.1f} + {own.cpu:.1f}",
                f"{(working.cpu if workers else asking.cpu) / ran.lines * 1000:.1f}",
                f"{ran.driver_mb[0]:.0f} … {ran.driver_mb[-1]:.0f}",
                f"{working.peak:.0f}" if workers else "",
            )
        )
    print(
        table(
            (
                "engine, workers",
                "seconds",
                "until the first part",
                "lines a second after it",
                "against local",
                "CPU seconds: asking + workers + Ray's own",
                "CPU ms a line",
                "MB of the asking program, from first part to last",
                "MB of a worker",
            ),
            rows,
        )
    )
    print(
        f"\n{count:,} questions, {source.stat().st_size / 1e6:.1f} MB in, {target.stat().st_size / 1e6:.1f} MB "
        f"out; the outputs are {'the same, byte for byte' if len(bytes_of) == 1 else 'NOT THE SAME'}; {shared()}"
    )
    if len(bytes_of) != 1:
        sys.exit(1)


if __name__ == "__main__":
    print(json.dumps(asdict(one(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:])))))
