"""Kept results: found again, bounded, never removed from under a run, never shared while written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from whichmodel.domain import InputError, WhichmodelError
from whichmodel.files import try_lock
from whichmodel.workflow.scratch import DEFAULT_LIMIT, Scratch, cache_limit

KEYS = [f"{number:064x}" for number in range(5)]


def fill(scratch: Scratch, key: str, size: int, *, done: bool = True, age: int = 0) -> None:
    """A result of so many bytes, used so many seconds ago."""
    entry = scratch.entry(key)
    entry.samples.write_bytes(b"x" * size)
    if done:
        entry.mark_done()
    scratch.release(entry)
    when = entry.folder.stat().st_mtime - age
    os.utime(entry.folder, (when, when))


def kept(home: Path) -> list[str]:
    """Keys of the results that are there."""
    return sorted(item.name for item in home.iterdir() if item.is_dir())


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    with Scratch(home=tmp_path, limit=2500) as scratch:
        for age, key in enumerate(KEYS[:4]):
            fill(scratch, key, 1000, age=100 * age)
    assert kept(tmp_path) == KEYS[:2]


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    with Scratch(home=tmp_path, limit=10_000) as mine:
        fill(mine, KEYS[0], 1000, age=1000)
        held = mine.entry(KEYS[0])
        with Scratch(home=tmp_path, limit=10) as other:
            fill(other, KEYS[1], 1000)
        assert kept(tmp_path) == [KEYS[0]]
        assert held.done
    assert list(tmp_path.glob("*.lock")) == []


def test_a_second_run_of_a_key_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    told: list[str] = []
    with Scratch(home=tmp_path) as first, Scratch(home=tmp_path, say=told.append) as second:
        mine, other = first.entry(KEYS[0]), second.entry(KEYS[0])
        assert other.private
        assert mine.folder != other.folder
        assert mine is first.entry(KEYS[0])
        other.samples.write_bytes(b"x")
    assert len(told) == 1
    assert kept(tmp_path) == [KEYS[0]]


def test_unfinished_work_is_kept_only_for_resume(tmp_path: Path) -> None:
    for resume, left in ((True, True), (False, False)):
        with Scratch(home=tmp_path) as scratch:
            entry = scratch.entry(KEYS[0])
            entry.samples.write_bytes(b"half")
        with Scratch(home=tmp_path, resume=resume) as scratch:
            assert scratch.entry(KEYS[0]).samples.exists() is left


def test_private_folders_of_killed_runs_are_swept(tmp_path: Path) -> None:
    (tmp_path / "private-0123456789abcdef").mkdir()
    (tmp_path / "private-0123456789abcdef" / "samples").write_bytes(b"x")
    with Scratch(home=tmp_path, cache=False) as live:
        entry = live.entry("")
        with Scratch(home=tmp_path):
            assert kept(tmp_path) == [entry.folder.name]
    assert kept(tmp_path) == []


def test_what_a_kill_left_beside_the_output_is_removed_and_nothing_else(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    out.mkdir()
    for name, gone in ((".big-0123456789ab.part", True), ("mine.part", False), (".big-0123.png", False)):
        (out / name).write_bytes(b"x")
        with Scratch(home=home) as scratch:
            scratch.entry(KEYS[0]).note_temporary(out / name)
        with Scratch(home=home) as scratch:
            scratch.entry(KEYS[0])
        assert (out / name).exists() is not gone


def test_old_results_make_room_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    total = 10_000

    def usage(path: object) -> object:
        used = sum(item.stat().st_size for item in tmp_path.rglob("samples"))
        return shutil._ntuple_diskusage(total, used, total - used)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    with Scratch(home=tmp_path) as scratch:
        for age, key in enumerate(KEYS):
            fill(scratch, key, 1500, age=100 * age, done=age != 4)
        scratch.make_room({KEYS[4]: 5000})  # 1500 of it are there, 2500 are free: one has to go
        assert kept(tmp_path) == [KEYS[0], KEYS[1], KEYS[2], KEYS[4]]
        with pytest.raises(WhichmodelError, match="of disk in"):
            scratch.make_room({"a" * 64: 50_000})


@pytest.mark.parametrize(
    ("named", "size"),
    [
        ("", DEFAULT_LIMIT),
        ("500M", 500_000_000),
        ("20g", 20_000_000_000),
        ("1.5 GB", 1_500_000_000),
        ("0", 0),
    ],
)
def test_the_limit_is_read(named: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE_LIMIT", named)
    assert cache_limit() == size


def test_a_limit_that_is_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE_LIMIT", "much")
    with pytest.raises(InputError, match="no size"):
        cache_limit()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WhichmodelError, match="cannot be written") as caught:
        Scratch(home=tmp_path / "file" / "steps")
    assert "WHICHMODEL_CACHE" in caught.value.hint


def test_a_lock_is_taken_once_and_leaves_no_file(tmp_path: Path) -> None:
    lock = try_lock(tmp_path / "a.lock")
    assert lock is not None
    assert try_lock(tmp_path / "a.lock") is None
    lock.free()
    lock.free()
    assert list(tmp_path.iterdir()) == []
    again = try_lock(tmp_path / "a.lock")
    assert again is not None
    again.free()
