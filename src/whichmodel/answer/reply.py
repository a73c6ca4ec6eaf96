"""The short reply and part 1: what the person saw or wants, and whether the models given do it."""

from __future__ import annotations

from fractions import Fraction

from whichmodel.answer.markup import article, count, full_name, inline, listing, number, task_name
from whichmodel.answer.reading import Reading
from whichmodel.answer.sentences import asked, from_card, left_open, ours, sourced
from whichmodel.answer.verdict import Verdict
from whichmodel.domain import Port, Scale, Sentence, Span, Task


def short_reply(verdict: Verdict) -> tuple[Sentence, ...]:
    """Two to five sentences: the task, how it is possible at all, and whether the sources fit."""
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
    reply = [ours(_what(verdict, task)), ours(task.in_general)]
    reply += _models(verdict, task)
    papers = _papers(verdict, task)
    return (*reply, papers) if papers else tuple(reply)


def _what(verdict: Verdict, task: Task) -> str:
    if verdict.guessed:
        return (
            f"The question does not name a task; we read it as *{task_name(task)}*, which {task.definition},"
            " because that is what the model given does."
        )
    return f"What you describe is *{task_name(task)}*: it {task.definition}."


def _models(verdict: Verdict, task: Task) -> list[Sentence]:
    if not verdict.models and verdict.brief.origin == "catalog":
        return [left_open("Our catalog holds no model for it yet.")]
    if not verdict.models:
        return [left_open("No model was given, so nothing can be said about which one did it.")]
    told: list[Sentence] = []
    for reading in verdict.fitting:
        told += _fits(reading, task, verdict.intent.scale, from_catalog=verdict.brief.origin == "catalog")
        if len(verdict.fitting) > 1:
            told += _others(verdict.fitting[1:])
        break
    if not verdict.fitting:
        seen: dict[str, str] = {}
        for reading in verdict.misfits:
            other = reading.task.id if reading.task else ""
            if other in seen:
                told.append(ours(f"The same holds for {full_name(reading.source)}."))
            else:
                told += _does_not_fit(reading, task, verdict.intent.scale)
            seen[other] = reading.source.name
    elif verdict.misfits:
        names = listing([full_name(reading.source) for reading in verdict.misfits])
        other_tasks = listing(list(dict.fromkeys(_other_name(reading) for reading in verdict.misfits)))
        plural = len(verdict.misfits) > 1
        told.append(ours(f"{names} {'are' if plural else 'is'} for another task ({other_tasks})."))
    for reading in verdict.unknown:
        told.append(
            left_open(
                f"{full_name(reading.source)} is given without a word on what it does, so whether it does"
                f" {task_name(task)} cannot be told from the text."
            )
        )
    return told


def _others(readings: list[Reading]) -> list[Sentence]:
    """The models beside the first: those of the same task, and those of a wider or narrower one."""
    same = [full_name(reading.source) for reading in readings if reading.relation == "same"]
    kin = [reading for reading in readings if reading.relation != "same"]
    told = []
    if same:
        told.append(ours(f"{listing(same)} {'does' if len(same) == 1 else 'do'} the same task."))
    told += [
        ours(f"{full_name(reading.source)} is for a related task, {_other_name(reading)}.") for reading in kin
    ]
    return told


def _other_name(reading: Reading) -> str:
    return task_name(reading.task) if reading.task else "not stated"


def _fits(reading: Reading, task: Task, wanted: Scale, *, from_catalog: bool) -> list[Sentence]:
    name = full_name(reading.source)
    told = []
    if from_catalog:
        told.append(
            from_card(
                f"Of the models in our catalog we recommend {name} [{reading.source.number}, our card].",
                *_card_span(reading),
            )
        )
    elif reading.task is not None and reading.task.id == task.id:
        told.append(
            sourced(f"{name}, the model recommended, does this task by its {_by(reading)}.", *_spans(reading))
        )
    elif reading.task is not None:
        wider = "wider task that includes it" if reading.relation == "wider" else "part of it"
        told.append(
            sourced(
                f"{name}, the model recommended, is by its {_by(reading)} for *{task_name(reading.task)}*,"
                f" a {wider}.",
                *_spans(reading),
            )
        )
    told += _factor(reading, wanted)
    return told


def _factor(reading: Reading, wanted: Scale) -> list[Sentence]:
    """What to say where the model's factor is not the one asked for."""
    has = reading.scale
    if not isinstance(has, int | float) or not isinstance(wanted, int | float) or has == wanted:
        return []
    if has < wanted:
        rest = wanted / has
        return [
            ours(
                f"It enlarges {number(has)}×, you describe {number(wanted)}×: after it another enlargement of"
                f" {number(round(rest, 3))}× would be needed."
            )
        ]
    return [
        ours(
            f"It enlarges {number(has)}×, you describe {number(wanted)}×: its result would have to be made smaller."
        )
    ]


