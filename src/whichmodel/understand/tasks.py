"""Which task do these words speak of? Scores every task of the ontology by its cue phrases.

The same ontology reads three kinds of text, each with its own cues: what laypeople ask (`ask`,
`state`), what titles and abstracts say (`term`), and what model names are made of (`name`).
Every candidate points to the words that it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from whichmodel.catalog import tasks as catalog_tasks
from whichmodel.domain import Task, Words
from whichmodel.understand.phrases import find_all, plain
from whichmodel.understand.scale import read_scale

# How much one phrase of each kind says about a question. A state ("blurry") describes the picture,
# not the wish; it decides only where nothing else speaks.
_ASK, _TERM, _STATE, _AGAINST = 2.0, 2.0, 0.5, -2.5
# A state counts like a wish where the wider task was wished for.
_WISHED_STATE = 2.0
# A factor or a large print size speaks for the tasks that give larger pictures.
_SIZE = 2.0
# Below this score nothing is claimed; a single ordinary cue (2.0) is enough.
THRESHOLD = 1.0


@dataclass(frozen=True, slots=True)
class Scored:
    """A task, its score and the places (start, end) that gave it."""

    task: Task
    score: float
    places: tuple[tuple[int, int], ...]


@lru_cache(maxsize=64)
def score_question(question: str) -> tuple[Scored, ...]:
    """Tasks that a layperson's question may mean, best first; empty where none is likely enough."""
    text = plain(question)
    ontology = catalog_tasks()
    wished = {name for name, task in ontology.items() if _hits(task.cues.ask, text, _ASK)}
    sizes = _size_hits(question)
    scored = []
    for task in ontology.values():
        if task.kind != "task":
            continue
        asked = _hits(task.cues.ask, text, _ASK) + _hits((*task.cues.term, *task.synonyms), text, _TERM)
        # "Restore" alone names no damage and "noisy" alone no wish; together they ask for denoising.
        state = _WISHED_STATE if wished & set(task.parents) else _STATE
        states = _hits(task.cues.state, text, state)
        against = _hits(task.cues.against, text, _AGAINST)
        hits = _best_per_place([*asked, *states, *(sizes if task.size == "larger" else ())])
        score = sum(weight for weight, *_ in hits) + sum(weight for weight, *_ in against)
        if score >= THRESHOLD:
            places = tuple((start, end) for _, start, end in hits)
            scored.append(Scored(task, score, places))
    return tuple(sorted(scored, key=lambda item: (-item.score, item.task.id)))


@lru_cache(maxsize=64)
def score_text(title: str, summary: str = "") -> tuple[Scored, ...]:
    """Tasks that a title with its abstract speaks of, best first. Places refer to the title alone.

    The title counts most, then the sentences in which the authors say what they contribute;
    examples in brackets ("e.g. segmentation, detection") say nothing about the work itself.
    """
    plain_title, plain_summary = plain(title), plain(_without_examples(summary))
    contribution = " . ".join(_contributions(plain_summary))
    scored = []
    for task in catalog_tasks().values():
        cues = (*task.cues.term, *task.synonyms, task.name)
        in_title = _best_per_place(_hits(cues, plain_title, 3.0))
        score = sum(weight for weight, *_ in in_title)
        score += sum(weight for weight, *_ in _best_per_place(_hits(cues, contribution, 2.0)))
        if score:
            # What else the text mentions supports a reading; alone it may be related work.
            score += sum(weight for weight, *_ in _best_per_place(_hits(cues, plain_summary, 0.5)))
        score += sum(
            weight for weight, *_ in _hits(task.cues.against, f"{plain_title} {plain_summary}", -2.0)
        )
        if score >= THRESHOLD:
            scored.append(Scored(task, score, tuple((start, end) for _, start, end in in_title)))
    return tuple(sorted(scored, key=lambda item: (-item.score, item.task.id)))


def claims(summary: str) -> tuple[tuple[int, int], ...]:
    """Places of the sentences of an abstract in which the authors say what they contribute, in order.

    >>> text = "Blur is bad. We propose a net that removes it."
    >>> [text[start:end].strip() for start, end in claims(text)]
    ['We propose a net that removes it.']
    """
    return tuple(match.span() for match in _SENTENCE.finditer(plain(summary)) if _CLAIM.search(match[0]))


