"""The learned classifiers: their tables, their training lines, and how well they hold on lines never learned."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.catalog import tasks
from whichmodel.understand import understand
from whichmodel.understand.classifier import NONE, _tables, log_odds
from whichmodel.understand.ngrams import SIZE, ngrams

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def training() -> ModuleType:
    """`training/phrasings.py`, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("phrasings", ROOT / "training" / "phrasings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["phrasings"] = module
    spec.loader.exec_module(module)
    return module


def test_the_tables_know_every_task() -> None:
    assert {*tasks(), NONE} == set(_tables().labels)
    assert _tables().ngrams.shape == (len(_tables().labels), SIZE)


def test_every_task_has_phrasings_of_both_styles(training: ModuleType) -> None:
    count: dict[tuple[str, str], int] = {}
    for line in training.phrasings():
        count[line.task, line.style] = count.get((line.task, line.style), 0) + 1
    for task in tasks():
        for style in ("Q", "R"):
            assert count.get((task, style), 0) >= 10, (task, style)


@given(st.text(max_size=200))
def test_features_are_bounded_and_repeat(text: str) -> None:
    features = ngrams(text)
    assert features == ngrams(text)
    assert all(0 <= place < SIZE and weight > 0 for place, weight in features.items())


def test_log_odds_are_finite_for_odd_texts() -> None:
    for text in ("", "?", "\u202e", "x" * 5000, "日本語"):
        assert all(value > float("-inf") for value in log_odds(text).values())


@pytest.mark.slow
def test_lines_kept_for_validation_are_understood(training: ModuleType) -> None:
    """The floor lies three points under what was measured when the tables were made."""
    lines = [line for line in training.phrasings() if training.is_for_validation(line.text)]
    for style, floor in (("Q", FLOORS[0]), ("R", FLOORS[1])):
        chosen = [
            line
            for line in lines
            if line.style == style and tasks().get(line.task) and tasks()[line.task].kind == "task"
        ]
        right = sum(understand(line.text).task == line.task for line in chosen)
        assert right / len(chosen) >= floor, style


FLOORS = (0.79, 0.82)


def _runs(text: str, length: int) -> set[str]:
    words = re.findall(r"\w+", text.casefold())
    return {" ".join(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_no_wording_of_the_development_questions_is_here(shared_data: Path) -> None:
    """No seven words in a row of a development question stand in a phrasing, a cue or a card."""
    questions = [
        json.loads(line)["question"]
        for line in (shared_data / "reference" / "questions-dev.jsonl").read_text("utf-8").splitlines()
    ]
    theirs = set().union(*(_runs(question, 7) for question in questions))
    ours = [path.read_text("utf-8") for path in (ROOT / "training" / "phrasings").glob("*.txt")]
    ours += [path.read_text("utf-8") for path in (ROOT / "src/whichmodel/catalog/data").rglob("*.yaml")]
    lines = [line for text in ours for line in text.splitlines()]
    shared = [line for line in lines if _runs(line, 7) & theirs]
    assert not shared, shared[:5]


def test_lay_phrasings_were_never_learned(training: ModuleType) -> None:
    learned = {line.text for line in training.phrasings()}
    entries = yaml.safe_load((ROOT / "tests" / "catalog" / "lay_phrasings.yaml").read_text("utf-8"))
    assert not learned & {entry["question"] for entry in entries}
