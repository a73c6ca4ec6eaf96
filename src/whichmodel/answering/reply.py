"""The short reply and part 1: what the person saw or wants, and whether the models given do it."""

from __future__ import annotations

from whichmodel.answering.general import general_sentence
from whichmodel.answering.markup import (
    article,
    count,
    full_name,
    listing,
    number,
    quote,
    short_name,
    task_name,
)
from whichmodel.answering.question import asked_span, clause_around, questions_in
from whichmodel.answering.reading import Reading, closeness
from whichmodel.answering.sentences import asked, from_card, left_open, ours, sourced
from whichmodel.answering.verdict import Verdict
from whichmodel.domain import Port, Scale, Sentence, Span, Task

# So many wishes of the person are retold; more would bury what matters.
_MOST_WISHES = 3


def short_reply(verdict: Verdict) -> tuple[Sentence, ...]:
    """What it is and how that is possible at all; then whether the sources fit."""
    task = verdict.task
    if task is None and verdict.brief.origin == "catalog":
        return (
            (ours(verdict.brief.notes[0]),) if verdict.brief.notes else (ours("The question names no task."),)
        )
    if task is None:
        return (
            ours("We could not tell from the question which task it is about."),
            left_open("What was asked and what the sources offer can therefore not be compared."),
        )
    return (ours(_what(verdict, task)), *_models(verdict, task))


def _what(verdict: Verdict, task: Task) -> str:
    general = general_sentence(verdict.brief.question, task)
    if verdict.guessed:
        return (
            f"The question names no task; we read it as *{task_name(task)}*, which is what the model given does:"
            f" models of this kind in general: {general}."
        )
    return f"You describe *{task_name(task)}*; models of this kind in general: {general}."


def _models(verdict: Verdict, task: Task) -> list[Sentence]:
    from_catalog = verdict.brief.origin == "catalog"
    if not verdict.models and from_catalog:
        return [left_open("Our catalog holds no model for it yet.")]
    if not verdict.models:
        return [
            left_open(f"No model was given, so nothing can be said about which one did it{_papers(verdict)}.")
        ]
    told: list[Sentence] = []
    if verdict.fitting and from_catalog:
        told += _recommended(verdict)
    elif verdict.fitting:
        told += _fit(verdict, task)
    else:
        told += _none_fits(verdict, task)
    if verdict.fitting and verdict.misfits:
        names = listing([full_name(reading.source) for reading in verdict.misfits])
        other_tasks = listing(list(dict.fromkeys(_other_name(reading) for reading in verdict.misfits)))
        plural = len(verdict.misfits) > 1
        told.append(ours(f"{names} {'are' if plural else 'is'} for another task ({other_tasks})."))
    for index, reading in enumerate(verdict.unknown):
        last = _papers(verdict) if not told and index == len(verdict.unknown) - 1 else ""
        told.append(
            left_open(
                f"Nothing given on {full_name(reading.source)} names a task that we could place, so whether it does"
                f" this task cannot be told from the text{last}."
            )
        )
    return told


def _recommended(verdict: Verdict) -> list[Sentence]:
    """Our own recommendation: the first model, and those beside it."""
    first, *others = verdict.fitting
    same = [full_name(reading.source) for reading in others if reading.relation == "same"]
    kin = [
        f"{full_name(reading.source)} (for {_other_name(reading)})"
        for reading in others
        if reading.relation != "same"
    ]
    beside = f"; beside it {listing([*same, *kin])}" if same or kin else ""
    marks = listing([f"[{reading.source.number}]" for reading in verdict.fitting])
    told = from_card(
        f"Of the models in our catalog we recommend {full_name(first.source)}{beside} (our cards {marks}).",
        *(_name_span(reading) for reading in verdict.fitting),
    )
    return [told, *_factor(first, verdict.intent.scale)]


