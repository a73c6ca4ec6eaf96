"""The engine: faults at every unit, killed runs, the cache, full disks. Output bytes are what counts."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from whichmodel.cli.main import run_program
from whichmodel.domain import InputError, StepError, WhichmodelError
from whichmodel.pictures import Picture, Raster, read_picture, write_picture
from whichmodel.workflow import engine, run_workflow
from whichmodel.workflow.journal import Journal
from whichmodel.workflow.report import RunReport

UNITS = 35 + 77
"""Tiles of both patchwork steps on a picture of 110 x 70."""


@pytest.fixture
def photo_in(tmp_path: Path) -> Path:
    """A small picture with noise, 110 x 70."""
    pixels = np.random.default_rng(0).integers(60, 190, (70, 110, 3), dtype=np.uint8)
    write_picture(Picture(pixels), tmp_path / "in.png")
    return tmp_path / "in.png"


@pytest.fixture
def undisturbed(patchwork: ModuleType, photo_in: Path, tmp_path: Path) -> RunReport:
    """The report of an undisturbed run."""
    return run_workflow(patchwork.workflow(), photo_in, tmp_path / "whole.png", cards={}, cache=False)


@pytest.fixture
def whole(undisturbed: RunReport) -> bytes:
    """The bytes that an undisturbed run writes."""
    return Path(undisturbed.output.path).read_bytes()


def go(patchwork: ModuleType, photo: Path, **options: Any) -> tuple[RunReport, bytes]:
    """One run, and the bytes that it wrote."""
    out = photo.with_name("out.png")
    report = run_workflow(patchwork.workflow(), photo, out, cards={}, **options)
    return report, out.read_bytes()


def counted(
    patchwork: ModuleType, monkeypatch: pytest.MonkeyPatch, fault: Any = None, at: int = -1
) -> list[int]:
    """Count the units that are computed; the one of number `at` goes wrong."""
    own = patchwork.Patchwork.compute
    seen: list[int] = []

    def compute(self: Any, step: Any, unit: Any, *rest: Any) -> Any:
        seen.append(len(seen))
        if len(seen) - 1 == at and isinstance(fault, BaseException):
            raise fault
        given = own(self, step, unit, *rest)
        return type(given)(given.colour[:, :-1]) if len(seen) - 1 == at else given

    monkeypatch.setattr(patchwork.Patchwork, "compute", compute)
    return seen


@pytest.mark.parametrize("at", range(UNITS))
def test_a_fault_at_any_unit_fails_loudly_and_resumes_to_the_same_bytes(
    at: int, patchwork: ModuleType, photo_in: Path, undisturbed: RunReport, whole: bytes
) -> None:
    fault = (RuntimeError("no"), KeyboardInterrupt(), None, MemoryError())[at % 4]
    out = photo_in.with_name("out.png")
    out.write_bytes(b"kept")
    with pytest.MonkeyPatch.context() as patch:
        counted(patchwork, patch, fault, at)
        expected = KeyboardInterrupt if isinstance(fault, KeyboardInterrupt) else StepError
        with pytest.raises(expected) as caught:
            go(patchwork, photo_in)
    if expected is StepError:
        assert f"step '{'first' if at < 35 else 'last'}', tile column" in caught.value.message
        assert "--resume" in caught.value.hint
    assert out.read_bytes() == b"kept"
    assert [item.name for item in photo_in.parent.glob("*.part")] == []
    with pytest.MonkeyPatch.context() as patch:
        seen = counted(patchwork, patch)
        report, bytes_ = go(patchwork, photo_in, resume=True)
    assert bytes_ == whole
    assert len(seen) == UNITS - at
    assert report.notes == undisturbed.notes


def test_marks_state_and_cache_are_told(patchwork: ModuleType, photo_in: Path) -> None:
    first, bytes_ = go(patchwork, photo_in)
    pixel = int(read_picture(photo_in).pixels[0, 0, 0])
    assert first.notes[1].endswith(f"of 35 marked, the first sample is {pixel}")
    assert [step.cached for step in first.steps] == [False, False, False]
    second, again = go(patchwork, photo_in)
    assert [step.cached for step in second.steps] == [True, True, True]
    assert (second.notes, again) == (first.notes, bytes_)


@pytest.mark.parametrize("options", [{"cache": False}, {"resume": True}, {}])
def test_bytes_do_not_depend_on_cache_or_order(
    options: dict[str, bool], patchwork: ModuleType, photo_in: Path, whole: bytes, steps: Path
) -> None:
    assert go(patchwork, photo_in, **options)[1] == whole
    if not options.get("cache", True):
        assert list(steps.iterdir()) == []
    out = photo_in.with_name("b.png")
    run_workflow(patchwork.workflow(backwards=True), photo_in, out, cards={}, **options)
    assert out.read_bytes() == whole


def test_without_resume_unfinished_work_is_dropped_and_finished_steps_are_taken(
    patchwork: ModuleType, photo_in: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        counted(patchwork, patch, RuntimeError(), 50)
        with pytest.raises(StepError):
            go(patchwork, photo_in)
    seen = counted(patchwork, monkeypatch)
    report, bytes_ = go(patchwork, photo_in)
    assert bytes_ == whole
    assert len(seen) == 77
    assert [step.cached for step in report.steps] == [True, True, False]


@pytest.mark.parametrize("part", ["samples", "journal"])
@pytest.mark.parametrize("finished", [True, False])
def test_damage_on_the_disk_is_found_and_computed_again(
    part: str, finished: bool, patchwork: ModuleType, photo_in: Path, whole: bytes, steps: Path
) -> None:
    if finished:
        go(patchwork, photo_in)
    else:
        with pytest.MonkeyPatch.context() as patch:
            counted(patchwork, patch, RuntimeError(), 90)
            with pytest.raises(StepError):
                go(patchwork, photo_in)
    for path in steps.glob(f"*/{part}"):
        content = bytearray(path.read_bytes())
        for place in range(len(content) // 2, len(content), max(1, len(content) // 7)):
            content[place] ^= 0x10
        path.write_bytes(content)
    assert go(patchwork, photo_in, resume=True)[1] == whole


def test_a_cut_journal_counts_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, "work")
    for number in range(20):
        journal.append(number, number * 7, "mark" if number % 2 else "")
    journal.close()
    content = path.read_bytes()
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        again = Journal(path, "work")
        lines = content[:cut].count(b"\n")
        assert list(again.done) == list(range(max(0, lines - 1)))
        assert all(done.crc == number * 7 for number, done in again.done.items())
        again.append(99, 5, "")
        again.close()
        assert 99 in Journal(path, "work").done
    assert Journal(path, "other work").done == {}


def test_another_input_under_the_same_name_is_another_run(
    patchwork: ModuleType, photo_in: Path, whole: bytes
) -> None:
    assert go(patchwork, photo_in)[1] == whole
    write_picture(Picture(255 - read_picture(photo_in).pixels), photo_in)
    report, bytes_ = go(patchwork, photo_in, resume=True)
    assert bytes_ != whole
    assert not any(step.cached for step in report.steps)


def test_an_input_that_changes_while_it_is_read_is_refused(
    patchwork: ModuleType, photo_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = engine.decode

    def slow(opened: Any, target: Path) -> Raster:
        raster = own(opened, target)
        photo_in.write_bytes(photo_in.read_bytes() + b"more")
        return raster

    monkeypatch.setattr(engine, "decode", slow)
    with pytest.raises(InputError, match="changed while"):
        go(patchwork, photo_in)


def test_a_full_disk_is_told_before_the_run(
    patchwork: ModuleType,
    photo_in: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 1000))
    with pytest.raises(WhichmodelError, match=r"need .* of disk in .*, where 0.0 MB are free") as caught:
        go(patchwork, photo_in)
    assert "WHICHMODEL_CACHE" in caught.value.hint
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("where", ["write", "create", "journal"])
@pytest.mark.parametrize("at", [1, 20, 70])
def test_a_disk_that_fills_up_leaves_nothing_half_written(
    where: str, at: int, patchwork: ModuleType, photo_in: Path, whole: bytes
) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    left = [at if where != "create" else 1 + at // 30]

    def failing(own: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise full
            return own(*given, **named)

        return call

    with pytest.MonkeyPatch.context() as patch:
        if where == "create":
            patch.setattr(os, "posix_fallocate", failing(os.posix_fallocate))
        elif where == "write":
            patch.setattr(Raster, "write", failing(Raster.write))
        else:
            patch.setattr(Journal, "append", failing(Journal.append))
        with pytest.raises(WhichmodelError, match="the disk is full") as caught:
            go(patchwork, photo_in)
        assert caught.value.exit_code == 1
        assert "WHICHMODEL_CACHE" in caught.value.hint
    assert sorted(item.name for item in photo_in.parent.glob("*.p*")) == ["in.png", "whole.png"]
    assert go(patchwork, photo_in, resume=True)[1] == whole


def killed(photo_in: Path, tmp_path: Path, repository: Path, points: int) -> None:
    """Kill so many runs in a process of its own, and judge."""
    folder = tmp_path / "killed"
    folder.mkdir()
    shutil.copy(photo_in, folder / "in.png")
    script = repository / "tests" / "workflow" / "patchwork.py"
    done = subprocess.run(
        [sys.executable, str(script), str(folder), str(points), "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] >= points
    assert (found["wrong"], found["left"], found["twins"]) == ([], [], True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
def test_killed_at_20_points_nothing_is_lost(photo_in: Path, tmp_path: Path, repository: Path) -> None:
    killed(photo_in, tmp_path, repository, 20)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
def test_killed_at_200_points_nothing_is_lost(photo_in: Path, tmp_path: Path, repository: Path) -> None:
    killed(photo_in, tmp_path, repository, 200)


class TestProgram:
    """What the command line says."""

    @pytest.fixture
    def file(self, patchwork: ModuleType, tmp_path: Path) -> Path:
        from whichmodel.domain import to_json

        path = tmp_path / "workflow.json"
        path.write_text(to_json(patchwork.workflow()), encoding="utf-8")
        return path

    def test_an_interruption_tells_how_to_go_on(
        self,
        file: Path,
        photo_in: Path,
        patchwork: ModuleType,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        out = photo_in.with_name("o.png")
        arguments = ["run", str(file), str(photo_in), "-o", str(out)]
        with pytest.MonkeyPatch.context() as patch:
            counted(patchwork, patch, KeyboardInterrupt(), 44)
            assert run_program(arguments) == 130
        assert "--resume" in capsys.readouterr().err
        assert not out.exists()
        assert run_program([*arguments, "--resume"]) == 0
        resumed = out.read_bytes()
        assert run_program([*arguments]) == 0
        assert "kept from an earlier run" in capsys.readouterr().out
        assert out.read_bytes() == resumed
        assert run_program([*arguments, "--no-cache"]) == 0
        assert out.read_bytes() == resumed

    def test_resume_without_cache_is_refused(
        self, file: Path, photo_in: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = photo_in.with_name("o.png")
        assert run_program(["run", str(file), str(photo_in), "-o", str(out), "--resume", "--no-cache"]) == 2
        assert "nothing to resume" in capsys.readouterr().err

    def test_a_folder_in_and_a_folder_out(
        self, file: Path, photo_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source, target = tmp_path / "source", tmp_path / "target"
        source.mkdir()
        for name in ("a.png", "b.jpg"):  # the content tells, not the name
            shutil.copy(photo_in, source / name)
        (source / "notes.txt").write_text("no picture")
        arguments = ["run", str(file), str(source), "-o", str(target)]
        assert run_program([*arguments, "--json"]) == 0
        assert len(json.loads(capsys.readouterr().out)["runs"]) == 2
        whole = (target / "a.png").read_bytes()
        pictures = [item.name for item in target.iterdir() if item.suffix != ".json"]
        assert sorted(pictures) == ["a.png", "b.jpg"]
        (target / "b.jpg").unlink()
        (target / "a.png").write_bytes(b"mine")
        assert run_program([*arguments, "--json"]) == 2
        told = json.loads(capsys.readouterr().out)
        assert (len(told["runs"]), len(told["failures"])) == (1, 1)
        assert "--overwrite" in told["failures"][0]["hint"]
        assert (target / "a.png").read_bytes() == b"mine"
        assert run_program([*arguments, "--resume", "--json"]) == 0
        assert len(json.loads(capsys.readouterr().out)["kept"]) == 2
        assert run_program([*arguments, "--overwrite"]) == 0
        assert (target / "a.png").read_bytes() == whole
        assert run_program(["run", str(file), str(tmp_path / "cache"), "-o", str(target)]) == 2
        assert "no picture" in capsys.readouterr().err
