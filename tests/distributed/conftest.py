"""A Ray cluster of two nodes, each with processes of its own, that tests may damage; and small pictures."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whichmodel.pictures import Picture, write_picture

STORE = 100_000_000


class Machines:
    """Two nodes on loopback, one processor each.

    Attributes:
        address: for `--address`.
    """

    def __init__(self, folder: Path) -> None:
        from ray.cluster_utils import Cluster

        self._node = {"num_cpus": 1, "object_store_memory": STORE, "node_ip_address": "127.0.0.1"}
        # A node that is gone is noticed after some seconds instead of thirty; one that is only busy must not be lost.
        noticing = {
            "health_check_initial_delay_ms": 1000,
            "health_check_period_ms": 1000,
            "health_check_timeout_ms": 5000,
            "health_check_failure_threshold": 5,
        }
        head = {"include_dashboard": False, "temp_dir": str(folder), "_system_config": noticing}
        self._cluster: Any = Cluster(initialize_head=True, head_node_args={**self._node, **head})
        self.address = str(self._cluster.address)
        self._second: Any = None

    def whole(self) -> None:
        """Have two nodes."""
        for _ in range(4):
            if self._second is not None:
                return
            try:
                self._second = self._cluster.add_node(**self._node)
            except Exception as error:
                if "timed out during startup" not in str(error):
                    raise

    def workers(self) -> list[int]:
        """Processes that do pictures or units, by number."""
        nodes = [self._cluster.head_node, *([self._second] if self._second else [])]
        raylets = {node.all_processes["raylet"][0].process.pid for node in nodes}
        return [pid for pid in _processes() if _parent(pid) in raylets and _is_worker(pid)]

    def kill_worker(self) -> int:
        """Kill one worker that is there, and wait until it is gone; its number."""
        victim = self.workers()[0]
        _killed([victim])
        return victim

    def lose_second(self) -> None:
        """The second node is gone, with its workers, without a word."""
        raylet = self._second.all_processes["raylet"][0].process.pid
        own = [pid for pid in _processes() if _parent(pid) == raylet]
        self._cluster.remove_node(self._second, allow_graceful=False)
        self._second = None
        _killed(own)

    def rest(self) -> None:
        """Wait until the workers of earlier runs are gone."""
        _until(lambda: not self.workers())

    def end(self) -> None:
        """Stop all processes."""
        self._cluster.shutdown()


@pytest.fixture(scope="session")
def _machines() -> Iterator[Machines]:
    from ray._private import ray_constants

    from whichmodel.distributed.cluster import required

    required()
    with pytest.MonkeyPatch.context() as patch:
        # Nothing but loopback, and a token that only these tests know.
        patch.setattr(ray_constants, "ENABLE_RAY_CLUSTER", False)
        if "RAY_AUTH_TOKEN" not in os.environ:
            patch.setenv("RAY_AUTH_TOKEN", "0123456789abcdef" * 4)
        Path("/tmp/ray").mkdir(exist_ok=True)  # where Ray notes the address of the cluster
        # Short: the names of its sockets must not exceed 107 bytes.
        folder = Path(tempfile.mkdtemp(prefix="wmray", dir="/tmp"))
        found = _started(folder)
        try:
            yield found
        finally:
            found.end()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def machines(_machines: Machines) -> Machines:
    """A cluster of two nodes that are both well and have nothing to do."""
    _machines.whole()
    _machines.rest()
    return _machines


@pytest.fixture
def own_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pulled_weights: Callable[[str], dict[str, Path]]
) -> Path:
    """A cache of this test's own with the weights of a small network, for workers too."""
    files = pulled_weights("span-x4-ch48")
    folder = next(iter(files.values())).parent
    shutil.copytree(folder, tmp_path / "cache" / "weights" / folder.name)
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def noise(tmp_path: Path) -> Callable[[str, int, int], Path]:
    """Makes a picture of noise, always the same for a name: name, width, height."""

    def make(name: str, width: int, height: int) -> Path:
        source = np.random.default_rng(zlib.crc32(name.encode()))
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(Picture(source.integers(60, 190, (height, width, 3), dtype=np.uint8)), path)
        return path

    return make


def _started(folder: Path) -> Machines:
    """The cluster; Ray gives a node 30 seconds to start, and a busy machine may need more."""
    for _ in range(3):
        try:
            return Machines(folder)
        except Exception as error:
            if "timed out during startup" not in str(error):
                raise
    return Machines(folder)


def _killed(pids: list[int]) -> None:
    """Kill processes, and wait until they are gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _until(lambda: not any(_alive(pid) for pid in pids))


def _until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; two minutes at most."""
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "two minutes were not enough"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def _processes() -> list[int]:
    return sorted(int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal())


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return -1


def _is_worker(pid: int) -> bool:
    try:
        name = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return False
    return name.startswith(("ray::MapWorker", "ray::UnitWorker"))
