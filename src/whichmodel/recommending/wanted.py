"""What an Intent looks for among papers: names of tasks in the field's words, and the question itself.

Laypeople's words are not those of papers. Where the question was understood, the names of its tasks
find what its own words do not; where it was not, or not surely, its words count for more.
"""

from __future__ import annotations

import re
from functools import cache

from whichmodel.catalog import tasks
from whichmodel.domain import Intent, Record, Task

# Of all that is looked for, the part of a task that is certain; the rest is the question's own words.
TASK_SHARE = 0.7
# Less likely readings of a question are not looked for.
_LEAST_CONFIDENCE = 0.1
_MOST_TASKS = 3
_MOST_NAMES = 4
_MOST_CHARACTERS = 4000


class WantedTask(Record, frozen=True, kw_only=True):
    """A task that a question may mean.

    Args:
        task: of the ontology.
        share: 0..1, how much it counts; with the share of the question's words they sum to 1.
        names: the field's names for it, each with the medium where that is no part of the task.
    """

    task: Task
    share: float
    names: tuple[str, ...]


class Wanted(Record, frozen=True, kw_only=True):
    """What is looked for.

    Args:
        question: the person's own words.
        tasks: what they may mean, likeliest first; empty where no task is known.
        words: of the media and the damage that the question names, in the field's words.
        sized: a factor of enlargement is written as of pictures ("4x"), or a size in pixels is named.
    """

    question: str
    tasks: tuple[WantedTask, ...]
    words: tuple[str, ...] = ()
    sized: bool = False

    @property
    def question_share(self) -> float:
        """How much the question's own words count."""
        return 1 - sum(wanted.share for wanted in self.tasks)


def wanted_by(intent: Intent) -> Wanted:
    """What a question looks for.

    >>> from whichmodel.understand import understand
    >>> wanted_by(understand("my video is too dark")).tasks[0].names[0]
    'Low-light enhancement'
    """
    known = tasks()
    likely = [
        (candidate.task, candidate.confidence)
        for candidate in intent.candidates
        if candidate.confidence >= _LEAST_CONFIDENCE and candidate.task in known
    ]
    if intent.task in known and intent.task not in [id for id, _ in likely]:
        likely.insert(0, (str(intent.task), 1.0 if not likely else likely[0][1]))
    likely = likely[:_MOST_TASKS] if intent.task in known else []
    total = max(1.0, sum(confidence for _, confidence in likely))
    # Half a character (a lone surrogate) is no text, and what a question says it says in its beginning.
    question = intent.question[:_MOST_CHARACTERS].encode("utf-8", "replace").decode()
    return Wanted(
        question=question,
        tasks=tuple(
            WantedTask(task=known[id], share=TASK_SHARE * confidence / total, names=names_of(id))
            for id, confidence in likely
        ),
        words=tuple(name.replace("-", " ") for name in (*intent.media, *intent.degradations)),
        sized=_is_sized(intent),
    )


def _is_sized(intent: Intent) -> bool:
    # "Three times bigger" may be said of bread.
    written = intent.scale_words is not None and re.search(
        r"\d\s?[x×]|[x×]\s?\d", intent.scale_words.text.lower()
    )
    return intent.pixels is not None or bool(written)


@cache
def names_of(id: str) -> tuple[str, ...]:
    """The names of a task as plain words, its own name first; at most four."""
    task = tasks()[id]
    # Synonyms are phrases of a small language: what is no plain word is left out.
    written = (re.sub(r"\^[\d.]+|\*|\|\S+", "", name).strip() for name in (task.name, *task.synonyms))
    return tuple(dict.fromkeys(name for name in written if name and ".." not in name))[:_MOST_NAMES]
