"""What each paper adds to the answer and what it does not, and the list of part 3."""

from __future__ import annotations

import re
from typing import Literal

from whichmodel.answer.concerns import Concern, threads, touches
from whichmodel.answer.markup import article, inline, quoted, task_name
from whichmodel.answer.quotes import Contribution, Piece, contributions, kind_of, sentences, shorten
from whichmodel.answer.reading import Reading
from whichmodel.answer.sentences import card_sentences, from_card, left_open, ours, sourced
from whichmodel.answer.verdict import Verdict
from whichmodel.domain import DataType, Sentence, Source, SourceRow, Span, Task
from whichmodel.understand.phrases import compile_phrase, find_all, plain

# Words that point to an earlier sentence, which a quotation leaves behind.
_DANGLING = re.compile(
    r"\b(?:these|those|such|this|that end|its|their|they|the former|the latter)\b", re.IGNORECASE
)
_KIND = ("names", "studies", "other")

Closeness = Literal["does the task", "wider task", "part of the task", "neighbour", "background", "unclear"]


def ideas(verdict: Verdict) -> tuple[SourceRow, ...]:
    """For each paper: what it says it does, where it touches the question, and what it does not do."""
    concerns = [concern for concern, _ in verdict.concerns]
    return tuple(
        SourceRow(
            source=reading.source.number,
            closeness=closeness(reading),
            sentences=tuple(_idea(reading, verdict.task, concerns)),
        )
        for reading in verdict.papers
    )


def closeness(reading: Reading) -> Closeness:
    """How close a source is to the question."""
    if reading.relation == "same" and not reading.other_media:
        return "does the task"
    if reading.relation == "wider":
        return "wider task"
    if reading.relation == "part":
        return "part of the task"
    if reading.relation == "unknown":
        return "unclear" if reading.task is None and reading.research is None else "background"
    if reading.research is not None and reading.relation == "other":
        return "background"
    return "neighbour" if reading.relation in ("same", "sibling", "neighbour") else "background"


def _idea(reading: Reading, task: Task | None, concerns: list[Concern]) -> list[Sentence]:
    source = reading.source
    if source.statements:
        return card_sentences(source)
    if not source.summary:
        return [
            left_open(
                f"Only its title is given, so nothing beyond the title is said of it here [{source.number}]."
            )
        ]
    close = closeness(reading) in ("does the task", "wider task", "part of the task")
    told: list[Sentence] = []
    used: set[int] = set()
    touched = False
    for contribution in best_contributions(source, concerns)[: 2 if close else 1]:
        told.append(_contribution(contribution, first=not told))
        used.add(_sentence_start(contribution.piece))
        touched = touched or touches(contribution.piece, concerns)
    if not told:
        opening = sentences(source)[:1]
        for piece in opening:
            clause, cut = shorten(piece)
            told.append(
                sourced(f"Its text begins: {quoted(clause, cut=cut)} {_mark(reading)}.", clause.span())
            )
            used.add(piece.start)
    # One quotation is enough for a paper that does something else, if it touches what the person asks.
    more = 2 if close else 0 if touched else 1
    for concern, piece in threads(source, concerns, used)[:more]:
        clause, cut = shorten(piece)
        told.append(
            sourced(f"On {_topic(concern)}: {quoted(clause, cut=cut)} {_mark(reading)}.", clause.span())
        )
    told += _limits(reading, task)
    return told or [left_open(f"Its text holds no sentence that could be quoted here {_mark(reading)}.")]


def best_contributions(source: Source, concerns: list[Concern]) -> list[Contribution]:
    """Contributions, best first: those that touch the question and can be understood on their own."""

    def rank(item: Contribution) -> float:
        dangling = bool(_DANGLING.search(item.piece.text))
        return 1.5 * dangling - 1.0 * touches(item.piece, concerns)

    # Contributions come with those that name the authors' own thing first; sorting is stable.
    found = contributions(source)
    return sorted(found, key=lambda item: rank(item) + 0.6 * _KIND.index(kind_of(item)))


def _contribution(contribution: Contribution, *, first: bool) -> Sentence:
    subject = "It" if first else "It also"
    quote = quoted(contribution.piece, cut=contribution.cut)
    mark = f"[{contribution.piece.source.number}]"
    return sourced(f"{subject} {contribution.verb} {quote} {mark}.", contribution.piece.span())


def _sentence_start(piece: Piece) -> int:
    for sentence in sentences(piece.source):
        if sentence.start <= piece.start < sentence.end:
            return sentence.start
    return piece.start


def _topic(concern: Concern) -> str:
    return concern.topic


def _mark(reading: Reading) -> str:
    return f"[{reading.source.number}]"


