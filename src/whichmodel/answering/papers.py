"""What each paper adds to the answer, what those on other tasks give instead, and the list of part 3."""

from __future__ import annotations

import re

from whichmodel.answering.asked import Used
from whichmodel.answering.concerns import Concern, threads, touches
from whichmodel.answering.general import lower_first
from whichmodel.answering.markup import article, inline, listing, quote, quoted, task_name
from whichmodel.answering.quotes import (
    Contribution,
    Piece,
    contributions,
    is_own,
    kind_of,
    sentences,
    shorten,
)
from whichmodel.answering.reading import ON_TASK, Reading, closeness
from whichmodel.answering.sentences import from_card, left_open, ours, sourced
from whichmodel.answering.verdict import Verdict
from whichmodel.domain import DataType, Sentence, Source, SourceRow, Span, Task
from whichmodel.understand.phrases import compile_phrase, find_all, plain

# Words that point to an earlier sentence, which a quotation leaves behind.
_DANGLING = re.compile(
    r"\b(?:these|those|such|this|that end|its|their|they|our|the former|the latter)\b", re.IGNORECASE
)
_KIND = ("names", "studies", "other")

# A work on another task gets a short quotation.
_BRIEF_WORDS = 22
_ORDER = (*ON_TASK, "neighbour", "unclear", "background")


def ideas(verdict: Verdict, used: Used) -> tuple[SourceRow, ...]:
    """For each paper, closest first: what it says it does. Sentences quoted already (`used`) are left out."""
    concerns = [concern for concern, _ in verdict.concerns]
    rows = []
    for reading in sorted(verdict.papers, key=lambda reading: _ORDER.index(closeness(reading))):
        told = _idea(reading, verdict.task, concerns, used)
        if told:
            label = closeness(reading)
            rows.append(SourceRow(source=reading.source.number, closeness=label, sentences=tuple(told)))
    return tuple(rows)


def _idea(reading: Reading, task: Task | None, concerns: list[Concern], used: Used) -> list[Sentence]:
    source = reading.source
    mark = f"[{source.number}]"
    if source.statements:
        return []  # our library knows it by its title; part 3 says why it is there
    if not source.summary:
        return [left_open(f"Only its title is given, so nothing beyond the title is said of it here {mark}.")]
    quoted_already = {start for number, start in used if number == source.number}
    close = closeness(reading) in ON_TASK
    told: list[Sentence] = []
    taken = set(quoted_already)
    wanted = (2 if close else 1) - min(len(quoted_already), 1)
    for contribution in best_contributions(source, concerns):
        start = sentence_start(contribution.piece)
        # Of a paper quoted above only that is added which touches the question as well.
        if quoted_already and not touches(contribution.piece, concerns):
            continue
        if len(told) < wanted and start not in taken:
            told.append(_contribution(contribution, first=not told, brief=not close))
            taken.add(start)
    if not told and not quoted_already:
        for piece in sorted(sentences(source), key=lambda piece: not is_own(piece))[:1]:
            clause, cut = shorten(piece)
            told.append(sourced(f"It says: {quoted(clause, cut=cut)} {mark}.", clause.span()))
            taken.add(piece.start)
    if closeness(reading) != "background" and not quoted_already:
        for piece in threads(source, concerns, taken)[:1]:
            clause, cut = shorten(piece)
            told.append(sourced(f"Its text adds: {quoted(clause, cut=cut)} {mark}.", clause.span()))
    named = _also_names(reading, task)
    if named is not None:
        told.append(sourced(f"Its text also names {quote(named.text)}, close to your task {mark}.", named))
    if not told and not quoted_already:
        return [left_open(f"Its text holds no sentence that could be quoted here {mark}.")]
    return told


def best_contributions(source: Source, concerns: list[Concern]) -> list[Contribution]:
    """Contributions, best first: those that touch the question and can be understood on their own."""

    def rank(item: Contribution) -> float:
        dangling = bool(_DANGLING.search(item.piece.text))
        return 1.5 * dangling - 1.0 * touches(item.piece, concerns)

    # Contributions come with those that name the authors' own thing first; sorting is stable.
    found = contributions(source)
    return sorted(found, key=lambda item: rank(item) + 0.6 * _KIND.index(kind_of(item)))


def _contribution(contribution: Contribution, *, first: bool, brief: bool) -> Sentence:
    subject = "It" if first else "It also"
    piece, cut = (
        shorten(contribution.piece, _BRIEF_WORDS) if brief else (contribution.piece, contribution.cut)
    )
    quote = quoted(piece, cut=cut or contribution.cut)
    mark = f"[{piece.source.number}]"
    return sourced(f"{subject} {contribution.verb} {quote} {mark}.", piece.span())


