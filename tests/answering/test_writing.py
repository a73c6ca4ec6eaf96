"""How an answer is written: short, about what was asked, in numbers, with few words of our own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from whichmodel.answering import write
from whichmodel.answering.markdown import to_markdown
from whichmodel.answering.question import clause_around, questions_in
from whichmodel.domain import Answer, Sentence
from whichmodel.understand.prompt_format import read_prompt

QUESTION = (
    "I cleaned up a grainy concert photo and the guitar strings stayed sharp. "
    "How does it tell grain from strings? What kind of data was it trained on?"
)
PROMPT = """A user has asked the following question:
"{question}"

### Recommended AI Models:
Model: {model}
Paper: https://example.org/model.pdf
{summary}
### Related Papers:
Model: GrainBook: Self-Supervised Denoising of Concert Photographs
Paper: https://example.org/grainbook.pdf
Summary: Concert photographs are dark and noisy. We propose GrainBook, a denoiser that tells noise from \
texture by comparing repeated patterns across the photograph. It is trained on pairs of short and long \
exposures of the same stage. Experiments show a gain of 1.2 dB over strong baselines.

Model: TaxiFlow: Demand Forecasting for Taxi Fleets
Paper: https://example.org/taxi.pdf
Summary: We present TaxiFlow, a recurrent network that predicts the demand for taxis in each district. \
It reduces waiting times by 12 percent.

Answer:
"""


def answer_to(question: str = QUESTION, model: str = "Denoise-Rill-Noise25", summary: str = "") -> Answer:
    text = PROMPT.format(question=question, model=model, summary=f"Summary: {summary}\n" if summary else "")
    return write(read_prompt(text))


def every_sentence(answer: Answer) -> list[Sentence]:
    rows = (*answer.steps, *answer.questions, *answer.ideas, *answer.papers)
    inside = [sentence for row in rows for sentence in row.sentences]
    return [*answer.reply, *answer.task, *answer.example, *answer.beside, *answer.left_open, *inside]


def test_the_reply_is_two_sentences_where_one_model_fits() -> None:
    reply = answer_to().reply
    assert len(reply) == 2
    assert "denoising" in reply[0].text
    assert "Denoise-Rill-Noise25" in reply[1].text


def test_each_question_asked_is_answered_by_itself() -> None:
    answer = answer_to()
    asked = [row.asked.text for row in answer.questions]
    assert asked == ["How does it tell grain from strings?", "What kind of data was it trained on?"]
    how, data = answer.questions
    assert any(sentence.basis == "open" for sentence in how.sentences), "the model's own text says nothing"
    assert any("comparing repeated patterns" in sentence.text for sentence in how.sentences)
    assert any("pairs of short and long exposures" in sentence.text for sentence in data.sentences)
    assert not any("TaxiFlow" in sentence.text for row in answer.questions for sentence in row.sentences)


def test_what_the_models_own_text_says_comes_first() -> None:
    summary = (
        "Rill removes noise. It was trained on photographs of stages with noise added by a camera model."
    )
    answer = answer_to(summary=summary)
    quoted = [s.spans[0] for row in answer.questions for s in row.sentences if s.spans]
    assert any(span.source == 1 and "trained on photographs" in span.text for span in quoted)


def test_no_sentence_of_a_source_is_quoted_twice() -> None:
    for answer in (
        answer_to(),
        answer_to(summary="We present Rill, a denoiser. It learns from noisy pairs."),
    ):
        places = [
            (span.source, span.start)
            for row in (*answer.steps, *answer.questions, *answer.ideas)
            for sentence in row.sentences
            for span in sentence.spans
            if span.field == "summary"
        ]
        assert places
        assert len(places) == len(set(places))


def test_a_paper_on_something_else_is_named_as_such_once() -> None:
    answer = answer_to()
    assert len(answer.beside) == 1
    assert "[3]" in answer.beside[0].text
    assert "[2]" not in answer.beside[0].text


def test_the_step_says_what_a_builder_is_not_told() -> None:
    (row,) = answer_to().steps
    told = " ".join(sentence.text for sentence in row.sentences)
    assert 'what "Rill" and "Noise25" in its name stand for' in told
    for missing in ("how it works inside", "trained on", "value range", "largest input"):
        assert missing in told


def test_numbers_follow_from_the_stated_assumption() -> None:
    answer = answer_to(
        "I made a photo 3x larger. How is that possible? What was it trained on? Is it real?",
        model="SISR-Rill-3x",
    )
    (sentence,) = answer.example
    assert sentence.basis == "ours"
    sides = [int(number.replace(",", "")) for number in re.findall(r"\d+,\d{3}|\d{3,}", sentence.text)]
    assert sides[:4] == [1200, 800, 3600, 2400]
    assert "8 of 9 pixels" in sentence.text


def test_the_print_that_the_person_named_is_the_one_counted() -> None:
    answer = answer_to(
        "Enlarge my scan for a print 120 cm wide at 200 dpi. How? Trained on what? Is it real?",
        model="SISR-Any-Rill",
    )
    (sentence,) = answer.example
    assert "1.2 m" in sentence.text
    assert "200 dpi" in sentence.text
    assert "47 in × 200 = 9,400 pixels" in sentence.text


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "It looks new—how does it know? What was it trained on?",
            ["how does it know?", "What was it trained on?"],
        ),
        ("It is sharp, but why is it so fast?", ["why is it so fast?"]),
        ("Enlarge this photo.", []),
        ("Is it real? " * 9, ["Is it real?"] * 4),
        (
            "How does it keep the colours right, and why is it so fast?",
            ["How does it keep the colours right", "why is it so fast?"],
        ),
    ],
)
def test_questions_are_found_in_the_words_of_the_person(question: str, asked: list[str]) -> None:
    assert [question[part.start : part.end] for part in questions_in(question)] == asked


def test_a_clause_is_long_enough_to_be_understood_and_no_longer() -> None:
    text = "I blew up an old photo, and the small letters on the shop sign could still be read without any trouble"
    start = text.index("sign")
    left, right = clause_around(text, start, start + 4)
    assert "sign" in text[left:right]
    assert len(text[left:right].split()) <= 10


def test_few_sentences_are_our_own(shared_data: Path) -> None:
    paths = sorted(shared_data.glob("reference/prompts/*/prompt.txt")) + sorted(
        shared_data.glob("reference/seeds/*.txt")
    )
    assert len(paths) == 17
    for path in paths:
        told = every_sentence(write(read_prompt(path.read_bytes())))
        own = sum(sentence.basis == "ours" for sentence in told)
        assert own <= 0.3 * len(told), path


def test_technical_words_of_a_quotation_are_explained_once() -> None:
    text = to_markdown(answer_to())
    glosses = re.findall(r"\(\*([^*]+)\*: ", text)
    assert glosses
    assert len(glosses) == len(set(glosses))
