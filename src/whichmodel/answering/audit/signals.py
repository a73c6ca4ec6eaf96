"""What can be measured of a claim against the evidence, as numbers from which the verdict is weighed.

Each signal is of general meaning: coverage by the text of the one spoken of, by the whole brief, by the question;
numbers, names and quotations that are not there; hedges; signs of opposition. None knows a word of a task.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

from whichmodel.answering.audit.about import Subject
from whichmodel.answering.audit.coverage import Cover, cover
from whichmodel.answering.audit.evidence import QUESTION, Evidence, Passage, Text
from whichmodel.answering.audit.figures import assumed_from, spelt_differently, unstated, wrong_sums
from whichmodel.answering.audit.ground import Ground
from whichmodel.answering.audit.opposition import Opposition, opposition
from whichmodel.answering.audit.quotations import Quotation
from whichmodel.answering.audit.statements import Statement
from whichmodel.answering.audit.words import lexicon

_MOST_SOURCES = 12


@dataclass(frozen=True, slots=True)
class Signals:
    """The measures of one claim; `values` are those that the learned weights read."""

    values: dict[str, float]
    subject: Subject
    own: Cover
    every: Cover
    opposition: Opposition
    outside_names: tuple[str, ...] = ()
    outside_numbers: tuple[str, ...] = ()
    false_quotes: tuple[str, ...] = ()
    wrong_sums: tuple[str, ...] = ()
    quoted: float = 0.0
    hedged: bool = False
    says_open: bool = False
    passages: list[Passage] = field(default_factory=list)


def measure(statement: Statement, subject: Subject, ground: Ground) -> Signals:
    """All signals of one claim."""
    evidence, lists = ground.evidence, lexicon()
    sentence = statement.claim
    claim = Text(sentence)
    skip = _named(claim, sentence, ground)
    every = cover(claim, evidence.everything, skip)
    asked = cover(claim, evidence.by_source[QUESTION], skip)
    defined = cover(claim, ground.definition, skip)
    numbers = subject.sources or (_closest_source(claim, evidence, skip) if subject.about == "open" else ())
    bare = bool(numbers) and all(evidence.is_bare(number) for number in numbers)
    passages = _pool(subject, numbers, ground)
    own = cover(claim, passages, skip)
    against = own.best
    opposed = opposition(
        claim, against if against is not None and against.field not in ("name", "task") else None
    )
    quotations = ground.quotable.quotations(statement.text)
    missing = unstated(claim, ground.values)
    assumes = assumed_from(sentence)
    if assumes is not None:
        missing = [number for number in missing if number.start < assumes]
    in_own = {number.value for passage in passages for number in passage.numbers}
    not_own = unstated(claim, in_own) if passages and numbers and assumes is None else []
    outside = tuple(ground.known.outside(statement.text))
    false = ground.quotable.false(statement.text)
    open_said, hedged = bool(lists.open.search(sentence)), bool(lists.hedge.search(sentence))
    enabling = len(lists.enable.findall(sentence))
    praising = len(lists.praise.findall(sentence))
    about = subject.about
    count = len(claim.words)
    in_own_stems = frozenset().union(*(passage.stems for passage in passages)) if passages else frozenset()
    asked_stems = frozenset().union(*(passage.stems for passage in evidence.by_source[QUESTION]))
    bridge = (
        sum(word.stem in asked_stems and word.stem not in in_own_stems for word in claim.words)
        if about != "question"
        else 0
    )
    values = {
        "own exact": own.exact,
        "own exact all": own.exact_all,
        "own soft": own.soft,
        "own soft all": own.soft_all,
        "own weak": own.weak,
        "own lowest": own.lowest,
        "own whole": own.whole,
        "own kin": own.kin,
        "own kin all": own.kin_all,
        "own kin weak": own.kin_weak,
        "every kin": every.kin_all,
        "every kin weak": every.kin_weak,
        "missing": min(own.missing, 6) / 6,
        "absent": min(own.absent, 8) / 8,
        "absent every": min(every.absent, 8) / 8,
        "missing every": min(every.missing, 6) / 6,
        "asked kin": asked.kin_all,
        "near negated": opposed.negated * (own.exact > 0.75),
        "swapped": opposed.swapped,
        "mixed": opposed.mixed * (own.exact > 0.75),
        "shared negated": opposed.negated * (opposed.shared > 0.7),
        "near opposite": opposed.opposite * (own.exact > 0.6),
        "near exchanged": opposed.exchanged * (own.exact > 0.85),
        "question weak": own.weak * (about == "question"),
        "question kin weak": own.kin_weak * (about == "question"),
        "question absent": min(own.absent, 8) / 8 * (about == "question"),
        "mass": min(own.mass, 6) / 6,
        "mass every": min(every.mass, 6) / 6,
        "pairs": own.pairs,
        "pairs every": every.pairs,
        "question pairs": own.pairs * (about == "question"),
        "bridge": min(bridge, 4) / 4,
        "every exact": every.exact_all,
        "every soft": every.soft_all,
        "every weak": every.weak,
        "gap": every.soft_all - own.soft_all,
        "asked soft": asked.soft_all,
        "asked exact": asked.exact_all,
        "defined soft": defined.soft_all,
        "is question": float(about == "question"),
        "is joint": float(about == "joint"),
        "is outside": float(about == "outside"),
        "is open": float(about == "open"),
        "is bare": float(bare and about != "question"),
        "bare soft": own.soft_all * (bare and about != "question"),
        "question soft": max(asked.soft_all, own.soft_all) * (about == "question"),
        "source soft": own.soft_all * (bool(numbers) and not bare and about != "question"),
        "several": float(len(numbers) > 1),
        "enabling": min(enabling, 3) / 3,
        "praise": min(praising, 3) / 3,
        "user named": float(about == "source" and _speaks_of_user(sentence)),
        "hedged": float(hedged),
        "says open": float(open_said),
        "negated": opposed.negated,
        "opposite": opposed.opposite,
        "exchanged": opposed.exchanged,
        "numbers outside": min(len(missing), 2) / 2,
        "numbers not own": min(len(not_own), 2) / 2,
        "counted differently": float(spelt_differently(claim, own.best, in_own)),
        "names outside": min(len(outside), 2) / 2,
        "false quotes": float(bool(false)),
        "quoted": _quoted_share(quotations, statement.text),
        "length": log(1 + count),
        "short": float(count <= 4),
        "fragment": float(statement.block.kind == "bullet" and not sentence.rstrip().endswith((".", "!"))),
    }
    return Signals(
        values=values,
        subject=Subject(subject.about, tuple(numbers), subject.named),
        own=own,
        every=every,
        opposition=opposed,
        outside_names=outside,
        outside_numbers=tuple(sentence[number.start : number.end] for number in missing),
        false_quotes=tuple(false),
        wrong_sums=tuple(wrong_sums(sentence)),
        quoted=values["quoted"],
        hedged=hedged,
        says_open=open_said,
        passages=passages,
    )


def _named(claim: Text, sentence: str, ground: Ground) -> frozenset[int]:
    """Words that only name the one spoken of: they need no evidence."""
    mentions = ground.names.mentions(sentence)
    return frozenset(
        index
        for index, word in enumerate(claim.words)
        if any(mention.start <= word.start < mention.end for mention in mentions)
    )


def _pool(subject: Subject, numbers: tuple[int, ...], ground: Ground) -> list[Passage]:
    evidence = ground.evidence
    if subject.about == "question":
        passages = [*evidence.by_source[QUESTION], *ground.definition]
        for number in numbers:
            passages += evidence.by_source[number]
        return passages
    passages = []
    for number in numbers:
        passages += evidence.by_source.get(number, [])
        if evidence.is_bare(number):
            passages += ground.definitions.get(number, [])
    if passages:
        return passages
    return evidence.everything if subject.about in ("joint", "open") else []


def _closest_source(claim: Text, evidence: Evidence, skip: frozenset[int]) -> tuple[int, ...]:
    """Whose text a sentence without a subject is closest to: a sentence is about one thing."""
    if not claim.words:
        return ()
    shared = sorted(
        evidence.by_source,
        key=lambda number: -sum(word.weight for word in claim.words if word.stem in evidence.stems[number]),
    )[:_MOST_SOURCES]
    scored = [(cover(claim, evidence.by_source[number], skip), number) for number in shared]
    best = max(
        scored, key=lambda item: item[0].soft + 0.5 * item[0].soft_all + 0.2 * item[0].whole, default=None
    )
    return (best[1],) if best is not None and best[1] != QUESTION else ()


def _speaks_of_user(sentence: str) -> bool:
    lowered = f" {sentence.lower()} "
    return any(word in lowered for word in (" user", " you ", " your ", " you."))


def _quoted_share(quotations: list[Quotation], text: str) -> float:
    inside = sum(quotation.end - quotation.start for quotation in quotations if quotation.found_in)
    return inside / max(len(text), 1)
