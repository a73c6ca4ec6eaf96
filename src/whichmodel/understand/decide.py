"""Which task is meant: cue phrases and the learned classifier, weighed together.

The classifier gives each task a probability; every cue phrase found raises the odds of its task. So a
clear phrase decides where the classifier hesitates, and the classifier decides where no phrase fits.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from whichmodel.catalog import tasks
from whichmodel.domain import Task
from whichmodel.understand.classifier import NONE, log_odds, words_for
from whichmodel.understand.scale import read_scale
from whichmodel.understand.tasks import score_question

# How much a unit of cue score adds to the log-odds, and the score beyond which more phrases add
# nothing; the best on the validation phrasings (training/train_tasks.py --check).
CUE_WEIGHT = 1.2
CUE_CAP = 7.0
# Evidence is counted several times, for cues, words and vector are not independent; dividing by this
# makes a confidence of 0.7 right in about 7 of 10 validation phrasings.
SHARPNESS = 2.0
# Cue score of an enlargement with a factor, and what the factor then adds beyond the cap.
_ENLARGING, _FACTOR = 4.0, 3.0
# A probability from which a task counts as meant, and from which it is worth mentioning.
MEANT = 0.1
MENTIONED = 0.03
_MOST = 5


# Fewer words without any phrase ("my photo") are no question yet.
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Decided:
    """A task, its probability 0..1, and the places (start, end) of the words that speak for it."""

    task: Task
    probability: float
    places: tuple[tuple[int, int], ...]


@lru_cache(maxsize=256)
def decide(question: str) -> tuple[Decided, ...]:
    """Tasks that a question may mean, most likely first; empty where it most likely means none."""
    if not re.search(r"[^\W\d_]{2}", question):
        return ()
    learned = log_odds(question)
    lowest = min(learned.values())
    cued = {item.task.id: item for item in score_question(question)}
    if not cued and len(question.split()) < _FEWEST_WORDS:
        return ()
    named = isinstance(read_scale(question)[0], float)
    odds = {NONE: learned[NONE] / SHARPNESS}
    for task in tasks().values():
        if task.kind != "task":
            continue
        score = min(cued[task.id].score, CUE_CAP) if task.id in cued else 0.0
        # A factor said together with enlarging leaves no doubt, whatever else is wrong with the picture.
        if task.size == "larger" and named and score >= _ENLARGING:
            score += _FACTOR
        odds[task.id] = (learned.get(task.id, lowest) + CUE_WEIGHT * score) / SHARPNESS
    top = max(odds.values())
    weights = {name: math.exp(value - top) for name, value in odds.items()}
    total = sum(weights.values())
    shares = sorted(
        ((value / total, name) for name, value in weights.items()), key=lambda item: (-item[0], item[1])
    )
    if shares[0][1] == NONE or shares[0][0] < MEANT:
        return ()
    top_task = shares[0][1]
    return tuple(
        Decided(tasks()[name], share, cued[name].places if name in cued else _clause(question, name))
        for place, (share, name) in enumerate(shares)
        # "It restored my noisy photo": where a wider task is meant, a part of it that is named stays in view.
        if name != NONE
        and ((place < _MOST and share >= MENTIONED) or (name in cued and top_task in tasks()[name].parents))
    )


_CLAUSES = re.compile(r"[^.!?;:\n]+[.!?;:]?")
_MOST_CLAUSES = 4


def _clause(question: str, task: str) -> tuple[tuple[int, int], ...]:
    """The sentence or clause that speaks most for a task that no phrase names."""
    spans = []
    for match in _CLAUSES.finditer(question):
        text = match.group()
        left = len(text) - len(text.lstrip())
        if text.strip():
            spans.append((match.start() + left, match.start() + left + len(text.strip())))
    spans = spans[:_MOST_CLAUSES]
    if len(spans) <= 1:
        return tuple(spans)
    return (max(spans, key=lambda span: words_for(question[span[0] : span[1]], task)),)
