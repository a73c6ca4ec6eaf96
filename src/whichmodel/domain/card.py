"""A model card: what a model is for, and where each statement about it comes from."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from whichmodel.domain.record import Record

Scale = int | float | Literal["any"] | None

Collection = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""Name of a collection: small letters, digits and hyphens, at most 40."""

INVENTING = "realistic-texture"
"""In `suits`: the model paints texture that looks real and is invented; taken only where that is asked for."""


class Link(Record, frozen=True, kw_only=True):
    """A link and what it leads to.

    Args:
        kind: what is there.
        url: as it was given; it is shown, never fetched.

    >>> import whichmodel
    >>> whichmodel.Link(kind="paper", url="https://arxiv.org/abs/2311.12770").kind
    'paper'
    """

    kind: Literal["paper", "code", "huggingface", "project"]
    url: str


class Statement(Record, frozen=True, kw_only=True):
    """One sentence of a card with the place that it rests on; without one it does not exist.

    Args:
        text: the sentence, in our words.
        kind: `"stated"` somebody else says so; `"measured"` we measured it; `"general"` it follows
            from the definition of the task.
        locator: where: `"catalog field: dataset"`, `"paper, section 3.2"`,
            `"our measurement: benchmarks/super_resolution.py"`, `"task definition: deblurring"`.
        about: what the sentence is about, so that an answer can choose.

    >>> import whichmodel
    >>> source = whichmodel.ask("How was my old photo enlarged 4x?").sources[0]
    >>> source.statements[0].kind, source.statements[0].locator
    ('stated', 'catalog field: name')
    """

    text: str
    kind: Literal["stated", "measured", "general"]
    locator: str
    about: Literal["task", "method", "training", "strength", "limit", "speed", "licence"] = "method"


class ModelCard(Record, frozen=True, kw_only=True):
    """One model of the catalog.

    Args:
        name: its own name, unique in the catalog.
        task: id of the ontology.
        collection: `"cnaps"` for entries that keep the names of that catalog, `"whichmodel"` for the others of ours,
            or the name of a catalog that an installed package brings.
        scale: factor of enlargement: a number, `"any"`, or `None` for tasks without one.
        variant: what tells it from its siblings ("lightweight", "noise level 25").
        trained_on: names of data sets.
        suits: words for media, degradations and constraints it is meant for ("jpeg", "face", "fast").
        paper_title: title of the paper behind it, where we know it.
        links: paper, code and weights pages.
        licence: of the weights, where known, else `None`.
        weights: id of a weights record, where the model can run here.
        statements: located sentences.
        corrections: what we changed against the catalog that it was taken from, and why.

    >>> import whichmodel
    >>> best = whichmodel.recommend("enlarge my photo 4x").models[0].card
    >>> best.task, best.scale
    ('super-resolution', 4)
    """

    name: str
    task: str
    collection: Collection
    statements: tuple[Statement, ...]
    links: tuple[Link, ...] = ()
    scale: Scale = None
    variant: str = ""
    trained_on: tuple[str, ...] = ()
    suits: tuple[str, ...] = ()
    paper_title: str | None = None
    licence: str | None = None
    weights: str | None = None
    corrections: tuple[str, ...] = ()