def _limits(reading: Reading, task: Task | None) -> list[Sentence]:
    """What the paper does not do for the question, as our inference from its own words."""
    if task is None:
        return []
    other = reading.task
    if reading.research is not None and (other is None or reading.relation == "other"):
        about = "" if other is None else f" in {task_name(other)}"
        return [
            ours(
                f"It {reading.research.definition}{about}: no step that your {task.inputs[0].name} passes through,"
                f" so we see no direct use for {task_name(task)}."
            )
        ]
    if other is None:
        return [
            ours("Its text names no task that we could place, so we see no direct use for your question.")
        ]
    if reading.other_media is DataType.VIDEO:
        return [
            ours(
                f"It works on video; with a single {task.inputs[0].name} there are no other frames to draw on,"
                f" and its task, {task_name(other)}, {_instead(other, task)}."
            )
        ]
    named = _names_the_task(reading, task)
    if named is not None and reading.relation not in ("same", "part", "wider"):
        return [
            sourced(
                f'It is mainly about {task_name(other)}; its text also names "{inline(named.text)}",'
                f" which is close to your task {_mark(reading)}.",
                named,
            )
        ]
    if reading.relation in ("same", "part"):
        return []
    if reading.relation == "wider":
        return [ours(f"{other.name} is wider than your task and includes it.")]
    return [ours(f"Its task, {task_name(other)}, {other.definition}, and {_instead(other, task)}.")]


def _names_the_task(reading: Reading, task: Task) -> Span | None:
    """Where a text speaks of the question's own task or its result, though it is mainly about another."""
    source = reading.source
    terms = [
        term for term in (*task.cues.term, *task.synonyms, task.name) if compile_phrase(term).weight >= 1
    ]
    hits = find_all([*terms, *_result_words(task)], plain(source.summary))
    if not hits:
        return None
    _, start, end = hits[0]
    return Span(source=source.number, field="summary", start=start, end=end, text=source.summary[start:end])


def _result_words(task: Task) -> list[str]:
    """The result's own name ("depth map"), where it names a thing of its own and not a kind of picture."""
    gives = task.outputs[0]
    head = re.split(r" (?:for|of|in|with|and) ", gives.name)[0]
    return [f"{head}*"] if gives.type is not DataType.IMAGE and len(head.split()) == 2 else []


def _instead(other: Task, task: Task) -> str:
    """What another task gives, or starts from, instead of what the question needs."""
    gives, needed = other.outputs[0], task.outputs[0]
    if gives.type is not needed.type:
        return f"gives {article(gives.name)}, not {article(needed.name)}"
    if task.size == "larger" and other.size == "same":
        return "returns a picture of the same size, not a larger one"
    starts, yours = other.inputs[0], task.inputs[0]
    if starts.type is not yours.type:
        return f"starts from {article(starts.name)}, not from {article(yours.name)}"
    return f"does not do {task_name(task)}"


def rows(verdict: Verdict) -> tuple[SourceRow, ...]:
    """Part 3: every source once, with how close it is and why."""
    return tuple(
        SourceRow(
            source=reading.source.number,
            closeness=closeness(reading),
            sentences=(_why(reading),),
        )
        for reading in (*verdict.models, *verdict.papers)
    )


def _why(reading: Reading) -> Sentence:
    label = closeness(reading)
    if reading.task is None:
        if reading.research is not None:
            return _placed(f"{label}: {task_name(reading.research)}", reading)
        if reading.source.kind == "model":
            return left_open("the text does not say what it does")
        return ours(f"{label}: none of the tasks that we can tell by its words")
    name = task_name(reading.task)
    if label == "does the task":
        factor = f", {reading.scale}×" if isinstance(reading.scale, int | float) else ""
        return _placed(f"does the task ({name}{factor.replace('.0×', '×')})", reading)
    if reading.research is not None and label == "background":
        return _placed(f"background: {task_name(reading.research)}, {name}", reading)
    return _placed(f"{label}: {name}", reading)


def _placed(text: str, reading: Reading) -> Sentence:
    if reading.words is not None:
        span: Span = reading.words
        return sourced(f'{text}, by "{inline(span.text)}" in its {reading.known_by}', span)
    if reading.known_by == "card":
        name = reading.source.name
        span = Span(source=reading.source.number, field="name", start=0, end=len(name), text=name)
        held = "our card" if reading.source.kind == "model" else "our library"
        return from_card(f"{text}, by {held}; {_locators(reading.source)}", span)
    return ours(text)


def _locators(source: Source) -> str:
    """The places that a card's sentences rest on, those of one kind together."""
    places: dict[str, list[str]] = {}
    for statement in source.statements:
        kind, _, rest = inline(statement.locator).partition(": ")
        if rest not in places.setdefault(kind, []):
            places[kind].append(rest)
    told = [
        f"{kind}: {', '.join(filter(None, rests))}" if any(rests) else kind for kind, rests in places.items()
    ]
    return f"its sentences rest on {'; '.join(told)}"
