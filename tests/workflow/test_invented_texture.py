"""Invented texture only where it was asked for, and a chain where it comes closer than one large step."""

from __future__ import annotations

import pytest

from whichmodel.catalog import cards
from whichmodel.domain.card import INVENTING
from whichmodel.recommending import recommend
from whichmodel.understand import understand
from whichmodel.workflow.binding import enlargers
from whichmodel.workflow.planner import workflow_for


def models(words: str) -> list[str]:
    """The models of the steps that words lead to, in order."""
    return [step.model or step.operation for step in workflow_for(words, None, cards()).steps]


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("enlarge 4x", ["SPAN-4x"]),
        ("enlarge this old photo 4x, faithful, without inventing anything", ["SPAN-4x"]),
        ("enlarge 4x with crisp, realistic texture", ["Real-ESRGAN-x4plus"]),
        ("perceptual upscaling 4x", ["Real-ESRGAN-x4plus"]),
        ("make it 8 times larger with photorealistic detail", ["Real-ESRGAN-x4plus", "SPAN-2x"]),
        ("enlarge 2x with realistic texture", ["SPAN-2x"]),
        ("enlarge 8x", ["SPAN-4x", "SPAN-2x"]),
        ("enlarge 16x", ["SPAN-4x", "SPAN-4x"]),
        ("Real-ESRGAN-x4plus", ["Real-ESRGAN-x4plus"]),
        ("ESRGAN-thick-8x", ["ESRGAN-thick-8x"]),
        ("remove the noise and enlarge 4x with realistic texture", ["FFDNet-colour", "Real-ESRGAN-x4plus"]),
    ],
)
def test_the_models_that_words_lead_to(words: str, row: list[str]) -> None:
    assert models(words) == row


def test_a_model_that_a_chain_outdoes_is_never_chosen() -> None:
    assert set(enlargers(cards())) == {2, 4}
    assert {name.name for name in enlargers(cards(), {INVENTING: ()}).values()} == {
        "SPAN-2x",
        "Real-ESRGAN-x4plus",
    }


def test_recommendations_put_the_faithful_model_first() -> None:
    plain = recommend(understand("I enlarged a photo 4x"), top=60).models
    assert plain[0].card.name == "SPAN-4x"
    invents = next(model for model in plain if model.card.name == "Real-ESRGAN-x4plus")
    assert "you do not ask for" in invents.against
    asked = recommend(understand("I enlarged a photo 4x with realistic texture")).models
    assert asked[0].card.name == "Real-ESRGAN-x4plus"
    large = recommend(understand("I enlarged a photo 8x"), top=60).models
    outdone = next(model for model in large if model.card.name == "ESRGAN-thick-8x")
    assert "SPAN-4x followed by SPAN-2x was measured to come closer" in outdone.against
    assert large[0].card.name != "ESRGAN-thick-8x"
