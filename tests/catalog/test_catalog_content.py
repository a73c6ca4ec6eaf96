"""What stands in the catalog: complete, in our own words, each sentence with its place."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from whichmodel.catalog import cards, tasks
from whichmodel.domain import ModelCard

HERE = Path(__file__).parent
SHARED = Path(__file__).parents[3] / "shared"

# Tasks for which a person must be able to choose between models.
CHOICE = (
    "super-resolution", "deblurring", "denoising", "jpeg-artifact-removal", "inpainting", "colorization",
    "image-matting",
    "low-light-enhancement", "hdr-reconstruction", "deraining", "dehazing", "image-classification",
    "object-detection", "open-vocabulary-detection", "semantic-segmentation", "promptable-segmentation",
    "depth-estimation", "video-depth-estimation", "text-to-image", "text-to-speech", "speech-recognition",
)  # fmt: skip
SCALE_IN_NAME = re.compile(r"-(?:(\d+)x|x(\d+)plus)$")
KINDS_OF_RESEARCH = {"model-training", "benchmark-dataset", "study"}


@pytest.fixture(scope="module")
def reference() -> list[dict[str, Any]]:
    """The catalog of 213 models that ours grew from."""
    path = SHARED / "reference" / "catalog.json"
    if not path.is_file():
        pytest.skip("needs ../shared test data")
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def words(text: str) -> list[str]:
    """The words of a text, without case and punctuation."""
    return re.findall(r"\w+", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Every run of that many words."""
    row = words(text)
    return {tuple(row[start : start + length]) for start in range(len(row) - length + 1)}


@pytest.mark.parametrize("card", cards().values(), ids=lambda card: card.name[:50])
def test_every_sentence_has_a_place(card: ModelCard) -> None:
    assert 2 <= len(card.statements) <= 6
    for statement in card.statements:
        assert statement.kind in {"stated", "measured", "general"}
        assert statement.locator.strip()
        assert statement.text[0].isupper()
        assert statement.text.endswith(".")
    about = [statement.about for statement in card.statements]
    assert "task" in about
    assert len({statement.text for statement in card.statements}) == len(card.statements)


def test_only_our_own_models_are_measured() -> None:
    for card in cards().values():
        for statement in card.statements:
            if statement.kind == "measured":
                where = statement.locator.removeprefix("our measurement: ")
                assert where.startswith(("benchmarks/", "tests/"))
                assert (HERE.parents[1] / where).is_file()
                assert card.weights


def test_there_is_a_choice_of_models() -> None:
    count = Counter(card.task for card in cards().values())
    assert not [task for task in CHOICE if count[task] < 2]


@pytest.mark.parametrize("card", cards().values(), ids=lambda card: card.name[:50])
def test_scales_agree_with_names(card: ModelCard) -> None:
    named = SCALE_IN_NAME.search(card.name)
    if named:
        assert card.scale == int(named.group(1) or named.group(2))
    elif "-Any-" in card.name:
        assert card.scale == "any"
    else:
        assert card.scale is None
    assert (card.task == "super-resolution") == (card.scale is not None)


def test_links_are_distinct_and_whole() -> None:
    for card in cards().values():
        assert card.links, card.name
        urls = [link.url for link in card.links]
        assert len(set(urls)) == len(urls), card.name
        for link in card.links:
            assert re.fullmatch(r"https://\S+", link.url), card.name
            assert "tab=readme" not in link.url
            assert (link.kind == "huggingface") == ("huggingface.co" in link.url), card.name


def test_known_errors_are_right_here() -> None:
    known = cards()
    real = [card for name, card in known.items() if "RealBlur" in name]
    assert len(real) == 3
    assert all("GoPro" not in card.trained_on and card.corrections for card in real)
    drn = [link.url for name, card in known.items() if "-DRN-" in name for link in card.links]
    assert not [url for url in drn if url.endswith("DRNN")]
    assert known["Txt2Img-HuggingFace-prompthero-openjourney-v4"].task == "text-to-image"
    flux = next(card for name, card in known.items() if name.startswith("FLUX"))
    assert [link.kind for link in flux.links] == ["code", "huggingface"]
    assert flux.paper_title is None


def test_every_task_can_be_recognised() -> None:
    for task in tasks().values():
        if task.kind == "research":
            assert task.id in KINDS_OF_RESEARCH
            continue
        assert len(task.cues.ask) >= 6, task.id
        assert len(task.cues.term) >= 3, task.id
        assert task.cues.name, task.id
        assert task.neighbours, task.id
        assert task.cannot, task.id


def test_a_picture_that_grows_says_so_in_its_shape() -> None:
    larger = [task.id for task in tasks().values() if task.size == "larger"]
    assert set(larger) == {"super-resolution", "video-super-resolution"}
    assert tasks()["super-resolution"].outputs[0].shape == "s·h × s·w × 3"
    assert tasks()["video-super-resolution"].outputs[0].shape == "t × s·h × s·w × 3"
    for task in tasks().values():
        if task.size == "same":
            assert "h × w" in task.outputs[0].shape, task.id


def test_lay_phrasings_name_tasks_and_are_no_cues() -> None:
    rows = yaml.safe_load((HERE / "lay_phrasings.yaml").read_text(encoding="utf-8"))
    assert len(rows) >= 80
    assert {task for row in rows for task in (row["task"], *row.get("or", ()))} <= set(tasks())
    meant = {row["task"] for row in rows}
    assert not [task.id for task in tasks().values() if task.kind == "task" and task.id not in meant]
    said = {row["question"].casefold() for row in rows}
    cues = {cue.partition("^")[0].strip().casefold() for task in tasks().values() for cue in task.cues.ask}
    assert not said & cues


def test_every_entry_of_the_reference_is_here(reference: list[dict[str, Any]]) -> None:
    known = cards()
    assert not [entry["name"] for entry in reference if entry["name"] not in known]
    twice = {name for name, times in Counter(entry["name"] for entry in reference).items() if times > 1}
    assert all(any("twice" in text for text in known[name].corrections) for name in twice)


def test_no_sentence_is_copied(reference: list[dict[str, Any]]) -> None:
    theirs = {run for entry in reference for run in runs(entry["summary"] or "", 8)}
    copied = [
        f"{card.name}: {statement.text}"
        for card in cards().values()
        for statement in card.statements
        if runs(statement.text, 8) & theirs
    ]
    assert not copied


def test_no_phrasing_comes_from_the_development_set() -> None:
    path = SHARED / "reference" / "questions-dev.jsonl"
    if not path.is_file():
        pytest.skip("needs ../shared test data")
    theirs = {run for line in path.read_text(encoding="utf-8").splitlines() for run in runs(line, 6)}
    rows = yaml.safe_load((HERE / "lay_phrasings.yaml").read_text(encoding="utf-8"))
    assert not [row["question"] for row in rows if runs(row["question"], 6) & theirs]