def read_name(name: str) -> tuple[Task, Words] | None:
    """The task that a model's name spells out, with the part of the name that says so.

    >>> task, words = read_name("Deblur-Net-L")
    >>> task.id, words.text
    ('deblurring', 'Deblur')
    """
    best: tuple[int, Task, Words] | None = None
    tokens = _name_tokens(name)
    for task in catalog_tasks().values():
        for part in task.cues.name:
            place = _find_part(part, tokens)
            # The longest part wins: "sisrany" says more than "sisr".
            if place and (best is None or len(part) > best[0]):
                start, end = place
                best = (len(part), task, Words(text=name[start:end], start=start, end=end))
    return (best[1], best[2]) if best else None


_NAME_SCALE = re.compile(r"(?<![A-Za-z0-9])(?:[xX](\d{1,2}(?:\.\d)?)|(\d{1,2}(?:\.\d)?)[xX×])(?![A-Za-z0-9])")


def read_name_scale(name: str) -> tuple[float, Words] | None:
    """The factor that a model's name spells out: `"...-4x"`, `"...x4"`.

    >>> read_name_scale("Net-L-8x")[0]
    8.0
    """
    match = _NAME_SCALE.search(name)
    if not match:
        return None
    return float(match.group(1) or match.group(2)), Words(
        text=match.group(0), start=match.start(), end=match.end()
    )


Hit = tuple[float, int, int]


def _size_hits(question: str) -> list[Hit]:
    _, words = read_scale(question)
    return [(_SIZE, words.start, words.end)] if words else []


def _hits(phrases: Iterable[str], text: str, base: float) -> list[Hit]:
    return [(base * phrase.weight, start, end) for phrase, start, end in find_all(phrases, text)]


def _best_per_place(hits: list[Hit]) -> list[Hit]:
    """Overlapping phrases say one thing once: keep the strongest of those that share characters."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda item: (-item[0], item[1], item[2])):
        if all(hit[2] <= start or hit[1] >= end for _, start, end in kept):
            kept.append(hit)
    return kept


# Lists of examples and of uses elsewhere: in brackets, or to the end of the sentence.
_EXAMPLES = re.compile(
    r"\((?:e\.g\.|i\.e\.|such as|for example|including)[^()]{0,400}\)"
    r"|\b(?:with applications? (?:in|to)|applications? such as|such as|extend(?:s|ed)? to|including)\b[^.]{0,300}",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?]+(?:[.!?](?=\s|$)|$)|[^.!?]+[.!?]")
_SUBJECT = (
    r"\b(?:we|this (?:paper|work|study|article|framework|method|survey|system)|"
    r"(?:the|our) (?:method|approach|framework|work|goal|aim|model|system|paper|authors?))\b"
)
_CLAIM = re.compile(
    rf"{_SUBJECT}\s+(?:\w+ly\s+|also\s+|then\s+|further\s+)?(?:introduc|present|propos|develop|describ|design|"
    r"stud|investigat|explor|examin|analy[sz]|evaluat|address|tackl|aim|show|demonstrat|releas|collect|survey|"
    r"review|are working|is to|provid|offer|extend|adapt|build|creat|establish|train)"
)


def _without_examples(text: str) -> str:
    return _EXAMPLES.sub(" ", text)


def _contributions(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE.findall(text) if _CLAIM.search(sentence)]


def _name_tokens(name: str) -> list[tuple[str, int, int]]:
    """Pieces of a name with their places: split at punctuation and where lower case meets upper."""
    return [
        (match.group(0).casefold(), match.start(), match.end())
        for match in re.finditer(r"[A-Z]?[a-z]+\d+[A-Za-z]+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
    ]


def _find_part(part: str, tokens: list[tuple[str, int, int]]) -> tuple[int, int] | None:
    """Where consecutive pieces of the name, joined, equal `part`."""
    for first in range(len(tokens)):
        joined = ""
        for text, _, end in tokens[first:]:
            joined += text
            if joined == part:
                return tokens[first][1], end
            if not part.startswith(joined):
                break
    return None
