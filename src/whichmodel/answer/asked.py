"""What the person asked, question by question, and what the sources say to it.

The models come first: where their own text speaks of it, it is quoted; where it does not, that is said.
Then come the nearest words of the papers, with the task that they are about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from whichmodel.answer.concerns import Concern, concerns_in
from whichmodel.answer.markup import listing, quoted, short_name, task_name
from whichmodel.answer.question import Asked, asked_span, questions_in
from whichmodel.answer.quotes import RESULTS, Piece, contribution_in, is_own, kind_of, sentences, shorten
from whichmodel.answer.reading import Reading, closeness
from whichmodel.answer.sentences import left_open, sourced
from whichmodel.answer.verdict import Verdict
from whichmodel.domain import QuestionRow, Sentence
from whichmodel.understand.phrases import find_all, plain

# What a thing was trained on, or why it is fast, is told only by the thing itself or its like.
_OF_THE_THING = {"training", "technique", "speed"}
_ENOUGH, _ENOUGH_ELSEWHERE = 1.0, 1.5
_CLOSE = ("same", "part", "wider")
_DOES = ("does the task", "part of the task", "wider task")
_MOST_PAPERS = 2
# "How" is answered by means ("by ...ing", "via"), not by results ("outperforms", "94.6 %").
_MEANS = re.compile(
    r"\b(?:by \w+ing|via|using|through|leverag\w+|allow\w*|enabl\w+|in which|learn\w*)\b", re.IGNORECASE
)
_HOW = re.compile(r"\b(?:how|why|what (?:helps|makes|lets|allows))\b", re.IGNORECASE)
_SHORT_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    reading: Reading
    piece: Piece


@dataclass(frozen=True, slots=True)
class _Sought:
    """What a question asks for: concerns, content words, and whether it asks for the means."""

    concerns: list[Concern]
    words: set[str]
    how: bool


Used = set[tuple[int, int]]


def question_rows(verdict: Verdict, used: Used) -> tuple[QuestionRow, ...]:
    """Each question of the person with what the sources say.

    Args:
        used: sentences (source number, start) that the answer quotes already; those quoted here are added.
    """
    question = verdict.brief.question
    rows = []
    for index, asked in enumerate(questions_in(question) if verdict.task else []):
        told = _answer(verdict, asked, used, first=index == 0)
        if told:
            rows.append(
                QuestionRow(asked=asked_span(question, asked.start, asked.end), sentences=tuple(told))
            )
    return tuple(rows)


def _answer(verdict: Verdict, asked: Asked, used: Used, *, first: bool) -> list[Sentence]:
    question = verdict.brief.question
    sought = _sought(question, asked)
    models = [
        found for reading in (*verdict.fitting, *verdict.unknown) for found in _best(reading, sought, used)
    ][:2]
    told: list[Sentence] = []
    for found in models:
        again = any(
            span.source == found.reading.source.number for sentence in told for span in sentence.spans
        )
        used.add((found.reading.source.number, found.piece.start))
        told.append(_say(found, again=again))
    if not told:
        silence = _not_told(verdict, first=first)
        told += [left_open(silence)] if silence else []
    papers = sorted(
        (found for reading in verdict.papers for found in _best(reading, sought, used)[:1]),
        key=lambda found: -found.score,
    )
    for found in papers[:_MOST_PAPERS]:
        used.add((found.reading.source.number, found.piece.start))
        told.append(_say(found))
    if first and sought.how and not models and not any(closeness(f.reading) in _DOES for f in papers):
        told += _for_comparison(verdict, used)
    return told


def _for_comparison(verdict: Verdict, used: Used) -> list[Sentence]:
    """How another work on the very task does it, where no sentence speaks to the question itself."""
    for reading in verdict.papers:
        if closeness(reading) not in _DOES:
            continue
        for piece in sentences(reading.source):
            own = contribution_in(piece)
            place = (reading.source.number, piece.start)
            if own is not None and kind_of(own) == "names" and place not in used:
                used.add(place)
                words = f"{short_name(reading.source)} {own.verb} {quoted(own.piece, cut=own.cut)}"
                return [sourced(f"For comparison: {words} [{reading.source.number}].", own.piece.span())]
    return []


def _sought(question: str, asked: Asked) -> _Sought:
    text = question[asked.start : asked.end]
    concerns = [concern for concern, _ in concerns_in(question, asked.start, asked.end)]
    return _Sought(concerns=concerns, words=stems(text), how=bool(_HOW.search(text)))


def _best(reading: Reading, sought: _Sought, used: Used) -> list[_Found]:
    """The sentences of a source that speak to a question, best first; none where none clearly does."""
    close = (reading.relation in _CLOSE or reading.source.kind == "model") and not reading.other_media
    label = closeness(reading)
    if reading.against or label == "background" or (not close and label != "neighbour"):
        return []
    heard = [concern for concern in sought.concerns if close or concern.id not in _OF_THE_THING]
    if sought.concerns and not heard:
        return []
    enough = _ENOUGH if close else _ENOUGH_ELSEWHERE
    found = []
    for piece in sentences(reading.source):
        if (reading.source.number, piece.start) in used:
            continue
        score = _score(piece, heard, sought)
        if score >= enough:
            found.append(_Found(score * (1.3 if close else 1.0), reading, piece))
    return sorted(found, key=lambda item: (-item.score, item.piece.start))


def _score(piece: Piece, heard: list[Concern], sought: _Sought) -> float:
    text = plain(piece.text)
    score = sum(
        max((phrase.weight for phrase, *_ in find_all(concern.sources, text)), default=0.0)
        for concern in heard
    )
    score += 0.5 * len(sought.words & stems(piece.text))
    if not score:
        return 0.0
    # What the authors say of their own work answers better than their introduction.
    means = bool(_MEANS.search(text))
    score *= 1.0 if is_own(piece) else 0.6 if means else 0.3
    if sought.how:
        score += 0.3 * means
    return score * (0.5 if RESULTS.search(text) else 1.0)


@cache
def _common_words() -> frozenset[str]:
    """Words that stand in every question and every abstract, and those that hold a sentence together."""
    text = resources.files("whichmodel.answer").joinpath("data/common_words.txt").read_text("utf-8")
    return frozenset(text.split())


def stems(text: str) -> set[str]:
    """Content words without their endings, for a comparison of wording.

    >>> sorted(stems("How does it recalculate colours from coordinates?"))
    ['colour', 'coordi', 'recalc']
    """
    found = set()
    for word in re.findall(r"[^\W\d_]{3,}", plain(text)):
        if word not in _common_words():
            found.add(re.sub(r"(?:es|s)$", "", word)[:6])
    return found


def _say(found: _Found, *, again: bool = False) -> Sentence:
    """`Name, on its task, proposes "…" [3].`"""
    source = found.reading.source
    name, mark = short_name(source), f" [{source.number}]"
    if len(name.split()) > _SHORT_NAME_WORDS and source.kind == "paper":
        name, mark = f"Paper [{source.number}]", ""
    about = _about(found.reading)
    own = contribution_in(found.piece)
    if own is not None:
        return sourced(f"{name}{about} {own.verb} {quoted(own.piece, cut=own.cut)}{mark}.", own.piece.span())
    clause, cut = shorten(found.piece)
    if again:
        return sourced(f"It also says: {quoted(clause, cut=cut)} [{source.number}].", clause.span())
    return sourced(f"{name}{about} says: {quoted(clause, cut=cut)}{mark}.", clause.span())


def _about(reading: Reading) -> str:
    if reading.source.kind == "model" or (reading.relation in ("same", "part") and not reading.other_media):
        return ""
    if reading.task is None:
        return ""
    wider = "the wider task" if reading.relation == "wider" else "another task"
    return f", on {wider}, *{task_name(reading.task)}*,"


def _not_told(verdict: Verdict, *, first: bool) -> str:
    """What to say where no model's own text speaks to the question."""
    if verdict.brief.origin == "catalog":
        return ""
    if not first:
        return (
            "Not told of the model either." if len(verdict.models) == 1 else "Not told of the models either."
        )
    models = verdict.fitting or verdict.unknown
    if not models:
        return "Not told: which model made what you saw is not known." if verdict.models else ""
    names = listing([short_name(reading.source) for reading in models])
    where = where_to_look(models)
    if all(not reading.source.summary for reading in models):
        return f"Not told of {names}{where}."
    return f"The text given on {names} does not say{where}."


def where_to_look(models: list[Reading]) -> str:
    """`: its paper [1] is where to look`, where a paper or code is linked."""
    for kind, word in (("paper", "paper"), ("code", "code"), ("huggingface", "page")):
        having = [m.source.number for m in models if any(link.kind == kind for link in m.source.links)]
        if having:
            marks = listing([f"[{number}]" for number in having])
            whose = "its" if len(models) == 1 else "the"
            return f"; {whose} {word} {marks} is where to look"
    return ""
