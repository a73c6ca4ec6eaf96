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
_GRAINY, _LIKE_GRAINY, _DEEP_GRAINY = 6.0, 0.38, 0.68
_COARSE, _LIKE_COARSE, _DEEP_COARSE = 70, 0.46, 0.6
_DROP_SPOILT = -0.22
"""The same where there is noise, which is taken off the spectrum, and where there was JPEG: both hide the weak
frequencies along the movement, so that they drop less, and hide the stripes of the scene too. Of Set14 at half its size
and four photographs, with noise of 15 and 25 and with JPEG of quality 40, the nearest without movement have likeness
and depth 0.34 and 0.63 (a part of another: 0.47 and 0.63; noise) and 0.43 and 0.62 (JPEG)."""
_WIDE = 0.8
"""Sigma from which the sharpest edges are out of focus; of the pictures that pass for sharp the softest has 0.7."""
_MOTION = "dark stripes of the mean spectrum (after Cannon 1976)"


def blur_of(parts: tuple[Part, ...], noise: float, quality: int | None = None) -> Blur | None:
    """The blur of a photo; `None` where it is too small or has too little in it to tell.

    Args:
        noise: its sigma on the scale 0..255.
        quality: of the JPEG that its pixels went through.
    """
    # What JPEG left of noise is not white.
    grain = noise if quality is None and noise >= _GRAINY else 0.0
    stripes = stripes_of(parts, grain)
    if stripes is not None and _is_movement(stripes, grain, quality):
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


def _is_movement(stripes: Stripes, grain: float, quality: int | None) -> bool:
    likeness, depth, drop = _LIKE, _DEEP, _DROP
    if grain:
        likeness, depth, drop = _LIKE_GRAINY, _DEEP_GRAINY, _DROP_SPOILT
    elif quality is not None and quality <= _COARSE:
        likeness, depth, drop = _LIKE_COARSE, _DEEP_COARSE, _DROP_SPOILT
    alike = stripes.likeness >= likeness and stripes.depth >= depth and stripes.drop <= drop
    dark = stripes.likeness >= _LIKE_DARK and stripes.depth >= _DEEP_DARK and stripes.drop <= _DROP_DARK
    return (alike or dark) and stripes.length > LENGTHS[1]
