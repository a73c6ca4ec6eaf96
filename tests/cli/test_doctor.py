"""`whichmodel doctor`: what it finds, what it advises, and its exit code."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whichmodel import weights
from whichmodel.cli import health
from whichmodel.cli.main import run_program
from whichmodel.weights.record import records


def checks(capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, dict[str, Any]]:
    """What it says as JSON, by name."""
    assert run_program(["doctor", "--json"]) == code
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is (code == 0)
    return {check["name"]: check for check in data["checks"]}


def test_this_installation_is_well(
    capsys: pytest.CaptureFixture[str], pulled_weights: Callable[[str], dict[str, Path]]
) -> None:
    pulled_weights("span-x4-ch48")
    found = checks(capsys)
    for name in (
        "Python",
        "whichmodel",
        "ncnn",
        "pyvips",
        "numpy",
        "catalog",
        "libvips",
        "sentences",
        "cache",
    ):
        assert found[name]["status"] in ("ok", "note"), found[name]
    assert found["runtime ncnn"]["text"].startswith("runs on ")
    assert found["runtime onnx"]["text"].startswith("runs on ")
    assert found["weights span-x4-ch48"]["text"] == "as pinned, under GPL-3.0"
    assert str(weights.cache_dir()) in found["cache"]["text"]
    assert re.search(r"\d threads?", found["memory"]["text"])
    for check in found.values():
        assert bool(check["hint"]) is (check["status"] != "ok"), check


def test_people_see_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["doctor"]) == 0
    shown = capsys.readouterr().out
    for name in (check.name for check in health.diagnose().checks):
        assert name in shown
    assert "the base install works" in shown


def test_what_belongs_together_stands_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["doctor"]) == 0
    shown = capsys.readouterr().out
    found = health.diagnose().checks
    parts = list(dict.fromkeys(check.part for check in found))
    assert all(parts)
    assert [line for line in shown.splitlines() if line in parts] == parts
    assert len(parts) < len(found) / 3


def test_it_knows_every_extra_that_a_user_may_want(repository: Path) -> None:
    data = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(health.EXTRAS) == set(data["project"]["optional-dependencies"]) - {"docs", "test", "training"}


def test_what_is_optional_and_missing_is_a_note(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = {"torch", "huggingface_hub", "pip"}
    real = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *a: None if name in gone else real(name, *a))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    found = checks(capsys)
    for name, hint in (
        ("extra [convert]", "pip install 'whichmodel[convert]'"),
        ("extra [hf]", "pip install 'whichmodel[hf]'"),
        ("pip", "--from FILE"),
        ("npm", "Node.js"),
        ("weights", "whichmodel weights pull"),
    ):
        assert found[name]["status"] == "note"
        assert hint in found[name]["hint"]
    assert found["setting"]["status"] == "ok"
    assert not (tmp_path / "cache").exists(), "it changes nothing"


def test_a_cache_that_cannot_be_written_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "file" / "cache"))
    found = checks(capsys, code=1)
    assert found["cache"]["status"] == "problem"
    assert "WHICHMODEL_CACHE" in found["cache"]["hint"]


def test_damaged_weights_are_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path / "cache"))
    item = records()["span-x4-ch48"]
    folder = tmp_path / "cache" / "weights" / item.id
    folder.mkdir(parents=True)
    marker = "".join(f"{file.sha256}  {file.name}\n" for file in item.files)
    (folder / "complete").write_text(marker, encoding="utf-8")
    for file in item.files:
        (folder / file.name).write_bytes(bytes(file.size))
    found = checks(capsys, code=1)["weights span-x4-ch48"]
    assert found["status"] == "problem"
    assert "does not match its sha256" in found["text"]
    assert found["hint"] == "whichmodel weights pull span-x4-ch48"
    assert run_program(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "PROBLEM" in shown
    assert "what to do stands below each" in shown


def test_archives_that_were_kept_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WHICHMODEL_CACHE", str(tmp_path))
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / "a.whl").write_bytes(bytes(2_000_000))
    assert "2.0 MB" in checks(capsys)["archives"]["text"]


@pytest.mark.parametrize(
    ("there", "told"), [(None, "is not installed"), ("0.9.1", "where >=1.26 is needed"), ("1.26.0", "1.26.0")]
)
def test_a_package_that_is_missing_or_old(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, there: str | None, told: str
) -> None:
    real = importlib.metadata.version

    def found(name: str) -> str:
        if name != "numpy":
            return real(name)
        if there is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return there

    monkeypatch.setattr(health, "version", found)
    monkeypatch.setattr(health, "requires", lambda name: ["numpy>=1.26", 'torch>=2.5; extra == "convert"'])
    code = 0 if there == "1.26.0" else 1
    check = checks(capsys, code)["numpy"]
    assert told in check["text"]
    assert check["hint"] == ('pip install "numpy>=1.26"' if code else "")


def test_a_library_that_cannot_be_loaded_is_a_problem(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = health.import_module

    def broken(name: str) -> Any:
        if name == "pyvips":
            raise OSError("libvips.so.42: cannot open shared object file")
        return real(name)

    monkeypatch.setattr(health, "import_module", broken)
    check = checks(capsys, code=1)["pyvips"]
    assert "libvips.so.42" in check["text"]
    assert "pyvips" in check["hint"]


def test_a_check_that_breaks_does_not_keep_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("whichmodel.catalog.check", broken)
    found = checks(capsys, code=1)
    assert found["catalog"]["text"] == "ZeroDivisionError: division by zero"
    assert found["memory"]["status"] in ("ok", "note")
