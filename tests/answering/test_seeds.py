"""The prompts that the product was made for: links, mismatch, and what each part says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from whichmodel.answering import write
from whichmodel.answering.markdown import to_markdown
from whichmodel.recommending import recommend
from whichmodel.understand import understand
from whichmodel.understand.prompt_format import read_prompt, strip_link

# Number of the seed -> factor that its question names.
FACTORS = {"000": 2.0, "001": None, "002": 4.0, "003": "any", "004": 8.0}


def seeds(shared: Path) -> list[Path]:
    found = sorted((shared / "reference" / "seeds").glob("*.txt"))
    assert len(found) == 5
    return found


def test_links_are_those_of_the_fields(shared_data: Path) -> None:
    for path in [*seeds(shared_data), *(shared_data / "reference" / "prompts").glob("*/prompt.txt")]:
        text = path.read_text("utf-8")
        fields = {
            strip_link(url)
            for url in re.findall(r"^(?:Paper|GitHub|HuggingFace): (https?://\S+)", text, re.MULTILINE)
        }
        everything = {strip_link(url) for url in re.findall(r"https?://[^\s)>\]]+", text)}
        answer = to_markdown(write(read_prompt(text)))
        shown = {strip_link(url) for url in re.findall(r"https?://[^\s)>\]]+", answer)}
        assert fields <= shown, path
        assert shown <= everything, path


def test_the_mismatch_is_told_first_and_in_plain_words(shared_data: Path) -> None:
    for path in seeds(shared_data):
        answer = write(read_prompt(path.read_bytes()))
        assert answer.mismatch is not None, path
        assert answer.mismatch.question_task == "super-resolution"
        assert answer.mismatch.model_tasks == ("deblurring",)
        first = to_markdown(answer).split("\n\n")[0]
        assert "same size" in first
        assert "very unlikely" in first
        assert not any(row.closeness == "does the task" for row in answer.papers)


def test_prompts_that_fit_do_not_cry_wolf(shared_data: Path) -> None:
    fitting = (
        "DepthCrafter",
        "NST-fast-neural-style-candy",
        "Denoise-SwinIR-Noise15-2",
        "Denoise-SwinIR-Noise15-3",
    )
    checked = 0
    for path in (shared_data / "reference" / "prompts").glob("*/prompt.txt"):
        if path.parent.name.startswith(fitting):
            assert write(read_prompt(path.read_bytes())).mismatch is None, path
            checked += 1
    assert checked >= 8


@pytest.mark.parametrize("number", sorted(FACTORS))
def test_ask_recommends_enlargement_of_the_right_factor(shared_data: Path, number: str) -> None:
    path = next(path for path in seeds(shared_data) if path.name.startswith(number))
    intent = understand(read_prompt(path.read_bytes()).question)
    assert intent.scale == FACTORS[number]
    models = recommend(intent, top=3).models
    assert {item.card.task for item in models} == {"super-resolution"}
    if FACTORS[number] is not None:
        assert models[0].card.scale == FACTORS[number]
