"""One picture on a Ray cluster of two nodes: the bytes and the journal of the local engine, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whichmodel.api.asked import read_asked
from whichmodel.api.look import Looking
from whichmodel.api.run import Feedback, RunOptions, run_asked
from whichmodel.distributed import units
from whichmodel.distributed.cluster import Need, cluster
from whichmodel.distributed.unit_worker import Told, UnitWorker
from whichmodel.domain import StepError
from whichmodel.workflow.hosting import Hosting

pytestmark = pytest.mark.slow

TILES = 24
NEED = Need(memory=1_000_000_000)
OPTIONS = RunOptions(evidence=False, provenance=False, tile=16)


@pytest.fixture
def photo(noise: Callable[[str, int, int], Path], own_cache: Path) -> Path:
    """A picture of 24 tiles of 16 pixels."""
    return noise("photo.png", 96, 64)


_WHOLE: dict[str, bytes] = {}


@pytest.fixture
def whole(photo: Path) -> bytes:
    """What the local engine makes of it; made once."""
    if photo.name not in _WHOLE:
        _WHOLE[photo.name] = by_local(photo, "whole.png", cache=False)
    return _WHOLE[photo.name]


def by_local(photo: Path, name: str, **options: bool) -> bytes:
    """The result of the local engine."""
    target = photo.with_name(name)
    run_asked(read_asked("SPAN-4x"), photo, target, RunOptions(**{**vars(OPTIONS), **options}))
    return target.read_bytes()


def by_ray(
    address: str, photo: Path, name: str, after: Callable[[int], None] = lambda done: None, **options: bool
) -> bytes:
    """The result of two workers; `after` is called behind each tile with their number."""
    target = photo.with_name(name)

    def advance(step: object, pixels: int, total: int) -> None:
        if pixels:
            after(round(pixels / total * TILES))

    with cluster(address) as ray:
        helpers = units.RayUnits(ray, NEED, 2)
        chosen = RunOptions(**{**vars(OPTIONS), **options})
        feedback = Feedback(advance=advance)
        asked, look = read_asked("SPAN-4x"), Looking()
        hosting = Hosting(helpers=helpers)
        run_asked(asked, photo, target, chosen, look=look, feedback=feedback, hosting=hosting)
    return target.read_bytes()


def journals(cache: Path) -> list[list[bytes]]:
    """Lines of the journals of tiles, without their headers."""
    found = [path.read_bytes().splitlines() for path in (cache / "steps").glob("*/journal")]
    return [lines[1:] for lines in found if f" {TILES} ".encode() in lines[0]]


def test_tiles_give_the_same_bytes_and_each_is_journalled_once(
    machines: Any, photo: Path, whole: bytes, own_cache: Path
) -> None:
    assert by_ray(machines.address, photo, "out.png") == whole
    (lines,) = journals(own_cache)
    assert sorted(int(line.split()[0]) for line in lines) == list(range(TILES))
    # What Ray has kept, the local engine finds, and computes nothing.
    assert by_local(photo, "again.png") == whole
    assert journals(own_cache) == [lines]


@pytest.mark.parametrize("loss", ["worker", "node"])
def test_a_worker_or_a_node_that_is_lost_changes_nothing(
    loss: str, machines: Any, photo: Path, whole: bytes, own_cache: Path
) -> None:
    lost: list[Any] = []

    def after(done: int) -> None:
        if done >= 5 and not lost:
            lost.append(machines.lose_second() if loss == "node" else machines.kill_worker())

    assert by_ray(machines.address, photo, "out.png", after) == whole
    assert lost
    (lines,) = journals(own_cache)
    assert sorted(int(line.split()[0]) for line in lines) == list(range(TILES))


DIES = """
from ray._private import ray_constants

ray_constants.ENABLE_RAY_CLUSTER = False
import os, signal, sys
from contextlib import ExitStack
from pathlib import Path
from whichmodel.api.asked import read_asked
from whichmodel.api.run import Feedback, RunOptions, run_asked
from whichmodel.distributed import units
from whichmodel.distributed.cluster import Need, cluster
from whichmodel.workflow.hosting import Hosting

address, photo, tiles = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

def advance(step, pixels, total):
    if round(pixels / total * tiles) >= 7:
        os.kill(os.getpid(), signal.SIGKILL)

with ExitStack() as stack:
    hosting = None
    if address:
        ray = stack.enter_context(cluster(address))
        hosting = Hosting(helpers=units.RayUnits(ray, Need(memory=1_000_000_000), 2))
    options = RunOptions(evidence=False, provenance=False, tile=16)
    run_asked(read_asked("SPAN-4x"), photo, photo.with_name("out.png"), options,
              feedback=Feedback(advance=advance), hosting=hosting)
"""


@pytest.mark.parametrize(("first", "then"), [("local", "ray"), ("ray", "local"), ("ray", "ray")])
def test_a_run_that_was_killed_goes_on_on_either_engine(
    first: str, then: str, machines: Any, photo: Path, whole: bytes, own_cache: Path
) -> None:
    address = machines.address if first == "ray" else ""
    command = [sys.executable, "-c", DIES, address, str(photo), str(TILES)]
    done = subprocess.run(command, check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert not photo.with_name("out.png").exists()
    (before,) = journals(own_cache)
    assert len(before) == 7
    if then == "ray":
        assert by_ray(machines.address, photo, "out.png", resume=True) == whole
    else:
        assert by_local(photo, "out.png", resume=True) == whole
    (after,) = journals(own_cache)
    assert after[:7] == before
    assert sorted(int(line.split()[0]) for line in after) == list(range(TILES))


class Fragile(UnitWorker):
    """Dies of one tile, or tells that it failed."""

    def do(self, assignment: Any, number: int, unit: Any) -> Told:
        if number == 3 and os.environ.get("WHICHMODEL_TEST_FAULT") == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 3:
            return Told(number, error=f"{unit.label}: the network failed", hint="try again")
        return super().do(assignment, number, unit)


@pytest.mark.parametrize(("fault", "told"), [("dies", "workers died of it"), ("fails", "the network failed")])
def test_a_tile_that_cannot_be_done_fails_the_step_and_names_it(
    fault: str, told: str, machines: Any, photo: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray import cloudpickle

    monkeypatch.setattr(units, "UnitWorker", Fragile)
    monkeypatch.setenv("WHICHMODEL_TEST_FAULT", fault)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # this module is not on the nodes
    try:
        with pytest.raises(StepError) as caught:
            by_ray(machines.address, photo, "out.png")
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert "tile column 3, row 0" in caught.value.message
    assert told in caught.value.message
    assert "--resume" in caught.value.hint
    assert not photo.with_name("out.png").exists()


def test_workers_that_would_compute_something_else_are_refused(
    machines: Any, photo: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whichmodel.workflow import keys

    # As if this machine had another version of the engine than the nodes.
    monkeypatch.setattr(keys, "ENGINE_VERSION", keys.ENGINE_VERSION + 1)
    with pytest.raises(StepError) as caught:
        by_ray(machines.address, photo, "out.png")
    assert "a worker would compute something else" in caught.value.message
    assert "same versions" in caught.value.hint
