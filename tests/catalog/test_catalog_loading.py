"""Reading the catalog: what is valid is read, what is not is refused with file and field."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from whichmodel.catalog import cards, check, tasks
from whichmodel.catalog.families import expand
from whichmodel.catalog.load import read_cards, read_tasks
from whichmodel.domain import InputError
from whichmodel.understand.phrases import compile_phrase

STATEMENT = {"about": "task", "from": "task", "text": "Does it."}


def test_the_catalog_agrees_with_itself() -> None:
    check(compile_phrase)


def test_a_caller_cannot_change_what_others_read() -> None:
    tasks().clear()
    cards().clear()
    assert len(tasks()) > 60
    assert len(cards()) > 200


def test_loading_takes_less_than_a_moment() -> None:
    # Measured at 0.07 s of processor time with the C parser; seconds with the one in Python.
    code = (
        "import time; start = time.process_time()\n"
        "from whichmodel.catalog import cards, tasks\n"
        "tasks(), cards(); print(time.process_time() - start)"
    )
    took = min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    )
    assert took < 0.8


def test_a_wrong_field_of_a_task_is_named() -> None:
    with pytest.raises(InputError, match=r"here: enlarging.*verb"):
        list(read_tasks({"field": "video", "tasks": {"enlarging": {"name": "x"}}}, where="here"))


def test_a_wrong_field_of_a_card_is_named() -> None:
    file = {"task": "denoising", "families": [{"members": {"A": {"scale": "huge"}}}]}
    with pytest.raises(InputError, match=r"here: A: .*scale"):
        list(read_cards(file, where="here"))


@pytest.mark.parametrize("data", [None, [], {"field": "video"}, {"tasks": {}, "feild": "video"}])
def test_a_file_of_another_structure_is_refused(data: Any) -> None:
    with pytest.raises(InputError, match="here"):
        list(read_tasks(data, where="here"))
    with pytest.raises(InputError, match="here"):
        list(read_cards(data, where="here"))


def expanded(**family: Any) -> dict[str, Any]:
    """The one card of a file with one family of one member."""
    file = {"task": "denoising", "statements": [STATEMENT], "families": [family]}
    (card,) = expand(file, where="here")
    return card


def test_the_closest_field_counts() -> None:
    card = expanded(variant="of the family", suits=["night"], members={"A": {"variant": "its own"}})
    assert (card["variant"], card["suits"], card["collection"]) == ("its own", ["night"], "cnaps")


def test_statements_about_the_same_thing_replace_wider_ones() -> None:
    own = {"about": "task", "from": "name", "text": "Its own."}
    other = {"about": "limit", "from": "summary", "text": "Of the family."}
    card = expanded(statements=[other], members={"A": {"statements": [own]}})
    assert [item["text"] for item in card["statements"]] == ["Its own.", "Of the family."]
    assert [item["locator"] for item in card["statements"]] == [
        "catalog field: name",
        "catalog field: summary",
    ]


def test_the_task_definition_is_a_general_statement() -> None:
    (statement,) = expanded(members={"A": None})["statements"]
    assert statement["kind"] == "general"
    assert statement["locator"] == "task definition: denoising"


@pytest.mark.parametrize(
    ("data", "texts"), [([], []), (["X"], ["From X."]), (["X", "Y", "Z"], ["From X, Y and Z."])]
)
def test_data_sets_are_listed_or_the_sentence_left_out(data: list[str], texts: list[str]) -> None:
    statement = {"about": "task", "from": "dataset", "text": "From {data}."}
    card = expanded(trained_on=data, statements=[statement], members={"A": None})
    assert [item["text"] for item in card["statements"]] == texts


def test_corrections_add_up() -> None:
    card = expanded(corrections=["one"], members={"A": {"corrections": ["two"]}})
    assert card["corrections"] == ["one", "two"]


@pytest.mark.parametrize("wrong", [{"about": "colour"}, {"from": "hearsay"}])
def test_a_statement_from_nowhere_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InputError, match="here: A"):
        expanded(statements=[STATEMENT | wrong], members={"A": None})
