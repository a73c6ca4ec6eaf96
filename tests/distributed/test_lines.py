"""Batches of text on a Ray cluster of this computer: the same bytes as without, also where processes are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from whichmodel.api.batch_lines import Wish
from whichmodel.api.batch_parts import Report
from whichmodel.api.batches import Advance, is_kept, run_batch
from whichmodel.cli.main import run_program
from whichmodel.domain import InputError
from whichmodel.files.lines import Part

QUESTIONS = ("enlarge this 4x", "remove the fog from my holiday photo", "", "what is the capital of France?")
WISH = Wish(verb="recommend", top=1)
PART = 400


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    rows = [{"id": n, "question": f"{QUESTIONS[n % 4]} {n}"} for n in range(60)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def expected(source: Path, tmp_path: Path) -> bytes:
    target = tmp_path / "local.jsonl"
    run_batch(WISH, source, target)
    return target.read_bytes()


def workers_of(ancestor: int) -> set[int]:
    """The processes of workers that a process has started, through whatever others."""
    shown = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in shown.stdout.splitlines()]
    family, known = {ancestor}, 0
    while len(family) > known:
        known = len(family)
        family |= {int(row[0]) for row in rows if int(row[1]) in family}
    return {int(row[0]) for row in rows if int(row[0]) in family and row[2:][:1] and "ray::_Worker" in row[2]}


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing_and_change_nothing(
    source: Path, tmp_path: Path, expected: bytes
) -> None:
    from whichmodel.distributed.lines import on_ray

    killed: set[int] = set()
    later: set[int] = set()

    def progress(now: Advance) -> None:
        # The driver stands still here, so nobody can finish everything before the kill.
        if not killed:
            killed.update(workers_of(os.getpid()))
            for worker in killed:
                os.kill(worker, signal.SIGKILL)
        else:
            later.update(workers_of(os.getpid()))

    target = tmp_path / "ray.jsonl"
    report = run_batch(WISH, source, target, engine=on_ray(None, 2), progress=progress, part_bytes=PART)
    assert killed
    assert later - killed
    assert report.lines == 60
    assert target.read_bytes() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "local.jsonl", "ray.jsonl"]


@pytest.mark.slow
def test_what_a_worker_refuses_is_told_as_it_is_here(source: Path, tmp_path: Path) -> None:
    from whichmodel.distributed.lines import on_ray

    on_two = on_ray(None, 2)

    def elsewhere(do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
        held = list(parts)
        source.rename(tmp_path / "moved.jsonl")
        yield from on_two(do, held)

    with pytest.raises(InputError, match=r"in\.jsonl cannot be read") as caught:
        run_batch(WISH, source, tmp_path / "out.jsonl", engine=elsewhere)
    assert "share" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["moved.jsonl"]


KILLS_ITSELF = """
import os, signal, sys
from pathlib import Path
from whichmodel.api.batch_lines import Wish
from whichmodel.api.batches import run_batch
from whichmodel.distributed.lines import on_ray

def progress(now):
    if now.done > now.total / 3:
        os.kill(os.getpid(), signal.SIGKILL)

run_batch(Wish(verb="recommend", top=1), Path(sys.argv[1]), Path(sys.argv[2]), engine=on_ray(None, 1),
          progress=progress, part_bytes=int(sys.argv[3]))
"""


@pytest.mark.slow
def test_what_a_killed_driver_left_is_taken_by_the_local_engine(
    source: Path, tmp_path: Path, expected: bytes
) -> None:
    target = tmp_path / "out.jsonl"
    call = [sys.executable, "-c", KILLS_ITSELF, str(source), str(target), str(PART)]
    assert subprocess.run(call, check=False).returncode == -signal.SIGKILL
    assert not target.exists()
    assert is_kept(target)
    report = run_batch(WISH, source, target, resume=True, part_bytes=PART)
    assert report.kept >= report.parts // 3
    assert report.lines == 60
    assert target.read_bytes() == expected


def test_without_the_extra_it_says_what_to_install(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    target = tmp_path / "out.jsonl"
    assert run_program(["recommend", "--batch", str(source), "--output", str(target), "--engine", "ray"]) == 2
    assert "whichmodel[ray]" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_the_local_engine_loads_nothing_of_ray(source: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from whichmodel.cli.main import run_program;"
        "code = run_program(sys.argv[1:]); print(code, 'ray' in sys.modules)"
    )
    call = [sys.executable, "-c", code, "recommend", "--batch", str(source), "--output", str(tmp_path / "o")]
    shown = subprocess.run(call, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["0", "False"]
