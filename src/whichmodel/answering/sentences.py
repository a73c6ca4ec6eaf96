"""Making sentences that say what they rest on."""

from __future__ import annotations

from collections.abc import Collection

from whichmodel.answering.markup import inline
from whichmodel.domain import Sentence, Source, Span


def ours(text: str) -> Sentence:
    """An inference, a definition or arithmetic of ours."""
    return Sentence(text=text, basis="ours")


def left_open(text: str) -> Sentence:
    """Something that the sources do not say."""
    return Sentence(text=text, basis="open")


def sourced(text: str, *spans: Span) -> Sentence:
    """A statement about a source, resting on verbatim spans of it."""
    return Sentence(text=text, basis="source", spans=spans)


def asked(text: str, *spans: Span) -> Sentence:
    """Something that the question itself says; spans have source 0 and field "question"."""
    return Sentence(text=text, basis="question", spans=spans)


def from_card(text: str, *spans: Span) -> Sentence:
    """A statement of our own model card."""
    return Sentence(text=text, basis="card", spans=spans)


def card_sentences(source: Source, said: Collection[str] = ()) -> list[Sentence]:
    """What our own card says of a source, sentence by sentence, but for what was `said` already.

    They stand together; the last one carries the mark for all of them.
    """
    told = []
    for index, statement in enumerate(source.statements):
        if statement.text not in said:
            end = len(statement.text)
            span = Span(
                source=source.number, field=f"statement {index}", start=0, end=end, text=statement.text
            )
            told.append(from_card(f"{inline(statement.text).rstrip('.')}.", span))
    if told:
        last = told[-1]
        marked = f"{last.text.removesuffix('.')} [{source.number}, our card]."
        told[-1] = from_card(marked, *last.spans)
    return told
