"""From a wished size, of a print or in pixels, to the factor that a picture needs, and what that is worth."""

from __future__ import annotations

from typing import Literal

from whichmodel.domain import InputError, PixelSize, PrintSize, Record
from whichmodel.domain.viewing import ARC_MINUTE, CM_PER_INCH, FAR_DPI, NEAR_DPI, distance_for
from whichmodel.pictures import Header
from whichmodel.workflow.enlarge import LARGEST_FACTOR
from whichmodel.workflow.steps import number

MOST_NEW = 0.98
"""Share of new pixels above which a print is called too large for its photo: 49 of 50 pixels, a factor of 7."""

HONEST = 4.0
"""The largest factor at which the enlargements here were measured against true pictures by their authors."""


class EnoughPixelsError(InputError):
    """The picture has the pixels of the wished size already."""


class PrintTarget(Record, frozen=True, kw_only=True):
    """A wished print, and what it means for one picture.

    Args:
        width_cm, height_cm: of the picture on paper: the whole of it fits into the wished size.
        dpi: dots per inch that are wished, by name or by rule.
        dpi_from: `"asked"`; `"distance"` that it is seen from; or the usual, `"hand"` or `"large"`.
        file_dpi: dots per inch that the file will say: more than `dpi` where the picture has more pixels.
        factor: of both sides, from the picture to the print; 1 where it has enough pixels.
        new_pixel_share: share 0..1 of the print's pixels that the picture does not have.
        distance_cm: from which nobody of normal acuity (20/20) tells its pixels apart (`domain.viewing`).
        too_small: whether the picture is too small for the wish.
        notes: all of that in sentences for people; where it is too small what would be honest instead.
    """

    width_cm: float
    height_cm: float
    dpi: int
    dpi_from: Literal["asked", "distance", "hand", "large"]
    file_dpi: float
    factor: float
    new_pixel_share: float
    distance_cm: float
    too_small: bool
    notes: tuple[str, ...]


def print_target(target: PrintSize, header: Header) -> PrintTarget:
    """What a wished print means for a picture; refuses nothing but a print without a size.

    Raises:
        InputError: no side is given.
    """
    raw, _ = _fitted(target, header)
    factor = max(1.0, raw)
    dpi = target.dots_per_inch
    file_dpi = dpi * factor / raw
    width, height = (side * raw / dpi * CM_PER_INCH for side in (header.width, header.height))
    distance, new = distance_for(file_dpi), 1 - 1 / factor**2
    too_small = new > MOST_NEW
    source: Literal["asked", "distance", "hand", "large"] = "large" if dpi == FAR_DPI else "hand"
    if target.dpi is not None:
        source = "asked"
    elif target.seen_from_cm is not None:
        source = "distance"
    return PrintTarget(
        width_cm=round(width, 2),
        height_cm=round(height, 2),
        dpi=dpi,
        dpi_from=source,
        file_dpi=round(file_dpi, 2),
        factor=round(factor, 4),
        new_pixel_share=round(new, 6),
        distance_cm=round(distance, 1),
        too_small=too_small,
        notes=(
            _why(source, target, dpi),
            f"the print suits a viewing distance of {metres(distance)} or more: from there an eye of normal acuity"
            " (20/20: one minute of arc, ISO 8596) does not tell its pixels apart",
            *(honest(target, header) if too_small else ()),
        ),
    )


def honest(target: PrintSize, header: Header) -> tuple[str, ...]:
    """Sentences on a print that a picture is too small for, and on what would be honest instead."""
    factor, _ = _fitted(target, header)
    dpi = target.dots_per_inch
    width, height = (side * HONEST / dpi * CM_PER_INCH for side in (header.width, header.height))
    times = factor / HONEST
    return (
        f"the photo is too small for that print: {1 - 1 / factor**2:.1%} of its pixels would be new, at a factor of"
        f" {number(factor)}, and what they show would be invented or smooth",
        f"honest would be at most {number(HONEST)}×: a print of {width:.0f} × {height:.0f} cm at {dpi} dpi, seen from"
        f" {metres(distance_for(dpi))}; or the wished size at {max(1, int(dpi / times))} dpi, for a place where it is"
        f" seen from {metres(distance_for(dpi / times))} or further",
    )


