"""Pictures of several kinds brought together: sizes that must agree, and samples that are mixed.

Mixing works on the values as they are (gamma-encoded), as picture editors do by default and as
`resample` does here; it is not linear in light. Colours count by their alpha (premultiplied, Porter
and Duff 1984), so that a transparent pixel's colour never shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError, Step
from whichmodel.nodes.operation import Size
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Kind, Raster

Floats = NDArray[np.float32]


def one_size(step: Step, sizes: Mapping[str, Size]) -> Size | None:
    """The size that all pictures at a step's ports have; `None` where one of them is not known.

    Nothing is brought to another size silently.

    Raises:
        InputError: two differ; names the step, the ports and the sizes.
    """
    (first, size), *others = sizes.items() or [("", None)]
    for port, other in others:
        if other != size:
            raise InputError(
                f"step {step.id!r}: what it merges must have one size, but {first!r} has {size} pixels"
                f" and {port!r} has {other}",
                hint=f"put a step before it that takes {first!r} and {port!r} to one size: operation 'resample',"
                " the one at port 'image', the other at port 'size_of', parameter factor: 1",
            )
    return size if len(sizes) == len(step.takes) else None


def joint_kind(kinds: Iterable[Kind], *, alpha: bool) -> Kind:
    """The kind that holds all of some kinds without loss: colour before grey, 16 bits before 8."""
    known = list(kinds)
    return Kind(max(kind.bands for kind in known), max(kind.bits for kind in known), alpha)


def as_kind(raster: Raster, box: Box, kind: Kind) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """A part of a raster in a kind that holds it: colour `(h, w, bands)` and alpha `(h, w)` or `None`.

    8 bits become 16 exactly (times 257); grey becomes three equal channels.
    """
    return in_kind(raster.read_all(box), raster.kind, kind)


def in_kind(samples: NDArray[Any], own: Kind, kind: Kind) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Samples `(h, w, own.samples)` of one kind in another that holds it, as `as_kind`."""
    if own.bits < kind.bits:
        samples = samples.astype(np.uint16) * np.uint16(257)
    colour = samples[:, :, : own.bands]
    if own.bands < kind.bands:
        colour = np.repeat(colour, kind.bands, axis=2)
    return colour, samples[:, :, own.bands] if own.alpha else None


def share_of(raster: Raster, box: Box) -> Floats:
    """A part of a mask as shares 0..1: shape `(h, w)`; what is transparent in it marks nothing."""
    bands = raster.kind.bands
    shares = raster.read_all(box).astype(np.float32) / np.float32(raster.kind.top)
    # A mask has one band; of a coloured one the mean counts.
    mean: Floats = shares[:, :, 0] if bands == 1 else shares[:, :, :bands].mean(axis=2, dtype=np.float32)
    return mean * shares[:, :, bands] if raster.kind.alpha else mean


def mixed(
    one: tuple[NDArray[Any], NDArray[Any] | None],
    other: tuple[NDArray[Any], NDArray[Any] | None],
    share: Floats | np.float32,
    kind: Kind,
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """`share` of one picture and the rest of another, pixel by pixel.

    Args:
        one, other: colour `(h, w, bands)` and alpha, both of `kind`'s bands and bits. A picture without
            alpha is opaque.
        share: 0..1 of `one`: a number, or `(h, w)`.

    Returns:
        Colour and alpha of `kind`; where all is transparent, the colour of `other`.
    """
    top = np.float32(kind.top)
    rest = np.float32(1) - share
    if one[1] is None and other[1] is None:
        # Without transparency the weights are the shares themselves.
        return _whole(_deep(share) * one[0] + _deep(rest) * other[0], kind), None
    weights = [
        part * (np.float32(1) if alpha is None else alpha.astype(np.float32) / top)
        for part, (_, alpha) in ((share, one), (rest, other))
    ]
    alpha: Any = weights[0] + weights[1]
    visible = alpha > 0
    safe = np.where(visible, alpha, np.float32(1))
    colour = (_deep(weights[0]) * one[0] + _deep(weights[1]) * other[0]) / _deep(safe)
    colour = np.where(_deep(visible), colour, other[0])
    return _whole(colour, kind), _whole(alpha * top, kind) if kind.alpha else None


def _deep(share: Any) -> Any:
    """A share for each pixel, made to fit colours."""
    return share[:, :, None] if isinstance(share, np.ndarray) else share


def _whole(values: Floats, kind: Kind) -> NDArray[Any]:
    return np.clip(np.rint(values), 0, kind.top).astype(kind.dtype)
