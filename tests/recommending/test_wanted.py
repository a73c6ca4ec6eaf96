"""What is looked for: shares that sum to one, names in plain words, special uses and recorded things as data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.catalog import tasks
from whichmodel.domain import Candidate, Intent, Paper
from whichmodel.domain.paper import ABSTRACT
from whichmodel.recommending.relation import relation
from whichmodel.recommending.special import recorded, special_uses
from whichmodel.recommending.wanted import names_of, wanted_by
from whichmodel.understand import understand
from whichmodel.understand.tasks import claims

TASKS = [task.id for task in tasks().values() if task.kind == "task"]


@given(
    st.lists(st.sampled_from(TASKS), unique=True, min_size=1, max_size=5),
    st.lists(st.floats(0, 1, allow_nan=False), min_size=5, max_size=5),
)
def test_shares_of_tasks_and_of_the_question_sum_to_one(ids: list[str], weights: list[float]) -> None:
    total = max(sum(weights[: len(ids)]), 1.0)
    candidates = tuple(
        Candidate(task=id, confidence=weight / total) for id, weight in zip(ids, weights, strict=False)
    )
    wanted = wanted_by(Intent(question="q", task=ids[0], candidates=candidates, asks="how"))
    assert wanted.tasks
    assert sum(item.share for item in wanted.tasks) + wanted.question_share == pytest.approx(1)
    assert wanted.question_share >= 0.3 - 1e-9, "the question's own words always count"
    assert ids[0] in [item.task.id for item in wanted.tasks]


def test_a_sure_reading_counts_more_than_an_unsure_one() -> None:
    sure = wanted_by(understand("remove the motion blur from this photo"))
    unsure = wanted_by(understand("How does an app tell two sparrows apart that look the same to me?"))
    assert sure.question_share < unsure.question_share


def test_a_question_of_no_task_looks_for_its_words_alone() -> None:
    wanted = wanted_by(understand("What is the capital of France?"))
    assert wanted.tasks == ()
    assert wanted.question_share == 1


@pytest.mark.parametrize("id", TASKS)
def test_names_are_plain_words(id: str) -> None:
    assert 1 <= len(names_of(id)) <= 4
    assert names_of(id)[0] == tasks()[id].name
    assert not [name for name in names_of(id) if set(name) & set("^*|")]


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Point-Cloud Upsampling", {"point clouds"}),
        ("Super-Resolution of Brain MRI", {"medicine"}),
        ("Adversarial Attacks on Deblurring", {"attacks"}),
        ("UAV images of crops", {"from above", "farming"}),
        ("A Study of Image Super-Resolution", set()),
        ("Electric cars in cardboard", set()),
    ],
)
def test_special_uses(text: str, groups: set[str]) -> None:
    assert special_uses(text) == groups


def test_questions_about_the_world_name_nothing_recorded() -> None:
    assert recorded("Why does fog lie in the valley in the morning?") == frozenset()
    assert recorded("Why does fog lie over my photo of the valley?") == {"pictures"}


# --- what a paper has to do with a task ---------------------------------------------------------


def test_a_title_counts_before_an_abstract_and_the_task_before_its_kin() -> None:
    both = Paper(title="Image Deblurring", summary="We propose deblurring.", summary_origin=ABSTRACT)
    found = relation(both, "deblurring")
    assert found.place is not None
    assert (found.place.field, found.place.text) == ("title", "Image Deblurring")
    kin = relation(Paper(title="All-in-One Image Restoration"), "deblurring")
    assert kin.named is not None
    assert kin.named.id == "image-restoration"
    assert relation(Paper(title="Of Mice and Men"), "deblurring").named is None


def test_only_the_sentences_on_their_own_work_count_in_an_abstract() -> None:
    def paper(summary: str, origin: str = ABSTRACT) -> Paper:
        return Paper(title="Wavelets Revisited", summary=summary, summary_origin=origin)

    own = "Photos are blurred. We present a network for deblurring."
    assert relation(paper(own), "deblurring").place is not None
    assert relation(paper("Deblurring is an old problem. Wavelets are old, too."), "deblurring").place is None
    assert relation(paper(own, origin="our card"), "deblurring").place is None, "not the authors' words"


def test_a_task_that_is_only_used_is_told_from_one_that_is_done() -> None:
    assert relation(Paper(title="Face Recognition via Super-Resolution"), "super-resolution").as_means
    assert not relation(Paper(title="Super-Resolution via Wavelets"), "super-resolution").as_means


@given(st.text(max_size=300))
def test_claims_are_places_of_the_text_in_order(summary: str) -> None:
    places = claims(summary)
    assert all(0 <= start < end <= len(summary) for start, end in places)
    assert list(places) == sorted(places)
