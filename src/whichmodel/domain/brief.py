"""A Brief: a question with the models recommended and the papers found for it.

A Brief is the whole evidence of an answer. It comes from a prompt that somebody else wrote, or from
our own catalog; the writer does not know the difference.
"""

from __future__ import annotations

from typing import Literal

from whichmodel.domain.card import Link, Scale, Statement
from whichmodel.domain.record import Record


class Source(Record, frozen=True, kw_only=True):
    """A model or a paper that an answer may cite.

    Args:
        number: its number in the answer, from 1; models first.
        kind: listed as a recommended model, or as a related paper.
        name: model name or paper title, as given.
        links: links of its fields, in the order given.
        summary: text given with it, verbatim, may be empty.
        inside_links: links found inside the summary; they come from that text, not from a field.
        task, scale: set where our own catalog says so; a prompt leaves them `None` and the writer
            reads name and summary. `scale` is the factor of enlargement.
        statements: located sentences of our model card, where it comes from our catalog.
        line: line of the prompt where it begins, from 1; 0 where there is no prompt.

    >>> import whichmodel
    >>> source = whichmodel.ask("How was my old photo enlarged 4x?").sources[0]
    >>> source.number, source.kind, source.name, source.scale
    (1, 'model', 'SPAN-4x', 4)
    """

    number: int
    kind: Literal["model", "paper"]
    name: str
    links: tuple[Link, ...] = ()
    summary: str = ""
    inside_links: tuple[str, ...] = ()
    task: str | None = None
    scale: Scale = None
    statements: tuple[Statement, ...] = ()
    line: int = 0


class Brief(Record, frozen=True, kw_only=True):
    """Question, recommended models, related papers: all that an answer may rest on.

    Args:
        question: as it was asked.
        models, papers: the sources, models numbered first.
        origin: `"prompt"` (evidence given by the asker) or `"catalog"` (our own recommendation).
        notes: what was odd about the prompt, for people.
        picture: width and height in pixels of the picture that the person brought; `None` where there is none.

    >>> import whichmodel
    >>> model = whichmodel.Source(number=1, kind="model", name="SomeNet")
    >>> paper = whichmodel.Source(number=2, kind="paper", name="How SomeNet works")
    >>> brief = whichmodel.Brief(question="How?", models=(model,), papers=(paper,))
    >>> [source.number for source in brief.sources]
    [1, 2]
    """

    question: str
    models: tuple[Source, ...]
    papers: tuple[Source, ...]
    origin: Literal["prompt", "catalog"] = "prompt"
    notes: tuple[str, ...] = ()
    picture: tuple[int, int] | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        """Models and papers together, in the order of their numbers."""
        return self.models + self.papers
