"""What a candidate is worth for a question, once it is known what it has to do with the wanted tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whichmodel.catalog.lexical import terms
from whichmodel.domain import Paper, Record
from whichmodel.recommending.candidates import Candidate, candidates
from whichmodel.recommending.relation import Relation, relation
from whichmodel.recommending.special import special_uses
from whichmodel.recommending.wanted import Wanted
from whichmodel.understand.phrases import plain

if TYPE_CHECKING:
    from whichmodel.catalog.library import Filters, Library

# What a name of the task adds, by where it stands; of a wider or narrower task it adds half.
_IN_PLACE = {"title": 0.15, "summary": 0.07}
_OF_KIN = 0.5
# Each other task that the title names makes it less about this one, one of another field more so.
_OTHER_TASK, _OTHER_FIELD, _AS_MEANS = 0.03, 0.05, 0.1
# Each special use that was not asked for.
_SPECIAL_USE = 0.1
# A title with the name that was looked for.
_BY_NAME = 0.3
_FEW_WORDS = 2
# Judging reads titles and abstracts; deeper, the first ten stay the same on the judged set.
FIRST = 60


class Judged(Record, frozen=True, kw_only=True):
    """A candidate with what it has to do with the wanted tasks.

    Args:
        paper: what the library holds of it.
        candidate: its row and fused scores.
        relations: to each wanted task, in order.
        unasked: special uses that its title names and the question does not.
        by_name: its title has every word of the question, as where somebody looks for a work by its name;
            where two words mean a task ("remove noise") the title has to hold them as they stand.
        score: fused score with all that taken into account.
    """

    paper: Paper
    candidate: Candidate
    relations: tuple[Relation, ...]
    unasked: frozenset[str]
    by_name: bool
    score: float


def judged(library: Library, wanted: Wanted, *, filters: Filters, most: int = FIRST) -> list[Judged]:
    """The candidates in the order of what they have to do with the wanted tasks; no threshold is applied."""
    found = candidates(library, wanted, filters=filters, most=most)
    papers = library.papers([candidate.row for candidate in found])
    asked = _asked_uses(wanted)
    words = frozenset(terms(wanted.question))
    ranked = [
        _judge(paper, candidate, wanted, asked, words) for paper, candidate in zip(papers, found, strict=True)
    ]
    return sorted(ranked, key=lambda item: (-item.score, item.paper.title))


def _judge(
    paper: Paper, candidate: Candidate, wanted: Wanted, asked: frozenset[str], words: frozenset[str]
) -> Judged:
    relations = tuple(relation(paper, item.task.id) for item in wanted.tasks)
    by_name = bool(words) and words <= set(terms(paper.title)) and _looks_for_a_name(wanted, paper)
    unasked = frozenset[str]() if by_name else special_uses(paper.title) - asked
    score = candidate.score - _SPECIAL_USE * len(unasked) + (_BY_NAME if by_name else 0.0)
    for item, found in zip(wanted.tasks, relations, strict=True):
        score += item.share * _bonus(found, item.task.id)
    return Judged(
        paper=paper, candidate=candidate, relations=relations, unasked=unasked, by_name=by_name, score=score
    )


def _looks_for_a_name(wanted: Wanted, paper: Paper) -> bool:
    if not wanted.tasks or len(terms(wanted.question)) > _FEW_WORDS:
        return True
    return plain(wanted.question).strip() in plain(paper.title)


def _bonus(found: Relation, id: str) -> float:
    if found.named is None or found.place is None:
        return 0.0
    bonus = _IN_PLACE[found.place.field] * (1 if found.named.id == id else _OF_KIN)
    strayed = _OTHER_TASK * found.others + _OTHER_FIELD * found.strangers
    return bonus - strayed - (_AS_MEANS if found.as_means else 0.0)


def _asked_uses(wanted: Wanted) -> frozenset[str]:
    texts = [wanted.question]
    texts += [f"{' '.join(item.names)} {item.task.definition}" for item in wanted.tasks]
    return frozenset[str]().union(*map(special_uses, texts))
