"""Print sizes that stand alone or beside a question: papers, inches, walls, distances."""

from __future__ import annotations

import pytest

from whichmodel.domain import InputError
from whichmodel.domain.viewing import ARC_MINUTE, distance_for, dpi_for
from whichmodel.understand import understand
from whichmodel.understand.intent import for_print
from whichmodel.understand.scale import print_size_of, read_print_size


@pytest.mark.parametrize(
    ("text", "width", "height", "dpi"),
    [
        ("60x90cm", 60, 90, 150),
        ("60×90 cm at 200 dpi", 60, 90, 200),
        ("24x36in", 60.96, 91.44, 150),
        ('8" x 10"', 20.32, 25.4, 300),
        ("A0", 84.1, 118.9, 150),
        ("a5", 14.8, 21, 300),
        ("letter", 21.59, 27.94, 300),
        ("tabloid", 27.94, 43.18, 150),
        ("US letter", 21.59, 27.94, 300),
        ("3 m x 200 cm", 300, 200, 150),
        ("90 cm wide", 90, None, 150),
        ("30 cm tall", None, 30, 300),
        ("wall 3x2 m", 300, 200, 25),  # a pixel of one minute of arc from 3.6 m, the diagonal
        ("wall of 3 by 2 metres seen from 2 m", 300, 200, 44),
        ("60x90 cm viewed from 3 m away", 60, 90, 30),
        ("wall 3x2 m at 100 dpi", 300, 200, 100),
    ],
)
def test_sizes(text: str, width: float | None, height: float | None, dpi: int) -> None:
    size = print_size_of(text)
    assert (size.width_cm, size.height_cm, size.dots_per_inch) == (width, height, dpi)


@pytest.mark.parametrize("text", ["", "large", "60x90", "0x90cm", "wallpaper", "B5"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(InputError, match="print size"):
        print_size_of(text)


@pytest.mark.parametrize("text", ["read this letter aloud", "a letter at the door", "seen from 2 m", "4x"])
def test_words_about_other_things(text: str) -> None:
    assert read_print_size(text) is None


def test_from_the_distance_of_its_rule_a_pixel_covers_one_minute_of_arc() -> None:
    for dpi in (25, 150, 300):
        assert 2.54 / dpi / distance_for(dpi) == pytest.approx(ARC_MINUTE)
        assert dpi_for(distance_for(dpi)) == dpi


def test_a_print_beside_the_question_is_as_if_it_was_said() -> None:
    beside = for_print(understand("remove the noise"), "60x90cm", 150)
    assert beside.steps == ("denoising", "super-resolution")
    assert beside.target is not None
    assert (beside.target.width_cm, beside.target.dpi) == (60, 150)
    words = beside.target.words
    assert beside.question[words.start : words.end] == words.text == "60x90cm"
    assert understand(beside.question).target == beside.target
    assert for_print(understand("print it 60x90 cm"), "", 200).target.dots_per_inch == 200  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("question", "text", "dpi", "said"),
    [
        ("enlarge 4x", "60x90cm", None, r"'4x'.* another \(60x90cm\)"),
        ("print it 30 cm wide", "A3", None, "30 cm wide"),
        ("enlarge it", "", 300, "alone give no size"),
        ("enlarge it", "A3", 2, "2 dots per inch are not from 5"),
    ],
)
def test_what_is_said_twice_or_lacks_a_size(question: str, text: str, dpi: int | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        for_print(understand(question), text, dpi)
