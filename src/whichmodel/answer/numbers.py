"""The workflow in numbers: what the shapes mean for an input of an assumed size.

All arithmetic is ours and rests on the task's shapes, on the factor that the person named and on an
assumption that the sentence states.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import prod

from whichmodel.answer.markup import article, number
from whichmodel.domain import DataType, Intent, Port, Scale, Task

# What is assumed where the person did not say: a photo, ten seconds of film, one minute of sound.
_WIDTH, _HEIGHT = 1200, 800
_FILM_WIDTH, _FILM_HEIGHT, _SECONDS, _FRAMES = 1280, 720, 10, 24
_SAMPLE_RATE = 16_000
_MADE = 1024
_SCAN = 1500
_CM_PER_INCH = 2.54
_WALL_CM, _WALL_DPI = 300.0, 100.0

_PIXEL_MAPS = {
    DataType.MASK: "values between 0 and 1",
    DataType.DEPTH_MAP: "distances",
    DataType.SEGMENTS: "names of regions",
    DataType.HEATMAP: "values of importance",
}


def in_numbers(task: Task, intent: Intent, scale: Scale) -> str:
    """One or two sentences of arithmetic for a task; empty where there is nothing to count.

    Args:
        scale: the factor of the question, else that of the model; `"any"` or None where open.
    """
    takes, gives = task.inputs[0], task.outputs[0]
    if task.size == "larger":
        return _larger(intent, scale)
    if takes.type is DataType.IMAGE and _is_one_picture(takes):
        return _from_picture(takes, gives)
    if takes.type is DataType.VIDEO:
        return _from_video(gives)
    if takes.type is DataType.AUDIO:
        return (
            f"Assume one minute of sound at {_SAMPLE_RATE:,} samples a second: 60 × {_SAMPLE_RATE:,} ="
            f" {60 * _SAMPLE_RATE:,} numbers go in, {article(gives.name)} comes out."
        )
    return _made_from_words(takes, gives)


def _is_one_picture(port: Port) -> bool:
    return re.fullmatch(r"h × w × [13]", port.shape) is not None


def _channels(port: Port) -> int:
    return int(port.shape.rsplit("×", 1)[1]) if _is_one_picture(port) else 3


def _from_picture(takes: Port, gives: Port) -> str:
    channels = _channels(takes)
    pixels = _WIDTH * _HEIGHT
    lead = f"Assume {article(takes.name)} of {_WIDTH:,} × {_HEIGHT:,} pixels:"
    values = "grey values" if channels == 1 else "pixels with three colour values each"
    if gives.type is DataType.IMAGE and _is_one_picture(gives):
        out = _channels(gives)
        if out != channels:
            return f"{lead} {pixels:,} {values} go in, {pixels * out:,} colour values come out."
        return f"{lead} {pixels:,} {values} go in and as many come out, changed in value only."
    if gives.type in _PIXEL_MAPS:
        return f"{lead} {pixels:,} {values} go in, {pixels:,} {_PIXEL_MAPS[gives.type]} come out."
    return f"{lead} {pixels:,} {values} go in, {article(gives.name)} comes out."


def _from_video(gives: Port) -> str:
    frames = _SECONDS * _FRAMES
    lead = (
        f"Assume {_SECONDS} seconds at {_FRAMES} frames a second and {_FILM_WIDTH:,} × {_FILM_HEIGHT:,} pixels:"
        f" {_SECONDS} × {_FRAMES} = {frames} frames go in"
    )
    if gives.type is not DataType.VIDEO or not gives.shape.startswith("t ×"):
        return f"{lead}, {article(gives.name)} comes out."
    each = re.sub(r" for every frame$", "", gives.name)
    if each == gives.name:
        return f"{lead} and {frames} come out."
    return f"{lead}, {frames} {each}s of the same size come out."


def _made_from_words(takes: Port, gives: Port) -> str:
    if takes.type is not DataType.TEXT:
        return ""
    if gives.type is DataType.IMAGE:
        return (
            f"Assume a picture of {_MADE:,} × {_MADE:,} pixels: all {prod((_MADE, _MADE)):,} pixels are made by the"
            " model; the words give none of them."
        )
    if gives.type is DataType.VIDEO:
        frames = _SECONDS * _FRAMES
        return (
            f"Assume {_SECONDS} seconds at {_FRAMES} frames a second: {_SECONDS} × {_FRAMES} = {frames} frames are"
            " made by the model; the words give none of them."
        )
    if gives.type is DataType.AUDIO:
        return (
            f"Assume {_SECONDS} seconds of sound at {_SAMPLE_RATE:,} samples a second: {_SECONDS} ×"
            f" {_SAMPLE_RATE:,} = {_SECONDS * _SAMPLE_RATE:,} numbers come out."
        )
    return ""


def _larger(intent: Intent, scale: Scale) -> str:
    if isinstance(scale, int | float) and scale > 1:
        wide, high = round(_WIDTH * scale), round(_HEIGHT * scale)
        new = f"{_share_new(scale)} are new"
        return (
            f"Assume a picture of {_WIDTH:,} × {_HEIGHT:,} pixels: at {number(scale)}× each way it becomes"
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
    dpi = target.dpi if target is not None and target.dpi else _WALL_DPI
    inches = round(width_cm / _CM_PER_INCH)
    pixels = inches * round(dpi)
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
