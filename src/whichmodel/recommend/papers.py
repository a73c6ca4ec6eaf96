"""Related papers for an Intent: few, and none rather than one that is beside the point.

Only papers whose title names the intent's task, a wider or a narrower one, come into question. They
are ranked by how near their title is to the task's own names, and to the question. Papers about
another medium than the question's ("point cloud", "MRI") are left out.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from whichmodel.catalog import tasks
from whichmodel.catalog.kin import task_family
from whichmodel.catalog.papers import papers
from whichmodel.domain import Intent, Paper, Record, Task
from whichmodel.recommend.search import search
from whichmodel.understand.phrases import find_all, plain

if TYPE_CHECKING:
    from whichmodel.catalog.search import Hit

# How much the likeness to the question counts, beside that to the task.
_QUESTION_SHARE = 0.3
# A title must be this near to one of the task's names; further where it names a wider or narrower task only.
_LEAST_LIKENESS, _LEAST_LIKENESS_OF_KIN = 0.5, 0.6
# Each other task that the title names makes it less about this one, one of another field more so.
_OTHER_TASK, _OTHER_FIELD = 0.05, 0.1
# A task behind these words is the means of a paper, not its subject, unless a "for" stands between.
_MEANS = re.compile(r"\b(?:via|using|through|by|based on)\b(?!.*\bfor\b)", re.IGNORECASE)
_AS_MEANS = 0.2
# Below this score nothing is shown.
_LEAST_SCORE = 0.33
# Nearly every title names these two; they tell nothing.
_COMMON_TASKS = {"visual-features", "language-model"}
_MOST_NAMES = 4
_MOST_LOOKED_AT = 400
# Words of special media and uses. A title with one of them is for those who ask for it.
_SPECIAL = re.compile(
    r"(?<!\w)(?:point[- ](?:clouds?|sets?)|lidar|radar|sonar|slam|odometry|mri|ct|oct|x-ray|medical|clinical"
    r"|surgical|surgery|endoscop\w*|radiolog\w*|radiograph\w*|patholog\w*|histopatholog\w*|cytolog\w*|retina\w*|ultrasound"
    r"|tumou?rs?|cancers?|lesions?|cells?|microscop\w*|biomedical|satellites?|remote sensing|aerial|uavs?|drones?"
    r"|hyperspectral|multispectral|astronom\w*|turbul\w*|quantum|particles?|molecul\w*|protein\w*|graphs?"
    r"|agricultur\w*|crops?|railways?|roads?|driving|vehicles?|traffic|underwater|robot\w*|industrial|mpox|covid\S*"
    r"|federated|recommend\w*|attacks?|adversarial|backdoors?|forensics?|localization|events?|event-based|audio"
    r"|speech|singing|music\w*|dysarthric|elderly|depth|infrared|thermal|stereo|omnidirectional|fisheye|labels?"
    r"|representation learning|knowledge transfer\w*|video understanding|rewards?|polyps?|historical|lacunae"
    r"|handwrit\w*|mr|trajector\w*|data augmentation|embodied)(?!\w)",
    re.IGNORECASE,
)


class Related(Record, frozen=True, kw_only=True):
    """A paper that belongs to a question.

    Args:
        paper: its bibliographic facts.
        score: 0..1; comparable between questions.
        why: one sentence for it, about its title only.
    """

    paper: Paper
    score: float
    why: str


def related_papers(intent: Intent, top: int = 3) -> tuple[Paper, ...]:
    """At most `top` papers on the intent's task, best first; none where none is near enough.

    Raises:
        WeightsError: the sentence encoder is missing or damaged.
    """
    return tuple(found.paper for found in related(intent, top))


def related(intent: Intent, top: int = 3) -> tuple[Related, ...]:
    """As `related_papers`, with score and reason."""
    task = tasks().get(intent.task or "")
    if task is None or top < 1:
        return ()
    of_question = {
        hit.name: hit.score
        for hit in search(intent.question, kind="paper", task=task.id, top=_MOST_LOOKED_AT)
    }
    ranked = []
    for title, hit in _nearest(task.id).items():
        paper = _by_title()[title]
        own = task.id in paper.tasks
        if (hit.similarity or 0) < (_LEAST_LIKENESS if own else _LEAST_LIKENESS_OF_KIN):
            continue
        if not _special(title) <= _special(f"{intent.question} {' '.join(_names(task))} {task.definition}"):
            continue
        score = (1 - _QUESTION_SHARE) * hit.score + _QUESTION_SHARE * of_question.get(title, 0.0)
        score -= _strayed(paper, task)
        if score >= _LEAST_SCORE:
            ranked.append((score, paper))
    ranked.sort(key=lambda item: (-item[0], item[1].title))
    return tuple(
        Related(paper=paper, score=round(score, 3), why=_why(paper, task)) for score, paper in ranked[:top]
    )


@cache
def _nearest(id: str) -> dict[str, Hit]:
    """The papers of a task's family by title, each with its best hit among the task's names."""
    task = tasks()[id]
    best: dict[str, Hit] = {}
    for name in _names(task):
        for hit in search(name, kind="paper", task=task.id, top=_MOST_LOOKED_AT):
            if hit.name not in best or hit.score > best[hit.name].score:
                best[hit.name] = hit
    return best


def _strayed(paper: Paper, task: Task) -> float:
    """What is taken off where the title is about something else as well, or uses the task as a means."""
    others = set(paper.tasks) - _COMMON_TASKS - {task.id, *task.parents}
    off = sum(_OTHER_TASK if tasks()[other].field == task.field else _OTHER_FIELD for other in others)
    places = _places(paper.title, _named(paper, task))
    means = _MEANS.search(paper.title)
    return off + (_AS_MEANS if means and places and means.start() < places[0][0] else 0.0)


def _named(paper: Paper, task: Task) -> Task:
    """The task itself where the title names it, else the nearest one that it names."""
    family = task_family(task.id)
    id = task.id if task.id in paper.tasks else next(other for other in paper.tasks if other in family)
    return tasks()[id]


def _places(title: str, task: Task) -> list[tuple[int, int]]:
    """Where a title names a task, in order."""
    found = find_all((*task.cues.term, *task.synonyms, task.name), plain(title))
    return sorted((start, end) for _, start, end in found)


def _names(task: Task) -> tuple[str, ...]:
    # Synonyms are phrases of a small language: what is no plain word is left out.
    written = (re.sub(r"\^[\d.]+|\*|\|\S+", "", name).strip() for name in (task.name, *task.synonyms))
    return tuple(dict.fromkeys(name for name in written if name and ".." not in name))[:_MOST_NAMES]


@lru_cache(maxsize=16384)
def _special(text: str) -> set[str]:
    return {match[0].casefold().rstrip("s") for match in _SPECIAL.finditer(text)}


def _why(paper: Paper, task: Task) -> str:
    named = _named(paper, task)
    places = _places(paper.title, named)
    start, end = max(places, key=lambda place: place[1] - place[0], default=(0, 0))
    words = f"“{paper.title[start:end]}”" if places else named.name.lower()
    kin = "" if named.id == task.id else f", which is near to {task.name.lower()}"
    return f"Its title names {words}{kin}."


@cache
def _by_title() -> dict[str, Paper]:
    return {paper.title: paper for paper in papers()}
