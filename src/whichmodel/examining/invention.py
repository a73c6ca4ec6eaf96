"""What of AFTER is supported by BEFORE, what is a guess, what is invented, and what contradicts BEFORE.

*Invention* is the strength of what BEFORE does not determine (`overlay`: energy beyond BEFORE's Nyquist limit and
whatever else the reduction sends to zero), over a square about two pixels of BEFORE wide on either side. It says
nothing about truth: a true photograph has it too. A plain cubic enlargement has none but rounding.

*Contradiction* is judged at BEFORE's size by the three measures of `disagreement`: AFTER, reduced, differs from BEFORE
by more than noise, rounding, and the way in which this result differs from its input everywhere.

All thresholds stand here.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.disagreement import disagreement
from whichmodel.examining.forward import ForwardModel
from whichmodel.examining.local import strength
from whichmodel.examining.overlay import Block

Floats = NDArray[np.float32]

SUPPORTED_UP_TO = 3.0
"""Invention, 0..255, up to which a place counts as supported: what the eye hardly sees."""
PLAUSIBLE_UP_TO = 1.0
"""Invention up to this many times BEFORE's local detail (plus `disagreement.FLOOR`) is a plausible guess, above it is
invented: structure needs structure to start from."""
LOCAL_FROM, STRUCTURE_FROM, MEAN_FROM = 0.8, 0.6, 1.0
"""The measures of `disagreement` from which a place may contradict BEFORE ..."""
LOCAL_UNUSUAL, STRUCTURE_UNUSUAL, MEAN_UNUSUAL = 4.5, 2.9, 4.6
"""... if they are also this many times what is usual in this result."""
NOISES = 3.0
"""And the local difference this many standard deviations of BEFORE's noise."""
STANDS_OUT_FROM = 1.6
"""Mean of invention in a cell, in units of BEFORE's detail, from which it may stand out ..."""
STANDS_OUT_UNUSUAL = 5.0
"""... if it is also this many times what is usual in this result."""


class Kind(IntEnum):
    """What a place of AFTER is; the order is that of the legend."""

    SUPPORTED = 0
    GUESS = 1
    INVENTED = 2
    CONTRADICTS = 3
    OUTSIDE = 4


LEGEND: dict[Kind, str] = {
    Kind.SUPPORTED: "supported by your photo",
    Kind.GUESS: "plausible guess",
    Kind.INVENTED: "invented",
    Kind.CONTRADICTS: "contradicts your photo",
    Kind.OUTSIDE: "not in your photo",
}
"""For people."""


def invention(block: Block, radius: int) -> Floats:
    """Strength of what BEFORE does not determine, over `2 radius + 1` pixels of AFTER squared; 0..255."""
    return strength(block.free, radius)


def contradiction(block: Block, model: ForwardModel) -> tuple[Floats, Floats]:
    """How much a block contradicts BEFORE, and the detail of BEFORE, both at BEFORE's size, shape `(h, w)`.

    The first is 1 at the threshold and grows with the difference; 0 where nothing could be compared.
    """
    noise = model.quiet_noise
    found = disagreement(block.before, block.error, model.tones, noise)
    # Noise is in BEFORE and not in AFTER where it was taken out, and that is no contradiction.
    local = np.maximum(
        max(LOCAL_FROM, LOCAL_UNUSUAL * model.usual_local), np.float32(NOISES * noise) / found.own
    )
    worst = np.maximum(
        found.local / local,
        np.maximum(
            found.structure / np.float32(max(STRUCTURE_FROM, STRUCTURE_UNUSUAL * model.usual_structure)),
            found.mean / np.float32(max(MEAN_FROM, MEAN_UNUSUAL * model.usual_mean)),
        ),
    )
    return (worst * block.compared).astype(np.float32), found.own


def kinds(invented: Floats, own: Floats, contradicts: Floats) -> NDArray[np.uint8]:
    """The class of each pixel; all of one shape, `own` and `contradicts` brought to AFTER's size."""
    found = np.full(invented.shape, Kind.INVENTED, np.uint8)
    found[invented <= np.float32(PLAUSIBLE_UP_TO) * own] = Kind.GUESS
    found[invented <= np.float32(SUPPORTED_UP_TO)] = Kind.SUPPORTED
    found[contradicts >= 1] = Kind.CONTRADICTS
    return found


def stands_out(own: Floats, invented: Floats, model: ForwardModel) -> NDArray[np.bool_]:
    """Where means over cells tell detail that is far beyond what BEFORE's detail and the rest would suggest."""
    limit = max(STANDS_OUT_FROM, STANDS_OUT_UNUSUAL * model.usual_free)
    found: NDArray[np.bool_] = invented > np.float32(limit) * own
    return found
