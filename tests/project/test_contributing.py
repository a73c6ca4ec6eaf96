"""The worked examples of CONTRIBUTING.md are true; tests/docs runs its commands and its golden test."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import yaml

from whichmodel import weights
from whichmodel.catalog import tasks
from whichmodel.catalog.families import expand
from whichmodel.domain import ModelCard, Task
from whichmodel.understand.phrases import compile_phrase
from whichmodel.weights.record import read_record

GUIDE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The fenced block of the guide with this language line."""
    found = re.findall(
        rf"^```{re.escape(language)}(?: file=\S+)?\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1, f"{len(found)} blocks called {language!r}"
    return str(found[0])


def example_card() -> ModelCard:
    """The card of the guide."""
    (fields,) = expand(yaml.safe_load(block("yaml card")), where="CONTRIBUTING.md")
    return msgspec.convert(fields, type=ModelCard)


def test_the_weights_record_is_the_shipped_one() -> None:
    shown = read_record(block("yaml weights"), where="CONTRIBUTING.md")
    shipped = weights.record(shown.id)
    assert msgspec.structs.replace(
        shown, receptive_field_note=shipped.receptive_field_note, measured=shipped.measured
    ) == msgspec.structs.replace(shipped, tiling=None)


def test_the_card_can_be_added() -> None:
    card = example_card()
    assert card.task in tasks()
    assert card.weights
    assert weights.record(card.weights).scale == card.scale
    assert all("{" not in statement.text for statement in card.statements)


def test_the_task_can_be_added() -> None:
    data = yaml.safe_load(block("yaml task"))
    ((identifier, fields),) = data["tasks"].items()
    task = msgspec.convert({"field": data["field"], "id": identifier, **fields}, type=Task)
    assert identifier not in tasks()
    assert {neighbour.task for neighbour in task.neighbours} <= set(tasks())
    for phrase in (*task.cues.ask, *task.cues.term):
        compile_phrase(phrase)


def test_paths_in_the_guide_exist() -> None:
    paths = set(re.findall(r"`((?:src|tests|docs)/[\w./-]+)`", GUIDE))
    missing = sorted(path for path in paths if not (Path(__file__).parents[2] / path).exists())
    assert paths
    assert not missing
