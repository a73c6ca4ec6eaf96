"""`whichmodel models import`: what is imported from which format, and what is told about the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whichmodel.catalog import cards, check
from whichmodel.catalog.imports import read_files
from whichmodel.catalog.imports.words import known_words
from whichmodel.catalog.load import cards_shipped
from whichmodel.cli.main import run_program
from whichmodel.domain import ModelCard, to_data, to_json

ENTRY: dict[str, Any] = {
    "name": "Weft-4x",
    "category": "Img2Img",
    "task": "SISR",
    "dataset": "DIV2K,Flickr2K",
    "paper": "https://example.org/weft.pdf",
    "github": "https://example.org/weft",
    "huggingface": None,
    "summary": "A sentence that somebody else wrote.",
}
HUB = """---
license: apache-2.0
pipeline_tag: image-to-image
tags:
- super-resolution
- arxiv:2201.02973
- jpeg
datasets: [div2k]
base_model: weaver/loom
library_name: loom
language: en
---
# Model Card for Loom x2

Prose that somebody else wrote.
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own catalog folder that does not exist yet."""
    monkeypatch.setenv("WHICHMODEL_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


def catalog(tmp_path: Path, *entries: Any, name: str = "catalog.json") -> Path:
    """A CNAPS-style file, each entry on a line of its own from line 2."""
    path = tmp_path / name
    path.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n", encoding="utf-8")
    return path


def written(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def report(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    """The report of an import as JSON."""
    capsys.readouterr()
    assert run_program(["models", "import", "--json", *map(str, arguments)]) == code
    return json.loads(capsys.readouterr().out)


def messages(found: Any) -> list[str]:
    return [f"{item['line']}: {item['message']} {item['hint']}" for item in found["problems"]]


# --- the three formats ----------------------------------------------------------------------------


def test_a_cnaps_entry_becomes_a_card_of_located_facts(
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = report(capsys, catalog(tmp_path, ENTRY))
    (path,) = written(own_folder)
    assert found["file"] == str(path)
    card = cards()["Weft-4x"]
    assert (card.task, card.scale, card.trained_on) == ("super-resolution", 4, ("DIV2K", "Flickr2K"))
    assert {link.kind for link in card.links} == {"paper", "code"}
    assert {item.locator for item in card.statements} == {
        "catalog field: task", "catalog field: name", "catalog field: dataset",
    }  # fmt: skip
    assert {item.kind for item in card.statements} == {"stated"}
    assert "somebody else" not in path.read_text(encoding="utf-8")
    assert any("not copied" in note for note in found["notes"])
    check()


def test_a_hugging_face_card_is_read_by_its_fields(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text(HUB, encoding="utf-8")
    report(capsys, tmp_path / "README.md")
    card = cards()["Loom x2"]
    assert (card.task, card.scale, card.licence) == ("super-resolution", 2, "apache-2.0")
    assert card.suits == ("jpeg",)
    assert card.links[0].url == "https://arxiv.org/abs/2201.02973"
    assert {item.locator.removeprefix("Hugging Face card: ") for item in card.statements} == {
        "pipeline_tag and tags", "name", "datasets", "license", "base_model", "library_name", "tags",
    }  # fmt: skip


def test_what_a_model_index_reports_is_attributed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = {
        "model-index": [
            {
                "name": "Loom",
                "results": [
                    {"dataset": {"name": "Set5"}, "metrics": [{"type": "psnr", "value": 32.5}, {"type": "x"}]}
                ],
            }
        ],
        "pipeline_tag": "depth-estimation",
    }
    (tmp_path / "card.md").write_text(f"---\n{yaml.safe_dump(index)}---\n", encoding="utf-8")
    (card,) = report(capsys, tmp_path / "card.md")["cards"]
    assert "Its card reports psnr 32.5 on Set5." in [item["text"] for item in card["statements"]]


def test_our_own_yaml_and_json_are_known_already(
    tmp_path: Path, repository: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = repository / "src/whichmodel/catalog/data/models"
    one = tmp_path / "card.json"
    one.write_text(to_json(cards()["SPAN-4x"]), encoding="utf-8")
    found = report(capsys, one, *sorted(shipped.glob("*.yaml")))
    assert (found["cards"], found["problems"], found["known"]) == ([], [], 1 + len(cards_shipped()))
    assert written(own_folder) == []


def test_what_show_prints_can_be_imported_under_another_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_program(["models", "show", "SPAN-4x", "--json"])
    data = json.loads(capsys.readouterr().out) | {"name": "Mine-4x"}
    (tmp_path / "mine.json").write_text(json.dumps(data), encoding="utf-8")
    report(capsys, tmp_path / "mine.json")
    mine, shipped = to_data(cards()["Mine-4x"]), to_data(cards()["SPAN-4x"])
    assert mine | {"name": "", "statements": 0, "links": 0} == shipped | {
        "name": "", "statements": 0, "links": 0
    }  # fmt: skip


def test_an_imported_model_is_recommended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from whichmodel.recommend import recommend
    from whichmodel.understand import understand

    report(capsys, catalog(tmp_path, ENTRY | {"name": "Weft-7x"}))
    ranking = recommend(understand("make my photo 7x larger"), top=10)
    assert "Weft-7x" in [item.card.name for item in ranking.models]


def test_the_reference_catalog_holds_nothing_unreadable(
    shared_data: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shared_data / "reference" / "catalog.json"
    capsys.readouterr()
    assert run_program(["models", "import", "--check", "--json", str(path)]) in (0, 2)
    found = json.loads(capsys.readouterr().out)
    assert found["cards"] == []
    assert found["known"] + len(found["problems"]) == len(json.loads(path.read_text(encoding="utf-8")))
    assert all("differs from the card in the catalog" in item["message"] for item in found["problems"])
    assert len(found["problems"]) < 10
    assert written(own_folder) == []


# --- what is wrong with entries -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": None}, "3: the entry has no `name`"),
        ({"name": 7}, "3: `name` is to be text, not a number"),
        ({"name": "a\x1b[31m"}, "3: `name` holds control characters: a\\x1b[31m"),
        ({"name": "x" * 3000}, "3: `name` is longer than"),
        ({"task": "Deblurin"}, "3: Weft-4x: unknown task 'Deblurin' nearest known tasks: deblurring"),
        ({"task": "Txt2Txt"}, "say which: summarization, prompt-rewriting, language-model"),
        ({"task": "", "category": None}, "3: Weft-4x: `category` is empty"),
        ({"github": "javascript:alert(1)"}, "3: Weft-4x: `github` is no web address"),
        ({"paper": ["https://example.org"]}, "3: Weft-4x: `paper` is to be text, not a list"),
        ({"dataset": {}}, "3: Weft-4x: `dataset` is to be text, not an object"),
    ],
)
def test_a_wrong_entry_is_told_with_its_line_and_the_good_one_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], told: str
) -> None:
    good = ENTRY | {"name": "Weft-2x"}
    found = report(capsys, catalog(tmp_path, good, ENTRY | change), code=2)
    assert [card["name"] for card in found["cards"]] == ["Weft-2x"]
    assert any(told in message for message in messages(found)), messages(found)
    assert [item["entry"] for item in found["problems"]] == [2]
    assert "Weft-2x" in cards()


def test_every_problem_of_an_entry_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ENTRY | {"task": "weaving", "paper": "here", "dataset": 3}
    assert len(report(capsys, catalog(tmp_path, wrong, "text"), code=2)["problems"]) == 4


def test_an_unknown_field_is_told_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, catalog(tmp_path, ENTRY | {"price": 3}), code=2)
    assert "2: Weft-4x: unknown field `price`" in messages(found)[0]
    assert len(found["cards"]) == 1


def test_names_that_are_there_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, catalog(tmp_path, ENTRY, ENTRY | {"name": "WEFT-4X"}), code=2)
    assert "first on line 2" in messages(found)[0]
    assert len(found["cards"]) == 1


def test_a_field_that_is_there_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"name": "A", "task": "SISR", "task": "Deblur"}]', encoding="utf-8")
    assert "`task` is there twice" in messages(report(capsys, path, code=2))[0]


def test_a_shipped_card_is_never_overwritten(
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = next(card.name for card in cards().values() if not card.corrections)
    before = cards()[name]
    found = report(capsys, catalog(tmp_path, {"name": name, "task": "SLAM", "dataset": "Q"}), code=2)
    assert "differs from the card in the catalog in task, trained_on" in messages(found)[0]
    assert cards()[name] == before
    assert written(own_folder) == []


def test_names_that_look_like_paths_stay_names(
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "../../outside/evil-4x"
    report(capsys, catalog(tmp_path, ENTRY | {"name": name}))
    assert [path.parent for path in written(own_folder)] == [own_folder]
    assert written(own_folder)[0].name.startswith("outside-evil-4x-")
    assert name in cards()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("families: 3", "1: it has no `families:`"),
        ("families:\n- 3", "2: family 1 has no `members:`"),
        ("families:\n- members:\n    A: 3", "3: A: its fields are to be a mapping"),
        ("families:\n- members:\n    A: {task: weaving, scale: huge}", "3: A: `scale`: Invalid"),
        (
            "families:\n- members:\n    A: {task: deblurin, scale: huge}",
            "A: there is no task called deblurin",
        ),
        ("families:\n- members:\n    A: {task: slam, task: slam}", "3: `task` is there twice"),
        ("families:\n- members:\n    A: {task: slam, colour: 3}", "3: A: unknown field `colour`"),
        ("families:\n- members:\n    A: {task: slam}", "3: A: it has no statements"),
        ("families:\n- members:\n    A: {links: 3}", "3: A: `links` is to be a mapping"),
        ("families:\n- members:\n    A: {statements: [{about: no}]}", "3: A: the file: A: a statement is"),
        ("families:\n- members:\n    A: 3\n    A: 4", "4: `A` is there twice"),
        ("a: [", "not YAML"),
        ("a: !!python/object:os.x {}", "1: not YAML: could not determine a constructor"),
        ("[" * 100, "1: nested deeper than"),
        ("a: &a [*a]", "1: an alias contains itself"),
    ],
)
def test_what_is_wrong_with_our_own_yaml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    found = messages(report(capsys, tmp_path / "a.yaml", code=2))
    assert any(told in message for message in found), found


def test_weights_that_do_not_exist_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = to_data(cards()["SPAN-4x"]) | {"name": "Mine", "weights": "none-such"}
    path = catalog(tmp_path, data)
    assert "there are no weights called 'none-such'" in messages(report(capsys, path, code=2))[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Only prose", "1: no front matter"),
        ("---\na: 1", "1: the front matter has no end"),
        ("---\n- a\n---", "2: the front matter is no mapping"),
        ("---\na: [\n---", "not YAML"),
        ("---\ntags: [x]\npipeline_tag: robotics\n---\n# A", "3: A: unknown pipeline_tag 'robotics'"),
        (
            "---\npipeline_tag: image-to-image\n---\n# A",
            "2: A: pipeline_tag 'image-to-image' can mean several",
        ),
        ("---\npipeline_tag: depth-estimation\n---\n", "1: the model has no name"),
        ("---\npipeline_tag: depth-estimation\nprice: 3\n---\n# A", "3: A: unknown field `price`"),
        ("---\npipeline_tag: depth-estimation\nlicense: {}\n---\n# A", "3: A: `license` is to be text"),
    ],
)
def test_what_is_wrong_with_a_hugging_face_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    found = messages(report(capsys, tmp_path / "README.md", code=2))
    assert any(told in message for message in found), found


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
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    found = report(capsys, tmp_path / "a.json", code=2)
    assert any(told in message for message in messages(found)), messages(found)
    assert written(own_folder) == []


def test_a_file_that_is_too_large_or_no_text_or_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "large.json").write_bytes(b" " * 20_000_000)
    (tmp_path / "binary.json").write_bytes(b"[\n\xff\xfe]")
    paths = [tmp_path / "large.json", tmp_path / "binary.json", tmp_path, tmp_path / "absent.json"]
    told = [item["message"] for item in report(capsys, *paths, code=2)["problems"]]
    for message, part in zip(
        told, ["larger than 16 MB", "line 2: not UTF-8", "not a file", "not a file"], strict=True
    ):
        assert part in message


def test_a_bomb_of_aliases_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert "expand to too many" in messages(report(capsys, tmp_path / "bomb.yaml", code=2))[0]


# --- the user's folder ----------------------------------------------------------------------------


def test_a_second_import_changes_nothing(
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text(HUB, encoding="utf-8")
    sources = (catalog(tmp_path, ENTRY), tmp_path / "README.md")
    report(capsys, *sources)
    before = {path: path.read_bytes() for path in written(own_folder)}
    again = report(capsys, *sources, *before)
    assert (again["cards"], again["known"], again["file"]) == ([], 4, None)
    assert {path: path.read_bytes() for path in written(own_folder)} == before


def test_another_folder_and_a_second_import_into_it(
    tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "elsewhere"
    path = catalog(tmp_path, ENTRY)
    assert len(report(capsys, path, "--to", folder)["cards"]) == 1
    assert report(capsys, path, "--to", folder)["known"] == 1
    assert len(written(folder)) == 1
    assert written(own_folder) == []


def test_check_writes_nothing(tmp_path: Path, own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["models", "import", "--check", str(catalog(tmp_path, ENTRY))]) == 0
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("WHICHMODEL_DATA", str(tmp_path / "file"))
    assert run_program(["models", "import", str(catalog(tmp_path, ENTRY))]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_nothing_of_a_file_steers_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;x\x07\u202e"
    entries: Iterable[dict[str, Any]] = (
        ENTRY | {key: evil} for key in ("name", "task", "category", "dataset", "paper")
    )
    path = catalog(tmp_path, *entries, ENTRY | {evil: 1}, name="a\x1b[1m.json")
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
                st.sampled_from([*ENTRY, *ModelCard.__struct_fields__, "families", "members"])
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


def test_the_words_lead_to_tasks() -> None:
    assert len(known_words().words) > 40
