"""Words in quotation marks: whether the evidence has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from whichmodel.answering.audit.evidence import Passage
from whichmodel.domain import Brief
from whichmodel.understand.phrases import plain

_QUOTE = re.compile(r'"([^"\n]{2,1200})"|“([^”\n]{2,1200})”|„([^“”\n]{2,1200})[“”]')
# What a writer may put into a quotation or leave out: "sampl[ing]", "[a network ...]", "...".
_CUT = re.compile(r"\[[^\[\]]{0,300}\]|…|\.\.\.|\(\.\.\.\)")
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Quotation:
    """`text[start:end]`, the words between quotation marks, and the sources that have them (0: the question)."""

    start: int
    end: int
    words: int
    found_in: frozenset[int]


class Quotable:
    """The evidence in a form in which quotations are found whatever their spaces, capitals and hyphens."""

    def __init__(self, brief: Brief) -> None:
        self._texts = {0: _flat(brief.question)}
        for source in brief.sources:
            said = " ¦ ".join(statement.text for statement in source.statements)
            self._texts[source.number] = _flat(f"{source.name} ¦ {source.summary} ¦ {said}")

    def quotations(self, text: str) -> list[Quotation]:
        """The quotations of a text; those of one or two words are found too."""
        found = []
        for match in _QUOTE.finditer(text):
            group = next(index for index in (1, 2, 3) if match[index] is not None)
            inner = match[group]
            parts = [part for part in (_flat(part) for part in _CUT.split(inner)) if part.strip(" .,;:")]
            where = frozenset(
                number
                for number, whole in self._texts.items()
                if parts and all(part.strip(" .,;:!?") in whole for part in parts)
            )
            found.append(Quotation(*match.span(group), words=len(inner.split()), found_in=where))
        return found

    def false(self, text: str) -> list[str]:
        """Quotations of at least three words that nothing in the evidence says."""
        return [
            text[quotation.start : quotation.end]
            for quotation in self.quotations(text)
            if not quotation.found_in and quotation.words >= _SHORTEST
        ]


def passage_of(quotation: str, passages: list[Passage]) -> Passage | None:
    """The passage in which a quotation stands or begins."""
    wanted = _flat(quotation)[:60]
    return next((passage for passage in passages if wanted in _flat(passage.text)), None)


def _flat(text: str) -> str:
    return re.sub(r"[\s\-_*`\\]+", " ", plain(text)).strip()
