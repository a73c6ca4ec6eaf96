"""Batches of pictures on a Ray cluster of two nodes: what the local engine gives, whoever dies meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from whichmodel.api.asked import read_asked
from whichmodel.api.look import Looking
from whichmodel.api.run import RunOptions
from whichmodel.cli.main import run_program
from whichmodel.distributed import files
from whichmodel.distributed.cluster import cluster
from whichmodel.distributed.file_worker import FileWorker
from whichmodel.distributed.outcome import Outcome

pytestmark = pytest.mark.slow

MANY = 40
TWICE = """
title: twice as large
inputs: [{name: photo, type: image, shape: h × w × 3}]
steps:
  - {id: resize, title: resample 2×, operation: resample, takes: {image: photo}, parameters: {factor: 2.0},
     gives: {name: larger, type: image, shape: 2·h × 2·w × 3}}
output: resize
"""


@pytest.fixture
def batch(
    tmp_path: Path, noise: Callable[[str, int, int], Path], own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Path, Path]]:
    """Small pictures and where their results go; stands in the folder of both."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "twice.yaml").write_text(TWICE, encoding="utf-8")
    (tmp_path / "out").mkdir()
    names = [f"in/{number:02}.png" for number in range(MANY)]
    for name in names:
        noise(name, 32, 24)
    return [(Path(name), Path("out") / Path(name).name) for name in names]


_LOCAL: dict[str, bytes] = {}


@pytest.fixture
def local(batch: list[tuple[Path, Path]]) -> dict[str, bytes]:
    """What the local engine writes, by name; made once."""
    if not _LOCAL:
        assert run_program(["run", "twice.yaml", "in", "-o", "local", "--no-evidence", "--no-cache"]) == 0
        _LOCAL.update({path.name: path.read_bytes() for path in Path("local").glob("*.png")})
        assert len(_LOCAL) == MANY
    return _LOCAL


def results(folder: str = "out") -> dict[str, bytes]:
    """Everything in a folder that is no provenance, by name; evidence and hidden files too."""
    found = [path for path in Path(folder).rglob("*") if path.is_file()]
    kept = [path for path in found if not path.name.endswith(".provenance.json")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept}


def stream(address: str, batch: list[tuple[Path, Path]], **options: object) -> Iterator[Outcome]:
    """The outcomes of a batch on the cluster at an address."""
    with cluster(address) as ray:
        yield from files.run_files(
            ray,
            read_asked("twice.yaml"),
            batch,
            RunOptions(evidence=False),
            look=Looking(),
            overwrite=False,
            workers=2,
            **options,  # type: ignore[arg-type]
        )


