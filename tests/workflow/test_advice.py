"""What a photo asks for becomes steps of the plan, with a reason, and a person can overrule it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.catalog import cards
from whichmodel.domain import InputError, ModelCard
from whichmodel.domain.photo import Blur, Finding, Jpeg, Measured, PhotoFacts
from whichmodel.photo import findings
from whichmodel.pictures import Header
from whichmodel.understand import understand
from whichmodel.weights import Obstacle
from whichmodel.workflow import Decision, advice, decide, workflow_for

CARDS = cards()


@pytest.fixture(autouse=True)
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where all weights are here."""
    monkeypatch.setattr(advice, "obstacle", lambda weights: None)


HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")


SHARP = Blur(kind="none", confidence=1, method="")
MOVED = Blur(kind="motion", extent=15, confidence=1, method="")


def photo(
    *, noise: float = 0, quality: int | None = None, blur: Blur = SHARP
) -> tuple[PhotoFacts, tuple[Finding, ...]]:
    """Facts of a photo with these damages, and what is found in them."""
    facts = PhotoFacts(
        width=600,
        height=400,
        bits=8,
        noise=Measured(value=noise, confidence=1, method=""),
        jpeg=Jpeg(quality=quality, confidence=1, method=""),
        blur=blur,
    )
    return facts, findings(facts)


CLEAN = photo()


def tasks_of(decisions: tuple[Decision, ...], words: str = "enlarge 4x") -> list[str]:
    workflow = workflow_for(words, HEADER, CARDS, decisions=decisions)
    return [CARDS[step.model].task if step.model else step.operation for step in workflow.steps]


def sigma_of(**damage: Any) -> object:
    workflow = workflow_for("enlarge 4x", HEADER, CARDS, decisions=decide(*photo(**damage), CARDS))
    return workflow.steps[0].parameters.get("sigma")


def test_nothing_found_leaves_the_photo_alone() -> None:
    decisions = decide(*CLEAN, CARDS)
    assert tasks_of(decisions) == ["super-resolution"]
    assert [(item.task, item.chosen) for item in decisions] == [("denoising", False), ("deblurring", False)]
    assert "no blur found" in decisions[1].why


def test_noise_comes_first_then_blur_then_the_enlargement() -> None:
    decisions = decide(*photo(noise=18.04, blur=MOVED), CARDS)
    assert tasks_of(decisions) == ["denoising", "deblurring", "super-resolution"]
    assert decisions[0].why == "your photo is noisy (σ≈18 of 255): denoising before enlarging"
    assert sigma_of(noise=18.04, blur=MOVED) == 18.0


def test_wishes_in_words_keep_their_place_and_are_not_doubled() -> None:
    decisions = decide(*photo(noise=20), CARDS)
    assert tasks_of(decisions, "remove noise and enlarge 2x") == ["denoising", "super-resolution"]
    assert tasks_of(decisions, "deblur and enlarge 2x") == ["denoising", "deblurring", "super-resolution"]
    # Only what is enlarged is prepared for it.
    assert tasks_of(decisions, "deblur this photo") == ["deblurring"]


def test_a_person_has_the_last_word() -> None:
    soft = Blur(kind="focus", extent=2, confidence=1, method="")
    decisions = decide(*photo(noise=20, blur=soft), CARDS, without=["denoising"])
    assert tasks_of(decisions) == ["deblurring", "super-resolution"]
    assert "left out, as you wish" in decisions[0].why
    assert tasks_of(decide(*CLEAN, CARDS, also=["deblurring"])) == ["deblurring", "super-resolution"]


def test_what_is_hardly_soft_is_left_as_it_is() -> None:
    soft = Blur(kind="focus", extent=1.0, confidence=1, method="")
    decisions = decide(*photo(blur=soft), CARDS)
    assert tasks_of(decisions) == ["super-resolution"]
    assert "the sharpest edges of your photo are soft" in decisions[1].why
    assert "too little for deblurring" in decisions[1].why


def test_a_movement_over_much_of_the_photo_is_told_and_left() -> None:
    far = Blur(kind="motion", extent=60, confidence=1, method="")
    decisions = decide(*photo(blur=far), CARDS)
    assert tasks_of(decisions) == ["super-resolution"]
    assert "a movement of about 60 pixels" in decisions[1].why
    assert "deblurring may invent: left out" in decisions[1].why
    assert tasks_of(decide(*photo(blur=far), CARDS, also=["deblurring"])) == [
        "deblurring",
        "super-resolution",
    ]


@given(st.integers(1, 65), st.booleans())
def test_the_worse_the_jpeg_the_stronger_it_is_cleaned(quality: int, blurred: bool) -> None:
    blur = {"blur": MOVED} if blurred else {}
    level = sigma_of(quality=quality, **blur)
    worse = sigma_of(quality=max(1, quality - 10), **blur)
    assert isinstance(level, float)
    assert isinstance(worse, float)
    assert 3 <= level <= worse <= 22
    assert not blurred or worse <= 6


def test_a_step_without_a_model_is_told_and_left_out() -> None:
    without: dict[str, ModelCard] = {name: card for name, card in CARDS.items() if card.task != "deblurring"}
    (_, deblurring) = decide(*photo(blur=MOVED), without)
    assert not deblurring.chosen
    assert deblurring.why.endswith("deblurring would help, and no model for it runs here")


def test_weights_that_a_run_cannot_fetch_do_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    barred = Obstacle("its weights are converted once", "whichmodel weights pull x")
    monkeypatch.setattr(advice, "obstacle", lambda weights: barred)
    decisions = decide(*photo(noise=20), CARDS)
    assert tasks_of(decisions) == ["super-resolution"]
    assert decisions[0].why.endswith(
        "denoising would help, but its weights are converted once; run first: whichmodel weights pull x"
    )
    # Who asks for it is told by the run what is missing.
    assert tasks_of(decide(*photo(noise=20), CARDS, also=["denoising"])) == ["denoising", "super-resolution"]


@pytest.mark.parametrize("kind", ["faded", "cast", "damage", "clipped"])
def test_what_is_a_matter_of_taste_or_lost_is_told_and_left(kind: Any) -> None:
    found = Finding(kind=kind, strength=0.5, confidence=1, sentence="your photo has something")
    decisions = decide(CLEAN[0], [found], CARDS)
    assert tasks_of(decisions) == ["super-resolution"]
    assert decisions[-1].why.startswith("your photo has something")
    if '"' in decisions[-1].why:
        words = decisions[-1].why.split('"')[1]
        assert "image-restoration" in understand(f"{words} 2x").steps


@pytest.mark.parametrize(
    ("without", "also", "told"),
    [(["colourisation"], [], "'colourisation'"), (["denoising"], ["denoising"], "both added and left out")],
)
def test_what_cannot_be_decided_is_refused(without: list[str], also: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        decide(*CLEAN, CARDS, without=without, also=also)
