"""Crops, turns and tones in plain words: what is read, what is left for the rest, and what is none of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.understand import understand
from whichmodel.understand.edits import read_edits


@pytest.mark.parametrize(
    ("question", "edits"),
    [
        ("crop to 4:3", [("crop", {"aspect": "4:3"})]),
        ("Crop the photo to a square from the top", [("crop", {"aspect": "1:1", "gravity": "top"})]),
        ("crop my picture to 800x600 pixels", [("crop", {"width": 800, "height": 600})]),
        ("crop to 16 by 9 at the bottom left", [("crop", {"aspect": "16:9", "gravity": "bottom-left"})]),
        ("rotate it 90 degrees", [("rotate", {"angle": 90.0})]),
        ("rotate it by 12.5° anticlockwise", [("rotate", {"angle": -12.5})]),
        ("turn the picture to the left", [("rotate", {"angle": -90.0})]),
        ("turn it upside down", [("rotate", {"angle": 180.0})]),
        ("straighten by -2 degrees", [("rotate", {"angle": -2.0})]),
        ("make it brighter", [("levels", {"gamma": 1.25})]),
        ("make my photo a bit darker", [("levels", {"gamma": 0.893})]),
        ("brighten it a lot", [("levels", {"gamma": 1.6})]),
        ("increase the contrast", [("levels", {"black": 0.05, "white": 0.95})]),
        ("levels 2 to 98 %", [("levels", {"black": 0.02, "white": 0.98})]),
        ("set gamma to 1.4", [("levels", {"gamma": 1.4})]),
        (
            "rotate it 90 degrees, then crop to 3:2",
            [("rotate", {"angle": 90.0}), ("crop", {"aspect": "3:2"})],
        ),
    ],
)
def test_edits_are_read(question: str, edits: list[tuple[str, dict[str, Any]]]) -> None:
    found = read_edits(question)
    assert [(edit.operation, edit.parameters) for edit in found.edits] == edits
    for edit in found.edits:
        assert question[edit.words.start : edit.words.end] == edit.words.text
    assert len(found.rest) == len(question)


@pytest.mark.parametrize(
    "question",
    [
        "turn my photo into a painting",
        "don't rotate it, enlarge 2x",
        "crop to 20x30 cm",
        "print 60x90 cm at 150 dpi",
        "turn it into a drawing",
        "enlarge 4x",
        "rotate 900 degrees",
        "the contrast is low",
    ],
)
def test_what_is_no_edit_is_left(question: str) -> None:
    found = read_edits(question)
    assert not found.edits
    assert found.rest == question


def test_the_rest_is_understood_as_if_alone() -> None:
    alone, both = (
        understand("remove the noise and enlarge 2x"),
        understand("crop to 4:3, remove the noise and enlarge 2x"),
    )
    assert both.steps == alone.steps == ("denoising", "super-resolution")
    assert [edit.operation for edit in both.edits] == ["crop"]
    assert [words.text for words in both.step_words] == ["remove the noise", "enlarge 2x"]
    assert not both.unread
    # Who asks how something was done asks for no work.
    assert not understand("How does AI crop to 4:3 and enlarge a photo?").edits


def test_restoring_denoising_and_enlarging_are_three_wishes() -> None:
    found = understand("restore and denoise and enlarge 2x")
    assert found.steps == ("image-restoration", "denoising", "super-resolution")


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    found = read_edits(f"crop to {text}")
    assert len(found.rest) == len(f"crop to {text}")
