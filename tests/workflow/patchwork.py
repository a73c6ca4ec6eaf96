"""A cheap operation in many units, and runs of it that are killed. Used by the tests of the engine.

As a program: `patchwork.py FOLDER POINTS [SEED]` forks one run for each point, kills it there with
SIGKILL, resumes it, and prints as JSON what was found. It forks, so it must not have used libvips itself.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from whichmodel.domain import DataType, Port, Step, Workflow
from whichmodel.nodes.operation import (
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    State,
    Unit,
    check_parameters,
)
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.nodes.tiles import tiles
from whichmodel.pictures import Box, Raster
from whichmodel.workflow import engine, journal, run, scratch

NAME = "patchwork"


class Patchwork(Operation):
    """Enlarges by repetition, in tiles; every third tile is marked."""

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}

    def check(self, step: Step) -> None:
        check_parameters(step, {"factor": int, "side": int, "backwards": bool})

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes["image"].times(int(step.parameters["factor"])) if "image" in sizes else None

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        return {"first": int(inputs["image"].read(Box(0, 0, 1, 1))[0, 0, 0])}

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        size, factor = sizes["image"], int(step.parameters["factor"])
        side = int(step.parameters.get("side", 16))
        found = [
            Unit(tile.core.times(factor), str(tile))
            for tile in tiles(size.width, size.height, size=side, halo=0)
        ]
        return found[::-1] if step.parameters.get("backwards") else found

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        factor = int(step.parameters["factor"])
        picture = inputs["image"]
        edges = (unit.target.left, unit.target.top, unit.target.right, unit.target.bottom)
        box = Box(*(edge // factor for edge in edges))
        alpha = picture.alpha(box)
        return Samples(
            picture.read(box).repeat(factor, 0).repeat(factor, 1),
            None if alpha is None else alpha.repeat(factor, 0).repeat(factor, 1),
            "third" if (box.left + box.top) % 3 == 0 else "",
        )

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        return (
            f"{step.id}: {marks.get('third', 0)} of {units} marked, the first sample is {state['first']}",
        )


def workflow(**parameters: int | bool) -> Workflow:
    """Patchwork 2x, then resample to 1.5 times the input, then patchwork 2x again."""
    photo = Port(name="photo", type=DataType.IMAGE)
    gives = Port(name="picture", type=DataType.IMAGE)
    steps = (
        Step(
            id="first",
            title="first",
            operation=NAME,
            takes={"image": "photo"},
            gives=gives,
            parameters={"factor": 2, **parameters},
        ),
        Step(
            id="between",
            title="between",
            operation="resample",
            takes={"image": "first"},
            gives=gives,
            parameters={"factor": 0.75},
        ),
        Step(
            id="last",
            title="last",
            operation=NAME,
            takes={"image": "between"},
            gives=gives,
            parameters={"factor": 2, **parameters},
        ),
    )
    return Workflow(title="patchwork", inputs=(photo,), steps=steps, output="last")


def install() -> None:
    """Register the operation; tests do it with `monkeypatch`."""
    OPERATIONS[NAME] = Patchwork()


class Killer:
    """Kills this process at the n-th moment at which something reaches the disk, before, in the middle, after."""

    def __init__(self, moment: int) -> None:
        self.left = moment

    def tick(self) -> bool:
        """Count a moment; whether it is the last."""
        self.left -= 1
        return self.left == 0

    def arm(self) -> None:
        """Put a moment before, inside and behind each kind of writing."""
        write = Raster.write

        def half_written(raster: Raster, box: Box, samples: Any) -> None:
            if self.tick():
                die()
            if self.tick():
                half = max(1, box.height // 2)
                write(raster, Box(box.left, box.top, box.right, box.top + half), samples[:half])
                die()
            write(raster, box, samples)
            if self.tick():
                die()

        Raster.write = half_written  # type: ignore[method-assign]
        line = journal.Journal._write

        def half_line(self_: journal.Journal, text: str) -> None:
            if self.tick():
                os.write(self_._handle, text[: len(text) // 2].encode())
                die()
            line(self_, text)
            if self.tick():
                die()

        journal.Journal._write = half_line  # type: ignore[method-assign]
        mark = scratch.Entry.mark_done

        def marked(entry: scratch.Entry) -> None:
            if self.tick():
                die()
            mark(entry)
            if self.tick():
                die()

        scratch.Entry.mark_done = marked  # type: ignore[method-assign]
        encode = run.write_picture

        def encoded(*given: Any, **named: Any) -> Any:
            begun = named["begun"]

            def beginning(path: Path) -> None:
                if self.tick():
                    die()
                begun(path)
                if self.tick():
                    path.write_bytes(b"half a picture")
                    die()

            named["begun"] = beginning
            found = encode(*given, **named)
            if self.tick():
                die()
            return found

        run.write_picture = encoded  # type: ignore[assignment]


def die() -> None:
    """As `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def attempt(
    folder: Path, *, resume: bool, moment: int = 0, after: float = 0.0, out: str = "out.png"
) -> int | None:
    """One run in a process of its own: its exit code, or None where it was killed.

    Args:
        moment: at which it kills itself; 0 for never.
        after: seconds after which it is killed from outside; 0 for never.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            killer = Killer(moment)
            killer.arm()
            engine.decoded.__globals__["row_bands"] = small_bands
            run.run_workflow(
                workflow(), folder / "in.png", folder / out, cards={}, resume=resume, say=lambda line: None
            )
            # What is left tells how many moments there were.
            (folder / "moments").write_text(str(-killer.left))
            code = 0
        finally:
            os._exit(code)
    if after:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None


def small_bands(size: Size, pixels: int = 0) -> list[Unit]:
    """Bands of 16 rows, so that small pictures have many."""
    return [
        Unit(Box(0, top, size.width, min(top + 16, size.height)), f"rows {top}")
        for top in range(0, size.height, 16)
    ]


def main(folder: Path, points: int, seed: int) -> dict[str, Any]:
    """Kill and resume at so many moments of writing, and at a quarter as many random times."""
    install()
    pick = random.Random(seed)
    os.environ["WHICHMODEL_CACHE"] = str(folder / "undisturbed")
    began = time.monotonic()
    assert attempt(folder, resume=False, out="whole.png") == 0
    seconds = time.monotonic() - began
    whole = (folder / "whole.png").read_bytes()
    moments = int((folder / "moments").read_text())
    found: dict[str, Any] = {"moments": moments, "killed": 0, "wrong": [], "left": [], "seconds": seconds}
    sweep = [1 + round(i * (moments - 1) / max(1, points - 1)) for i in range(points)]
    for number in range(points + points // 4):
        os.environ["WHICHMODEL_CACHE"] = str(folder / f"cache-{number}")
        if number < len(sweep):
            code = attempt(folder, resume=False, moment=sweep[number])
        else:
            code = attempt(folder, resume=False, after=pick.uniform(0.001, seconds))
        found["killed"] += code is None
        if number % 4 == 0:  # killed a second time while it resumes
            found["killed"] += attempt(folder, resume=True, moment=pick.randint(1, moments)) is None
        code = attempt(folder, resume=True)
        out = folder / "out.png"
        if code != 0 or not out.is_file() or out.read_bytes() != whole:
            found["wrong"].append(number)
        for item in folder.glob(".*.part"):
            found["left"].append(item.name)
            item.unlink()
        out.unlink(missing_ok=True)
    os.environ["WHICHMODEL_CACHE"] = str(folder / "twins")
    found["twins"] = twins(folder, whole)
    return found


def twins(folder: Path, whole: bytes) -> bool:
    """Whether two runs of the same at the same time both end well."""
    pids = []
    for name in ("a.png", "b.png"):
        child = os.fork()
        if child == 0:
            os._exit(attempt(folder, resume=False, out=name) or 0)
        pids.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    return codes == [0, 0] and all((folder / name).read_bytes() == whole for name in ("a.png", "b.png"))


if __name__ == "__main__":
    # The input must be there; `np` only tells that the imports are done before the first fork.
    np.zeros(1)
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
