"""Cards from other catalogs: read, checked, compared with what is there, and only then kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from whichmodel.catalog.imports.draft import Draft, Problem
from whichmodel.catalog.imports.files import drafts_of
from whichmodel.catalog.load import cards, tasks
from whichmodel.catalog.outside import printable
from whichmodel.catalog.own import read_folder
from whichmodel.domain import ModelCard, Record

__all__ = ["ImportReport", "Problem", "read_files"]


class ImportReport(Record, frozen=True, kw_only=True):
    """What an import found.

    Args:
        cards: new and good.
        known: how many entries say what the catalog holds already.
        notes: what was passed over, and why.
        problems: what was wrong, in the order of the files.
    """

    cards: tuple[ModelCard, ...]
    known: int
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_files(
    paths: Iterable[Path], *, folder: Path | None = None, weights: Collection[str] | None = None
) -> ImportReport:
    """Read files of other catalogs, and tell good and new cards from all others.

    Args:
        paths: files in any of the three formats.
        folder: where the cards are to go, if that is not the user's own folder.
        weights: ids of the weights that exist; `None` leaves them unchecked.
    """
    there = {name.casefold(): card for name, card in cards().items()}
    if folder is not None:
        for card in read_folder(folder)[0].values():
            there.setdefault(card.name.casefold(), card)
    new: dict[str, tuple[Draft, ModelCard]] = {}
    problems: list[Problem] = []
    notes: list[str] = []
    known = 0
    for path in paths:
        drafts, wrong = drafts_of(path)
        problems += wrong
        for draft in drafts:
            other = there.get(draft.name.casefold()) if draft.name else None
            if other is not None:
                known += _compare(draft, other, notes)
            else:
                _take(draft, new, weights)
            problems += draft.problems
        if any(draft.prose for draft in drafts):
            notes.append(f"{printable(path.name)}: sentences of others (summaries, prose) are not copied")
    found = tuple(card for _, card in new.values())
    return ImportReport(cards=found, known=known, notes=tuple(notes), problems=tuple(problems))


def _take(draft: Draft, new: dict[str, tuple[Draft, ModelCard]], weights: Collection[str] | None) -> None:
    """Keep the card of a draft, unless something is wrong with it."""
    if draft.open_task is not None:
        draft.problems.append(draft.open_task)
    named = draft.fields.get("weights")
    if weights is not None and named is not None and named not in weights:
        draft.wrong(f"there are no weights called {named!r}", hint="`whichmodel weights list` names all")
    if draft.open_task is None:
        card = draft.card()
        first, other = new.get(draft.name.casefold(), (None, None))
        if first is not None:
            same = "with the same content" if card == other else "with other content"
            where = f"line {first.line} of {first.file}" if first.line else first.file
            draft.wrong(f"the name is there twice, {same}; first on {where}", hint="the first one counts")
        elif card is not None:
            new[draft.name.casefold()] = (draft, card)


def _compare(draft: Draft, other: ModelCard, notes: list[str]) -> int:
    """Compare with the card that is there; 1 where it says the same."""
    if draft.bars:
        return 0
    differ = _differences(draft, other)
    if not differ:
        return 1
    told = f"differs from the card in the catalog in {', '.join(differ)}"
    if other.corrections and not draft.whole:
        why = " ".join(other.corrections)
        notes.append(printable(f"{draft.name}: {told}; the catalog corrected it: {why}", 600))
        return 1
    draft.wrong(told, hint="the card in the catalog stays; import yours under another name")
    return 0


def _differences(draft: Draft, other: ModelCard) -> list[str]:
    """Fields in which an entry contradicts a card; what it does not say is no contradiction."""
    if draft.whole:
        card = draft.card()
        if card is None:
            return []
        one, two = (_comparable(item) for item in (card, other))
        return [key for key in one if one[key] != two[key]]
    found = []
    wider = {other.task, *tasks()[other.task].parents}
    if draft.tasks and not wider & set(draft.tasks):
        found.append("task")
    fields = draft.fields
    found += [key for key in ("scale", "licence") if key in fields and fields[key] != getattr(other, key)]
    if "trained_on" in fields and _folded(fields["trained_on"]) != _folded(other.trained_on):
        found.append("trained_on")
    links = {link.kind: _page(link.url) for link in other.links}
    stated = {link["kind"]: _page(link["url"]) for link in fields.get("links", ())}
    found += [f"{kind} link" for kind, url in stated.items() if links.get(kind) != url]
    return found


def _comparable(card: ModelCard) -> dict[str, object]:
    fields = {key: getattr(card, key) for key in card.__struct_fields__}
    for key in ("statements", "links"):
        fields[key] = sorted(fields[key], key=repr)
    return fields


def _folded(names: Sequence[str]) -> set[str]:
    return {re.sub(r"[\W_]+", "", name.casefold()) for name in names}


def _page(url: str) -> str:
    """An address without what only chooses a tab of the page."""
    return url.partition("?tab=")[0].rstrip("/")
