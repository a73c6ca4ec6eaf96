"""Sentences that say nothing beyond words quoted from a source, names, and how the sources stand to the question."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from itertools import pairwise

import yaml

from whichmodel.answering.audit.ground import Ground
from whichmodel.answering.audit.statements import Statement
from whichmodel.answering.audit.task_words import task_words
from whichmodel.answering.audit.words import content, lexicon

_EXPLAINED = re.compile(r"\(([^():]{1,60}:\s[^()]{3,300}(?:\([^()]{1,80}\)[^()]{0,200})?)\)")
_NONE_OF = re.compile(
    r"\b(?:none|all|both|one|two|three|\w+) of the (?:\w+ )?(?:papers|models|sources)(?: given)?",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"[;.,:]\s+|\s(?=(?:but|and|while|though|so|whether|how|what|which|why)\s)", re.IGNORECASE
)
_ASIDE = re.compile(r"\bif not\b", re.IGNORECASE)
# "neighbour: SLAM, by ..." names tasks; more words of tasks than this say something of their own.
_MOST_TASK_WORDS = 8
_LONGEST_TERM = 5


def without_glosses(text: str) -> str:
    """A sentence without brackets that explain a word as our glossary does."""
    return _EXPLAINED.sub(lambda match: " " if _is_gloss(match[1]) else match[0], text)


def _is_gloss(inner: str) -> bool:
    for part in inner.split("; "):
        term, colon, gloss = part.partition(":")
        if not colon or len(term.split()) > _LONGEST_TERM or gloss.strip() not in _glosses():
            return False
    return True


@cache
def _glosses() -> frozenset[str]:
    """The meanings in the glossary of this package: an answer may explain a word by one of them."""
    text = resources.files("whichmodel.answering").joinpath("data/glossary.yaml").read_text("utf-8")
    return frozenset(str(entry["gloss"]).strip() for entry in yaml.safe_load(text) or ())


def says_only_where(statement: Statement, ground: Ground) -> bool:
    """Whether nothing is left of a sentence once verified quotations, names and talk about the evidence are gone.

    Needs a quotation that a source has, a source named, or a source cited; the sentence then rests on these.
    """
    text = without_glosses(statement.text)
    quotations = [quotation for quotation in ground.quotable.quotations(text) if quotation.found_in]
    mentions = ground.names.mentions(text)
    if not quotations and not mentions and not statement.cites and text == statement.text:
        return False
    covered = [(quotation.start, quotation.end) for quotation in quotations]
    covered += [(mention.start, mention.end) for mention in mentions]
    covered += [match.span() for match in _NONE_OF.finditer(text)]
    covered += _left_open(text)
    covered += [match.span() for match in _ASIDE.finditer(text)]
    # A quotation can be turned round by a word before it.
    if any(not _within(match.start(), covered) for match in lexicon().negate.finditer(text)):
        return False
    left = [
        word
        for word in content(text)
        if not _within(word.start, covered) and word.text.lower() not in lexicon().talk
    ]
    of_tasks = [
        word for word in left if word.text.lower() in task_words() or word.stem in _task_stems(ground)
    ]
    return len(of_tasks) == len(left) and len(left) <= _MOST_TASK_WORDS


def _left_open(text: str) -> list[tuple[int, int]]:
    """Clauses that say what is not told: they claim nothing, but what stands beside them may."""
    edges = [0, *(match.end() for match in _JOINT.finditer(text)), len(text)]
    return [(left, right) for left, right in pairwise(edges) if lexicon().open.search(text, left, right)]


def _within(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _task_stems(ground: Ground) -> frozenset[str]:
    readings = (*ground.verdict.models, *ground.verdict.papers)
    names = [reading.task.name for reading in readings if reading.task]
    names += [reading.research.name for reading in readings if reading.research]
    if ground.verdict.task:
        names.append(ground.verdict.task.name)
    return frozenset(word.stem for name in names for word in content(name))
