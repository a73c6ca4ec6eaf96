"""Related papers for a question: few, and none rather than one that is beside the point.

The question is understood first; papers are looked for under the field's names of its tasks as well as
under its own words (`recommending.wanted`, `recommending.candidates`), put in order by what they have to do
with these tasks (`recommending.relation`, `recommending.judge`), and shown only above a threshold
(`recommending.threshold`). Every one comes with the words of its title or abstract that it is shown for.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from whichmodel.domain import Intent, Paper, Record
from whichmodel.recommending.relation import Place
from whichmodel.recommending.wanted import wanted_by
from whichmodel.weights import cache_dir

if TYPE_CHECKING:
    from whichmodel.catalog.library import Filters, Library


class Related(Record, frozen=True, kw_only=True):
    """A paper that belongs to a question.

    Args:
        paper: what the library holds of it.
        score: 0..1; comparable between questions.
        why: one sentence for it, about its title or its abstract only.
        place: the words of title or abstract that the sentence rests on.
    """

    paper: Paper
    score: float
    why: str
    place: Place | None = None


def rank(
    library: Library, intent: Intent, *, top: int = 3, filters: Filters | None = None
) -> tuple[Related, ...]:
    """The papers of a library that belong to a question, best first; none where none is near enough.

    Args:
        library: what is searched.
        intent: the question understood (`whichmodel.understand.understand`); where it names no task,
            its words alone are looked for.
        top: how many at most.
        filters: only what passes them.

    Raises:
        WeightsError: the sentence encoder is missing or damaged.
        InputError: the library is damaged.
    """
    # NumPy, the engines and the encoder take a quarter of a second: only those pay who search.
    from whichmodel.catalog.library import EVERYTHING
    from whichmodel.recommending.judge import FIRST, judged
    from whichmodel.recommending.reason import place_of, why
    from whichmodel.recommending.threshold import fits

    if top < 1 or not any(character.isalnum() for character in intent.question):
        return ()
    wanted = wanted_by(intent)
    found = judged(library, wanted, filters=filters or EVERYTHING, most=max(FIRST, 4 * top))
    fitting = [item for item in found if fits(item, wanted)]
    return tuple(
        Related(
            paper=item.paper,
            score=round(min(max(item.score, 0.0), 1.0), 3),
            why=why(item, wanted),
            place=place_of(item, wanted),
        )
        for item in fitting[:top]
    )


def related(intent: Intent, top: int = 3) -> tuple[Related, ...]:
    """Papers of the user's library, else of the shipped bibliography, on the intent's task; see `rank`."""
    from whichmodel.catalog.library.opening import named_library

    if top < 1 or not wanted_by(intent).tasks:
        return ()
    return rank(_library(named_library(), cache_dir() / "library"), intent, top=top)


def related_papers(intent: Intent, top: int = 3) -> tuple[Paper, ...]:
    """As `related`, without score and reason."""
    return tuple(found.paper for found in related(intent, top))


@cache
def _library(name: str | None, folder: Path) -> Library:
    from whichmodel.catalog.library.opening import open_library

    return open_library(name, cache=folder)
