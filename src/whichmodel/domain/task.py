"""A task: what goes in, what comes out, what it changes and what it cannot do."""

from __future__ import annotations

from typing import Literal

from whichmodel.domain.media import Port
from whichmodel.domain.record import Record


class Neighbour(Record, frozen=True, kw_only=True):
    """Another task that people confuse with this one.

    Args:
        task: its id.
        tell: how to tell the two apart, in one sentence.

    >>> from whichmodel.catalog import tasks
    >>> "deblurring" in {one.task for one in tasks()["super-resolution"].neighbours}
    True
    """

    task: str
    tell: str


class Cues(Record, frozen=True, kw_only=True):
    """Phrases by which a task is recognised; the small language is that of `understand.phrases`.

    Args:
        ask: what laypeople say when they saw it or want it ("enlarg*", "blow|blew .. up").
        state: words that describe the data rather than the wish ("blurry"); they count little.
        term: the field's own terms, in titles and abstracts ("super-resolution").
        name: parts of model names ("sisr", "deblur"), compared without case and punctuation.
        against: phrases that speak against this task even where others fit.

    >>> from whichmodel.catalog import tasks
    >>> "sisr" in tasks()["super-resolution"].cues.name
    True
    """

    ask: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    term: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


class Task(Record, frozen=True, kw_only=True):
    """One entry of the ontology.

    Args:
        id: stable identifier, e.g. `"super-resolution"`.
        name: the field's name for it, e.g. `"Super-resolution"`.
        field: the area it belongs to.
        kind: `"task"` turns data into data; `"research"` is what papers are about that no step
            of a workflow does (training methods, benchmarks, studies).
        verb: what the person does, third person after "You": `"enlarged a picture"`.
        definition: one sentence without jargon, finishing "This task ..." (no full stop).
        inputs, outputs: typed ports with shapes.
        size: what happens to the size of a picture: `"larger"`, `"same"`, `"none"` (not a picture).
        changes: what is different afterwards, as a noun phrase.
        cannot: what it does not do, as verb phrases ("add pixels").
        in_general: one plain sentence of general understanding of how it is possible at all.
        parents: wider tasks that include this one.
        neighbours: tasks that are often confused with it.
        synonyms: other names of the same task.
        cues: how it is recognised.

    >>> from whichmodel.catalog import tasks
    >>> task = tasks()["super-resolution"]
    >>> task.size, task.inputs[0].shape, task.outputs[0].shape
    ('larger', 'h × w × 3', 's·h × s·w × 3')
    """

    id: str
    name: str
    field: Literal[
        "image restoration", "image editing", "image understanding", "image generation", "video",
        "3D", "audio", "text", "multimodal", "recommendation", "forecasting", "agents", "research",
    ]  # fmt: skip
    verb: str
    definition: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    changes: str
    cannot: tuple[str, ...]
    in_general: str
    cues: Cues
    kind: Literal["task", "research"] = "task"
    size: Literal["larger", "same", "none"] = "none"
    parents: tuple[str, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    synonyms: tuple[str, ...] = ()
