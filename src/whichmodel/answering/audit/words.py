"""Words of a sentence with their stems, numbers and weights, and the word lists by which the audit reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from math import log
from typing import Any

import yaml

from whichmodel.catalog.lexical import analyzer
from whichmodel.runtimes.text_encoder import vocabulary_rank

_WORD = re.compile(r"\d+(?:[.,]\d+)*(?:\s?%)?|[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
# Whole words of the vocabulary stand from here on, the commonest first.
_FIRST_WORD, _LAST_WORD = 1996, 30522
_COMMONEST = 0.25


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` of a sentence.

    Args:
        stem: its English stem, lower case.
        weight: how much it tells, from 0.25 (among the commonest) to 1 (rare); 0 for words of structure.
    """

    text: str
    stem: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its value and where it stands; `spelt` for one written as a word."""

    value: float
    start: int
    end: int
    spelt: bool = False


def words_of(text: str) -> list[Word]:
    """All words of a text, hyphens split.

    >>> [word.stem for word in words_of("Models remove random grain")]
    ['model', 'remov', 'random', 'grain']
    """
    return [
        Word(match[0], stem(match[0]), match.start(), match.end(), weight(match[0]))
        for match in _WORD.finditer(text)
    ]


def content(text: str) -> list[Word]:
    """The words that carry fact: no words of structure, no talk about papers and steps."""
    return [word for word in words_of(text) if word.weight > 0]


def numbers_of(text: str) -> list[Number]:
    """Numbers written in digits, then those written as words from two up."""
    found = []
    for match in _NUMBER.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if before.isalpha() or (
            before in ("-", "_") and match.start() >= 2 and text[match.start() - 2].isalnum()
        ):
            continue  # part of a name: "Noise15", "CelebBlur-2k"
        after = text[match.end() : match.end() + 1]
        if after.isalpha() and after.lower() not in "xk":
            continue
        found.append(Number(float(match[0].replace(",", "").replace("−", "-").lstrip("-")), *match.span()))
    spelt = lexicon().number_words
    for word in _WORD.finditer(text):
        value = spelt.get(word[0].lower())
        if value is not None and value > 1:
            found.append(Number(float(value), word.start(), word.end(), spelt=True))
    return found


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of one word, as the search has it; numbers stay as they are.

    >>> stem("Generating"), stem("4.5")
    ('generat', '4.5')
    """
    if word[:1].isdigit():
        return word.replace(" ", "").rstrip("%")
    word = word.partition("'")[0].partition("’")[0]
    stems: list[str] = analyzer().analyze(word)
    return stems[0] if stems else word.lower()


@lru_cache(maxsize=65536)
def weight(word: str) -> float:
    """How much a word tells: rare words more than common ones, words of structure nothing."""
    lower = word.lower().partition("'")[0].partition("’")[0]
    lists = lexicon()
    if lower in lists.stop or lower in lists.frame or (len(lower) == 1 and not lower.isdigit()):
        return 0.0
    rank = vocabulary_rank(lower)
    if rank is None or lower[:1].isdigit():
        return 1.0
    share = log(max(rank, _FIRST_WORD) / _FIRST_WORD) / log(_LAST_WORD / _FIRST_WORD)
    return _COMMONEST + (1 - _COMMONEST) * share


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists; see data/words.yaml for what each is for."""

    stop: frozenset[str]
    frame: frozenset[str]
    talk: frozenset[str]
    hedge: re.Pattern[str]
    open: re.Pattern[str]
    enable: re.Pattern[str]
    joint: re.Pattern[str]
    praise: re.Pattern[str]
    negate: re.Pattern[str]
    contrast: re.Pattern[str]
    opposite: tuple[tuple[frozenset[str], frozenset[str]], ...]
    number_words: dict[str, int]
    general: frozenset[str]
    eponyms: frozenset[str]
    institutions: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """The word lists, read once."""
    path = resources.files("whichmodel.answering.audit").joinpath("data/words.yaml")
    data: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    pairs = []
    for line in data["opposite"]:
        left, right = str(line[0]), str(line[1])
        pairs.append((frozenset(map(_lower, left.split())), frozenset(map(_lower, right.split()))))
    return Lexicon(
        stop=frozenset(data["stop"].split()),
        frame=frozenset(data["frame"].split()),
        talk=frozenset(data["talk"].split()),
        hedge=_any_of(data["hedge"]),
        open=_any_of(data["open"]),
        enable=_any_of(data["enable"]),
        joint=_any_of(data["joint"]),
        praise=_any_of(data["praise"]),
        negate=_any_of(data["negate"]),
        contrast=_any_of(data["contrast"]),
        opposite=tuple(pairs),
        number_words=data["number_words"],
        general=frozenset(word.lower() for word in data["general"].split()),
        eponyms=frozenset(word.lower() for word in data["eponyms"].split()),
        institutions=frozenset(word.lower() for word in data["institutions"].split()),
    )


def _lower(word: object) -> str:
    return str(word).lower()


def _any_of(phrases: Iterable[object]) -> re.Pattern[str]:
    longest_first = sorted((str(phrase) for phrase in phrases), key=len, reverse=True)
    alternatives = "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in longest_first)
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?!\w)", re.IGNORECASE)
