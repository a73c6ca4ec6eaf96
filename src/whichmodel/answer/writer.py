"""The built-in writer: a Brief becomes a three-part Answer, from the Brief alone.

Brief ── judge ──▶ Verdict ──▶ short reply, task        (reply)
                           ──▶ workflow, its table       (flow, here)
                           ──▶ what the papers add       (papers)
                           ──▶ what stays open           (here)
"""

from __future__ import annotations

from whichmodel.answer.concerns import threads
from whichmodel.answer.flow import Flow, FlowStep, build_flow, draw, shape
from whichmodel.answer.markup import listing, quoted, short_name
from whichmodel.answer.papers import best_contributions, ideas, rows
from whichmodel.answer.quotes import shorten
from whichmodel.answer.reading import Reading
from whichmodel.answer.reply import short_reply, task_part
from whichmodel.answer.sentences import card_sentences, from_card, left_open, ours, sourced
from whichmodel.answer.verdict import Verdict, judge
from whichmodel.domain import Answer, Brief, Intent, Sentence, StepRow


def write(brief: Brief, *, intent: Intent | None = None) -> Answer:
    """Write the answer to a Brief.

    Args:
        brief: question and evidence; nothing else is used.
        intent: the question understood, where the caller did that already.

    Returns:
        An answer in which every sentence says what it rests on, every link is one of the Brief's,
        and the workflow is the object that would run.
    """
    verdict = judge(brief, intent)
    flow = _flow(verdict)
    return Answer(
        question=brief.question,
        reply=short_reply(verdict),
        task=task_part(verdict),
        diagram=draw(flow) if flow else "",
        steps=_step_rows(flow, verdict) if flow else (),
        workflow=flow.workflow if flow else None,
        ideas=ideas(verdict),
        left_open=_left_open(verdict),
        papers=rows(verdict),
        sources=brief.sources,
        mismatch=verdict.mismatch(),
    )


def _flow(verdict: Verdict) -> Flow | None:
    if verdict.task is None:
        return None
    # A model that does not say what it does may be the one; its step says that this is not known.
    main = verdict.fitting or ([] if verdict.misfits else verdict.unknown)
    return build_flow(verdict.task, verdict.intent.scale, main, verdict.misfits)


def _step_rows(flow: Flow, verdict: Verdict) -> tuple[StepRow, ...]:
    """The table; what the cards of sister models share is said once."""
    rows: list[StepRow] = []
    said: set[str] = set()
    for item in flow.steps:
        rows.append(_row(item, verdict, said))
        if item.reading is not None:
            said |= {statement.text for statement in item.reading.source.statements}
    return tuple(rows)


def _row(item: FlowStep, verdict: Verdict, said: set[str]) -> StepRow:
    gives = item.step.gives
    takes_shape = shape(item.takes.shape, None)
    name = item.step.title.lower() if item.reading is None else short_name(item.reading.source)
    mark = f" [{item.reading.source.number}]" if item.reading else ""
    return StepRow(
        step=f"({item.letter}) {name}{mark}",
        mark=item.letter,
        takes=f"{item.takes.name} {takes_shape}".strip(),
        gives=f"{gives.name} {gives.shape}".strip(),
        sentences=tuple(_step_sentences(item, verdict, said)),
        needed_but_missing=item.role == "missing",
    )


def _step_sentences(item: FlowStep, verdict: Verdict, said: set[str]) -> list[Sentence]:
    if item.reading is None:
        return [ours("Needed, and missing: no model given here does it, as far as their own words tell.")]
    if item.reading.source.statements:
        told = card_sentences(item.reading.source, said)
        number = item.reading.source.number
        return told or [
            from_card(f"Its card says the same as that of its sister above [{number}, our card].")
        ]
    reading = item.reading
    told = []
    if reading.task is not None and reading.known_by in ("name", "title"):
        words = [reading.words] if reading.words else []
        told.append(
            sourced(f"{reading.task.name}, by its {reading.known_by} [{reading.source.number}].", *words)
        )
    elif reading.task is None:
        told.append(
            left_open("Whether it does this step is not stated: its name and text do not say what it does.")
        )
    told += _summary_sentences(reading, verdict)
    if item.role == "optional":
        told.append(_optional(reading, verdict))
    return told


def _optional(reading: Reading, verdict: Verdict) -> Sentence:
    state = reading.task.inputs[0].name if reading.task else "picture of that kind"
    return ours(
        f"Same size in and out. Of use only if yours is a {state}; then rather before the next step,"
        " where there are fewer pixels (untested here)."
        if verdict.task is not None and verdict.task.size == "larger"
        else f"Same size in and out. Of use only if yours is a {state} (untested here)."
    )


def _summary_sentences(reading: Reading, verdict: Verdict) -> list[Sentence]:
    source = reading.source
    mark = f"[{source.number}]"
    if not source.summary:
        return [
            left_open(
                "How it works inside, what it was trained on and how large an input it takes are not stated."
            )
        ]
    told = []
    used: set[int] = set()
    concerns = [concern for concern, _ in verdict.concerns]
    for contribution in best_contributions(source, concerns)[:2]:
        quote = quoted(contribution.piece, cut=contribution.cut)
        told.append(sourced(f"Its text {contribution.verb} {quote} {mark}.", contribution.piece.span()))
        used.add(contribution.piece.start)
    for _, piece in threads(source, concerns, used)[:2]:
        clause, cut = shorten(piece)
        told.append(sourced(f"{quoted(clause, cut=cut)} {mark}.", clause.span()))
    return told


def _left_open(verdict: Verdict) -> tuple[Sentence, ...]:
    """What the sources do not tell and the person wanted to know."""
    told: list[Sentence] = []
    named = verdict.brief.origin == "prompt"
    if named and verdict.task is not None and not verdict.fitting:
        told.append(left_open("Which model produced what you saw."))
    silent = [
        reading for reading in verdict.fitting if not reading.source.summary and not reading.source.statements
    ]
    unanswered = [concern.open for concern, _ in verdict.concerns]
    if silent and named:
        whose = listing([short_name(reading.source) for reading in silent])
        what = listing(unanswered[:3], word="or") if unanswered else "how it works inside"
        has = "does" if len(silent) == 1 else "do"
        place = _where_to_look(silent[0])
        told.append(left_open(f"The text given {has} not say of {whose} {what}.{place}"))
    elif named and unanswered and not verdict.fitting:
        told.append(left_open(f"For your own result: {listing(unanswered[:3])}."))
    if verdict.task is not None and verdict.task.size == "larger":
        told.append(
            ours(
                "If it matters whether a detail is real (a face, a number, a sign), compare it with the original."
            )
        )
    return tuple(told)


def _where_to_look(reading: Reading) -> str:
    paper = any(link.kind == "paper" for link in reading.source.links)
    code = any(link.kind == "code" for link in reading.source.links)
    if paper:
        return f" Its paper [{reading.source.number}] is where to look."
    return f" Its code [{reading.source.number}] is where to look." if code else ""
