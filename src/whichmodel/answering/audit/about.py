"""What a statement of an answer is about, from its own words and from what it stands under."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from whichmodel.answering.audit.blocks import Block
from whichmodel.answering.audit.names import KnownNames
from whichmodel.answering.audit.plain_text import to_plain
from whichmodel.answering.audit.statements import Statement
from whichmodel.answering.audit.subjects import Names, about_question, begins_with_user, is_joint

About = Literal["question", "source", "joint", "outside", "open"]
_ASKED = re.compile(r"^\W*(?:inputs?|outputs?|task|the task|in numbers)\b", re.IGNORECASE)
_TASK_HEADING = re.compile(r"\btask\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"^\W*(?:it|its|they|their|this|these|those|such|here|the (?:model|method|paper|authors?|work|"
    r"study|approach|network|system|framework)|both|by|using|also)\b",
    re.IGNORECASE,
)


# The name of the one spoken of stands in front.
_FRONT = 60
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about.

    Args:
        about: the question (task, user, what goes in and comes out), sources, several things put together, or nothing
            that is named; `"outside"` where it is about a name that the brief does not have.
        sources: numbers of the sources spoken of, at most a few.
        named: the statement names them itself; else they are taken from what it stands under.
    """

    about: About
    sources: tuple[int, ...] = ()
    named: bool = False


class Context:
    """Follows an answer from statement to statement."""

    def __init__(self, names: Names, known: KnownNames) -> None:
        self._names = names
        self._known = known
        self._of_block: dict[int, Subject] = {}
        self._of_parents: dict[int, Subject | None] = {}

    def subject(self, statement: Statement) -> Subject:
        """What the statement is about; statements must come in their order."""
        own = self._own(statement)
        if own.about == "open" and not own.sources:
            own = self._inherited(statement)
        self._of_block[id(statement.block)] = own
        return own

    def _own(self, statement: Statement) -> Subject:
        mentioned = [mention.source for mention in self._names.mentions(statement.text)]
        numbers = tuple(dict.fromkeys([*mentioned, *statement.cites]))
        if not numbers and statement.label:
            titled = self._names.by_title(statement.label)
            numbers = (titled,) if titled is not None else ()
        if _ASKED.match(statement.label) or begins_with_user(statement.text):
            return Subject("question", numbers, bool(numbers))
        if is_joint(statement.text) and len(numbers) != 1:
            return Subject("joint", numbers, bool(numbers))
        if numbers:
            return Subject("source", numbers[:4], True)
        if self._known.outside(statement.text[:_FRONT]):
            return Subject("outside", (), True)
        return Subject("question" if about_question(statement.claim) else "open")

    def _inherited(self, statement: Statement) -> Subject:
        block = statement.block
        before = self._of_block.get(id(block)) if statement.index else None
        if before is not None:
            return Subject(before.about, before.sources)
        found = self._of_place(block, statement.urls)
        if found is not None:
            return found
        heading = block.heading.raw if block.heading else ""
        if _TASK_HEADING.search(heading) and "model" not in heading.lower():
            return Subject("question")
        return Subject("open")

    def _of_place(self, block: Block, urls: tuple[str, ...]) -> Subject | None:
        linked = self._names.by_link(urls)
        if linked is not None:
            return Subject("source", (linked,))
        for cell in block.row:
            numbers = self._in_block(cell)
            if numbers:
                return Subject("source", numbers)
        above, depth = block.parent, 0
        while above is not None and depth < _DEEPEST:
            found = self._of_parent(above)
            if found is not None:
                return found
            above, depth = above.parent, depth + 1
        return None

    def _of_parent(self, block: Block) -> Subject | None:
        """What a block above says its blocks are about; worked out once."""
        if id(block) not in self._of_parents:
            numbers = self._in_block(block)
            found = Subject("source", numbers) if numbers else None
            if found is None and self._known.outside(to_plain(block.lines[:1]).text[:_FRONT]):
                found = Subject("outside")
            self._of_parents[id(block)] = found
        return self._of_parents[id(block)]

    def _in_block(self, block: Block) -> tuple[int, ...]:
        plain = to_plain(block.lines[:3])
        mentioned = [mention.source for mention in self._names.mentions(plain.text[:600])]
        numbers = tuple(dict.fromkeys([*mentioned, *(number for _, number in plain.cites)]))
        if numbers:
            return numbers[:2]
        titled = self._names.by_title(plain.text[:200])
        linked = self._names.by_link(url for _, url in plain.urls)
        found = titled if titled is not None else linked
        return (found,) if found is not None else ()
