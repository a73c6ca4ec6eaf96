"""Plans that need a mask: which model makes it, where it comes from, and what is said where there is none."""

from __future__ import annotations

import pytest

from whichmodel.catalog import cards
from whichmodel.domain import InputError
from whichmodel.nodes.operation import Size
from whichmodel.pictures import Header
from whichmodel.workflow import bind, check_workflow, workflow_for
from whichmodel.workflow.describe import sizes_of
from whichmodel.workflow.pointing import pointed_at
from whichmodel.workflow.steps import INPUT, model_step

CARDS = cards()
HEADER = Header(width=600, height=400, bands=3, bits=8, has_alpha=False, format="png")
HOLES = Header(width=600, height=400, bands=3, bits=8, has_alpha=True, format="png")


@pytest.mark.parametrize(
    ("words", "header", "operations"),
    [
        ("remove the background", HEADER, "subject-mask composite"),
        ("cut out the person", HEADER, "matte composite"),
        ("remove the background of my portrait", HEADER, "matte composite"),
        ("cut out the thing at 250,180", HEADER, "segment composite"),
        ("sharpen only the subject", HEADER, "sharpen subject-mask composite"),
        ("sharpen only the person", HEADER, "sharpen matte composite"),
        ("segment the thing at 320,200", HEADER, "segment"),
        ("remove the object at 320,200", HEADER, "segment grow inpaint"),
        ("remove the spoon at 320,200", HEADER, "segment grow inpaint"),
        ("fill the holes", HOLES, "mask inpaint"),
        ("remove the background and enlarge 2x", HEADER, "subject-mask composite model"),
    ],
)
def test_the_mask_comes_from_where_the_words_say(words: str, header: Header, operations: str) -> None:
    workflow = workflow_for(words, header, CARDS)
    assert " ".join(step.operation for step in workflow.steps) == operations
    check_workflow(workflow, cards=CARDS)
    sizes = sizes_of(workflow, Size(600, 400), CARDS)
    assert sizes[workflow.steps[0].id] == Size(600, 400)
    assert all(bind(step, CARDS).status != "unbound" for step in workflow.steps)


def test_a_fill_without_a_place_says_what_is_missing() -> None:
    (step,) = workflow_for("remove the person", HEADER, CARDS).steps
    binding = bind(step, CARDS)
    assert binding.status == "unbound"
    assert "MI-GAN needs a mask of the place: say where, in pixels" in binding.reason


def test_a_place_outside_of_the_picture_is_told_before_anything_runs() -> None:
    workflow = workflow_for("segment the thing at 700,200", HEADER, CARDS)
    with pytest.raises(InputError, match="700,200 lies outside of the picture, which has 600 × 400 pixels"):
        sizes_of(workflow, Size(600, 400), CARDS)


def test_an_operation_runs_only_the_weights_that_name_it() -> None:
    from msgspec.structs import replace

    step = model_step(CARDS["MODNet"], INPUT.name, id="m")
    assert step.operation == "matte"
    for operation in ("subject-mask", "model"):
        binding = bind(replace(step, operation=operation), CARDS)
        assert binding.status == "unbound"
        assert f"operation 'matte' runs it, not {operation!r}" in binding.reason


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("remove the cup at 320,200", {"point": "320,200"}),
        ("at 10, 20 and 30,40", {"point": "10,20;30,40"}),
        ("the box 10,20,300,400 please", {"box": "10,20,300,400"}),
        ("box: 1, 2, 3, 4", {"box": "1,2,3,4"}),
        ("enlarge to 60x90 cm at 150 dpi", {}),
        ("at 1,000,000 pixels", {}),
        ("print at 3.5, 2 times", {}),
    ],
)
def test_places_in_words(words: str, found: dict[str, str]) -> None:
    assert pointed_at(words) == found