def factor_for_print(target: PrintSize, header: Header) -> tuple[float, str]:
    """The factor that brings a picture to a print size, and the print in words.

    The whole picture fits on the print: where the proportions differ, the tighter side counts and
    nothing is cropped. Width and height are swapped where print and picture lie differently.

    Args:
        target: wished; `domain.viewing` has the rules for one without dots per inch.
        header: of the picture.

    Raises:
        EnoughPixelsError: the picture has enough pixels already.
        InputError: no side is given, or the factor is above all that is offered; says what would be honest.
    """
    factor, words = _fitted(target, header)
    if factor <= 1:
        raise EnoughPixelsError(
            f"the picture's {header.width} × {header.height} pixels are enough for {words} already"
            f" (they give {target.dots_per_inch / factor:.0f} dpi): nothing to do"
        )
    if factor > LARGEST_FACTOR:
        small, instead = honest(target, header)
        raise InputError(f"{words}: {small}", hint=instead)
    return factor, words


def factor_for_pixels(target: PixelSize, header: Header) -> tuple[float, str]:
    """The factor that brings a picture to a size in pixels, and the size in words.

    The whole picture fits: where two sides are wished, the tighter one counts.

    Raises:
        InputError: the picture has that size already.
    """
    pairs = (
        (target.width, header.width),
        (target.height, header.height),
        (target.longer, max(header.width, header.height)),
    )
    factor = min(wanted / has for wanted, has in pairs if wanted)
    words = f"{round(header.width * factor)} × {round(header.height * factor)} pixels"
    if factor == 1:
        raise EnoughPixelsError(f"the picture has {words} already: nothing to do")
    return factor, words


def metres(centimetres: float) -> str:
    """A distance for people: `"58 cm"`, `"3.6 m"`."""
    return f"{centimetres:.0f} cm" if centimetres < 100 else f"{centimetres / 100:.1f} m"


def _fitted(target: PrintSize, header: Header) -> tuple[float, str]:
    """The factor, of any size above 0, and the print in words."""
    sides = [side for side in (target.width_cm, target.height_cm) if side is not None]
    if not sides or min(sides) <= 0:
        raise InputError("the print size has no side above 0 cm")
    dpi = target.dots_per_inch
    width, height = target.width_cm, target.height_cm
    if width and height and (width > height) != (header.width > header.height):
        width, height = height, width
    factor = min(
        side / CM_PER_INCH * dpi / pixels
        for side, pixels in ((width, header.width), (height, header.height))
        if side
    )
    size = " × ".join(number(side) for side in (width, height) if side)
    return factor, f"{size} cm at {dpi} dpi"


def _why(source: str, target: PrintSize, dpi: int) -> str:
    """Where the dots per inch come from."""
    if source == "asked":
        return f"{dpi} dpi, as asked"
    seen = target.seen_from_cm
    if source == "distance" and seen is not None:
        pixel = seen * ARC_MINUTE * 10
        whose = (
            "as said" if target.distance_cm else "a picture on a wall is looked at from about its diagonal"
        )
        return (
            f"{dpi} dpi are enough for a viewing distance of {metres(seen)} ({whose}): an eye of normal acuity"
            f" tells apart {pixel:.2f} mm there"
        )
    usual = f"held in the hand; prints with a side above 42 cm get {FAR_DPI}"
    if source == "large":
        usual = f"with a side above 42 cm; smaller ones get {NEAR_DPI}"
    return f"{dpi} dpi, the usual for prints {usual}; --dpi asks for another"
