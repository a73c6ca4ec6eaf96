"""What a person wants, and the words that say so."""

from __future__ import annotations

from typing import Literal

import msgspec

from whichmodel.domain.record import Record
from whichmodel.domain.viewing import FAR_CM, FAR_DPI, NEAR_DPI, dpi_for, wall_distance
from whichmodel.domain.workflow import Parameter


class Words(Record, frozen=True, kw_only=True):
    """A piece of the question: `question[start:end] == text`.

    Args:
        text: the piece.
        start, end: its characters, from 0, `end` excluded.

    >>> import whichmodel
    >>> intent = whichmodel.recommend("enlarge my photo 4x").intent
    >>> intent.scale_words
    Words(text='4x', start=17, end=19)
    """

    text: str
    start: int
    end: int


class Candidate(Record, frozen=True, kw_only=True):
    """A task that the question may mean.

    Args:
        task: id of the ontology.
        confidence: 0..1; those of all candidates sum to at most 1.
        words: that speak for it.

    >>> import whichmodel
    >>> candidates = whichmodel.recommend("enlarge my photo 4x").intent.candidates
    >>> candidates[0].task, 0 < sum(one.confidence for one in candidates) <= 1
    ('super-resolution', True)
    """

    task: str
    confidence: float
    words: tuple[Words, ...] = ()


class PrintSize(Record, frozen=True, kw_only=True):
    """A wished print: width and height in centimetres and dots per inch.

    Args:
        width_cm, height_cm: sides in centimetres, > 0; either may be `None`, where only one was named.
        dpi: dots per inch that were named, else `None`; `dots_per_inch` is what follows then.
        words: where it was said.
        wall: whether it is for a wall.
        distance_cm: centimetres from which it will be seen, where that was said.

    Without a number of dots, those whose size is one minute of arc at the viewing distance are taken, what an eye of
    normal acuity tells apart (ISO 8596): see `whichmodel.domain.viewing`.

    >>> import whichmodel
    >>> size = whichmodel.recommend("print my photo 60x90 cm").intent.target
    >>> size.width_cm, size.height_cm, size.dots_per_inch
    (60.0, 90.0, 150)
    """

    width_cm: float | None
    height_cm: float | None
    dpi: int | None
    words: Words
    wall: bool = False
    distance_cm: float | None = None

    @property
    def seen_from_cm(self) -> float | None:
        """The distance that was said, for a wall else its diagonal; `None` where neither is known."""
        if self.distance_cm is None and self.wall:
            return wall_distance(self.width_cm or 0.0, self.height_cm or 0.0)
        return self.distance_cm

    @property
    def dots_per_inch(self) -> int:
        """Those named, else those that the distance asks for, else 300, or 150 for prints larger than A3."""
        if self.dpi is not None:
            return self.dpi
        if self.seen_from_cm:
            return dpi_for(self.seen_from_cm)
        longest = max(side or 0.0 for side in (self.width_cm, self.height_cm))
        return FAR_DPI if longest > FAR_CM else NEAR_DPI


class PixelSize(Record, frozen=True, kw_only=True):
    """A wished size in pixels: one of width, height and longer side at least.

    Args:
        width, height: in pixels, > 0.
        longer: the longer side in pixels ("to 4K").
        words: where it was said.

    >>> import whichmodel
    >>> whichmodel.recommend("enlarge my photo to 4K").intent.pixels.longer
    3840
    """

    width: int | None = None
    height: int | None = None
    longer: int | None = None
    words: Words


class Edit(Record, frozen=True, kw_only=True):
    """A change that needs no model.

    Args:
        operation: `"crop"`, `"rotate"` or `"levels"`.
        parameters: of the operation.
        words: that ask for it.

    >>> import whichmodel
    >>> whichmodel.recommend("enlarge my photo 2x and crop it to 4:3").intent.edits[0].parameters
    {'aspect': '4:3'}
    """

    operation: Literal["crop", "rotate", "levels"]
    parameters: dict[str, Parameter]
    words: Words


class Intent(Record, frozen=True, kw_only=True):
    """A question understood.

    Args:
        question: as it was asked.
        task: id of the most likely task, or `None` where no task is likely enough.
        candidates: the likely tasks, best first.
        steps: task ids in the order in which several were asked for; normally one.
        step_words: where each of the steps was asked for, in the same order.
        unread: parts of a request that ask for work, and that mean no task known here.
        scale: factor of enlargement (> 0), `"any"` for an open large size ("poster"), else `None`.
        scale_words: where the factor was said.
        target: print size where one was named.
        pixels: size in pixels where one was named.
        edits: changes that need no model ("crop to 4:3"), in the order in which they were said.
        kept: regions that are to be left alone ("background", "subject", "faces"), with the words for each.
        asks: `"how"` (explain what I saw) or `"do"` (do it for me).
        media: what it is about ("old-photo", "anime", "video"), with the words that say so.
        degradations: damage named ("blur", "noise", "jpeg"), likewise.
        subjects: what is shown ("portrait", "street"), likewise.
        constraints: how it should be done ("fast", "no-invention"), likewise.

    >>> import whichmodel
    >>> intent = whichmodel.recommend("enlarge my old photo 4x").intent
    >>> intent.task, intent.scale, list(intent.media), intent.asks
    ('super-resolution', 4.0, ['old-photo'], 'do')
    """

    question: str
    task: str | None
    candidates: tuple[Candidate, ...]
    asks: Literal["how", "do"]
    steps: tuple[str, ...] = ()
    step_words: tuple[Words, ...] = ()
    unread: tuple[Words, ...] = ()
    scale: float | Literal["any"] | None = None
    scale_words: Words | None = None
    target: PrintSize | None = None
    pixels: PixelSize | None = None
    edits: tuple[Edit, ...] = ()
    kept: dict[str, Words] = msgspec.field(default_factory=dict)
    media: dict[str, Words] = msgspec.field(default_factory=dict)
    degradations: dict[str, Words] = msgspec.field(default_factory=dict)
    subjects: dict[str, Words] = msgspec.field(default_factory=dict)
    constraints: dict[str, Words] = msgspec.field(default_factory=dict)

    @property
    def qualities(self) -> dict[str, Words]:
        """Media, degradations, subjects and constraints together."""
        return {**self.media, **self.degradations, **self.subjects, **self.constraints}
