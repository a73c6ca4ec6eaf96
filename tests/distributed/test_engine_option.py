"""`--engine`: local is the default and knows nothing of Ray; what is missing is said."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from whichmodel.cli.main import run_program
from whichmodel.distributed import cluster as clusters
from whichmodel.distributed.cluster import Need, workers_with_room
from whichmodel.domain import InputError


@pytest.fixture
def twice(tmp_path: Path) -> Path:
    """A workflow that takes no weights."""
    path = tmp_path / "twice.yaml"
    path.write_text(
        "title: twice as large\n"
        "inputs: [{name: photo, type: image, shape: h × w × 3}]\n"
        "steps:\n"
        "  - {id: resize, title: twice, operation: resample, takes: {image: photo}, parameters: {factor: 2.0},\n"
        "     gives: {name: larger, type: image, shape: 2·h × 2·w × 3}}\n"
        "output: resize\n",
        encoding="utf-8",
    )
    return path


def test_a_local_run_loads_nothing_of_ray(twice: Path, noise: Callable[[str, int, int], Path]) -> None:
    photos = [str(noise(f"{name}.png", 20, 16)) for name in "ab"]
    code = (
        "import sys; from whichmodel.cli.main import run_program;"
        f"code = run_program(['run', {str(twice)!r}, *{photos!r}, '-o', {str(twice.parent / 'out')!r}]);"
        "print('loaded:', code, *sorted({module.split('.')[0] for module in sys.modules}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = shown.rpartition("loaded:")[2].split()
    assert loaded[0] == "0"
    assert "whichmodel" in loaded
    assert not {"ray", "pyarrow"} & set(loaded)
    assert len(list((twice.parent / "out").glob("*.png"))) == 2


@pytest.mark.parametrize("many", [False, True])
def test_without_the_extra_it_says_what_to_install(
    many: bool,
    twice: Path,
    noise: Callable[[str, int, int], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    photos = [str(noise(f"{name}.png", 20, 16)) for name in ("ab" if many else "a")]
    out = str(twice.parent / ("out" if many else "out.png"))
    assert run_program(["run", str(twice), *photos, "-o", out, "--engine", "ray"]) == 2
    said = capsys.readouterr().err
    assert "needs the extra [ray]" in said
    assert 'pip install "whichmodel[ray]"' in said
    assert not list(twice.parent.glob("out*/*.png"))


@pytest.mark.parametrize("option", [["--workers", "2"], ["--address", "127.0.0.1:1"]])
def test_options_of_ray_are_refused_without_it(
    option: list[str], twice: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["run", str(twice), "a.png", "-o", "b.png", *option]) == 2
    assert "--engine ray" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:0", "127.0.0.1:x", ":1", "127.0.0.1:70000"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="is not HOST:PORT"), clusters.cluster(address):
        pass


def test_a_cluster_that_is_not_there_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens at a port that is bound alone
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match="nobody listens at"), clusters.cluster(address):
            pass


class Nodes:
    """As much of Ray as is asked how large its machines are."""

    def __init__(self, *machines: dict[str, float], alive: bool = True) -> None:
        self._machines = machines
        self._alive = alive

    def nodes(self) -> list[dict[str, object]]:
        return [{"Alive": self._alive, "Resources": machine} for machine in self._machines]


GB = 1_000_000_000


@pytest.mark.parametrize(
    ("machines", "need", "wished", "expected"),
    [
        ([{"CPU": 8, "memory": 64 * GB}], Need(GB), None, 8),
        ([{"CPU": 8, "memory": 64 * GB}], Need(GB), 3, 3),
        ([{"CPU": 8, "memory": 5 * GB}], Need(2 * GB), None, 2),
        ([{"CPU": 8, "memory": 5 * GB}, {"CPU": 1, "memory": 64 * GB}], Need(2 * GB), 100, 3),
        ([{"CPU": 8, "memory": 64 * GB, "GPU": 2}, {"CPU": 8, "memory": 64 * GB}], Need(GB, gpus=1), None, 2),
    ],
)
def test_there_are_as_many_workers_as_processors_memory_and_gpus_allow(
    machines: list[dict[str, float]], need: Need, wished: int | None, expected: int
) -> None:
    assert workers_with_room(Nodes(*machines), need, wished) == expected


@pytest.mark.parametrize(
    ("nodes", "need"),
    [
        (Nodes({"CPU": 8, "memory": GB}), Need(2 * GB)),
        (Nodes({"CPU": 0, "memory": 64 * GB}), Need(GB)),
        (Nodes({"CPU": 8, "memory": 64 * GB}), Need(GB, gpus=1)),
        (Nodes({"CPU": 8, "memory": 64 * GB}, alive=False), Need(GB)),
    ],
)
def test_a_cluster_without_room_for_one_worker_is_refused(nodes: Nodes, need: Need) -> None:
    with pytest.raises(InputError, match="no machine of the cluster has"):
        workers_with_room(nodes, need, None)


def test_workers_get_the_folders_and_their_share_of_the_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", "kept")
    monkeypatch.setenv("WHICHMODEL_ALLOW_LICENCES", "GPL-3.0")
    monkeypatch.chdir(tmp_path)
    given = clusters.environment(2)
    assert given["WHICHMODEL_CACHE"] == str(tmp_path / "kept")
    assert given["WHICHMODEL_ALLOW_LICENCES"] == "GPL-3.0"
    assert (given["WHICHMODEL_THREADS"], given["VIPS_CONCURRENCY"]) == ("2", "2")


@pytest.mark.slow
def test_a_cluster_of_this_machine_listens_on_loopback_only() -> None:
    folder = tempfile.mkdtemp(prefix="wm", dir="/tmp")  # short, as a test's own folder is not
    code = """
import os, sys
from pathlib import Path
from whichmodel.distributed.cluster import cluster

with cluster(None, 1) as ray:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                pass
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    sockets = set()
    for pid in ours:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            try:
                sockets.add(os.readlink(handle).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                pass
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                print("listens", fields[1].partition(":")[0])
"""
    command, there = [sys.executable, "-c", code], {**os.environ, "TMPDIR": folder}
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=there)
    left = os.listdir(folder)
    shutil.rmtree(folder)
    listening = [line.split()[1] for line in shown.stdout.splitlines() if line.startswith("listens")]
    # 127.0.0.1 as the kernel writes it, alone and inside an IPv6 address.
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert len(listening) >= 4
    assert left == []  # sockets and logs are gone with it
    assert shown.stderr == ""
