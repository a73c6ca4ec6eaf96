"""Whether a paper is near enough to a question to be shown at all; if none is, none is shown."""

from __future__ import annotations

from functools import lru_cache

from whichmodel.domain import Task
from whichmodel.recommending.judge import Judged
from whichmodel.recommending.rank import UNSURE
from whichmodel.recommending.relation import abstract_of
from whichmodel.recommending.special import recorded
from whichmodel.recommending.wanted import TASK_SHARE, Wanted
from whichmodel.understand.phrases import find_all, plain

# Below these scores nothing is shown: of a question whose task is known, and of one whose words are all there is.
LEAST_SCORE, LEAST_SCORE_OF_WORDS = 0.42, 0.4
# A title must be this near to one of the task's names; further where it names a wider or narrower task only.
_LEAST_LIKENESS, _LEAST_LIKENESS_OF_KIN = 0.5, 0.6
# With an abstract the vector is of a longer text, whose likeness to a name is less.
_LEAST_LIKENESS_OF_ABSTRACT = 0.3


def fits(item: Judged, wanted: Wanted) -> bool:
    """Whether a paper may be shown.

    One whose title has every word of the question may. Any other must reach a score, and be on no
    special use that was not asked for. Where the task of the question is known, it must be known with some
    confidence, title or abstract must name it or its kin and be near it in meaning, and the question must
    speak of something recorded or computed: fog in a valley is none of a dehazing paper's business.
    """
    if item.by_name:
        return True
    if item.unasked:
        return False
    if not wanted.tasks:
        return item.score >= LEAST_SCORE_OF_WORDS
    if item.score < LEAST_SCORE or not _of_our_world(wanted):
        return False
    if wanted.tasks[0].share < TASK_SHARE * UNSURE:
        return False  # the answer asks back; a paper on a guess would settle what is open
    for place, found in enumerate(item.relations):
        if found.named is None:
            continue
        least = _LEAST_LIKENESS
        if abstract_of(item.paper):
            least = _LEAST_LIKENESS_OF_ABSTRACT
        elif found.named.id != wanted.tasks[place].task.id:
            least = _LEAST_LIKENESS_OF_KIN
        if item.candidate.likeness[place] >= least:
            return True
    return False


def _of_our_world(wanted: Wanted) -> bool:
    if wanted.sized or recorded(wanted.question):
        return True
    return any(_in_terms(wanted.question, item.task) for item in wanted.tasks)


@lru_cache(maxsize=256)
def _in_terms(question: str, task: Task) -> bool:
    """Whether the question uses the field's own terms for a task."""
    return bool(find_all((*task.cues.term, *task.synonyms, task.name), plain(question)))
