"""Whether a photo is blurred, and by what: the stripes of a movement, else the width of its sharpest edges."""

from __future__ import annotations

from whichmodel.domain.photo import Blur
from whichmodel.photo import focus
from whichmodel.photo.spectrum import LENGTHS, Stripes, stripes_of
from whichmodel.pictures.sample import Part

_LIKE, _DEEP, _DROP = 0.5, 0.6, -1.1
"""What the stripes need to be those of a movement. On Set5, Set14 and 12 photographs that are sharp no picture meets
all three (the nearest: likeness 0.59 and drop -0.95, by its slanted boards); of Set14 at half and a quarter of its
size, moved by 9 to 21 pixels, nearly all do (`benchmarks/photo_facts.py`)."""
_LIKE_DARK, _DEEP_DARK, _DROP_DARK = 0.44, 0.68, -1.6
"""The same where the drop is larger than that of any sharp picture with stripes as deep."""
_GRAINY, _DROP_GRAINY = 6.0, -0.45
"""Noise hides the weak frequencies along the movement, so that they drop less below those across it."""
_WIDE = 0.8
"""Sigma from which the sharpest edges are out of focus; of the pictures that pass for sharp the softest has 0.7."""
_MOTION = "dark stripes of the mean spectrum (after Cannon 1976)"


def blur_of(parts: tuple[Part, ...], noise: float) -> Blur | None:
    """The blur of a photo; `None` where it is too small or has too little in it to tell.

    Args:
        noise: its sigma on the scale 0..255.
    """
    stripes = stripes_of(parts)
    if stripes is not None and _is_movement(stripes, noise):
        sure = min(1.0, 0.6 + 2 * (stripes.likeness - _LIKE) + 0.1 * (_DROP - stripes.drop))
        return Blur(
            kind="motion",
            extent=round(stripes.length, 1),
            angle=round(stripes.angle % 180, 1) % 180,
            confidence=round(max(0.3, sure), 2),
            method=_MOTION,
        )
    edges = focus.edge_width(parts, noise)
    if edges is None:
        return None
    width, count = edges
    many = min(1.0, count / 400)
    if width >= _WIDE:
        sure = 0.4 + 0.5 * many * min(1.0, width / _WIDE - 1)
        return Blur(kind="focus", extent=round(width, 2), confidence=round(sure, 2), method=focus.METHOD)
    sure = (0.5 if noise >= _GRAINY else 0.8) * (0.5 + 0.5 * many)
    return Blur(kind="none", confidence=round(sure, 2), method=f"{_MOTION}; {focus.METHOD}")


def _is_movement(stripes: Stripes, noise: float) -> bool:
    drop = _DROP_GRAINY if noise >= _GRAINY else _DROP
    alike = stripes.likeness >= _LIKE and stripes.depth >= _DEEP
    dark = stripes.likeness >= _LIKE_DARK and stripes.depth >= _DEEP_DARK and stripes.drop <= _DROP_DARK
    return ((alike and stripes.drop <= drop) or dark) and stripes.length > LENGTHS[1]