def _fit(verdict: Verdict, task: Task) -> list[Sentence]:
    """Models that do the task, by their own words; what is not known of them; what the papers are about."""
    same = [reading for reading in verdict.fitting if reading.relation == "same"]
    kin = [reading for reading in verdict.fitting if reading.relation != "same"]
    clauses: list[str] = []
    spans: list[Span] = []
    if same:
        names = listing([_called(reading) for reading in same])
        whose = "its" if len(same) == 1 else "their"
        by = _by_all(same)
        which = "the model recommended," if len(same) == 1 else "the models recommended,"
        clauses.append(
            f"{names}, {which} {'is' if len(same) == 1 else 'are'} for this task, judging by {whose} {by}"
        )
    for reading in kin:
        wider = "a wider task that includes it" if reading.relation == "wider" else "a part of it"
        which = ", the model recommended," if not clauses else ""
        clauses.append(
            f"{_called(reading)}{which} is by its {_by(reading)} for *{_other_name(reading)}*, {wider}"
        )
    for reading in (*same, *kin):
        spans += _spans(reading)
    bare = all(not reading.source.summary for reading in verdict.fitting)
    if bare:
        one = len(verdict.fitting) == 1
        linked = any(reading.source.links for reading in verdict.fitting)
        given = f"name{'' if one else 's'} and links are" if linked else f"name{' is' if one else 's are'}"
        clauses.append(
            f"of {'it' if one else 'them'} only the {given} given, so how {'it works' if one else 'they work'} inside,"
            f" and whether {'it' if one else 'one of them'} made yours, is not told"
        )
    text = "; ".join(clauses) + _papers(verdict)
    return [sourced(f"{text}.", *spans), *_factor((same or kin)[0], verdict.intent.scale)]


def _none_fits(verdict: Verdict, task: Task) -> list[Sentence]:
    """Every model given does something else by its own words; those of one task are told together."""
    groups: dict[str, list[Reading]] = {}
    for reading in verdict.misfits:
        if reading.task is not None:
            groups.setdefault(reading.task.id, []).append(reading)
    told = []
    for index, readings in enumerate(groups.values()):
        told.append(
            _is_for_another(readings, _papers(verdict, either=True) if index == len(groups) - 1 else "")
        )
    unlikely = [_so_unlikely(readings[0], task, verdict.intent.scale) for readings in groups.values()]
    return told + unlikely


def _is_for_another(readings: list[Reading], tail: str) -> Sentence:
    one = len(readings) == 1
    names = listing([_called(reading) for reading in readings])
    by = _by_all(readings)
    spans = [span for reading in readings for span in _spans(reading)]
    return sourced(
        f"The model{'' if one else 's'} recommended to you, {names}, {'is' if one else 'are'} by"
        f" {'its' if one else 'their'} {by} for another task, *{_other_name(readings[0])}*{tail}.",
        *spans,
    )


def _so_unlikely(reading: Reading, task: Task, wanted: Scale) -> Sentence:
    """What follows from the other task: why that model hardly made what the person saw."""
    other = reading.task
    if other is None:
        raise ValueError("a model that does not fit has a task")
    gives, needed = other.outputs[0], task.outputs[0]
    name = other.name.partition(" (")[0]
    if task.size == "larger" and other.size == "same":
        size = f"{number(wanted)} times larger" if isinstance(wanted, int | float) else "larger"
        return ours(
            f"{name} normally returns a picture of the same size, so it is very unlikely to be what made yours {size}."
        )
    if gives.type is not needed.type:
        return ours(
            f"{name} gives {article(gives.name)} and you describe {article(needed.name)}, so it is very unlikely to be"
            " what you saw."
        )
    return ours(f"{name} {other.definition}, so it is very unlikely to be what you saw.")


def _other_name(reading: Reading) -> str:
    return task_name(reading.task) if reading.task else "not stated"


def _factor(reading: Reading, wanted: Scale) -> list[Sentence]:
    """What to say where the model's factor is not the one asked for."""
    has = reading.scale
    if not isinstance(has, int | float) or not isinstance(wanted, int | float) or has == wanted:
        return []
    what = f"It enlarges {number(has)}×, you describe {number(wanted)}×"
    if has < wanted:
        rest = number(round(wanted / has, 3))
        return [ours(f"{what}: after it another enlargement of {rest}× would be needed.")]
    return [ours(f"{what}: its result would have to be made smaller.")]


