"""Plain words lead to the restorer for the job; what was measured to be best stays the first choice."""

from __future__ import annotations

import pytest

from whichmodel.catalog import cards
from whichmodel.pictures import Header
from whichmodel.workflow import workflow_for

CARDS = cards()
HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")


@pytest.mark.parametrize(
    ("words", "models"),
    [
        ("remove rain from my photo", ["MAXIM-deraining"]),
        ("brighten my dark photo", ["MAXIM-low-light"]),
        ("retouch my photo", ["MAXIM-retouching"]),
        ("remove the haze", ["MAXIM-dehazing-outdoor"]),
        ("remove the fog in my living room", ["MAXIM-dehazing-indoor"]),
        ("take the haze out of this indoor photo", ["MAXIM-dehazing-indoor"]),
        ("remove the rain and enlarge 2x", ["MAXIM-deraining", "SPAN-2x"]),
        # Quicker, and chosen by what was measured on damaged pictures.
        ("remove the motion blur", ["SRN-deblur"]),
        ("remove noise", ["FFDNet-colour"]),
    ],
)
def test_words_lead_to_the_restorer(words: str, models: list[str]) -> None:
    assert [step.model for step in workflow_for(words, HEADER, CARDS).steps] == models


@pytest.mark.parametrize("name", sorted(name for name in CARDS if name.startswith("MAXIM-")))
def test_each_can_be_run_by_its_name(name: str) -> None:
    (step,) = workflow_for(name, HEADER, CARDS).steps
    assert (step.operation, step.model) == ("model", name)
