"""What an entry of another catalog says, before it is a card; and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from whichmodel.catalog.imports.words import nearest, scale_in
from whichmodel.catalog.load import tasks
from whichmodel.catalog.outside import is_control, printable
from whichmodel.domain import InputError, ModelCard, Record, Statement, from_data

_ORDER = ("task", "method", "training", "strength", "limit", "speed", "licence")
_WEB = re.compile(r"https?://[^\s/<>\"'`\\]+(?:/[^\s<>\"`\\]*)?")
_BLANKS = re.compile("[ \\t\\r\\n\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_LONGEST = 2000
_MOST_ITEMS = 200


class Problem(Record, frozen=True, kw_only=True):
    """Something wrong with a file or one of its entries.

    Args:
        file: its name.
        message: what is wrong.
        hint: what to do.
        line: the line of the entry or of the field, where it is known.
        entry: number of the entry, from 1.
    """

    file: str
    message: str
    hint: str = ""
    line: int | None = None
    entry: int | None = None


@dataclass(slots=True)
class Draft:
    """One entry as it was read.

    Args:
        file, line, number: where it stands.
        name: of the model, "" where it has none.
        tasks: what its task can be; more than one where its words leave that open.
        fields: of the card to be, all but the task.
        whole: whether it says everything that a card holds (our own format).
        prose: whether it has sentences of others, which are not copied.
        problems: what is wrong; with `bars` set it cannot become a card.
        open_task: what is wrong with the task; it does not matter for a model that is known already.
    """

    file: str
    line: int | None
    number: int
    name: str = ""
    tasks: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    whole: bool = False
    prose: bool = False
    bars: bool = False
    problems: list[Problem] = field(default_factory=list)
    open_task: Problem | None = None

    def wrong(self, message: str, *, hint: str = "", line: int | None = None, bars: bool = True) -> None:
        """Note a problem of this entry."""
        self.problems.append(self.problem(message, hint=hint, line=line))
        self.bars = self.bars or bars

    def problem(self, message: str, *, hint: str = "", line: int | None = None) -> Problem:
        """A problem at the place of this entry."""
        named = f"{self.name}: " if self.name else ""
        return Problem(
            file=self.file,
            message=printable(named + message),
            hint=printable(hint),
            line=line or self.line,
            entry=self.number,
        )

    def text(self, key: str, value: object, *, line: int | None = None) -> str:
        """A field as one line of text, blanks put in order; "" where it is absent or wrong."""
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(f"`{key}` is to be text, not {_kind(value)}", line=line)
            return ""
        text = _BLANKS.sub(" ", value).strip()
        if any(is_control(character) for character in text):
            self.wrong(
                f"`{key}` holds control characters: {text}", hint="remove the invisible characters", line=line
            )
            return ""
        if len(text) > _LONGEST:
            self.wrong(f"`{key}` is longer than {_LONGEST} characters", line=line)
            return ""
        return text

    def address(self, key: str, value: object, *, line: int | None = None) -> str:
        """A field as a web address; "" where it is absent or wrong."""
        text = self.text(key, value, line=line)
        if text and not _WEB.fullmatch(text):
            self.wrong(f"`{key}` is no web address: {text}", hint="it begins with https://", line=line)
            return ""
        return text

    def state(self, about: str, text: str, locator: str) -> None:
        """Add one sentence that another catalog states."""
        sentence = {"about": about, "text": text, "kind": "stated", "locator": locator}
        self.fields.setdefault("statements", []).append(sentence)

    def read_scale(self, locator: str) -> None:
        """The factor that the name spells out, where the task gives larger pictures."""
        if any(tasks()[id].size == "larger" for id in self.tasks):
            scale = scale_in(self.name)
            if scale is not None:
                self.fields["scale"] = scale
                factor = "by any factor" if scale == "any" else f"{scale} times each way"
                self.state("task", f"By its name it enlarges {factor}.", locator)

    def card(self) -> ModelCard | None:
        """The card, or `None` with the reasons among the problems."""
        if self.bars or len(self.tasks) != 1:
            return None
        data = {**self.fields, "name": self.name, "task": self.tasks[0]}
        data["statements"] = sorted(
            data.get("statements", ()), key=lambda item: _ORDER.index(item.get("about", "method"))
        )
        try:
            card = from_data(ModelCard, data, where=f"the entry {self.name}")
        except InputError as error:
            self.wrong(error.message, hint=error.hint)
            return None
        for problem in card_problems(card):
            self.wrong(problem)
        return None if self.bars else card


def card_problems(card: ModelCard) -> Iterator[str]:
    """What the catalog refuses in a card although each field has the right type."""
    if card.task not in tasks():
        close = nearest(card.task, "words")
        yield f"there is no task called {card.task}" + (f"; nearest: {', '.join(close)}" if close else "")
    if not card.statements:
        yield "it has no statements"
    for statement in card.statements:
        yield from _statement_problems(statement)
    if isinstance(card.scale, int | float) and not 1 <= card.scale <= 64:
        yield f"a factor of {card.scale} is no factor of enlargement"
    if len({link.kind for link in card.links}) < len(card.links):
        yield "two links of the same kind; a card holds one of each"
    for link in card.links:
        if not _WEB.fullmatch(link.url):
            yield f"the {link.kind} link is no web address: {link.url}"
    if max(len(card.statements), len(card.trained_on), len(card.suits), len(card.corrections)) > _MOST_ITEMS:
        yield f"a list of more than {_MOST_ITEMS} values"
    texts = (card.name, card.variant, *card.trained_on, *card.suits, *card.corrections)
    texts += (card.paper_title or "", card.licence or "", card.weights or "")
    texts += tuple(text for item in card.statements for text in (item.text, item.locator))
    for text in texts:
        if any(is_control(character) for character in text):
            yield f"control characters in {text!r}"
        elif len(text) > _LONGEST:
            yield f"a text of more than {_LONGEST} characters: {text[:40]}…"


def listed(names: list[str]) -> str:
    """Names in a sentence.

    >>> listed(["A", "B", "C"])
    'A, B and C'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _statement_problems(statement: Statement) -> Iterator[str]:
    if not statement.locator or not statement.text.endswith("."):
        yield f"no whole sentence with a locator: {statement.text!r}"
    if "{" in statement.text:
        yield f"unknown placeholder in {statement.text!r}"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