def _papers(verdict: Verdict, *, either: bool = False) -> str:
    """The clause that ends the reply: which of the papers given are about the task."""
    if verdict.brief.origin == "catalog":
        return ""
    papers = verdict.papers
    if not papers:
        return "; no paper was given with it"
    doing = [reading for reading in papers if closeness(reading) in ("does the task", "part of the task")]
    wider = [reading for reading in papers if closeness(reading) == "wider task"]
    total = len(papers)
    if not doing and not wider:
        end = " either" if either else ""
        if total == 1:
            return f", and the paper given does not do this task{end}"
        return f", and none of the {count(total)} papers given does this task{end}"
    near = listing([f"[{reading.source.number}]" for reading in doing])
    wide = listing([f"[{reading.source.number}]" for reading in wider])
    told = []
    if doing:
        told.append(f"{near} {'are' if len(doing) > 1 else 'is'} about this task")
    if wider:
        verb = "" if doing else "are " if len(wider) > 1 else "is "
        told.append(f"{wide} {verb}about a wider task that includes it")
    return f"; of the papers given, {' and '.join(told)}"


def _called(reading: Reading) -> str:
    """The model's name; its title is quoted beside it where that is what tells its task."""
    return short_name(reading.source) if reading.known_by == "title" else full_name(reading.source)


def _by(reading: Reading) -> str:
    """How the task is known, with the words and the mark: `name ("Deblur" [1, name])`."""
    mark = f"[{reading.source.number}, {reading.known_by}]"
    if reading.words is None:
        return f"{reading.known_by} {mark}"
    return f"{reading.known_by} ({quote(reading.words.text)} {mark})"


def _by_all(readings: list[Reading]) -> str:
    """As `_by`, for several: `names ("Deblur" [1, name]; "Deblur" [2, name])`."""
    kinds = {reading.known_by for reading in readings}
    if len(readings) == 1 or len(kinds) > 1 or any(reading.words is None for reading in readings):
        return listing(list(dict.fromkeys(_by(reading) for reading in readings)))
    shown = [
        f"{quote(reading.words.text)} [{reading.source.number}, {reading.known_by}]"
        for reading in readings
        if reading.words is not None
    ]
    return f"{kinds.pop()}s ({'; '.join(shown)})"


def _spans(reading: Reading) -> tuple[Span, ...]:
    return (reading.words,) if reading.words else (_name_span(reading),)


def _name_span(reading: Reading) -> Span:
    source = reading.source
    return Span(source=source.number, field="name", start=0, end=len(source.name), text=source.name)


def task_part(verdict: Verdict) -> tuple[Sentence, ...]:
    """Part 1: the task with its types, and what the person wants of it in their own words."""
    task = verdict.task
    if task is None and verdict.brief.origin == "catalog":
        return ()
    if task is None:
        return (
            left_open("The question does not say what went in and what came out, so no task can be named."),
        )
    types = f"{_ports(task.inputs)} → {_ports(task.outputs)}"
    return (ours(f"**{task.name}** ({types}) {task.definition}."), *_goals(verdict))


def _ports(ports: tuple[Port, ...]) -> str:
    return " + ".join(f"{port.name}, {port.shape}" if port.shape else port.name for port in ports)


def _goals(verdict: Verdict) -> list[Sentence]:
    """What the person saw or wants of the result, in clauses of their own.

    What is asked in so many words is answered in part 2 and not retold here.
    """
    question = verdict.brief.question
    asked_for = questions_in(question)
    clauses: list[tuple[int, int]] = []
    for _, words in verdict.concerns:
        if any(part.start <= words.start < part.end for part in asked_for):
            continue
        clause = clause_around(question, words.start, words.end)
        if not any(start < clause[1] and clause[0] < end for start, end in clauses):
            clauses.append(clause)
    if not clauses:
        return []
    told = sorted(clauses[:_MOST_WISHES])
    quotes = "; ".join(quote(question[start:end]) for start, end in told)
    return [asked(f"You wrote: {quotes}.", *(asked_span(question, *c) for c in told))]