def test_results_reports_and_failures_are_those_of_the_local_engine(
    machines: Any,
    batch: list[tuple[Path, Path]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = machines.address
    Path("in/07.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    for folder in ("local", "ray"):
        Path(folder).mkdir()
        Path(folder, "03.png").write_bytes(b"mine")
    told = {}
    for folder, engine in (("local", []), ("ray", ["--engine", "ray", "--address", address])):
        inputs = [str(batch[number][0]) for number in (0, 1, 3, 7)]
        code = run_program(["run", "SPAN-4x", *inputs, "-o", folder, "--no-cache", "--json", *engine])
        assert code == 2
        told[folder] = json.loads(capsys.readouterr().out)
    assert results("ray") == results("local")
    assert results("ray")["03.png"] == b"mine"
    assert "00.png.evidence/evidence.html" in results("ray")
    for folder in told:
        text = json.dumps(told[folder])
        told[folder] = json.loads(text.replace(f"{folder}/", "out/"))
        for run in told[folder]["runs"]:
            run["seconds"] = 0
            run["steps"][0]["seconds"] = 0
    assert told["ray"] == told["local"]
    assert [Path(item["input"]).name for item in told["ray"]["failures"]] == ["03.png", "07.png"]


def test_a_worker_that_is_killed_loses_nothing(
    machines: Any, batch: list[tuple[Path, Path]], local: dict[str, bytes]
) -> None:
    seen: list[int] = []
    killed: list[int] = []
    for outcome in stream(machines.address, batch):
        assert outcome.failure is None
        seen.append(outcome.index)
        if len(seen) in (5, 20):
            killed.append(machines.kill_worker())
    assert len(set(killed)) == 2
    assert sorted(seen) == list(range(MANY))
    assert results() == local


def test_a_node_that_is_lost_loses_nothing(
    machines: Any, batch: list[tuple[Path, Path]], local: dict[str, bytes]
) -> None:
    seen: list[int] = []
    for outcome in stream(machines.address, batch):
        assert outcome.failure is None
        seen.append(outcome.index)
        if len(seen) == 5:
            machines.lose_second()
    assert sorted(seen) == list(range(MANY))
    assert results() == local


class Fragile(FileWorker):
    """Dies of one picture, as of one that is too large for the memory."""

    def _done(self, index: int, source: Path, target: Path, there: frozenset[str]) -> Outcome:
        if source.name == "01.png":
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._done(index, source, target, there)


def test_a_picture_of_which_every_worker_dies_is_the_only_one_that_fails(
    machines: Any,
    batch: list[tuple[Path, Path]],
    local: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # this module is not on the nodes
    monkeypatch.setattr(files, "FileWorker", Fragile)
    try:
        found = list(stream(machines.address, batch[:4]))
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert sorted(outcome.index for outcome in found) == [0, 1, 2, 3]
    failed = [outcome for outcome in found if outcome.failure]
    assert [outcome.index for outcome in failed] == [1]
    assert failed[0].failure is not None
    assert "died" in failed[0].failure.error
    assert results() == {name: local[name] for name in ("00.png", "02.png", "03.png")}


LOOPBACK = """
# The nodes of these tests stand on the loopback address; so must who talks to them.
from ray._private import ray_constants

ray_constants.ENABLE_RAY_CLUSTER = False
"""
DIES = f"""{LOOPBACK}
import os, signal, sys
from pathlib import Path
from whichmodel.api.asked import read_asked
from whichmodel.api.look import Looking
from whichmodel.api.run import RunOptions
from whichmodel.distributed.cluster import cluster
from whichmodel.distributed.files import run_files

pairs = [(path, Path("out") / path.name) for path in sorted(Path("in").iterdir())]
with cluster(sys.argv[1]) as ray:
    done = 0
    for outcome in run_files(
        ray, read_asked("twice.yaml"), pairs, RunOptions(evidence=False), look=Looking(), overwrite=False, workers=2
    ):
        done += 1
        if done == 5:
            os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize("engine", ["ray", "local"])
def test_a_driver_that_was_killed_goes_on_where_it_was(
    engine: str,
    machines: Any,
    batch: list[tuple[Path, Path]],
    local: dict[str, bytes],
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = machines.address
    command = [sys.executable, "-c", DIES, address, str(signal.SIGKILL.value)]
    done = subprocess.run(command, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    # Its workers go on until Ray notices; there may be more than the five that it was told of.
    machines.rest()
    there = {name for name in results() if not name.startswith(".")}
    assert len(there) >= 5
    options = ["--engine", "ray", "--address", address] if engine == "ray" else []
    again = ["run", "twice.yaml", "in", "-o", "out", "--no-evidence", "--resume", "--json", *options]
    assert run_program(again) == 0
    told = json.loads(capsys.readouterr().out)
    assert {Path(name).name for name in told["kept"]} >= there
    assert len(told["kept"]) + len(told["runs"]) == MANY
    assert {name: data for name, data in results().items() if name[0] != "."} == local


INTERRUPTED = f"""{LOOPBACK}
import os, signal
from whichmodel.cli import outcomes
from whichmodel.cli.main import entry

signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored where the tests were started
add = outcomes.Told.add

def add_and_stop(told, outcome):
    add(told, outcome)
    os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C does

outcomes.Told.add = add_and_stop
entry()
"""


def test_ctrl_c_ends_with_130_and_the_others_are_done_later(
    batch: list[tuple[Path, Path]],
    machines: Any,
    local: dict[str, bytes],
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["run", "twice.yaml", "in", "-o", "out", "--no-evidence", "--engine", "ray"]
    arguments += ["--address", machines.address]
    command = [sys.executable, "-c", INTERRUPTED, *arguments]
    driver = subprocess.run(command, check=False, timeout=120, capture_output=True, text=True)
    assert driver.returncode == 130, driver.stderr
    machines.rest()
    assert "--resume" in driver.stderr
    assert driver.stdout.count("new pixels") == 1
    assert run_program([*arguments, "--resume", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kept"]
    assert len(told["kept"]) + len(told["runs"]) == MANY
    assert {name: data for name, data in results().items() if name[0] != "."} == local
