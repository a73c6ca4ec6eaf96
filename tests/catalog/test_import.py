"""`whichmodel models import`: what becomes of entries in the three formats, and what is told about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from whichmodel.catalog import cards, check
from whichmodel.catalog.imports.words import known_words
from whichmodel.catalog.load import cards_shipped
from whichmodel.cli.main import run_program
from whichmodel.domain import to_data, to_json

Catalog = Callable[..., Path]
Report = Callable[..., Any]


def written(folder: Path) -> list[Path]:
    """What is in a folder that may not be there."""
    return sorted(folder.iterdir()) if folder.exists() else []


def messages(found: Any) -> list[str]:
    """Line, message and hint of every problem."""
    return [f"{item['line']}: {item['message']} {item['hint']}" for item in found["problems"]]


# --- the three formats ----------------------------------------------------------------------------


def test_a_cnaps_entry_becomes_a_card_of_located_facts(
    own_folder: Path, report: Report, catalog: Catalog, entry: dict[str, Any]
) -> None:
    found = report(catalog(entry))
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


def test_a_hugging_face_card_is_read_by_its_fields(tmp_path: Path, report: Report, hub: str) -> None:
    (tmp_path / "README.md").write_text(hub, encoding="utf-8")
    report(tmp_path / "README.md")
    card = cards()["Loom x2"]
    assert (card.task, card.scale, card.licence) == ("super-resolution", 2, "apache-2.0")
    assert card.suits == ("jpeg",)
    assert card.links[0].url == "https://arxiv.org/abs/2201.02973"
    assert {item.locator.removeprefix("Hugging Face card: ") for item in card.statements} == {
        "pipeline_tag and tags", "name", "datasets", "license", "base_model", "library_name", "tags",
    }  # fmt: skip


def test_what_a_model_index_reports_is_attributed(tmp_path: Path, report: Report) -> None:
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
    (card,) = report(tmp_path / "card.md")["cards"]
    assert "Its card reports psnr 32.5 on Set5." in [item["text"] for item in card["statements"]]


def test_our_own_yaml_and_json_are_known_already(
    tmp_path: Path, repository: Path, own_folder: Path, report: Report
) -> None:
    shipped = repository / "src/whichmodel/catalog/data/models"
    one = tmp_path / "card.json"
    one.write_text(to_json(cards()["SPAN-4x"]), encoding="utf-8")
    found = report(one, *sorted(shipped.glob("*.yaml")))
    assert (found["cards"], found["problems"], found["known"]) == ([], [], 1 + len(cards_shipped()))
    assert written(own_folder) == []


def test_what_show_prints_can_be_imported_under_another_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], report: Report
) -> None:
    run_program(["models", "show", "SPAN-4x", "--json"])
    data = json.loads(capsys.readouterr().out) | {"name": "Mine-4x"}
    (tmp_path / "mine.json").write_text(json.dumps(data), encoding="utf-8")
    report(tmp_path / "mine.json")
    mine, shipped = to_data(cards()["Mine-4x"]), to_data(cards()["SPAN-4x"])
    assert mine | {"name": "", "statements": 0, "links": 0} == shipped | {
        "name": "", "statements": 0, "links": 0
    }  # fmt: skip


def test_an_imported_model_is_recommended(report: Report, catalog: Catalog, entry: dict[str, Any]) -> None:
    from whichmodel.recommending import recommend
    from whichmodel.understand import understand

    report(catalog(entry | {"name": "Weft-7x"}))
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
    change: dict[str, Any], told: str, report: Report, catalog: Catalog, entry: dict[str, Any]
) -> None:
    good = entry | {"name": "Weft-2x"}
    found = report(catalog(good, entry | change), code=2)
    assert [card["name"] for card in found["cards"]] == ["Weft-2x"]
    assert any(told in message for message in messages(found)), messages(found)
    assert [item["entry"] for item in found["problems"]] == [2]
    assert "Weft-2x" in cards()


def test_every_problem_of_an_entry_is_told(report: Report, catalog: Catalog, entry: dict[str, Any]) -> None:
    wrong = entry | {"task": "weaving", "paper": "here", "dataset": 3}
    assert len(report(catalog(wrong, "text"), code=2)["problems"]) == 4


def test_an_unknown_field_is_told_and_left_out(
    report: Report, catalog: Catalog, entry: dict[str, Any]
) -> None:
    found = report(catalog(entry | {"price": 3}), code=2)
    assert "2: Weft-4x: unknown field `price`" in messages(found)[0]
    assert len(found["cards"]) == 1


def test_names_that_are_there_twice(report: Report, catalog: Catalog, entry: dict[str, Any]) -> None:
    found = report(catalog(entry, entry | {"name": "WEFT-4X"}), code=2)
    assert "first on line 2" in messages(found)[0]
    assert len(found["cards"]) == 1


def test_a_field_that_is_there_twice(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"name": "A", "task": "SISR", "task": "Deblur"}]', encoding="utf-8")
    assert "`task` is there twice" in messages(report(path, code=2))[0]


def test_a_shipped_card_is_never_overwritten(own_folder: Path, report: Report, catalog: Catalog) -> None:
    name = next(card.name for card in cards().values() if not card.corrections)
    before = cards()[name]
    found = report(catalog({"name": name, "task": "SLAM", "dataset": "Q"}), code=2)
    assert "differs from the card in the catalog in task, trained_on" in messages(found)[0]
    assert cards()[name] == before
    assert written(own_folder) == []


def test_names_that_look_like_paths_stay_names(
    own_folder: Path, report: Report, catalog: Catalog, entry: dict[str, Any]
) -> None:
    name = "../../outside/evil-4x"
    report(catalog(entry | {"name": name}))
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
def test_what_is_wrong_with_our_own_yaml(tmp_path: Path, text: str, told: str, report: Report) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    found = messages(report(tmp_path / "a.yaml", code=2))
    assert any(told in message for message in found), found


def test_weights_that_do_not_exist_are_told(report: Report, catalog: Catalog) -> None:
    data = to_data(cards()["SPAN-4x"]) | {"name": "Mine", "weights": "none-such"}
    path = catalog(data)
    assert "there are no weights called 'none-such'" in messages(report(path, code=2))[0]


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
def test_what_is_wrong_with_a_hugging_face_card(tmp_path: Path, text: str, told: str, report: Report) -> None:
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    found = messages(report(tmp_path / "README.md", code=2))
    assert any(told in message for message in found), found


def test_the_words_lead_to_tasks() -> None:
    assert len(known_words().words) > 40