def _does_not_fit(reading: Reading, task: Task, wanted: Scale) -> list[Sentence]:
    name, other = full_name(reading.source), reading.task
    if other is None:
        return []
    first = sourced(
        f"The model recommended to you, {name}, is by its {_by(reading)} for another task, *{task_name(other)}*.",
        *_spans(reading),
    )
    gives, needed = other.outputs[0], task.outputs[0]
    if task.size == "larger" and other.size == "same":
        size = f"{number(wanted)} times larger" if isinstance(wanted, int | float) else "larger"
        same = "it adds no pixels" if "same size" in other.definition else "the picture keeps its size"
        why = f"{same}, so it is very unlikely to be what made yours {size}"
    elif gives.type is not needed.type:
        why = (
            f"what it returns is {article(gives.name)}, and you describe {article(needed.name)},"
            " so it is very unlikely to be what you saw"
        )
    else:
        why = ""
    if not why:
        second = f"{_tell(task, other)} So this model is very unlikely to be what you saw."
    else:
        second = f"That task {other.definition}; {why}."
    return [first, ours(second)]


def _tell(task: Task, other: Task) -> str:
    for neighbour in task.neighbours:
        if neighbour.task == other.id:
            return neighbour.tell
    for neighbour in other.neighbours:
        if neighbour.task == task.id:
            return neighbour.tell
    return f"{other.name} changes {other.changes}; {task_name(task)} changes {task.changes}."


def _papers(verdict: Verdict, task: Task) -> Sentence | None:
    papers = verdict.papers
    if not papers:
        return left_open("No paper was given with it.") if verdict.brief.origin == "prompt" else None
    if verdict.brief.origin == "catalog":
        return None
    doing = [
        reading for reading in papers if reading.relation in ("same", "part") and not reading.other_media
    ]
    wider = [reading for reading in papers if reading.relation == "wider"]
    total = len(papers)
    if not doing and not wider:
        subject = "The paper given" if total == 1 else f"None of the {count(total)} papers given"
        verb = "does not do it" if total == 1 else "does it"
        return ours(
            f"{subject} {verb}{' either' if not verdict.fitting else ''}; what {_them(total)} add is told below."
        )
    near = [f"[{reading.source.number}]" for reading in (*doing, *wider)]
    rest = total - len(near)
    what = "are" if len(near) > 1 else "is"
    tail = f"; the other{'s are' if rest > 1 else ' is'} about something else" if rest else ""
    kind = "about this task" if doing and not wider else "about this task or a wider one that includes it"
    return ours(f"Of the papers given, {listing(near)} {what} {kind}{tail}.")


def _them(total: int) -> str:
    return "it may" if total == 1 else "they"


def _by(reading: Reading) -> str:
    """How the task is known, with the words and the mark: `name ("Deblur" [1, name])`."""
    mark = f"[{reading.source.number}, {reading.known_by}]"
    if reading.words is None:
        return f"{reading.known_by} {mark}"
    return f'{reading.known_by} ("{inline(reading.words.text)}" {mark})'


def _spans(reading: Reading) -> tuple[Span, ...]:
    return (reading.words,) if reading.words else _card_span(reading)


def _card_span(reading: Reading) -> tuple[Span, ...]:
    source = reading.source
    return (Span(source=source.number, field="name", start=0, end=len(source.name), text=source.name),)


def task_part(verdict: Verdict) -> tuple[Sentence, ...]:
    """Part 1: the task with its types, what the person wants of it, and its arithmetic."""
    task = verdict.task
    if task is None:
        return (
            left_open("The question does not say what went in and what came out, so no task can be named."),
        )
    scale = verdict.intent.scale
    types = f"{_ports(task.inputs)} → {_ports(task.outputs)}"
    told = [ours(f"**{task.name}** ({types}). What changes: {task.changes}.")]
    told += _goals(verdict)
    if task.size == "larger":
        told += [ours(text) for text in _arithmetic(scale)]
    return tuple(told)


def _ports(ports: tuple[Port, ...]) -> str:
    return " + ".join(f"{port.name}, {port.shape}" if port.shape else port.name for port in ports)


def _goals(verdict: Verdict) -> list[Sentence]:
    """What the person wants of the result, in their own words."""
    if not verdict.concerns:
        return []
    wishes: list[str] = []
    spans: list[Span] = []
    for concern, words in verdict.concerns[:4]:
        wishes.append(f'{concern.goal} ("{inline(words.text)}")')
        spans.append(Span(source=0, field="question", start=words.start, end=words.end, text=words.text))
    head = "What seems to matter to you"
    return [asked(f"{head}: {'; '.join(wishes)}.", *spans)]


def _arithmetic(scale: Scale) -> list[str]:
    if isinstance(scale, int | float) and scale > 1:
        new = 1 - 1 / scale**2
        per = scale * scale
        share = f"{100 * new:.3g} %"
        whole = f"{Fraction(per).limit_denominator(100).numerator - 1} of {number(per)} pixels ({share})"
        if per != int(per):
            whole = f"{share} of the pixels"
        return [
            f"At {number(scale)}× each way, {number(scale)} × {number(scale)} = {number(round(per, 2))} pixels stand"
            f" where one stood, so {whole} are new."
        ]
    if scale == "any":
        width_in, dpi, scan = 118, 100, 1500
        factor = width_in * dpi / scan
        return [
            "The factor follows from the print: pixels needed = width in inches × dots per inch.",
            f"Assume a scan {scan:,} pixels wide, printed 3 m wide at {dpi} dpi: {width_in} in × {dpi} ="
            f" {width_in * dpi:,} pixels, {factor:.1f} times more each way, so about {100 * (1 - 1 / factor**2):.0f} %"
            " of the printed pixels are new.",
        ]
    return [
        "At a factor s each way, 1 − 1/s² of the pixels are new: 3 of 4 at 2×, 15 of 16 at 4×; no factor was named."
    ]
