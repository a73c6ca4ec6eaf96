"""The writer that asks a language model: plan, draft, check, and the limits that every answer keeps.

Brief ── write ──▶ built-in Answer ── make_plan ──▶ slots ── whole_request ──▶ model ── read_draft ──▶
sentences ── Checker ──▶ kept, repaired, dropped ── fill, last_look ──▶ Answer with a DraftReport

A model that cannot read all at once, or whose draft has nothing of use, is asked slot by slot. Whatever
happens, the built-in answer stands where nothing better came.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import msgspec

from whichmodel.answering.llm.access import Fault, Model, ModelFault, open_model, time_limit
from whichmodel.answering.llm.check import Checked, Checker, Judge
from whichmodel.answering.llm.draft import read_draft, split_sentences
from whichmodel.answering.llm.evidence import evidence_for, only
from whichmodel.answering.llm.gate import Auditor, last_look
from whichmodel.answering.llm.plan import Slot, fill, make_plan
from whichmodel.answering.llm.prompt import small_request, whole_request
from whichmodel.answering.writer import MOST_OURS, share_of_ours, write
from whichmodel.domain import Answer, Audit, Brief, Claim, DraftReport, Intent, Sentence

Open = Callable[[str, float], AbstractContextManager[Model]]
PREFIX = "llm:"


def write_with_model(
    brief: Brief,
    name: str,
    *,
    intent: Intent | None = None,
    judge: Judge | None = None,
    auditor: Auditor | None = None,
    opener: Open | None = None,
) -> Answer:
    """Write the answer to a Brief with sentences drafted by a language model, each of them judged.

    Args:
        brief: question and evidence; nothing else is used.
        name: id or alias of a model of the `llm` library; empty for its default model.
        intent: the question understood, where the caller did that already.
        judge: judges sentences against a brief; the audit's where None.
        auditor: audits the whole answer; the audit itself where None.
        opener: opens a model by name with a limit in seconds; the `llm` library's where None.

    Returns:
        The answer with `drafted` set. `drafted.fault` says why where it is the built-in one, whole or
        in part.

    Raises:
        InputError: `WHICHMODEL_LLM_TIMEOUT` is not a number of seconds.
    """
    seconds = time_limit()
    builtin = write(brief, intent=intent)
    slots = make_plan(builtin)
    evidence = evidence_for(brief)
    started = time.monotonic()
    drafts = _Drafts()
    if slots:
        try:
            with (opener or _open)(name, seconds) as model:
                drafts = _drafted(evidence, slots, model)
        except ModelFault as error:
            drafts.fault = error.fault
    else:
        drafts.fault = Fault("nothing usable", "there is nothing to draft: the question was not understood")
    checked: list[Checked] = []
    if drafts.by_slot:
        checker = Checker(evidence, slots, judge or _audit_judge())
        checked = [
            checker.check(slot, drafts.by_slot[slot.id]) for slot in slots if slot.id in drafts.by_slot
        ]
    answer, using = _within_limits(builtin, checked)
    if last_look(answer, evidence, using, auditor or _audit):
        answer, _ = _within_limits(builtin, using)
    report = _report(f"{PREFIX}{name}", drafts, checked, time.monotonic() - started)
    return msgspec.structs.replace(answer, drafted=report)


@dataclass(slots=True)
class _Drafts:
    """Sentences by slot, who wrote them, and what went wrong."""

    model: str = ""
    by_slot: dict[str, list[str]] = field(default_factory=dict)
    fault: Fault | None = None

    def add(self, pairs: Sequence[tuple[str, str]]) -> None:
        for slot, text in pairs:
            self.by_slot.setdefault(slot, []).append(text)


def _drafted(evidence: Brief, slots: tuple[Slot, ...], model: Model) -> _Drafts:
    """Ask for all slots at once; if that gives nothing, slot by slot with less to read."""
    drafts = _Drafts(model=model.id)
    reply = model.ask(whole_request(evidence, slots, as_json=model.takes_schema))
    found = read_draft(reply.text, [slot.id for slot in slots])
    if reply.fault is not None and found:
        found = found[:-1]  # its last sentence may be cut
    drafts.add(found)
    drafts.fault = reply.fault
    if not found and (reply.fault is None or reply.fault.kind in ("too long", "nothing usable")):
        drafts.fault = None
        for pair in _slot_by_slot(evidence, slots, model):
            if isinstance(pair, Fault):
                drafts.fault = pair
            else:
                drafts.add([pair])
    if not drafts.by_slot and drafts.fault is None:
        drafts.fault = Fault(
            "nothing usable", "the model wrote nothing that is a draft", "a larger model follows the format"
        )
    return drafts


def _slot_by_slot(
    evidence: Brief, slots: tuple[Slot, ...], model: Model
) -> Iterator[tuple[str, str] | Fault]:
    for slot in slots:
        request = small_request(only(evidence, slot.sources), slot)
        if request is None:
            continue
        reply = model.ask(request)
        if reply.fault is not None:
            yield reply.fault
        told = split_sentences(reply.text)
        if reply.fault is not None or len(reply.text) >= request.most:
            told = told[:-1]  # its end is missing
        for sentence in told[: slot.most]:
            yield slot.id, sentence
        if reply.fault is not None and reply.fault.kind not in ("too long", "nothing usable"):
            return  # nothing better would come


def _within_limits(builtin: Answer, checked: list[Checked]) -> tuple[Answer, list[Checked]]:
    """The answer with what was drafted, as far as not too much of it is ours, and the drafts in it.

    Slots go back to the built-in sentences, the one that gives most of ours first, until the share of
    our own sentences is as the built-in answer keeps it.
    """
    using = [item for item in checked if item.sentences]
    while True:
        answer = fill(builtin, {item.slot.id: tuple(item.sentences) for item in using})
        if not using or share_of_ours(answer) <= max(MOST_OURS, share_of_ours(builtin)):
            break
        using.remove(max(using, key=lambda item: _excess(item.sentences) - _excess(item.slot.builtin)))
    given_up = [item for item in checked if item.sentences and item not in using]
    for item in given_up:  # what was drafted there is replaced by the built-in sentences
        item.repaired += item.kept
        item.kept = 0
    return answer, using


def _excess(sentences: Sequence[Sentence]) -> float:
    return sum((sentence.basis == "ours") - MOST_OURS for sentence in sentences)


def _report(writer: str, drafts: _Drafts, checked: Sequence[Checked], seconds: float) -> DraftReport:
    kept, repaired, dropped = (
        sum(getattr(item, name) for item in checked) for name in ("kept", "repaired", "dropped")
    )
    return DraftReport(
        writer=writer,
        model=drafts.model,
        drafted=kept + repaired + dropped,
        kept=kept,
        repaired=repaired,
        dropped=dropped,
        seconds=round(seconds, 2),
        fault=_told(drafts.fault),
    )


def _told(fault: Fault | None) -> str:
    if fault is None:
        return ""
    return f"{fault.message} ({fault.hint})" if fault.hint else fault.message


def _open(name: str, seconds: float) -> AbstractContextManager[Model]:
    return open_model(name, seconds=seconds)


def _audit(brief: Brief, text: str) -> Audit:
    from whichmodel.answering.audit import audit

    return audit(brief, text)


def _audit_judge() -> Judge:
    """The audit's judgement; where one source alone is in question, "It ..." speaks of that one."""
    from whichmodel.answering.audit import judge_sentences

    def judge(brief: Brief, sentences: Sequence[str]) -> list[Claim]:
        numbers = [source.number for source in brief.sources]
        return judge_sentences(brief, sentences, about=numbers[0] if len(numbers) == 1 else None)

    return judge
