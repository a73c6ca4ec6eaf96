"""Every drafted sentence, judged against the evidence: kept, repaired from the built-in answer, or dropped.

A sentence is kept where the audit finds it supported by a source that its slot may rest on (or by the
question), or where it says again what the built-in answer marks as ours or open. A mark of the model's
own counts for nothing. Whatever else fails is replaced by the built-in sentence on the same ground, if
the slot has one that is not used yet, and is dropped otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from whichmodel.answering.audit.words import lexicon
from whichmodel.answering.llm.clean import Known, clean
from whichmodel.answering.llm.evidence import only
from whichmodel.answering.llm.plan import Slot
from whichmodel.answering.llm.prompt import without_marks
from whichmodel.answering.llm.weave import copies, covers, nearest, same, stays_whole, weave
from whichmodel.answering.markup import inline
from whichmodel.domain import Brief, Claim, Sentence, Source, Span

Judge = Callable[[Brief, Sequence[str]], list[Claim]]


@dataclass(slots=True, eq=False)
class Checked:
    """What became of the drafted sentences of one slot.

    Args:
        sentences: what the slot holds now; empty where nothing of the draft was of use.
        told: drafted sentences and those that replace drafted ones, in the order drafted.
        why: for each sentence that was not kept, the sentence and the reason.
    """

    slot: Slot
    sentences: list[Sentence] = field(default_factory=list)
    told: list[Sentence] = field(default_factory=list)
    kept: int = 0
    repaired: int = 0
    dropped: int = 0
    why: list[tuple[str, str]] = field(default_factory=list)

    @property
    def drafted(self) -> list[Sentence]:
        """Those of `told` that the model drafted."""
        return [sentence for sentence in self.told if sentence not in self.slot.builtin]

    def refuse(self, sentence: Sentence, why: str) -> None:
        """Take out a drafted sentence that was kept."""
        self.told.remove(sentence)
        self.kept -= 1
        self.dropped += 1
        self.why.append((sentence.text, why))
        self.sentences = weave(self.slot, self.told)


class Checker:
    """Judges the drafts of one answer.

    Args:
        brief: the evidence without what speaks to a model; spans point into it.
        slots: the plan.
        judge: the audit's judgement of sentences against a brief.
    """

    def __init__(self, brief: Brief, slots: Sequence[Slot], judge: Judge) -> None:
        self._brief = brief
        self._judge = judge
        builtin = [sentence for slot in slots for sentence in slot.builtin]
        self._ours = [sentence for sentence in builtin if sentence.basis in ("ours", "open", "question")]
        self._plan = Brief(
            question=brief.question,
            models=(),
            papers=(_as_source(self._ours),) if self._ours else (),
        )
        self._known = {slot.id: Known(only(brief, slot.sources), slot.builtin) for slot in slots}
        self._said: list[str] = []

    def check(self, slot: Slot, drafted: Sequence[str]) -> Checked:
        """Judge what was drafted for one slot."""
        checked = Checked(slot)
        unused = list(slot.builtin)
        for text, sentence, why in self._judged(slot, drafted):
            if sentence is not None:
                why = self._needless(slot, text, checked.kept)
            if sentence is not None and not why:
                checked.kept += 1
                checked.told.append(sentence)
                self._said.append(text)
                unused = [other for other in unused if not same(text, without_marks(other.text))]
                continue
            checked.why.append((text, why))
            repair = nearest(text, unused)
            if repair is None:
                checked.dropped += 1
                continue
            unused.remove(repair)
            checked.repaired += 1
            checked.told.append(repair)
        checked.sentences = weave(slot, checked.told)
        return checked

    def _needless(self, slot: Slot, text: str, kept: int) -> str:
        """Why a sentence that may be kept is not needed; empty where it is."""
        if kept >= slot.most:
            return "the place is full"
        if any(copies(text, item) for item in slot.builtin):
            return "it is the built-in sentence without its quotation marks"
        staying = [item for item in slot.builtin if stays_whole(slot) and not covers(text, item)]
        said = [*self._said, *(without_marks(item.text) for item in staying)]
        return "it says again what is said already" if any(same(text, other) for other in said) else ""

    def _judged(self, slot: Slot, drafted: Sequence[str]) -> list[tuple[str, Sentence | None, str]]:
        """Each sentence with what it becomes, or with the reason why it cannot stay."""
        cleaned = []
        for raw in drafted:
            text, why = clean(raw)
            cleaned.append((text, why or self._known[slot.id].outside(text)))
        fine = [text for text, why in cleaned if not why]
        claims = (
            dict(zip(fine, self._judge(only(self._brief, slot.sources), fine), strict=True)) if fine else {}
        )
        return [
            (text, *((None, why) if why else self._becomes(slot, text, claims[text])))
            for text, why in cleaned
        ]

    def _becomes(self, slot: Slot, text: str, claim: Claim) -> tuple[Sentence | None, str]:
        why = claim.why or f"judged {claim.verdict}"
        if claim.verdict == "contradicted":
            return None, why
        says_open = bool(lexicon().open.search(text))
        if claim.verdict == "supported" and not says_open:
            if claim.span is None:
                return Sentence(text=inline(text), basis="ours"), ""
            if self._holds(claim.span, slot):
                return self._resting_on(text, claim.span), ""
            why = "it rests on a source of another place"
        again = self._again(slot, text, says_open)
        return (again, "") if again else (None, why)

    def _again(self, slot: Slot, text: str, says_open: bool) -> Sentence | None:
        """The sentence, where it says what the built-in answer says as ours, as open or of the question."""
        near = nearest(text, self._ours)
        if near is None or (near.basis == "open") is not says_open:
            return None
        if near.basis == "question" and slot.id.startswith(("step-", "paper-")):
            return None
        if self._judge(self._plan, [text])[0].verdict not in ("supported", "marked inference"):
            return None
        return Sentence(
            text=inline(text), basis=near.basis, spans=near.spans if near.basis == "question" else ()
        )

    def _holds(self, span: Span, slot: Slot) -> bool:
        """Whether a span is of a source that the slot may rest on and is there, word for word."""
        if span.source == 0 and slot.id.startswith(("step-", "paper-")):
            return False  # what a source does is never told by the question
        if span.source != 0 and span.source not in slot.sources:
            return False
        text = _field(self._brief, span)
        return text is not None and bool(span.text.strip()) and text[span.start : span.end] == span.text

    def _resting_on(self, text: str, span: Span) -> Sentence:
        shown = inline(text)
        if span.source == 0:
            return Sentence(text=shown, basis="question", spans=(span,))
        source = next(source for source in self._brief.sources if source.number == span.source)
        where = ""
        if span.field == "name":
            where = ", title" if source.kind == "paper" or " " in source.name.strip() else ", name"
        elif span.field.startswith("statement"):
            where = ", our card"
        mark = f" [{span.source}{where}]"
        cited = f"{shown[:-1]}{mark}{shown[-1]}" if shown[-1] in ".!" else f"{shown}{mark}."
        return Sentence(text=cited, basis="card" if "card" in where else "source", spans=(span,))


def _field(brief: Brief, span: Span) -> str | None:
    if span.source == 0:
        return brief.question if span.field == "question" else None
    for source in brief.sources:
        if source.number == span.source:
            if span.field in ("name", "summary"):
                return source.name if span.field == "name" else source.summary
            number = span.field.removeprefix("statement ")
            if number.isdigit() and int(number) < len(source.statements):
                return source.statements[int(number)].text
    return None


def _as_source(sentences: Sequence[Sentence]) -> Source:
    """Sentences of our own as if they were a source, so that saying them again can be judged."""
    return Source(
        number=1,
        kind="paper",
        name="Plan",
        summary=" ".join(without_marks(sentence.text) for sentence in sentences),
    )
