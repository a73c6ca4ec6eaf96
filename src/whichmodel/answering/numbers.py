"""The workflow in numbers: what the shapes mean for an input of an assumed size.

All arithmetic is ours and rests on the task's shapes, on the factor that the person named and on an
assumption that the sentence states.
"""

from __future__ import annotations

from fractions import Fraction

from whichmodel.answering.markup import number
from whichmodel.domain import FAR_DPI, Intent, Scale, Task

# What is assumed where the person did not say.
_WIDTH, _HEIGHT = 1200, 800
_SCAN = 1500
_CM_PER_INCH = 2.54
_WALL_CM, _WALL_DPI = 300.0, FAR_DPI


def in_numbers(task: Task, intent: Intent, scale: Scale, picture: tuple[int, int] | None = None) -> str:
    """A sentence of arithmetic where the size of the result is the point; empty elsewhere.

    Args:
        scale: the factor of the question, else that of the model; `"any"` or None where open.
        picture: width and height in pixels of the picture that the person brought.
    """
    return _larger(intent, scale, picture) if task.size == "larger" else ""


def _larger(intent: Intent, scale: Scale, picture: tuple[int, int] | None) -> str:
    if isinstance(scale, int | float) and scale > 1:
        width, height = picture or (_WIDTH, _HEIGHT)
        start = "Your picture has" if picture else "Assume a picture of"
        wide, high = round(width * scale), round(height * scale)
        new = f"{_share_new(scale)} are new"
        return (
            f"{start} {width:,} × {height:,} pixels: at {number(scale)}× each way it becomes"
            f" {wide:,} × {high:,}; {number(scale)} × {number(scale)} = {number(round(scale * scale, 2))} pixels stand"
            f" where one stood, so {new}."
        )
    if intent.pixels is not None or intent.target is not None or scale == "any":
        return _for_print(intent)
    return "At a factor s each way, 1 − 1/s² of the pixels are new: 3 of 4 at 2×, 15 of 16 at 4×; no factor was named."


def _share_new(scale: float) -> str:
    per = scale * scale
    share = f"{100 * (1 - 1 / per):.3g} %"
    if per != int(per):
        return f"{share} of the pixels"
    return f"{Fraction(per).limit_denominator(100).numerator - 1} of {number(per)} pixels ({share})"


def _for_print(intent: Intent) -> str:
    """Pixels needed for a print: the sizes that the person gave where they gave any, else assumed ones."""
    target = intent.target
    if intent.pixels is not None:
        side = "width" if intent.pixels.width else "height" if intent.pixels.height else "longer side"
        wanted = intent.pixels.width or intent.pixels.height or intent.pixels.longer or 0
        factor = wanted / _SCAN
        if factor <= 1:
            return ""
        return (
            f"Assume a picture with a {side} of {_SCAN:,} pixels: {wanted:,} ÷ {_SCAN:,} = {factor:.1f} times more each"
            f" way, so about {100 * (1 - 1 / factor**2):.0f} % of the pixels are new."
        )
    width_cm = target.width_cm if target is not None and target.width_cm else _WALL_CM
    dpi = target.dots_per_inch if target is not None and (target.dpi or target.width_cm) else _WALL_DPI
    inches = round(width_cm / _CM_PER_INCH)
    pixels = inches * dpi
    factor = pixels / _SCAN
    if factor <= 1:
        return ""
    given = target is not None and bool(target.width_cm)
    dots = "at the" if target is not None and target.dpi else "at"
    printed = f"{number(width_cm / 100)} m" if width_cm >= 100 else f"{number(width_cm)} cm"
    size = f"your {printed} of width" if given else f"a print {printed} wide"
    return (
        f"Pixels needed = width in inches × dots per inch (dpi): assume a scan {_SCAN:,} pixels wide and {size} {dots}"
        f" {number(dpi)} dpi{' you name' if dots == 'at the' else ''}, then {inches} in × {number(dpi)} ="
        f" {pixels:,} pixels,"
        f" {factor:.1f} times more each way, so about {100 * (1 - 1 / factor**2):.0f} % of the printed pixels are new."
    )
