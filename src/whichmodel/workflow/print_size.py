"""From a wished size, of a print or in pixels, to the factor that a picture needs."""

from __future__ import annotations

from whichmodel.domain import InputError, PixelSize, PrintSize
from whichmodel.pictures import Header
from whichmodel.workflow.steps import number

CM_PER_INCH = 2.54


class EnoughPixelsError(InputError):
    """The picture has the pixels of the wished size already."""


def factor_for_print(target: PrintSize, header: Header) -> tuple[float, str]:
    """The factor that brings a picture to a print size, and the print in words.

    The whole picture fits on the print: where the proportions differ, the tighter side counts and
    nothing is cropped. Width and height are swapped where print and picture lie differently.

    Args:
        target: wished; without dots per inch 300, or 150 for prints larger than A3.
        header: of the picture.

    Raises:
        InputError: no side is given, or the picture has enough pixels already.
    """
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
    words = f"{size} cm at {dpi} dpi"
    if factor <= 1:
        raise EnoughPixelsError(
            f"the picture's {header.width} × {header.height} pixels are enough for {words} already"
            f" (they give {dpi / factor:.0f} dpi): nothing to do"
        )
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
