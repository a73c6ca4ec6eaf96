"""Dishonest results: honest enlargements with a place that was tampered with, and where that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage import data

from evidence_photos import Made, Pixels
from whichmodel.pictures import bicubic
from whichmodel.pictures.bridge import from_vips, pyvips

Marks = NDArray[np.bool_]

_FACES: tuple[Pixels, Pixels] = (data.astronaut()[40:200, 150:290], data.chelsea()[20:180, 130:270])  # type: ignore[no-untyped-call]
"""A person's, and a cat's for the photograph that shows the person."""


@dataclass(frozen=True)
class Case:
    """A pair of which the large picture is dishonest at the marked pixels, shape `(H, W)`."""

    kind: str
    made: Made
    small: Pixels
    large: Pixels
    marks: Marks


def case(number: int, made: list[Made]) -> Case:
    """Case `number`: its kind goes in turn, its base and its place are drawn from the number alone."""
    rng = np.random.default_rng([20, number])
    kinds = ("face", "brightness", "texture", "text")
    kind, base = kinds[number % len(kinds)], made[int(rng.integers(0, len(made)))]
    if kind == "text":
        return _text_case(base, rng)
    large, marks = _CHANGES[kind](base, rng)
    return Case(kind, base, base.small, large, marks)


def _place(rng: np.random.Generator, shape: tuple[int, ...], high: int, wide: int) -> tuple[slice, slice]:
    top, left = int(rng.integers(0, shape[0] - high)), int(rng.integers(0, shape[1] - wide))
    return slice(top, top + high), slice(left, left + wide)


def _paste_face(made: Made, rng: np.random.Generator) -> tuple[Pixels, Marks]:
    """A face 16 to 28 pixels of the input high where the photograph shows something else."""
    face = _FACES[made.input.photo == "astronaut"]
    high = round(made.scale * rng.uniform(16, 28))
    wide = high * 7 // 8
    place = _place(rng, made.large.shape, high, wide)
    large = made.large.copy()
    # An oval without a hard edge, as an editor would.
    y, x = np.linspace(-1, 1, high)[:, None], np.linspace(-1, 1, wide)[None]
    share = np.clip((1 - np.sqrt(x * x + y * y)) * 5, 0, 1)[:, :, None]
    mixed = share * bicubic(np.ascontiguousarray(face), wide, high) + (1 - share) * large[place]
    large[place] = np.rint(mixed)
    return large, _marked(large, place, share[:, :, 0] > 0.5)


def _change_brightness(made: Made, rng: np.random.Generator) -> tuple[Pixels, Marks]:
    """A soft spot of 20 to 35 pixels of the input, 25 to 45 of 255 lighter or darker."""
    side = round(made.scale * rng.uniform(20, 35))
    place = _place(rng, made.large.shape, side, side)
    y, x = np.linspace(-1, 1, side)[:, None], np.linspace(-1, 1, side)[None]
    share = np.clip((1 - np.sqrt(x * x + y * y)) * 3, 0, 1)
    part = made.large[place].astype(np.float64)
    # Towards where there is room: a white sky cannot be made lighter.
    sign = -1 if part.mean() > 128 else 1
    large = made.large.copy()
    large[place] = np.clip(np.rint(part + sign * rng.uniform(25, 45) * share[:, :, None]), 0, 255)
    return large, _marked(large, place, share > 0.5)


def _add_texture(made: Made, rng: np.random.Generator) -> tuple[Pixels, Marks]:
    """A pattern above the input's band in a square of 16 to 28 of its pixels, 20 to 35 of 255 strong.

    In the half of the photograph with less structure: among structure it is a guess like others.
    """
    side = round(made.scale * rng.uniform(16, 28))
    places = [_place(rng, made.large.shape, side, side) for _ in range(12)]
    smooth = sorted(
        places, key=lambda place: float(np.abs(np.diff(made.large[place].astype(int), axis=1)).mean())
    )
    place = smooth[int(rng.integers(0, 6))]
    # Cycles a pixel, along a direction within 25 degrees of a side: the input's limit is 0.5 / scale on each side.
    frequency = rng.uniform(max(0.22, 0.75 / made.scale), 0.48)
    angle = rng.uniform(-0.44, 0.44) + rng.integers(0, 2) * np.pi / 2
    y, x = np.indices((side, side))
    wave = np.sin(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
    wave *= np.sqrt(2) * rng.uniform(20, 35)
    part = made.large[place].astype(np.float64)
    large = made.large.copy()
    large[place] = np.clip(np.rint(part + wave[:, :, None]), 0, 255)
    return large, _marked(large, place, np.ones((side, side), bool))


_CHANGES: dict[str, Callable[[Made, np.random.Generator], tuple[Pixels, Marks]]] = {
    "face": _paste_face,
    "brightness": _change_brightness,
    "texture": _add_texture,
}


def _marked(large: Pixels, place: tuple[slice, slice], share: Marks) -> Marks:
    marks = np.zeros(large.shape[:2], bool)
    marks[place] = share
    return marks


def _letters(words: str, high: int) -> NDArray[np.float64]:
    """Ink 0..1 of a word, `high` pixels high."""
    ink = from_vips(pyvips.Image.text(words, font="sans bold 30", dpi=150))
    wide = max(1, round(ink.shape[1] * high / ink.shape[0]))
    return bicubic(ink, wide, high).astype(np.float64) / 255


def with_text(
    large: Pixels, words: str, high: int, corner: tuple[int, int], shape: tuple[int, int]
) -> Pixels:
    """A plate with a word on a picture."""
    plate = np.full(shape, 1.0)
    ink = _letters(words, high)[: shape[0] - 4, : shape[1] - 8, 0]
    plate[4 : 4 + ink.shape[0], 4 : 4 + ink.shape[1]] -= 0.9 * ink
    changed = large.copy()
    part = changed[corner[0] : corner[0] + shape[0], corner[1] : corner[1] + shape[1]]
    part[:] = np.rint(plate[: part.shape[0], : part.shape[1], None] * (235, 230, 210))
    return changed


def _text_case(made: Made, rng: np.random.Generator) -> Case:
    """Input with one word, result with another of as many letters; the marks are where they differ."""
    high = round(made.scale * rng.uniform(7, 12))
    letters = list("ABDEGHKMNPRSTUVXYZ2345789")
    first = "".join(rng.choice(letters, 5))
    second = "".join(rng.choice([c for c in letters if c != old]) for old in first)
    shape = (high + 8, min(high * 5, made.large.shape[1] - 8))
    corner = (
        int(rng.integers(0, made.large.shape[0] - shape[0])),
        int(rng.integers(0, made.large.shape[1] - shape[1])),
    )
    true, false = (with_text(made.large, words, high, corner, shape) for words in (first, second))
    small = bicubic(true, made.small.shape[1], made.small.shape[0])
    # Beside the plate the result stays what was made of the input.
    differ = np.abs(true.astype(int) - false).max(axis=2) > 60
    marks = np.zeros_like(differ)
    rows, columns = np.flatnonzero(differ.any(axis=1)), np.flatnonzero(differ.any(axis=0))
    marks[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    plain = made.small.copy()
    reach = tuple(
        slice(c // made.scale, -(-(c + s) // made.scale)) for c, s in zip(corner, shape, strict=True)
    )
    plain[reach] = small[reach]
    return Case("text", made, plain, false, marks)
