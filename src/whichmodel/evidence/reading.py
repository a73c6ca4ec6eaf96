"""A result read closely: its spectrum, its edges, and the faces and letters in it."""

from __future__ import annotations

import msgspec

from whichmodel.domain import Record
from whichmodel.evidence.edges import Edge, strong_edges
from whichmodel.evidence.maps import Maps
from whichmodel.evidence.overlay import Overlay
from whichmodel.evidence.places import places
from whichmodel.evidence.spectrum import Spectrum, spectrum
from whichmodel.evidence.things import Thing, What, things
from whichmodel.photo.things import faces_of, text_of
from whichmodel.pictures import Raster


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


def read_result(after: Raster, overlay: Overlay, maps: Maps) -> Reading:
    """Read a result of which the maps are drawn."""
    seen = list(places(overlay, after))
    called = things(after, overlay.down.scale, maps, {"face": faces_of, "text": text_of})
    return Reading(
        spectrum=spectrum(seen),
        edges=strong_edges(seen),
        things=called.found,
        not_looked_for=called.not_looked,
    )


__all__ = ["Reading", "What", "read_result"]
