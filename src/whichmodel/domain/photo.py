"""What was measured about a photo before anything is planned for it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from whichmodel.domain.record import Record

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Measured(Record, frozen=True, kw_only=True):
    """One number.

    Args:
        value: in the unit that its field names.
        confidence: 0 a guess, 1 certain.
        method: how it was measured, with the source.
    """

    value: float
    confidence: Share
    method: str


class Blur(Record, frozen=True, kw_only=True):
    """How blurred the sharpest parts of a photo are.

    Args:
        kind: `"none"`, `"motion"` (a straight movement) or `"focus"`.
        extent: in pixels: length of the movement, or sigma of the Gauss curve that is like the blur; 0 for none.
        angle: of the movement in degrees, 0 horizontal, 90 vertical, counter-clockwise, below 180.
        confidence, method: as in `Measured`; the confidence is that of the kind.
    """

    kind: Literal["none", "motion", "focus"]
    extent: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    angle: Annotated[float, msgspec.Meta(ge=0, lt=180)] = 0.0
    confidence: Share
    method: str


class Jpeg(Record, frozen=True, kw_only=True):
    """That the pixels went through JPEG last.

    Args:
        quality: on the scale 1..100 of libjpeg; `None` where the pixels show no JPEG.
        blocking: mean step at the borders of blocks beyond those beside them, in levels of 255.
        offset: columns and rows before the first whole block.
        confidence, method: as in `Measured`.
    """

    quality: Annotated[int, msgspec.Meta(ge=1, le=100)] | None
    blocking: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    offset: tuple[int, int] = (0, 0)
    confidence: Share
    method: str


class Tone(Record, frozen=True, kw_only=True):
    """Range of lightness and balance of colours.

    Args:
        highlights, shadows: shares of the pixels in which a channel is at the top, or all are at 0.
        black, white: black and white points of each channel, shares of the range.
        faded, cast: what operation `fading` finds.
        grey: whether there is no colour, however the file stores it.
    """

    highlights: Share
    shadows: Share
    black: tuple[float, ...]
    white: tuple[float, ...]
    faded: bool
    cast: bool
    grey: bool
    confidence: Share
    method: str


class Region(Record, frozen=True, kw_only=True):
    """A part of a photo in which something was found.

    Args:
        kind: what.
        left, top, right, bottom: of the upright box around it, in pixels of the photo.
        score: how sure the network is, 0..1.
        corners: x and y of the four corners, going round; of a line of text those of the slanted rectangle.
    """

    kind: Literal["face", "text"]
    left: float
    top: float
    right: float
    bottom: float
    score: Share
    corners: tuple[tuple[float, float], ...]


class Lettering(Record, frozen=True, kw_only=True):
    """Where text stands in a photo; what it says is not read.

    Args:
        share: of the photo that the lines cover.
        lines: from the top.
        confidence, method: as in `Measured`.
    """

    share: Share
    lines: tuple[Region, ...]
    confidence: Share
    method: str


class PhotoFacts(Record, frozen=True, kw_only=True):
    """All that was measured; what was not is `None`, and `not_measured` says why, by the field's name.

    Args:
        width, height: in pixels, the right way up.
        bits: of a sample: 8 or 16.
        noise: standard deviation of the grain on the scale 0..255.
        blur, jpeg, tone: see there.
        faces: boxes (left, top, right, bottom) in pixels, the surest first.
        text: lines of text, and how much of the photo they cover.
        damage: share of 8 x 8 parts of the picture in which scratches or specks lie.
    """

    width: int
    height: int
    bits: int
    noise: Measured | None = None
    blur: Blur | None = None
    jpeg: Jpeg | None = None
    tone: Tone | None = None
    faces: tuple[tuple[float, float, float, float], ...] | None = None
    text: Lettering | None = None
    damage: Measured | None = None
    not_measured: dict[str, str] = msgspec.field(default_factory=dict)


class Finding(Record, frozen=True, kw_only=True):
    """One problem of a photo, judged from its facts.

    Args:
        kind: what it is.
        strength: 0 hardly worth mending, 1 it spoils the picture; findings are compared by it.
        confidence: as in `Measured`.
        sentence: for people, with the figure.
    """

    kind: Literal["noise", "motion-blur", "focus-blur", "jpeg", "clipped", "faded", "cast", "damage"]
    strength: Share
    confidence: Share
    sentence: str
