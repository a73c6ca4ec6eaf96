"""Papers of a user's library in a Brief and in the answer: quoted from the abstract, or no further than the title."""

from __future__ import annotations

import pytest

from whichmodel.answering import write
from whichmodel.catalog.library import EmbeddedLibrary
from whichmodel.domain import Answer, Brief, Link, Paper, Sentence
from whichmodel.domain.paper import ABSTRACT
from whichmodel.recommending import make_brief, recommend
from whichmodel.runtimes.text_encoder import encode
from whichmodel.understand import understand

QUESTION = "My hand shook and the photo was blurry, now it is sharp. How does AI do that?"
TOLD = Paper(
    id="arxiv:2401.00001",
    title="Waves against Shake: Motion Deblurring of Single Photos",
    summary=(
        "Shaken hands spoil many photos, and known remedies are slow. We propose a network for motion deblurring"
        " that splits a photo into wavelets and sharpens each band by itself. It runs on a phone."
    ),
    summary_origin=ABSTRACT,
    links=(Link(kind="paper", url="https://arxiv.org/abs/2401.00001"),),
)
UNTOLD = Paper(
    id="arxiv:2401.00002",
    title="Blind Motion Deblurring by Attention",
    links=(Link(kind="paper", url="https://arxiv.org/abs/2401.00002"),),
)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Brief, Answer]:
    """A question answered with a library of two papers, one of them a title alone."""
    folder = tmp_path_factory.mktemp("own-library")
    with EmbeddedLibrary(folder, write=True) as library:
        library.put([TOLD, UNTOLD])
        library.index()
        library.embed(encode)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHICHMODEL_LIBRARY", str(folder))
        brief = make_brief(recommend(understand(QUESTION)))
        return brief, write(brief)


def sentences_of(answer: Answer) -> list[Sentence]:
    """What is said of papers: to each question, in part 2 and in part 3."""
    rows = (*answer.ideas, *answer.papers)
    told = [sentence for row in rows for sentence in row.sentences]
    return [*told, *(sentence for row in answer.questions for sentence in row.sentences)]


def test_both_are_among_the_papers_with_what_is_held_of_them(answered: tuple[Brief, Answer]) -> None:
    papers = {source.name: source for source in answered[0].papers}
    assert papers[TOLD.title].summary == TOLD.summary
    assert papers[TOLD.title].links == TOLD.links
    assert papers[UNTOLD.title].summary == ""
    assert [statement.text for statement in papers[UNTOLD.title].statements] == [
        "Its title names “Motion Deblurring”."
    ]


def test_what_is_said_of_an_abstract_is_a_verbatim_quotation_of_it(answered: tuple[Brief, Answer]) -> None:
    brief, answer = answered
    told = next(source for source in brief.papers if source.name == TOLD.title)
    resting = [
        (sentence, span)
        for sentence in sentences_of(answer)
        for span in sentence.spans
        if (span.source, span.field) == (told.number, "summary")
    ]
    assert resting, "the abstract is used"
    for sentence, span in resting:
        assert TOLD.summary[span.start : span.end] == span.text
        assert span.text in sentence.text
        assert f"[{told.number}]" in sentence.text or span.text in sentence.text


def test_of_a_title_alone_the_answer_quotes_nothing_but_the_title(answered: tuple[Brief, Answer]) -> None:
    brief, answer = answered
    untold = next(source for source in brief.papers if source.name == UNTOLD.title)
    fields = {span.field for s in sentences_of(answer) for span in s.spans if span.source == untold.number}
    assert fields <= {"name", "statement 0"}
    assert not [row for row in answer.ideas if row.source == untold.number]
