"""What a person wants, and the words that say so."""

from __future__ import annotations

from typing import Literal

import msgspec

from whichmodel.domain.record import Record


class Words(Record, frozen=True, kw_only=True):
    """A piece of the question: `question[start:end] == text`."""

    text: str
    start: int
    end: int


class Candidate(Record, frozen=True, kw_only=True):
    """A task that the question may mean. Confidences of all candidates sum to at most 1."""

    task: str
    confidence: float
    words: tuple[Words, ...] = ()


NEAR_DPI = 300
"""For prints held in the hand."""
FAR_DPI = 150
"""For prints with a side above 42 cm (larger than ISO A3), which are seen from a distance."""
_FAR_CM = 42.0


class PrintSize(Record, frozen=True, kw_only=True):
    """A wished print: width and height in centimetres (either may be None) and dots per inch."""

    width_cm: float | None
    height_cm: float | None
    dpi: int | None
    words: Words

    @property
    def dots_per_inch(self) -> int:
        """Those named, else 300, or 150 for prints larger than A3."""
        longest = max(side or 0.0 for side in (self.width_cm, self.height_cm))
        return self.dpi or (FAR_DPI if longest > _FAR_CM else NEAR_DPI)


class PixelSize(Record, frozen=True, kw_only=True):
    """A wished size in pixels: width, height, or the longer side ("to 4K"); one of them at least."""

    width: int | None = None
    height: int | None = None
    longer: int | None = None
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
        asks: `"how"` (explain what I saw) or `"do"` (do it for me).
        media: what it is about ("old-photo", "anime", "video"), with the words that say so.
        degradations: damage named ("blur", "noise", "jpeg"), likewise.
        subjects: what is shown ("portrait", "street"), likewise.
        constraints: how it should be done ("fast", "no-invention"), likewise.
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
    media: dict[str, Words] = msgspec.field(default_factory=dict)
    degradations: dict[str, Words] = msgspec.field(default_factory=dict)
    subjects: dict[str, Words] = msgspec.field(default_factory=dict)
    constraints: dict[str, Words] = msgspec.field(default_factory=dict)

    @property
    def qualities(self) -> dict[str, Words]:
        """Media, degradations, subjects and constraints together."""
        return {**self.media, **self.degradations, **self.subjects, **self.constraints}
