"""How well a sentence of a source answers a question: by wording, by the same concern, and by telling means.

Purely by words: vectors need some 10 ms a sentence, which twelve prompts in a second do not leave.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from whichmodel.answering.concerns import Concern, concerns_in
from whichmodel.answering.question import Asked
from whichmodel.answering.quotes import RESULTS, Piece, is_own, sentences
from whichmodel.domain import Source
from whichmodel.understand.phrases import find_all, plain

# What a thing was trained on, or why it is fast, is told only by the thing itself or its like.
_OF_THE_THING = {"training", "technique", "speed"}
# A word that one sentence in the evidence has says more than one that many have.
_RARE, _COMMON_WORD = 0.8, 0.3
_RARE_SENTENCES = 3
# "How" is answered by means: what is done to what.
_MEANS = re.compile(
    r"\b(?:by (?:\w+ly )?\w+ing|via|using|through|so that|in which|instead of|rather than|conditioned on|based on|"
    r"(?:assign|separat|compress|predict|inject|re-inject|decompos|encod|decod|combin|align|distil|estimat|refin|fus|split|"
    r"divid|map|project|warp|propagat|aggregat|disentangl|model|optimi[sz]|learn|leverag|allow|enabl|transfer|restor|"
    r"suppress|adapt|guid|enforc|integrat|identif|quantif|constrain|mitigat|prevent|unproject|displac|scal|extract|generat|render|weigh|carr|keep|us|comput|quanti[sz]|sampl|train|condition|match|track)"
    r"(?:s|es|ed|ies|ied|ying|ing|ting|ning|ring))\b",
    re.IGNORECASE,
)
# Words that announce a work without saying what it does, or praise it.
_ANNOUNCES = re.compile(
    r"\b(?:novel|new|simple|unified|flexible|powerful|effective|first|pave\w*|practical path|potential|insights?|"
    r"demonstrat\w+|systematically|comprehensive|remarkabl\w+)\b",
    re.IGNORECASE,
)
# What others do badly, and why it matters: the way into an abstract, wherever it stands.
_LEADS_UP = re.compile(
    r"^(?:existing|current|prior|previous|traditional|conventional|recent\w*|most|while|although|despite|yet)\b|"
    r"\b(?:remains?|suffers?|fails?|struggles?|limited by|challenging|difficult|overlooks?)\b",
    re.IGNORECASE,
)
_HOW = re.compile(r"\b(?:how|why|what (?:helps|makes|lets|allows|keeps))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question asks for: concerns, content words with their weight, and whether it asks for the means."""

    concerns: tuple[Concern, ...]
    words: dict[str, float]
    how: bool


def sought_by(question: str, asked: Asked, sources: Iterable[Source]) -> Sought:
    """Read one question of the person; its words weigh the more, the fewer sentences of the sources have them."""
    text = question[asked.start : asked.end]
    counts = Counter(word for source in sources for piece in sentences(source) for word in stems(piece.text))
    words = {word: _RARE if 0 < counts[word] <= _RARE_SENTENCES else _COMMON_WORD for word in stems(text)}
    concerns = tuple(concern for concern, _ in concerns_in(question, asked.start, asked.end))
    return Sought(concerns=concerns, words=words, how=bool(_HOW.search(text)))


def score(piece: Piece, sought: Sought, *, close: bool) -> float:
    """How well a sentence answers, from 0.

    Args:
        close: its source does the task, or a wider or narrower one.
    """
    heard = [concern for concern in sought.concerns if close or concern.id not in _OF_THE_THING]
    if sought.concerns and not heard:
        return 0.0
    text = plain(piece.text)
    found = sum(
        max((phrase.weight for phrase, *_ in find_all(concern.sources, text)), default=0.0)
        for concern in heard
    )
    found += sum(weight for word, weight in sought.words.items() if word in stems(piece.text))
    if not found:
        return 0.0
    if sought.how:
        found += means(piece)
    # What the authors say of their own work answers better than what leads up to it.
    found *= 1.0 if is_own(piece) else 0.35
    return found * (0.5 if RESULTS.search(text) else 1.0) * (0.5 if _LEADS_UP.search(text) else 1.0)


def speaks_of(piece: Piece, sought: Sought) -> bool:
    """Whether a sentence has anything of a question in it: a cue of a concern, or two of its words."""
    text = plain(piece.text)
    cue = any(
        phrase.weight >= 1 for concern in sought.concerns for phrase, *_ in find_all(concern.sources, text)
    )
    return cue or len(sought.words.keys() & stems(piece.text)) >= 2


def means(piece: Piece) -> float:
    """How much a sentence tells what is done to what, from -0.4 (it announces) to 0.8."""
    told = min(len(_MEANS.findall(piece.text)), 3) * 0.25
    return told - 0.2 * min(len(_ANNOUNCES.findall(piece.text)), 2)


@lru_cache(maxsize=1024)
def stems(text: str) -> frozenset[str]:
    """Content words without their endings, for a comparison of wording.

    >>> sorted(stems("How does it recalculate colours from coordinates?"))
    ['colour', 'coordi', 'recalc']
    """
    found = set()
    for word in re.findall(r"[^\W\d_]{3,}", plain(text)):
        if word not in _common_words():
            found.add(re.sub(r"(?:es|s|e)$", "", word)[:6])
    return frozenset(found)


@cache
def _common_words() -> frozenset[str]:
    """Words that stand in every question and every abstract, and those that hold a sentence together."""
    text = resources.files("whichmodel.answering").joinpath("data/common_words.txt").read_text("utf-8")
    return frozenset(text.split())
