"""What a source is about, by its own words."""

from __future__ import annotations

import pytest

from whichmodel.answering.reading import read_source
from whichmodel.catalog import tasks
from whichmodel.domain import Source


def model(name: str, summary: str) -> Source:
    return Source(number=1, kind="model", name=name, summary=summary)


@pytest.mark.parametrize(
    ("name", "summary", "task", "words"),
    [
        ("SPAN-4x", "SPAN-4x is a super-resolution network.", "super-resolution", "super-resolution"),
        ("ClearNet", "ClearNet is a deblurring network.", "deblurring", "deblurring"),
        ("Patience", "Fast. Patience is a network for denoising of scans.", "denoising", "denoising"),
    ],
)
def test_a_model_that_says_what_it_does_in_one_sentence_is_placed(
    name: str, summary: str, task: str, words: str
) -> None:
    found = read_source(model(name, summary), tasks()["super-resolution"])
    assert found.task is not None
    assert found.task.id == task
    assert found.known_by == "summary"
    assert found.words is not None
    assert found.words.text == words
    assert found.relation == ("same" if task == "super-resolution" else found.relation)


@pytest.mark.parametrize(
    "summary",
    [
        "SomeNet is fast.",
        "SomeNet is unlike every super-resolution network and every deblurring network before it.",
        "SomeNetwork is a deblurring network.",
        "It was compared with a deblurring network.",
    ],
)
def test_what_is_not_said_of_the_model_itself_places_it_nowhere(summary: str) -> None:
    assert read_source(model("SomeNet", summary), tasks()["colorization"]).task is None
