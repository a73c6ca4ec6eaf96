"""`whichmodel models import`: files that cannot be used, and the folder of the user."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whichmodel.catalog import cards
from whichmodel.catalog.imports import read_files
from whichmodel.catalog.imports.cnaps import FIELDS
from whichmodel.catalog.load import cards_shipped
from whichmodel.cli.main import run_program
from whichmodel.domain import ModelCard

Catalog = Callable[..., Path]
Report = Callable[..., Any]


def written(folder: Path) -> list[Path]:
    """What is in a folder that may not be there."""
    return sorted(folder.iterdir()) if folder.exists() else []


def messages(found: Any) -> list[str]:
    """Line, message and hint of every problem."""
    return [f"{item['line']}: {item['message']} {item['hint']}" for item in found["problems"]]


# --- files that cannot be used --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[\n{"name": "A"},\n{"name" "B"}]', "3: not JSON"),
        ('[{"name": "A"}', "1: not JSON: expected"),
        ("[{}]\nrest", "2: not JSON: text after its end"),
        ("", "1: not JSON"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_broken_json_imports_nothing(
    tmp_path: Path, own_folder: Path, text: str, told: str, report: Report
) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    found = report(tmp_path / "a.json", code=2)
    assert any(told in message for message in messages(found)), messages(found)
    assert written(own_folder) == []


def test_a_file_that_is_too_large_or_no_text_or_no_file(tmp_path: Path, report: Report) -> None:
    (tmp_path / "large.json").write_bytes(b" " * 20_000_000)
    (tmp_path / "binary.json").write_bytes(b"[\n\xff\xfe]")
    paths = [tmp_path / "large.json", tmp_path / "binary.json", tmp_path, tmp_path / "absent.json"]
    told = [item["message"] for item in report(*paths, code=2)["problems"]]
    for message, part in zip(
        told, ["larger than 16 MB", "line 2: not UTF-8", "not a file", "not a file"], strict=True
    ):
        assert part in message


def test_a_bomb_of_aliases_is_refused(tmp_path: Path, report: Report) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert "expand to too many" in messages(report(tmp_path / "bomb.yaml", code=2))[0]


# --- the user's folder ----------------------------------------------------------------------------


def test_a_second_import_changes_nothing(
    tmp_path: Path, own_folder: Path, report: Report, catalog: Catalog, entry: dict[str, Any], hub: str
) -> None:
    (tmp_path / "README.md").write_text(hub, encoding="utf-8")
    sources = (catalog(entry), tmp_path / "README.md")
    report(*sources)
    before = {path: path.read_bytes() for path in written(own_folder)}
    again = report(*sources, *before)
    assert (again["cards"], again["known"], again["file"]) == ([], 4, None)
    assert {path: path.read_bytes() for path in written(own_folder)} == before


def test_another_folder_and_a_second_import_into_it(
    tmp_path: Path, own_folder: Path, report: Report, catalog: Catalog, entry: dict[str, Any]
) -> None:
    folder = tmp_path / "elsewhere"
    path = catalog(entry)
    assert len(report(path, "--to", folder)["cards"]) == 1
    assert report(path, "--to", folder)["known"] == 1
    assert len(written(folder)) == 1
    assert written(own_folder) == []


def test_check_writes_nothing(
    own_folder: Path, capsys: pytest.CaptureFixture[str], catalog: Catalog, entry: dict[str, Any]
) -> None:
    assert run_program(["models", "import", "--check", str(catalog(entry))]) == 0
    assert "1 could be imported" in capsys.readouterr().out
    assert written(own_folder) == []


def test_bad_files_of_the_user_are_told_once_and_skipped(
    own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_folder.mkdir(parents=True)
    (own_folder / "bad.yaml").write_text("families:\n- members:\n    A: {task: weaving}", encoding="utf-8")
    shipped = yaml.safe_dump(
        {"families": [{"members": {"span-4x": {"task": "slam", "statements": [
            {"about": "task", "from": "name", "text": "Other."}]}}}]}
    )  # fmt: skip
    (own_folder / "same.yaml").write_text(shipped, encoding="utf-8")
    assert cards() == cards() == cards_shipped()
    told = capsys.readouterr().err
    assert told.count("bad.yaml is left out, line 3: A: ") == 1
    assert told.count("the card span-4x is left out") == 1


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    catalog: Catalog,
    entry: dict[str, Any],
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("WHICHMODEL_DATA", str(tmp_path / "file"))
    assert run_program(["models", "import", str(catalog(entry))]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_nothing_of_a_file_steers_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], catalog: Catalog, entry: dict[str, Any]
) -> None:
    evil = "\x1b]0;x\x07\u202e"
    entries: Iterable[dict[str, Any]] = (
        entry | {key: evil} for key in ("name", "task", "category", "dataset", "paper")
    )
    path = catalog(*entries, entry | {evil: 1}, name="a\x1b[1m.json")
    (tmp_path / "a.md").write_text(f'---\n"{evil.encode("unicode_escape").decode()}": 1\n---\n# {evil}')
    assert run_program(["models", "import", str(path), str(tmp_path / "a.md")]) == 2
    shown = capsys.readouterr()
    assert not {"\x1b", "\x07", "\u202e"} & set(shown.out + shown.err)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*FIELDS, *ModelCard.__struct_fields__, "families", "members"])
                | st.text(max_size=3),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_whatever_a_file_holds_is_told_and_never_a_crash(tmp_path: Path, data: Any) -> None:
    (tmp_path / "a.json").write_text(json.dumps([data, data]), encoding="utf-8")
    text = yaml.safe_dump(data)
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        yaml.safe_dump({"families": [{"members": data}, data]}), encoding="utf-8"
    )
    (tmp_path / "a.md").write_text(f"---\n{text}---\n# A", encoding="utf-8")
    paths = [tmp_path / name for name in ("a.json", "a.yaml", "b.yaml", "a.md")]
    assert read_files(paths).problems
