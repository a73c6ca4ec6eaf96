"""What the person asked, question by question, and what the sources say to it.

The models come first: where their own text speaks of it, it is quoted; where it does not, that is said.
Then come the nearest words of the papers, with the task that they are about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from whichmodel.answering.markup import listing, quoted, short_name, task_name
from whichmodel.answering.question import Asked, asked_span, questions_in
from whichmodel.answering.quotes import RESULTS, Piece, contribution_in, is_own, sentences, shorten
from whichmodel.answering.reading import ON_TASK, Reading, closeness
from whichmodel.answering.relevance import Sought, means, score, sought_by, speaks_of
from whichmodel.answering.sentences import left_open, sourced
from whichmodel.answering.verdict import Verdict
from whichmodel.domain import QuestionRow, Sentence

# How well a sentence has to answer: one on the model itself, on the task, on another task, of a work far off.
_ENOUGH_OF_ITSELF, _ENOUGH, _ENOUGH_ELSEWHERE, _ENOUGH_FAR = 0.6, 1.0, 1.6, 2.3
_MOST_OF_MODELS, _MOST_OF_PAPERS, _MOST_OF_ONE = 2, 3, 2
# A further sentence has to be nearly as good as the best one.
_WORTH, _WORTH_TOO, _ENOUGH_TOO = 0.6, 0.75, 1.7
_SHORT_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    reading: Reading
    piece: Piece


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
            span = asked_span(question, asked.start, asked.end)
            rows.append(QuestionRow(asked=span, sentences=tuple(told)))
    return tuple(rows)


def _answer(verdict: Verdict, asked: Asked, used: Used, *, first: bool) -> list[Sentence]:
    sought = sought_by(verdict.brief.question, asked, verdict.brief.sources)
    own = [*verdict.fitting, *verdict.unknown]
    models = _quoted(own, sought, used, most=_MOST_OF_MODELS)
    papers = _quoted(verdict.papers, sought, used, most=_MOST_OF_PAPERS)
    others = []
    if sought.how and first and not models and not any(closeness(f.reading) in ON_TASK for f in papers):
        others = _for_comparison(verdict, used)
    told = _say_all(models)
    if not told:
        heard = bool(papers) or any(
            speaks_of(piece, sought) for reading in verdict.papers for piece in sentences(reading.source)
        )
        silence = _not_told(verdict, first=first, papers=heard)
        told += [left_open(silence)] if silence else []
    told += _say_all(papers)
    # The other work is on the task, and not on what was asked: that has to be said.
    return told + [
        msgspec.structs.replace(sentence, text=f"On the task, if not on this: {sentence.text}")
        for sentence in _say_all(others)
    ]


def _quoted(readings: Iterable[Reading], sought: Sought, used: Used, *, most: int) -> list[_Found]:
    """The sentences that speak best to a question, those of one source together, the best source first."""
    ranked = [found for reading in readings if (found := _best(reading, sought, used)[:_MOST_OF_ONE])]
    ranked.sort(key=lambda found: -found[0].score)
    # The first sentence of each source comes before the second one of any.
    firsts = [found[0] for found in ranked if found[0].score >= _WORTH * ranked[0][0].score][:most]
    seconds = [
        second
        for first, found in zip(firsts, ranked, strict=False)
        for second in found[1:]
        if second.score >= max(_WORTH_TOO * first.score, _ENOUGH_TOO)
    ]
    seconds.sort(key=lambda found: -found.score)
    chosen = firsts + seconds[: most - len(firsts)]
    used |= {(found.reading.source.number, found.piece.start) for found in chosen}
    order = [found.reading.source.number for found in firsts]
    return sorted(chosen, key=lambda f: (order.index(f.reading.source.number), f.piece.start))


def _best(reading: Reading, sought: Sought, used: Used) -> list[_Found]:
    """The sentences of a source that speak to a question, best first; none where none clearly does."""
    if reading.against:
        return []
    close = (reading.on_task or reading.source.kind == "model") and not reading.other_media
    enough = _enough(reading, close)
    found = []
    for piece in sentences(reading.source):
        if (reading.source.number, piece.start) not in used:
            points = score(piece, sought, close=close)
            if points >= enough:
                found.append(_Found(points * (1.3 if close else 1.0), reading, piece))
    return sorted(found, key=lambda item: (-item.score, item.piece.start))


def _enough(reading: Reading, close: bool) -> float:
    """The score from which a sentence of a source is quoted."""
    label = closeness(reading)
    if reading.source.kind == "model":
        return _ENOUGH_OF_ITSELF
    if close and label != "background":
        return _ENOUGH
    return _ENOUGH_ELSEWHERE if label == "neighbour" else _ENOUGH_FAR


def _for_comparison(verdict: Verdict, used: Used) -> list[_Found]:
    """How another work on the very task does it, where no sentence speaks to the question itself."""
    best = [
        _Found(means(piece), reading, piece)
        for reading in verdict.papers
        if closeness(reading) in ON_TASK
        for piece in sentences(reading.source)
        if (reading.source.number, piece.start) not in used
        and is_own(piece)
        and not RESULTS.search(piece.text)
    ]
    chosen = sorted((found for found in best if found.score > 0), key=lambda found: -found.score)[:1]
    used |= {(found.reading.source.number, found.piece.start) for found in chosen}
    return chosen


def _say_all(chosen: list[_Found]) -> list[Sentence]:
    before = [None, *(found.reading.source.number for found in chosen)]
    return [
        _say(found, again=before[index] == found.reading.source.number) for index, found in enumerate(chosen)
    ]


def _say(found: _Found, *, again: bool) -> Sentence:
    """`Name, on its task, proposes "…" [3].`"""
    source = found.reading.source
    name, mark = short_name(source), f" [{source.number}]"
    if len(name.split()) > _SHORT_NAME_WORDS and source.kind == "paper":
        name, mark = f"Paper [{source.number}]", ""
    about = _about(found.reading)
    if again:
        name, about, mark = "It also", "", f" [{source.number}]"
    own = contribution_in(found.piece)
    if own is not None:
        return sourced(f"{name}{about} {own.verb} {quoted(own.piece, cut=own.cut)}{mark}.", own.piece.span())
    clause, cut = shorten(found.piece)
    return sourced(f"{name}{about} says: {quoted(clause, cut=cut)}{mark}.", clause.span())


def _about(reading: Reading) -> str:
    if reading.source.kind == "model" or (reading.relation in ("same", "part") and not reading.other_media):
        return ""
    if reading.task is None:
        return ""
    wider = "the wider task" if reading.relation == "wider" else "another task"
    return f", on {wider}, *{task_name(reading.task)}*,"


def _not_told(verdict: Verdict, *, first: bool, papers: bool) -> str:
    """What to say where no model's own text speaks to the question.

    Args:
        papers: whether a paper may.
    """
    if verdict.brief.origin == "catalog":
        return ""
    nobody = "" if papers or not verdict.papers else ", nor did we find it in the papers given"
    models = verdict.fitting or verdict.unknown
    if not models:
        if not first:
            return "" if papers else "We found it in no text given."
        return f"Which model made what you saw is not known{nobody}." if verdict.models else ""
    if not first:
        return f"The text given does not say this of the model{'s' if len(models) > 1 else ''}{nobody}."
    names = listing([short_name(reading.source) for reading in models])
    where = where_to_look(models)
    if all(not reading.source.summary for reading in models):
        return f"The text given does not say this of {names}{nobody}{where}."
    return f"The text given on {names} does not say this{nobody}{where}."


def where_to_look(models: list[Reading]) -> str:
    """`; its paper [1] is where to look`, where a paper or code is linked."""
    for kind, word in (("paper", "paper"), ("code", "code"), ("huggingface", "page")):
        having = [m.source.number for m in models if any(link.kind == kind for link in m.source.links)]
        if having:
            marks = listing([f"[{number}]" for number in having])
            if len(having) > 1:
                return f"; {word if word == 'code' else word + 's'} {marks} are where to look"
            return f"; {'its' if len(models) == 1 else 'the'} {word} {marks} is where to look"
    return ""
