"""Why a paper is shown: the words of its title or abstract that have to do with the question."""

from __future__ import annotations

from whichmodel.catalog.library import spans
from whichmodel.recommending.judge import Judged
from whichmodel.recommending.relation import Place, Relation, abstract_of
from whichmodel.recommending.wanted import Wanted


def place_of(item: Judged, wanted: Wanted) -> Place | None:
    """The words that name the task; else the longest piece that shares words with the question."""
    found = _telling(item)
    if found is not None:
        return found.place
    fields = ("title", "summary") if abstract_of(item.paper) and not item.by_name else ("title",)
    matches = [match for match in spans(wanted.question, item.paper) if match.field in fields]
    if not matches:
        return None
    longest = max(matches, key=lambda match: match.end - match.start)
    return Place(
        field="title" if longest.field == "title" else "summary",
        start=longest.start,
        end=longest.end,
        text=longest.text,
    )


def why(item: Judged, wanted: Wanted) -> str:
    """One sentence about the title or the abstract, and nothing beyond it."""
    place, found = place_of(item, wanted), _telling(item)
    if place is None:
        return "Its text is near to your question in meaning; it shares no word with it."
    where = "title" if place.field == "title" else "abstract"
    verb = "names" if found is not None else "has your words"
    kin = ""
    if found is not None and found.named is not None:
        asked = wanted.tasks[item.relations.index(found)].task
        kin = "" if found.named.id == asked.id else f", which is near to {asked.name.lower()}"
    return f"Its {where} {verb} “{place.text}”{kin}."


def _telling(item: Judged) -> Relation | None:
    """The relation to the likeliest task that the paper names."""
    if item.by_name:
        return None
    return next((found for found in item.relations if found.place is not None), None)
