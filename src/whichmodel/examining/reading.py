"""A result read closely: its spectrum, its edges, and the faces and letters in it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from whichmodel.domain import Record
from whichmodel.examining.edges import Edge, strong_edges
from whichmodel.examining.maps import Maps
from whichmodel.examining.overlay import Overlay
from whichmodel.examining.places import places
from whichmodel.examining.spectrum import Spectrum, spectrum
from whichmodel.examining.things import Thing, things
from whichmodel.photo.things import faces_of, text_of
from whichmodel.pictures import Picture, Raster
from whichmodel.pictures.bridge import from_vips
from whichmodel.pictures.raster import store
from whichmodel.pictures.resample import quantised, resized

LOOKED_AT = 4_000_000
"""Pixels of a result in which faces and text are looked for."""


class Reading(Record, frozen=True, kw_only=True):
    """What is read in a result beside the maps.

    Args:
        spectrum: radial power spectra; `None` where the pictures share too little.
        edges: the steepest edges of BEFORE, in both pictures.
        things: faces and text, the largest of each first.
        not_looked_for: sorts of things that were not looked for, and why.
    """

    spectrum: Spectrum | None = None
    edges: tuple[Edge, ...] = ()
    things: tuple[Thing, ...] = ()
    not_looked_for: dict[str, str] = msgspec.field(default_factory=dict)


def read_result(after: Raster, overlay: Overlay, maps: Maps, folder: Path) -> Reading:
    """Read a result of which the maps are drawn.

    Faces and text are looked for on a copy of at most `LOOKED_AT` pixels, so that it takes no longer for a poster.

    Args:
        folder: for that copy.
    """
    seen = list(places(overlay, after))
    share = min(1.0, (LOOKED_AT / (after.width * after.height)) ** 0.5)
    looked = after if share == 1 else _copy(after, share, folder / "looked.samples")
    called = things(
        looked,
        (after.width, after.height),
        overlay.down.scale,
        maps,
        {"face": faces_of, "text": text_of},
    )
    if looked is not after:
        looked.close()
    return Reading(
        spectrum=spectrum(seen),
        edges=strong_edges(seen),
        things=called.found,
        not_looked_for=called.not_looked,
    )


def _copy(picture: Raster, share: float, path: Path) -> Raster:
    size = max(1, round(picture.width * share)), max(1, round(picture.height * share))
    image = quantised(resized(picture.lazy(), *size, "linear"), "uchar" if picture.bits == 8 else "ushort")
    return store(Picture(from_vips(image)), path)