def sentence_start(piece: Piece) -> int:
    """Where the sentence begins in which a piece stands."""
    for sentence in sentences(piece.source):
        if sentence.start <= piece.start < sentence.end:
            return sentence.start
    return piece.start


def beside(verdict: Verdict) -> tuple[Sentence, ...]:
    """One sentence on the papers about something else: what they give instead of what the question needs."""
    task = verdict.task
    if task is None:
        return ()
    groups: dict[tuple[str, str], list[int]] = {}
    for reading in verdict.papers:
        if closeness(reading) in ON_TASK or reading.source.statements or _also_names(reading, task):
            continue
        groups.setdefault(_instead(reading, task), []).append(reading.source.number)
    if not groups:
        return ()
    told = []
    for (one, several), numbers in groups.items():
        marks = listing([f"[{number}]" for number in numbers])
        told.append(f"{marks} {one if len(numbers) == 1 else several}")
    lead = "Another task than yours" if sum(map(len, groups.values())) == 1 else "Other tasks than yours"
    return (ours(f"{lead}: {'; '.join(told)}; we see no direct use for your question."),)


def _also_names(reading: Reading, task: Task | None) -> Span | None:
    """Where a paper on another task speaks of the question's task or its result as well."""
    if task is None or reading.on_task or reading.source.statements:
        return None
    return _names_the_task(reading, task)


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


def _instead(reading: Reading, task: Task) -> tuple[str, str]:
    """What a paper on another task gives, starts from or is about; for one paper and for several."""
    other = reading.task
    if reading.against:
        return "works against such results, not at them", "work against such results, not at them"
    if reading.research is not None and (other is None or reading.relation == "other" or reading.looks_on):
        name = task_name(reading.research)
        return f"is about {name}, not a step of a workflow", f"are about {name}, not steps of a workflow"
    if other is None:
        return "names no task that we could place", "name no task that we could place"
    if reading.other_media is DataType.VIDEO:
        return "works on video", "work on video"
    gives, needed = other.outputs[0], task.outputs[0]
    if gives.type is not needed.type:
        thing = article(gives.name)
        return f"gives {thing}", f"give {thing}"
    starts, yours = other.inputs[0], task.inputs[0]
    if starts.type is not yours.type:
        thing = article(starts.name)
        return f"starts from {thing}", f"start from {thing}"
    return f"does {task_name(other)}", f"do {task_name(other)}"


def rows(verdict: Verdict) -> tuple[SourceRow, ...]:
    """Part 3: every source once, with how close it is and why."""
    return tuple(
        SourceRow(
            source=reading.source.number,
            closeness=closeness(reading),
            sentences=(_why(reading, verdict.task),),
        )
        for reading in (*verdict.models, *verdict.papers)
    )


def _why(reading: Reading, task: Task | None) -> Sentence:
    label = closeness(reading)
    if reading.task is None:
        if reading.research is not None:
            return _placed(f"{label}: {task_name(reading.research)}", reading, reading.research_words)
        if reading.source.kind == "model":
            return left_open("the text does not say what it does")
        named = _also_names(reading, task)
        if named is not None:
            return sourced(f"neighbour: its text names {quote(named.text)}", named)
        return left_open(f"{label}: its words name no task that we could place")
    name = task_name(reading.task)
    if label == "does the task":
        factor = f", {reading.scale}×" if isinstance(reading.scale, int | float) else ""
        return _placed(f"does the task ({name}{factor.replace('.0×', '×')})", reading, reading.words)
    if reading.against:
        return _placed(f"{label}: works against such results", reading, reading.against)
    if reading.research is not None and label == "background":
        return _placed(f"background: {task_name(reading.research)}, {name}", reading, reading.words)
    return _placed(f"{label}: {name}", reading, reading.words)


def _placed(text: str, reading: Reading, span: Span | None) -> Sentence:
    if span is not None:
        where = "summary" if span.field == "summary" else "name" if reading.known_by == "name" else "title"
        return sourced(f"{text}, by {quote(span.text)} in its {where}", span)
    if reading.known_by == "card":
        name = reading.source.name
        span = Span(source=reading.source.number, field="name", start=0, end=len(name), text=name)
        if reading.source.kind == "model":
            return from_card(f"{text}, by our card", span)
        why = "; ".join(inline(statement.text).rstrip(".") for statement in reading.source.statements)
        return from_card(f"{text}{'; ' if why else ''}{lower_first(why)}", span)
    return ours(text)
