"""The glossary: well formed, in plain words, and silent where a word means something else."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

import pytest
import yaml

from whichmodel.answering.glossary import Glossary
from whichmodel.domain import Sentence, Span
from whichmodel.understand.phrases import compile_phrase, plain

FEWEST_ENTRIES = 350
MOST_WORDS = 12
# Stands between texts that are searched together; no phrase reaches across two of these.
BETWEEN = "\nxx0xx xx0xx xx0xx\n"


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    path = resources.files("whichmodel.answering").joinpath("data/glossary.yaml")
    loaded: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def explained(text: str) -> str:
    """What is added in brackets to a sentence that quotes `text` from a summary; empty if nothing."""
    span = Span(source=1, field="summary", start=0, end=len(text), text=text)
    sentence = Sentence(text="Quoted.", basis="source", spans=(span,))
    return Glossary([text]).explain(sentence, {1: text}).text.removeprefix("Quoted").strip(" .")


def spelled(phrase: str) -> str:
    """A phrase as words that it matches, with the first of each alternatives."""
    return " ".join(word.split("|")[0].replace("*", "") for word in plain(phrase).split())


def test_entries_have_terms_and_a_gloss_and_nothing_else(entries: list[dict[str, Any]]) -> None:
    assert len(entries) >= FEWEST_ENTRIES
    for entry in entries:
        assert set(entry) == {"terms", "gloss"}, entry
        assert entry["terms"], entry
        assert all(isinstance(term, str) for term in entry["terms"]), entry
        assert isinstance(entry["gloss"], str), entry


def test_every_phrase_compiles_and_finds_itself(entries: list[dict[str, Any]]) -> None:
    for term in (term for entry in entries for term in entry["terms"]):
        assert "^" not in term, f"{term!r}: a weight means nothing here"
        assert ".." not in term.split(), f"{term!r}: a gap would explain words that it does not know"
        assert compile_phrase(term).find(spelled(term)), term


def test_no_phrase_and_no_gloss_is_there_twice(entries: list[dict[str, Any]]) -> None:
    # A hyphen also matches a space or nothing, so phrases that differ in nothing else are the same.
    terms = [plain(term).replace("-", " ") for entry in entries for term in entry["terms"]]
    assert not {term for term in terms if terms.count(term) > 1}
    glosses = [entry["gloss"] for entry in entries]
    assert not {gloss for gloss in glosses if glosses.count(gloss) > 1}


def test_a_gloss_is_short_and_goes_on_after_the_term(entries: list[dict[str, Any]]) -> None:
    for gloss in (entry["gloss"] for entry in entries):
        assert 1 <= len(gloss.split()) <= MOST_WORDS, gloss
        assert re.fullmatch(r"[a-z][a-z ,'-]*[a-z]", gloss), (
            f"{gloss!r}: small letters, no full stop, no brackets"
        )


def test_a_gloss_uses_no_word_that_needs_one(entries: list[dict[str, Any]]) -> None:
    glosses = BETWEEN.join(plain(entry["gloss"]) for entry in entries)
    needing = {}
    for term in (term for entry in entries for term in entry["terms"]):
        place = compile_phrase(term).find(glosses)
        if place:
            needing[term] = glosses[place[0] - 30 : place[1] + 30]
    assert not needing


def test_longer_phrases_stand_before_those_they_contain(entries: list[dict[str, Any]]) -> None:
    later = ""
    late = {}
    for entry in reversed(entries):
        for term in entry["terms"]:
            place = compile_phrase(term).find(later)
            if place:
                late[term] = later[place[0] - 20 : place[1] + 20]
        later = BETWEEN.join([later, *map(spelled, entry["terms"])])
    assert not late


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We run dense bundle adjustment over all frames.", "bundle adjustment"),
        ("A Neural Radiance Field stores the scene.", "Neural Radiance Field"),
        ("The mel-spectrogram goes to a second stage.", "mel-spectrogram"),
        ("It reaches a PSNR that no other reaches.", "PSNR"),
        ("We adopt a transformer-based design.", "transformer-based"),
        ("We take the CLIP text encoder as it is.", "CLIP text encoder"),
        ("The loss function weighs both.", "loss function"),
        ("It runs at 30 FPS on a phone.", "at 30 FPS"),
        ("An ablation study shows which part helps.", "ablation study"),
    ],
)
def test_a_technical_word_is_explained_as_the_paper_writes_it(text: str, word: str) -> None:
    assert explained(text).startswith(f"(*{word}*: ")


@pytest.mark.parametrize(
    "text",
    [
        "The oil of the power transformer was tested.",
        "Each video clip lasts ten seconds.",
        "Catheter ablation of the tumour went well.",
        "Messages travel by LoRa over ten kilometres.",
        "GaN chips stay cool.",
        "The loss of a parent weighs heavily.",
        "The map shows rags and a dice.",
        "Increasing attention has been paid to this.",
        "The corpus callosum joins both halves.",
        "Weights were measured on a scale each morning.",
        "They slam the door.",
    ],
)
def test_the_same_word_of_another_field_is_left_alone(text: str) -> None:
    assert explained(text) == ""


def test_the_longer_phrase_is_explained_instead_of_its_part() -> None:
    told = explained("Peak signal-to-noise ratio rises.")
    assert told.startswith("(*Peak signal-to-noise ratio*: ")
    assert told.count("*: ") == 1
