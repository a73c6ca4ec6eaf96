"""Range of lightness, what is cut off at its ends, fading, casts, and whether there is colour at all."""

from __future__ import annotations

import numpy as np

from whichmodel.domain import DataType, Port, Step
from whichmodel.domain.photo import Tone
from whichmodel.nodes.fading import FadingOperation
from whichmodel.nodes.operation import Context
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.sample import COLOURLESS, GREY_SHARE, Part

METHOD = "histogram; cast after Gasparini, Schettini 2004 (operation fading)"


def tone_of(picture: Raster, parts: tuple[Part, ...]) -> Tone:
    """Measured on all pixels, but for what is cut off and for colour: those on the parts."""
    pixels = np.concatenate([part.colour.reshape(-1, part.colour.shape[2]) for part in parts])
    high, low = pixels.max(axis=1), pixels.min(axis=1)
    step = Step(
        id="fading",
        title="look for fading",
        operation="fading",
        takes={"image": "photo"},
        gives=Port(name="picture", type=DataType.IMAGE),
    )
    found = FadingOperation().prepare(step, {"image": picture}, Context(cards={}, weights=lambda id: {}))
    return Tone(
        highlights=round(float(np.mean(high >= 254.5)), 5),
        shadows=round(float(np.mean(high <= 0.5)), 5),
        black=tuple(found["black"]),
        white=tuple(found["white"]),
        faded="faded" in found["found"],
        cast="cast" in found["found"],
        grey=bool(np.mean(high - low <= COLOURLESS) >= GREY_SHARE),
        confidence=0.8,
        method=METHOD,
    )
