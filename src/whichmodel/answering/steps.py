"""The table of part 2: a row for each step, with what the sources say of it and what they do not."""

from __future__ import annotations

import re

from whichmodel.answering.asked import Used
from whichmodel.answering.concerns import threads
from whichmodel.answering.flow import Flow, FlowStep, shape
from whichmodel.answering.markup import inline, listing, quote, quoted, short_name
from whichmodel.answering.papers import best_contributions, sentence_start
from whichmodel.answering.question import asked_span
from whichmodel.answering.quotes import sentences, shorten
from whichmodel.answering.reading import Reading, closeness
from whichmodel.answering.sentences import asked, card_sentences, from_card, left_open, sourced
from whichmodel.answering.verdict import Verdict
from whichmodel.domain import DataType, Port, Sentence, StepRow
from whichmodel.understand.phrases import find_all, plain
from whichmodel.understand.tasks import read_name

# Parts of model names that everybody uses and that need no word.
_PLAIN_PARTS = re.compile(
    r"(?i:any|net|model|models|base|large|small|tiny|mini|fast|light|pro|plus|huggingface|hf|v?\d+(?:\.\d+)*[a-z]?|x\d+|\d+x|and|for|to|of|the|with)"
)
_MOST_PARTS = 3
_WITH_VALUES = {
    DataType.IMAGE,
    DataType.VIDEO,
    DataType.AUDIO,
    DataType.DEPTH_MAP,
    DataType.MASK,
    DataType.HEATMAP,
}


def step_rows(flow: Flow, verdict: Verdict, used: Used) -> tuple[StepRow, ...]:
    """The table; what the cards of sister models share is said once.

    Args:
        used: sentences (source number, start) that the answer quotes already; those quoted here are added.
    """
    rows: list[StepRow] = []
    said: set[str] = set()
    for item in flow.steps:
        rows.append(_row(item, verdict, said, used))
        if item.reading is not None:
            said |= {statement.text for statement in item.reading.source.statements}
    return tuple(rows)


def _row(item: FlowStep, verdict: Verdict, said: set[str], used: Used) -> StepRow:
    name = item.step.title.lower() if item.reading is None else short_name(item.reading.source)
    mark = f" [{item.reading.source.number}]" if item.reading else ""
    return StepRow(
        step=f"({item.letter}) {name}{mark}",
        mark=item.letter,
        takes=" + ".join(_port(port) for port in item.takes),
        gives=_port(item.step.gives),
        sentences=tuple(_sentences(item, verdict, said, used)),
        needed_but_missing=item.role == "missing",
    )


def _port(port: Port) -> str:
    return f"{port.name} {shape(port.shape, None)}".strip()


def _sentences(item: FlowStep, verdict: Verdict, said: set[str], used: Used) -> list[Sentence]:
    if item.reading is None:
        doing = [f"[{r.source.number}]" for r in verdict.papers if closeness(r) == "does the task"]
        are = "is" if len(doing) == 1 else "are"
        papers = f"; of the papers given, {listing(doing)} {are} about it" if doing else ""
        return [left_open(f"Needed, and missing: no model given here does it, by its own words{papers}.")]
    source = item.reading.source
    if source.statements:
        told = card_sentences(source, said)
        return told or [
            from_card(f"Its card says the same as that of its sister above [{source.number}, our card].")
        ]
    told = _by_its_own_words(item.reading)
    told += _summary_sentences(item.reading, verdict, used)
    if item.role == "optional":
        told.append(_optional(item.reading, verdict))
    return told


def _by_its_own_words(reading: Reading) -> list[Sentence]:
    """What the name or title says that it does."""
    mark = f"[{reading.source.number}, {reading.known_by}]"
    if reading.task is None:
        return [
            left_open("Whether it does this step is not stated: its name and text do not say what it does.")
        ]
    if reading.known_by not in ("name", "title") or reading.words is None:
        return []
    return [
        sourced(
            f"{reading.task.name}, by {quote(reading.words.text)} in its {reading.known_by} {mark}.",
            reading.words,
        )
    ]


def _optional(reading: Reading, verdict: Verdict) -> Sentence:
    """When a step before the missing one would be of use; the person may have said that it is."""
    task, question = reading.task, verdict.brief.question
    state = task.inputs[0].name if task else "picture of that kind"
    larger = verdict.task is not None and verdict.task.size == "larger"
    place = " (then before the enlarging, where there are fewer pixels)" if larger else ""
    said = find_all(task.cues.state, plain(question)) if task else []
    if said:
        _, start, end = said[0]
        words = question[start:end]
        return asked(
            f"Of use as yours is a {state} by your own word, {quote(words)}{place}.",
            asked_span(question, start, end),
        )
    return left_open(f"Of use only if yours is a {state}{place}, which is not told.")


def _summary_sentences(reading: Reading, verdict: Verdict, used: Used) -> list[Sentence]:
    source = reading.source
    mark = f"[{source.number}]"
    if not source.summary:
        return [left_open(_not_stated(reading, verdict))]
    told = []
    taken = {start for number, start in used if number == source.number}
    quoted_below = bool(taken)
    concerns = [concern for concern, _ in verdict.concerns]
    fresh = [c for c in best_contributions(source, concerns) if sentence_start(c.piece) not in taken]
    for contribution in fresh[:2]:
        words = quoted(contribution.piece, cut=contribution.cut)
        told.append(sourced(f"Its text {contribution.verb} {words} {mark}.", contribution.piece.span()))
        taken.add(sentence_start(contribution.piece))
    for piece in threads(source, concerns, taken)[: 3 - len(told)]:
        clause, cut = shorten(piece)
        told.append(sourced(f"{quoted(clause, cut=cut)} {mark}.", clause.span()))
        taken.add(piece.start)
    if not told and not quoted_below:
        for piece in sentences(source)[:1]:
            clause, cut = shorten(piece)
            told.append(sourced(f"{quoted(clause, cut=cut)} {mark}.", clause.span()))
            taken.add(piece.start)
    used |= {(source.number, start) for start in taken}
    return told if told or quoted_below else [left_open(_not_stated(reading, verdict))]


def _not_stated(reading: Reading, verdict: Verdict) -> str:
    """What a builder would have to know of a model of which only a name is given."""
    parts = unexplained_parts(reading, verdict.brief.question)
    stands = (
        f"what {listing([quote(part) for part in parts])} in its name stand{'s' * (len(parts) == 1)} for, "
    )
    kinds = {port.type for port in (*reading.task.inputs, *reading.task.outputs)} if reading.task else set()
    ranges = "value range and " if kinds & _WITH_VALUES else ""
    return (
        f"Not stated: {stands if parts else ''}how it works inside, what it was trained on,"
        f" {ranges or 'and '}the largest input."
    )


def unexplained_parts(reading: Reading, question: str) -> list[str]:
    """Parts of a model's name beside the one that says its task, which neither text nor question explains.

    Titles in words ("X: Doing Y with Z") explain themselves.
    """
    name = reading.source.name
    if " " in name.strip():
        return []
    words = reading.words
    known = (words.start, words.end) if words is not None and words.field == "name" else (0, 0)
    parts = []
    for match in re.finditer(r"[^\W_]+", name[:200]):
        part = match.group()
        overlaps = match.start() < known[1] and known[0] < match.end()
        says_task = read_name(part) is not None
        plain_word = _PLAIN_PARTS.fullmatch(part) or part.lower() in question.lower()
        if len(part) > 1 and not (overlaps or says_task or plain_word):
            parts.append(inline(part))
    return list(dict.fromkeys(parts))[:_MOST_PARTS]
