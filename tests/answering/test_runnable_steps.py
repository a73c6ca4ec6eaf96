"""The workflow of an answer names the operation that runs each model, so that it can run as it is."""

from __future__ import annotations

import pytest

from whichmodel.answering import write
from whichmodel.catalog import cards
from whichmodel.recommending import make_brief, recommend
from whichmodel.understand import understand
from whichmodel.workflow import bind


@pytest.mark.parametrize(
    ("question", "operation"),
    [
        ("Can AI remove the background from my portrait photo?", "matte"),
        ("Can AI remove the grain from my photo?", "model"),
        ("Enlarge my photo 4x", "model"),
    ],
)
def test_the_step_can_be_bound(question: str, operation: str) -> None:
    intent = understand(question)
    answer = write(make_brief(recommend(intent)), intent=intent)
    assert answer.workflow is not None
    step = answer.workflow.steps[-1]
    assert step.operation == operation
    binding = bind(step, cards())
    # FFDNet is converted once, by a command that its reason names; the others run, or are fetched first.
    assert binding.status in ("bound", "needs-pull") or "weights pull" in binding.reason


def test_a_name_in_a_prompt_is_no_card_of_ours() -> None:
    from whichmodel.domain import Brief, Source

    source = Source(
        number=1, kind="model", name="MODNet", summary="Cuts people out of the background of a photo."
    )
    answer = write(Brief(question="How is the background removed?", models=(source,), papers=()))
    assert answer.workflow is not None
    assert {step.operation for step in answer.workflow.steps} == {"model"}
