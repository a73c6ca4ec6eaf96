"""The verdict on one claim: first what can be proved, then what was weighed.

What can be proved: a quotation that no source has, a number or a name from outside, a sum that does not come out, a
passage that says the opposite in nearly the same words. No mark excuses these. The rest is weighed by the forest.
"""

from __future__ import annotations

from dataclasses import dataclass

from whichmodel.answering.audit.forest import Forest, forest
from whichmodel.answering.audit.ground import Ground
from whichmodel.answering.audit.grounded import says_only_where
from whichmodel.answering.audit.quotations import Quotation, passage_of
from whichmodel.answering.audit.signals import Signals
from whichmodel.answering.audit.statements import Statement
from whichmodel.domain import Span
from whichmodel.domain.audit import Verdict

GOOD = 0.5
_CLOSE = 0.6
_VERBATIM = 0.75
_QUOTED = 0.5
_SHORTEST_QUOTATION = 3
_NEAR_SPAN = 0.3


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, the closest piece of the evidence, the reason, and the weight that the forest gave."""

    verdict: Verdict
    span: Span | None
    why: str
    good: float


def decide(statement: Statement, signals: Signals, ground: Ground, weigher: Forest | None = None) -> Judged:
    """The verdict on a statement of which the signals were measured; `weigher` replaces the shipped forest."""
    good = (weigher or forest()).good(signals.values)
    proved = _proved(statement, signals, ground)
    span = _span(statement, signals, ground)
    if proved is not None:
        return Judged(proved[0], span, proved[1], 0.0)
    if statement.marks:
        what = "marked as our inference" if "ours" in statement.marks else "says what the sources leave open"
        return Judged("marked inference", span, what, 1.0)
    if says_only_where(statement, ground):
        if signals.says_open and not signals.quoted:
            return Judged("marked inference", span, "says what the sources leave open", 1.0)
        return Judged("supported", span, "only quotes and names the sources", 1.0)
    if good >= GOOD:
        if signals.hedged or signals.says_open:
            return Judged("marked inference", span, "says itself that it goes beyond the text", good)
        return Judged("supported", span, "the text says it", good)
    return Judged("unsupported", span, _why_not(signals), good)


def _proved(statement: Statement, signals: Signals, ground: Ground) -> tuple[Verdict, str] | None:
    """A fault that can be named, or None."""
    if signals.false_quotes:
        return "unsupported", f'nothing given says "{_short(signals.false_quotes[0])}"'
    misplaced = _misplaced(statement, signals, ground)
    if misplaced:
        return "contradicted", misplaced
    if signals.wrong_sums:
        return "contradicted", f"{signals.wrong_sums[0]} does not come out"
    if signals.outside_numbers:
        number = signals.outside_numbers[0]
        if signals.own.exact >= _QUOTED and signals.subject.about != "question" and signals.subject.sources:
            return "contradicted", f"the closest passage has another number than {number}"
        return "unsupported", f"the number {number} is not in the prompt"
    if signals.outside_names:
        return "unsupported", f"{signals.outside_names[0]} is not in the prompt"
    return _opposed(statement, signals)


def _opposed(statement: Statement, signals: Signals) -> tuple[Verdict, str] | None:
    values, opposed = signals.values, signals.opposition
    if signals.quoted >= _QUOTED or "open" in statement.marks:
        return None
    verbatim = signals.own.exact >= _VERBATIM
    if values["counted differently"]:
        return "contradicted", "the closest passage has another number"
    if verbatim and opposed.negated >= _CLOSE and opposed.shared >= _VERBATIM:
        return "contradicted", "one of the two is negated, the other is not"
    if opposed.opposite >= _CLOSE and signals.own.exact >= _CLOSE:
        return "contradicted", "the closest passage says the opposite"
    if opposed.swapped and verbatim:
        return "contradicted", "two things have changed places"
    return None


def _misplaced(statement: Statement, signals: Signals, ground: Ground) -> str:
    """A quotation that another source has than the one it is cited from."""
    wanted = set(statement.cites) or (set(signals.subject.sources) if signals.subject.named else set())
    if not wanted:
        return ""
    for quotation in ground.quotable.quotations(statement.text):
        if (
            quotation.words >= _SHORTEST_QUOTATION
            and quotation.found_in
            and not quotation.found_in & (wanted | {0})
        ):
            where = min(quotation.found_in)
            return f'"{_short(statement.text[quotation.start : quotation.end])}" is said by [{where}]'
    return ""


def _span(statement: Statement, signals: Signals, ground: Ground) -> Span | None:
    quotations: list[Quotation] = ground.quotable.quotations(statement.text)
    for quotation in quotations:
        for number in sorted(quotation.found_in):
            quote = statement.text[quotation.start : quotation.end]
            passage = passage_of(quote, ground.evidence.by_source.get(number, []))
            if passage is not None and quotation.words >= _SHORTEST_QUOTATION:
                return passage.span()
    for cover in (signals.own, signals.every):
        near = max(cover.exact, cover.soft, cover.kin) >= _NEAR_SPAN
        if cover.best is not None and cover.best.field != "task" and near:
            return cover.best.span()
    return None


def _why_not(signals: Signals) -> str:
    about = signals.subject.about
    if signals.values["is bare"]:
        return "of this model only the name is given"
    if about == "joint":
        return "no source says this of the whole"
    if signals.values["gap"] > 0.15 and signals.subject.sources:
        return "said elsewhere, not of this source"
    if signals.values["enabling"] and signals.values["asked soft"] > signals.values["own soft all"]:
        return "no source says that it brings this about"
    return "the text does not say it"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
