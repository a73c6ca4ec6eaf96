"""Regions that a request wants left alone: found in words, and no wish of their own."""

from __future__ import annotations

import pytest

from whichmodel.understand import understand
from whichmodel.understand.regions import read_regions


@pytest.mark.parametrize(
    ("question", "kept", "steps"),
    [
        ("enlarge 4x but leave the background alone", {"background"}, "super-resolution"),
        ("enlarge it 4x, don't touch the faces", {"faces"}, "super-resolution"),
        ("sharpen the person but leave the background alone", {"background"}, "deblurring"),
        ("keep the faces as they are and enlarge 2x", {"faces"}, "super-resolution"),
        ("leave my face and the background untouched, enlarge 2x", {"faces", "background"}, "super-resolution"),
        ("colourise it but leave the people as they are", {"subject"}, "colorization"),
        ("remove the noise but keep the background unchanged please", {"background"}, "denoising"),
        ("denoise it without changing the subject", {"subject"}, "denoising"),
        ("enlarge 4x without changing the colours", set(), "super-resolution"),
        ("keep the size the same and remove noise", set(), "denoising"),
        ("remove the background", set(), "image-matting"),
        ("keep only the subject", set(), "image-matting"),
    ],
)  # fmt: skip
def test_what_is_left_alone(question: str, kept: set[str], steps: str) -> None:
    found = understand(question)
    assert set(found.kept) == kept
    assert found.steps == tuple(steps.split())
    assert found.unread == ()
    for words in (*found.kept.values(), *found.step_words):
        assert question[words.start : words.end] == words.text
        assert words.text.strip()


@pytest.mark.parametrize(
    ("question", "unread"),
    [
        ("denoise and don't touch the sky", ["don't touch the sky"]),
        ("enlarge 2x. Don't touch the sky, then sharpen", ["Don't touch the sky"]),
        ("don't touch the faces and the sky; enlarge 2x", ["the sky"]),
        ("enlarge 2x, leave the trees, the faces and the clouds alone", ["the trees", "the clouds"]),
    ],
)
def test_other_regions_are_told(question: str, unread: list[str]) -> None:
    found = understand(question)
    assert [words.text for words in found.unread] == unread
    for words in found.unread:
        assert question[words.start : words.end] == words.text


def test_a_question_about_how_asks_for_nothing() -> None:
    found = understand("How did they enlarge it while leaving the background untouched?")
    assert found.kept == {}
    assert found.task == "super-resolution"


def test_the_rest_keeps_its_places() -> None:
    question = "Please leave the background alone and enlarge 3x to 40x60 cm"
    found = understand(question)
    assert len(read_regions(question).rest) == len(question)
    assert found.question == question
    assert found.scale == 3.0
    assert found.target is not None
    assert found.target.words.text == "40x60 cm"
