"""Recommendations: the task first, then the factor, then what runs here, with reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.catalog import cards
from whichmodel.catalog.papers import papers
from whichmodel.domain import Intent, ModelCard, Statement
from whichmodel.recommending import make_brief, recommend
from whichmodel.recommending.rank import factor_fit
from whichmodel.understand import understand


@pytest.mark.parametrize(
    ("question", "scale"),
    [
        ("I upscaled a small photo by 2× and the faces became clear. How?", 2),
        ("I blew a tiny picture up 4x. How does it stay clean?", 4),
        ("My old photo was upscaled by 8×, how can it look new?", 8),
        ("I had a picture enlarged to fill a full wall print. How?", "any"),
    ],
)
def test_enlargements_get_a_model_of_the_very_factor(question: str, scale: object) -> None:
    ranking = recommend(understand(question), top=5)
    first = ranking.models[0].card
    assert first.task == "super-resolution"
    assert first.scale == scale


@given(st.sampled_from([2.0, 3.0, 4.0, 8.0, 1.5, 5.0, 6.0, 9.6]), st.integers(1, 60))
def test_a_chain_never_stands_above_an_exact_factor(factor: float, top: int) -> None:
    intent = Intent(
        question="q",
        task="super-resolution",
        candidates=understand("enlarge it").candidates,
        asks="do",
        scale=factor,
    )
    order = ["exact", "any", "unnamed", "chain", "none"]
    fits = [order.index(factor_fit(factor, item.card.scale)) for item in recommend(intent, top=top).models]
    assert fits == sorted(fits)


def test_what_runs_here_comes_first_among_equals() -> None:
    models = recommend(understand("enlarge this photo 4x"), top=10).models
    assert models[0].runs_here
    assert models[0].card.scale == 4


def test_a_collection_can_be_asked_for() -> None:
    models = recommend(understand("enlarge this photo 4x"), top=10, collection="cnaps").models
    assert models
    assert {item.card.collection for item in models} == {"cnaps"}


def test_every_recommendation_has_a_reason_and_results_repeat() -> None:
    intent = understand("please remove the noise from this photo")
    ranking = recommend(intent, top=5)
    assert ranking.models
    assert all(item.why.endswith(".") for item in ranking.models)
    assert recommend(intent, top=5) == ranking


def test_nothing_is_recommended_for_a_question_of_no_task() -> None:
    ranking = recommend(understand("What is the capital of France?"))
    assert ranking.models == ()
    assert ranking.unsure


def test_a_task_without_models_says_so() -> None:
    ranking = recommend(understand("enlarge this 4x"), among=[])
    assert ranking.models == ()
    assert "no model" in ranking.unsure


def test_the_brief_holds_cards_and_the_papers_behind_them() -> None:
    brief = make_brief(recommend(understand("enlarge this photo 8x"), top=3))
    assert brief.origin == "catalog"
    assert [source.number for source in brief.sources] == list(range(1, len(brief.sources) + 1))
    assert all(source.statements for source in brief.models)
    titles = {card.paper_title for card in cards().values()}
    behind = [paper for paper in brief.papers if paper.name in titles]
    related = brief.papers[len(behind) :]
    assert behind == list(brief.papers[: len(behind)]), "papers behind the models come first"
    assert len(related) <= 2
    assert {paper.name for paper in related} <= {paper.title for paper in papers()}
    assert all(paper.summary == "" for paper in related), "of a related paper only the title is held"


def test_fit_decides_between_models_of_one_factor() -> None:
    def card(name: str, *suits: str) -> ModelCard:
        statement = Statement(text="Enlarges.", kind="general", locator="task definition: super-resolution")
        return ModelCard(
            name=name,
            task="super-resolution",
            collection="whichmodel",
            scale=4,
            suits=suits,
            statements=(statement,),
        )

    cards_here = [card("A-plain"), card("B-anime", "anime")]
    anime = recommend(understand("enlarge this anime drawing 4x"), among=cards_here)
    photo = recommend(understand("enlarge this photo 4x"), among=cards_here)
    assert anime.models[0].card.name == "B-anime"
    assert photo.models[0].card.name == "A-plain"
