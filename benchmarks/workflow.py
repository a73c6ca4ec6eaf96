"""Measure the engine: what it costs beside the bare network, its memory, and what faults and kills do to it.

Everything runs through the same code as `whichmodel run`. Weights are fetched where they are missing.

Exit codes: 0 fine; 1 a number is beyond its gate.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from whichmodel.catalog import cards
from whichmodel.domain import StepError, Workflow, to_json
from whichmodel.nodes.model import overlap_of
from whichmodel.nodes.tiles import tiles
from whichmodel.pictures import Picture, resample, write_picture
from whichmodel.runtimes.ncnn import NcnnNet, load_net
from whichmodel.weights import pull, record
from whichmodel.workflow import plan_enlargement, run_picture, run_workflow
from whichmodel.workflow.steps import INPUT, resample_step, workflow_of

MODEL = "SPAN-4x"
TILE = 256
MOST_OVERHEAD = 0.05
MOST_MEMORY = 1_500_000_000
KILLER = Path(__file__).parents[1] / "tests" / "workflow" / "patchwork.py"


@dataclass(frozen=True)
class Figure:
    """One measured number and the gate that it must not pass; `gate` is `None` where none is set."""

    name: str
    value: float
    unit: str
    gate: float | None = None

    @property
    def missed(self) -> bool:
        """Whether the number is beyond its gate."""
        return self.gate is not None and self.value > self.gate


def scene(width: int, height: int) -> NDArray[np.uint8]:
    """A photograph of any size, repeated by mirroring where it is too small."""
    from skimage import data

    photo = data.astronaut()
    down, across = -(-height // 512), -(-width // 512)
    rows = np.concatenate([photo if i % 2 == 0 else photo[::-1] for i in range(down)])[:height]
    whole = np.concatenate([rows if i % 2 == 0 else rows[:, ::-1] for i in range(across)], axis=1)
    return np.ascontiguousarray(whole[:, :width])


def overhead(rounds: int, side: int) -> list[Figure]:
    """The engine's whole step against the bare network on the same tiles.

    In one and the same run the time inside the network is taken apart: what other programs do to this
    computer then meets both alike. As a check, the bare loop is timed by itself too: nothing but `infer` on
    arrays that lie ready.
    """
    weights = record(cards()[MODEL].weights or "")
    files = pull(weights.id, say=lambda line: None)
    pixels = scene(side, side)
    sources = [
        np.ascontiguousarray(pixels[tile.source.slices].transpose(2, 0, 1), np.float32) / 255
        for tile in tiles(side, side, size=TILE, halo=overlap_of(weights))
    ]
    workflow = plan_enlargement(weights.scale, cards())
    own = NcnnNet.infer
    shares, inside, alone = [], [], []
    for _ in range(rounds):
        net = load_net(files["param"], files["bin"], weights.input_blob, weights.output_blob)
        began = time.perf_counter()
        for x in sources:
            net.infer(x)
        alone.append(time.perf_counter() - began)
        spent: list[float] = []

        def infer(net: NcnnNet, x: NDArray[np.float32], spent: list[float] = spent) -> NDArray[np.float32]:
            began = time.perf_counter()
            y = own(net, x)
            spent.append(time.perf_counter() - began)
            return y

        NcnnNet.infer = infer  # type: ignore[method-assign]
        began = time.perf_counter()
        run_picture(workflow, Picture(pixels), cards=cards(), tile=TILE)
        whole = time.perf_counter() - began
        NcnnNet.infer = own  # type: ignore[method-assign]
        shares.append(whole / sum(spent) - 1)
        inside.append(sum(spent))
    megapixels = side * side * 16 / 1e6
    return [
        Figure("overhead over the bare network", statistics.median(shares), "share", MOST_OVERHEAD),
        Figure("network inside the engine against a bare loop", min(inside) / min(alone) - 1, "share"),
        Figure("bare network", min(alone) / megapixels, "s/MP"),
    ]


def memory(name: str, workflow: Workflow, width: int, height: int, folder: Path) -> list[Figure]:
    """Peak resident memory of `whichmodel run` from file to file, in a process of its own."""
    source, target, plan = folder / "in.jpg", folder / "out.png", folder / "workflow.json"
    write_picture(Picture(scene(width, height)), source)
    plan.write_text(to_json(workflow), encoding="utf-8")
    arguments = ["run", str(plan), str(source), "-o", str(target), "--no-cache", "--json"]
    with (folder / "report.json").open("w") as report:
        process = subprocess.Popen(
            [sys.executable, "-m", "whichmodel", *arguments, "--max-megapixels", "2000"], stdout=report
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{name}: the run failed")
    told = json.loads((folder / "report.json").read_text())
    steps = sum(step["seconds"] for step in told["steps"])
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ENCODE, str(target), str(folder / "again.png")], check=True)
    encoding = time.perf_counter() - began
    for path in (target, folder / "again.png"):
        path.unlink()
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return [
        Figure(f"{name}: peak memory", peak, "bytes", MOST_MEMORY),
        Figure(f"{name}: steps", steps, "seconds"),
        Figure(f"{name}: reading and encoding the result again", encoding, "seconds"),
        Figure(f"{name}: whole run", told["seconds"], "seconds"),
    ]


ENCODE = (
    "import sys; from whichmodel.pictures.bridge import pyvips;"
    "pyvips.Image.new_from_file(sys.argv[1], access='sequential').pngsave(sys.argv[2], compression=4)"
)


def faults(folder: Path) -> list[Figure]:
    """A fault at each tile of a real network in turn: every run must fail and resume to the same bytes."""
    pixels = resample(scene(512, 512), 100, 70)
    source, whole, out = folder / "small.png", folder / "whole.png", folder / "out.png"
    write_picture(Picture(pixels), source)
    workflow = plan_enlargement(2, cards())
    given: dict[str, Any] = {"cards": cards(), "tile": 32}
    run_workflow(workflow, source, whole, cache=False, **given)
    count = len(list(tiles(100, 70, size=32, halo=0)))
    own = NcnnNet.infer
    wrong = 0
    for broken in range(count):
        os.environ["WHICHMODEL_CACHE_LIMIT"] = "0"  # finished steps go at once: each run begins anew
        calls = iter(range(10 * count))

        def infer(
            net: NcnnNet, x: NDArray[np.float32], calls: Iterator[int] = calls, broken: int = broken
        ) -> NDArray[np.float32]:
            if next(calls) == broken:
                raise RuntimeError("an injected fault")
            return own(net, x)

        NcnnNet.infer = infer  # type: ignore[method-assign]
        loud = False
        os.environ["WHICHMODEL_CACHE_LIMIT"] = "1G"
        try:
            run_workflow(workflow, source, out, **given)
        except StepError as error:
            loud = "injected" in error.message
        finally:
            NcnnNet.infer = own  # type: ignore[method-assign]
        os.environ["WHICHMODEL_CACHE_LIMIT"] = "0"
        run_workflow(workflow, source, out, resume=True, **given)
        wrong += not (loud and out.read_bytes() == whole.read_bytes())
        out.unlink()
    return [
        Figure("faults injected, one at each tile", count, "runs"),
        Figure("faults that passed unseen or changed the result", wrong, "runs", 0),
    ]


def kills(points: int, folder: Path) -> list[Figure]:
    """`kill -9` at so many points, then `--resume`."""
    (folder / "killed").mkdir()
    write_picture(Picture(resample(scene(512, 512), 110, 70)), folder / "killed" / "in.png")
    arguments = [sys.executable, str(KILLER), str(folder / "killed"), str(points), "1"]
    told = json.loads(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)
    return [
        Figure("runs killed", told["killed"], "runs"),
        Figure("kills after which something was lost", len(told["wrong"]), "runs", 0),
        Figure("kills that left a half-written output", len(told["left"]), "runs", 0),
    ]


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Of the comparison with the bare network.")
@click.option("--points", default=200, show_default=True, help="At which runs are killed.")
@click.option(
    "--only", multiple=True, type=click.Choice(["overhead", "faults", "kills", "12", "50", "50-model"])
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(rounds: int, points: int, only: tuple[str, ...], as_json: bool) -> None:
    """Measure overhead, memory, faults and kills; `50-model` takes an hour and runs only when named."""
    wanted = only or ("overhead", "faults", "kills", "12", "50")
    stand_in = workflow_of("4x", (resample_step(INPUT.name, 4, id="resample", title="resample 4x"),))
    network = plan_enlargement(4, cards())
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="whichmodel-benchmark-") as name:
        folder = Path(name)
        for part in wanted:
            if part == "overhead":
                figures += overhead(rounds, 4 * TILE)
            elif part == "faults":
                figures += faults(folder)
            elif part == "kills":
                figures += kills(points, folder)
            elif part == "12":
                figures += memory("12 to 192 megapixels, network", network, 4000, 3000, folder)
            else:
                workflow, kind = (network, "network") if part == "50-model" else (stand_in, "resampling")
                figures += memory(f"50 to 800 megapixels, {kind}", workflow, 8660, 5774, folder)
    if as_json:
        click.echo(json.dumps([asdict(figure) | {"missed": figure.missed} for figure in figures], indent=2))
    else:
        click.echo("\n".join(line(figure) for figure in figures))
    sys.exit(1 if any(figure.missed for figure in figures) else 0)


def line(figure: Figure) -> str:
    """One row of the table."""
    told = {
        "share": lambda value: f"{value:.1%}",
        "s/MP": lambda value: f"{value:.2f} s/MP",
        "bytes": lambda value: f"{value / 1e9:.2f} GB",
        "seconds": lambda value: f"{value:.1f} s",
        "runs": lambda value: f"{value:.0f}",
    }[figure.unit]
    gate = (
        "" if figure.gate is None else f"   at most {told(figure.gate)}{'   MISSED' if figure.missed else ''}"
    )
    return f"{figure.name:<62} {told(figure.value):>10}{gate}"


if __name__ == "__main__":
    main()
