"""Weights that are converted once: what is run is pinned at that moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from whichmodel import weights
from whichmodel.domain import WeightsError
from whichmodel.weights import WeightsRecord, conversion
from whichmodel.weights.conversion import Converter

ID = "small-x4"
Left = Callable[[], list[str]]
Use = Callable[[WeightsRecord], None]
Convert = Callable[[Mapping[str, Path], Path], None]


def quiet(line: str) -> None:
    """Hears nothing."""


def joined(files: Mapping[str, Path], folder: Path) -> None:
    """Writes both files into one."""
    (folder / "model.onnx").write_bytes(files["param"].read_bytes() + files["bin"].read_bytes())


@pytest.fixture
def converted(
    small: WeightsRecord, use: Use, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Convert], WeightsRecord]:
    """The small weights, converted by a function that a test gives."""

    def prepare(convert: Convert, needs: tuple[str, ...] = ()) -> WeightsRecord:
        made = {"test": Converter("two files", needs, convert)}
        monkeypatch.setattr(conversion, "CONVERTERS", made)
        monkeypatch.setattr("whichmodel.weights.obstacles.CONVERTERS", made)
        item = msgspec.structs.replace(small, format="onnx", convert="test")
        use(item)
        return item

    return prepare


def test_what_was_written_is_run_and_checked(
    converted: Callable[[Convert], WeightsRecord], archive: Path, left: Left, kit: type
) -> None:
    item = converted(joined)
    first = weights.obstacle(item)
    assert first is not None
    assert first.command == f"whichmodel weights pull {ID}"
    assert weights.hashes(ID) == {}
    said: list[str] = []
    files = weights.pull(ID, from_file=archive, say=said.append)
    both = b"".join(kit.CONTENT.values())  # type: ignore[attr-defined]
    assert list(files) == ["model"]
    assert files["model"].read_bytes() == both
    assert weights.hashes(ID) == {"model": kit.digest(both)}  # type: ignore[attr-defined]
    assert weights.verify(ID) == []
    assert weights.installed(ID) == files
    assert weights.obstacle(item) is None
    assert any("converting small-x4 once" in line for line in said)
    assert left() == ["weights", f"weights/{ID}", f"weights/{ID}/complete", f"weights/{ID}/model.onnx"]

    files["model"].write_bytes(bytes(len(both)))
    assert weights.installed(ID) is not None
    assert "does not match" in weights.verify(ID)[0]
    files["model"].write_bytes(b"cut")
    assert weights.installed(ID) is None
    weights.pull(ID, from_file=archive, say=quiet)
    assert weights.verify(ID) == []


def test_another_pin_or_converter_renews_it(
    converted: Callable[[Convert], WeightsRecord], archive: Path, use: Use
) -> None:
    item = converted(joined)
    weights.pull(ID, from_file=archive, say=quiet)
    use(msgspec.structs.replace(item, convert="test-2"))
    assert weights.installed(ID) is None
    assert "no marker" in weights.verify(ID)[0]
    use(msgspec.structs.replace(item, files=item.files[:1]))
    assert weights.installed(ID) is None


def test_a_missing_extra_is_told_before_anything_is_fetched(
    converted: Callable[..., WeightsRecord], client: Callable[[str, str], None], left: Left, tmp_path: Path
) -> None:
    converted(joined, ("no_such_module_at_all",))
    client("pip", f"open({str(tmp_path / 'asked')!r}, 'w')")
    with pytest.raises(WeightsError, match="no_such_module_at_all") as refused:
        weights.pull(ID, say=quiet)
    assert "pip install 'whichmodel[convert]'" in refused.value.hint
    assert not (tmp_path / "asked").exists()
    assert left() == []


def fails(files: Mapping[str, Path], folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"half")
    raise ValueError("shape (3, 3) where (64, 3) was due")


def writes_nothing(files: Mapping[str, Path], folder: Path) -> None:
    """Forgets its work."""


def writes_a_link(files: Mapping[str, Path], folder: Path) -> None:
    joined(files, folder)
    (folder / "other.onnx").symlink_to("/etc/passwd")


def fills_the_disk(files: Mapping[str, Path], folder: Path) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("convert", "told"),
    [
        (fails, "where (64, 3) was due"),
        (writes_nothing, "wrote no model.onnx"),
        (writes_a_link, "no plain file"),
        (fills_the_disk, "No space left"),
    ],
)
def test_a_conversion_that_fails_leaves_nothing_but_the_archive(
    converted: Callable[[Convert], WeightsRecord],
    archive: Path,
    client: Callable[[str, str], None],
    kit: type,
    tmp_path: Path,
    left: Left,
    convert: Convert,
    told: str,
) -> None:
    log = tmp_path / "asked"
    client("pip", kit.copying(archive, log, "--dest"))  # type: ignore[attr-defined]
    converted(convert)
    with pytest.raises(WeightsError) as refused:
        weights.pull(ID, say=quiet)
    assert told in refused.value.message
    assert [name for name in left() if name.startswith("weights/")] == []
    kept = [name for name in left() if name.startswith("archives/")]
    assert len(kept) == (0 if convert is fills_the_disk else 1)

    converted(joined)
    weights.pull(ID, say=quiet)
    assert len(log.read_text().splitlines()) == 2 - len(kept), "an archive that had come is used"
    assert not any("archives" in name for name in left())


def test_an_unknown_converter_is_told(small: WeightsRecord, archive: Path, use: Use, left: Left) -> None:
    use(msgspec.structs.replace(small, convert="no-such"))
    with pytest.raises(WeightsError, match="no converter 'no-such'"):
        weights.pull(ID, from_file=archive, say=quiet)
    assert left() == ["weights"]


def test_every_record_names_a_converter_that_exists() -> None:
    for id, item in weights.records().items():
        assert not item.convert or item.convert in conversion.CONVERTERS, id
