"""Stages of a longer work that are asked for, or forbidden."""

from __future__ import annotations

import pytest

from whichmodel.understand.stages import read_stages
from whichmodel.workflow.ready import ready_workflows

EVERY = ("scratches", "colours", "noise")
PHRASES = {stage.name: stage.phrases for stage in ready_workflows()["image-restoration"].stages}


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("restore this old photo", EVERY),
        ("restore old photo", EVERY),
        ("restore this faded, scratched photo", EVERY),
        ("fix this old scratched photo", EVERY),
        ("restore this old photo but leave the colours", ("scratches", "noise")),
        ("restore this old photo without touching the colors", ("scratches", "noise")),
        ("restore this old photo with the colours untouched", ("scratches", "noise")),
        ("restore this old photo, but don't change the colours", ("scratches", "noise")),
        ("Restore this old photo. Keep the grain.", ("scratches", "colours")),
        ("restore this old photo without denoising", ("scratches", "colours")),
        ("restore this old photo, but do not remove the grain", ("scratches", "colours")),
        ("restore this old photo but leave the colours and the grain", ("scratches",)),
        ("restore this old photo but leave the colours, the grain and the scratches", ()),
        ("don't touch the grain but fix the colours of this old photo", ("colours",)),
        ("only the scratches", ("scratches",)),
        ("remove only the scratches from this old photo", ("scratches",)),
        ("restore this old photo, only the scratches and the colours", ("scratches", "colours")),
        ("remove the scratches", ("scratches",)),
        ("repair the scratches in my grandmother's photo", ("scratches",)),
        ("correct the fading", ("colours",)),
        ("nothing but the dust, please", ("scratches",)),
    ],
)
def test_what_is_meant(question: str, meant: tuple[str, ...]) -> None:
    assert read_stages(question, PHRASES).chosen(EVERY) == meant


def test_a_stage_that_is_named_as_damage_is_told_from_one_that_is_not() -> None:
    said = read_stages("restore this scratched old photo but leave the colours", PHRASES)
    assert (said.wanted, said.refused, said.only) == ({"scratches"}, {"colours"}, False)
