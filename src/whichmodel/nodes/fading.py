"""Operation `fading`: find whether a photograph has faded or taken on a cast, and stretch its colours back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.operation import (
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    State,
    Unit,
    check_parameters,
    row_bands,
)
from whichmodel.pictures.bridge import from_vips
from whichmodel.pictures.raster import Raster

CLIPPED, AMOUNT = 0.005, 1.0

_LIFTED_COLOUR, _LIFTED_GREY = 0.07, 0.10
"""Blacks above it, in every channel, are faded. Of 12 ordinary photographs in colour none has more than 0.06,
of three in grey none more than 0.09; prints whose dyes lost a fifth of their density have 0.08 and more."""
_DULL = 0.70
"""Whites below it in every channel are dirty or dull; the lowest of the same photographs is 0.79."""
_CAST, _CAST_RATIO = 10.0, 0.6
"""Distance of the mean colour from grey beyond its spread, in units of CIE Lab, and the same as multiple of
the spread, above which Gasparini and Schettini call a cast evident."""
_TINTED, _LIGHT = 15.0, 70.0
"""Chroma of the lightest parts from which they are tinted, and the lightness that they need to be whites."""
_BRIGHT = 0.90
"""Where the white of a dull picture goes."""
_LEAST_RANGE = 0.25
"""Never stretched more than fourfold: beyond that there is grain rather than a picture."""
_SIDE = 512
"""Longer side of the small copy on which the cast is measured."""


class FadingOperation(Operation):
    """Corrects fading and casts of colour, where there are any; a photograph without them is left as it is.

    What is found:

    - *Faded*: in every channel the darkest pixels are lifted above 7 % of the range (10 % in grey
      pictures), or in none the lightest reach 70 %.
    - *Cast*: an evident cast by the statistics of F. Gasparini and R. Schettini ("Color balancing of digital
      photos using simple image statistics", Pattern Recognition 37, 2004): the mean of a* and b* lies
      farther from grey than their spread, by more than 10 and by more than 0.6 spreads; and the lightest
      twentieth of the pixels, which in most photographs is grey or white, has a chroma above 15.

    What is done: the simplest colour balance (N. Limare, J.-L. Lisani, J.-M. Morel, A. B. Petro, C. Sbert,
    IPOL 1, 2011): in each channel the value that a share `clipped` of the pixels lies below becomes black, the
    one that as many lie above becomes white, and what is between follows linearly, at most four times as
    steep. Other than there, white is not the top of the range but where the brightest channel's white was, or
    90 % where that was below 70 %: dyes that fade lose black and balance, and a scene at dusk has no white
    (measured on five photographs faded in four ways: the root mean square error of one without white fell from
    36 to 11 of 255, and rose from 1 to 6 at worst). A scene of one colour, such as a red wall, still comes out
    more neutral than it was.

    Parameters: `clipped`, 0 to 0.1 (default 0.005); `amount`, above 0 to 1 (default 1), how much of the
    correction is made; `always`, true to correct whatever is found. Wholly transparent pixels do not count,
    and transparency stays.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    # Blacks and whites move as far as the picture has faded.
    resembles: ClassVar[str | None] = None

    def check(self, step: Step) -> None:
        number = (int, float)
        check_parameters(step, {"clipped": number, "amount": number, "always": bool})
        clipped, amount = _settings(step)
        if not (math.isfinite(clipped) and 0 <= clipped <= 0.1):
            raise InputError(f"step {step.id!r}: parameter 'clipped' must be 0 to 0.1, not {clipped:g}")
        if not (math.isfinite(amount) and 0 < amount <= 1):
            raise InputError(
                f"step {step.id!r}: parameter 'amount' must be above 0, at most 1, not {amount:g}"
            )

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        picture = inputs["image"]
        counts = _counts(picture)
        clipped, _ = _settings(step)
        black, white = zip(*(_ends(channel, clipped, picture.kind.top) for channel in counts), strict=True)
        state: dict[str, Any] = {"black": list(black), "white": list(white)}
        lifted = _LIFTED_COLOUR if len(black) == 3 else _LIFTED_GREY
        found = ["faded"] if min(black) > lifted or max(white) < _DULL else []
        if len(black) == 3:
            cast = _cast_of(picture)
            state["cast"] = cast
            evident = cast["beyond"] > _CAST and cast["ratio"] > _CAST_RATIO
            if evident and cast["chroma"] > _TINTED and cast["lightness"] > _LIGHT:
                found.append("cast")
        return {**state, "found": found}

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture, state = inputs["image"], context.state
        samples = picture.read_all(unit.target)
        bands = picture.kind.bands
        colour = samples[:, :, :bands]
        if _corrects(step, state):
            _, amount = _settings(step)
            # A plan times the work on a picture that may have other channels than its state.
            ends = list(zip(state["black"], state["white"], strict=True))
            top = max(state["white"])
            top = _BRIGHT if top < _DULL else top
            curves = [_curve(*ends[band], top, amount, picture.kind.bits) for band in range(bands)]
            colour = np.stack([curves[band][colour[:, :, band]] for band in range(bands)], axis=2)
        return Samples(colour, samples[:, :, bands] if picture.kind.alpha else None)

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        ends = f"blacks at {_shares(state['black'])}, whites at {_shares(state['white'])}"
        if not state["found"]:
            done = "corrected all the same, as asked" if _corrects(step, state) else "left as it is"
            return (f"{step.id}: found no fading and no cast ({ends}); the colours are {done}",)
        names = {"faded": "fading", "cast": "a cast of colour"}
        what = " and ".join(names[item] for item in state["found"])
        return (f"{step.id}: found {what} ({ends}), and stretched each channel",)


def _corrects(step: Step, state: State) -> bool:
    return bool(state["found"]) or step.parameters.get("always") is True


def _counts(picture: Raster) -> NDArray[np.int64]:
    """How often each sample value occurs in each channel: shape `(bands, top + 1)`; read in bands of rows."""
    kind = picture.kind
    counts = np.zeros((kind.bands, kind.top + 1), np.int64)
    for unit in row_bands(Size(picture.width, picture.height)):
        samples = picture.read_all(unit.target).reshape(-1, kind.samples)
        if kind.alpha:
            samples = samples[samples[:, -1] > 0]
        for band in range(kind.bands):
            counts[band] += np.bincount(samples[:, band], minlength=kind.top + 1)
    return counts


def _ends(counts: NDArray[np.int64], clipped: float, top: int) -> tuple[float, float]:
    """Black and white point of a channel, shares 0..1 of the range."""
    sums = np.cumsum(counts)
    total = int(sums[-1])
    if not total:
        return 0.0, 1.0  # nothing can be seen
    black = int(np.searchsorted(sums, math.floor(total * clipped), side="right"))
    white = int(np.searchsorted(sums, total - math.floor(total * clipped), side="left"))
    return round(black / top, 6), round(max(black, white) / top, 6)


def _cast_of(picture: Raster) -> dict[str, float]:
    """Statistics of the colours in CIE Lab, of a small copy; they are rounded.

    Returns:
        `beyond`: how much farther the mean of (a*, b*) lies from grey than their spread; `ratio`: the same as
        multiple of the spread; `chroma` and `lightness`: means over the lightest twentieth.
    """
    image = picture.lazy()
    shrink = max(1, math.ceil(max(picture.width, picture.height) / _SIDE))
    across, down = min(shrink, picture.width), min(shrink, picture.height)
    colours = from_vips(image.shrink(across, down).colourspace("lab")).reshape(-1, 3).astype(np.float64)
    light, plane = colours[:, 0], colours[:, 1:]
    spread = float(np.hypot(*plane.std(axis=0)))
    beyond = float(np.hypot(*plane.mean(axis=0))) - spread
    lightest = colours[light >= np.quantile(light, 0.95)].mean(axis=0)
    found = {
        "beyond": beyond,
        "ratio": beyond / max(spread, 1e-3),
        "chroma": float(np.hypot(lightest[1], lightest[2])),
        "lightness": float(lightest[0]),
    }
    return {name: round(value, 3) for name, value in found.items()}


@lru_cache(maxsize=8)
def _curve(black: float, white: float, wished: float, amount: float, bits: int) -> NDArray[Any]:
    """What each possible sample of a channel becomes, rounded: `black` 0 and `white` the `wished` share."""
    top = (1 << bits) - 1
    values = np.arange(top + 1) / top
    missing = max(0.0, _LEAST_RANGE * wished - (white - black))
    stretched = (values - black + missing / 2) / (white - black + missing) * wished
    moved = values + amount * (np.clip(stretched, 0, wished) - values)
    return np.rint(moved * top).astype(np.uint8 if bits == 8 else np.uint16)


def _shares(values: list[float]) -> str:
    return "/".join(f"{value:.0%}" for value in values)


def _settings(step: Step) -> tuple[float, float]:
    return float(step.parameters.get("clipped", CLIPPED)), float(step.parameters.get("amount", AMOUNT))
