"""All that can be said about a result from it and its input: geometry, consistency, invention, places."""

from __future__ import annotations

import math
from pathlib import Path

from whichmodel.domain import Record
from whichmodel.examining.expected import ExpectedError, expected_error
from whichmodel.examining.expected_origin import UNKNOWN, Origin
from whichmodel.examining.first import Agreement, FirstEvidence, agreement_of, first_evidence
from whichmodel.examining.forward import ForwardModel, forward_model
from whichmodel.examining.geometry import Geometry, find_geometry
from whichmodel.examining.invention import Kind
from whichmodel.examining.maps import Maps, draw_maps
from whichmodel.examining.overlay import COLOUR_CHANGE, Overlay
from whichmodel.examining.reading import Reading, read_result
from whichmodel.examining.regions import Region, regions
from whichmodel.pictures import Picture, Raster, Viewed
from whichmodel.pictures.bridge import from_vips
from whichmodel.pictures.raster import store


class Shares(Record, frozen=True, kw_only=True):
    """Shares of AFTER's pixels, 0..1, by what they are; the names are those of the legend."""

    supported: float
    guess: float
    invented: float
    contradicts: float
    outside: float


class Evidence(FirstEvidence, frozen=True, kw_only=True):
    """The first evidence, and what the maps tell.

    Args:
        geometry: how AFTER lies over BEFORE.
        model: the forward model.
        consistency: of AFTER, reduced by the model, and BEFORE, where both show the same.
        shares: of AFTER by class.
        mean_invention: mean strength of what BEFORE does not determine, 0..1 of the range of brightness.
        colour_changed: whether the colours are others everywhere; the maps leave that change out.
        regions: places to look at, the largest first.
        expected_error: how far AFTER may be from the truth, or why that is not known.
        reading: spectrum, edges, faces and text; empty where it was not read closely.
        folder: where the files about it are, in the report of a run that wrote them.
    """

    geometry: Geometry
    model: ForwardModel
    consistency: Agreement
    shares: Shares
    mean_invention: float
    colour_changed: bool
    regions: tuple[Region, ...]
    expected_error: ExpectedError
    reading: Reading = Reading()
    folder: str | None = None


def full_evidence(
    before: Viewed,
    after: Viewed,
    folder: Path,
    *,
    kernel: str | None = None,
    noise: float | None = None,
    origin: Origin = UNKNOWN,
    closely: bool = False,
    again: bool = False,
) -> tuple[Evidence, Maps]:
    """Compare a result with its input, and draw the maps into files in `folder`.

    Args:
        before: held in memory.
        after: read five times, from top to bottom, in strips.
        kernel, noise: of the forward model, where they are known.
        origin: which model made AFTER, for the expected error (`examining.expected.EXPECTED` in `folder`).
        closely: whether spectrum, edges, faces and text are read too.
        again: whether BEFORE is enlarged a second time, for the expected error.

    Raises:
        InputError: the pictures do not belong together, or there is no such model.
    """
    geometry = find_geometry(before, after)
    overlay = Overlay(before, (after.width, after.height), geometry)
    model = forward_model(before, after, overlay, kernel=kernel, noise=noise)
    maps = draw_maps(after, overlay, model, folder)
    first = _first(before, after, geometry, maps)
    fields = {name: getattr(first, name) for name in FirstEvidence.__struct_fields__}
    evidence = Evidence(
        **fields,
        geometry=geometry,
        model=model,
        consistency=_consistency(maps),
        shares=Shares(
            supported=maps.shares[Kind.SUPPORTED],
            guess=maps.shares[Kind.GUESS],
            invented=maps.shares[Kind.INVENTED],
            contradicts=maps.shares[Kind.CONTRADICTS],
            outside=maps.shares[Kind.OUTSIDE],
        ),
        mean_invention=maps.mean_invention,
        colour_changed=geometry.colour.largest >= COLOUR_CHANGE,
        regions=regions(maps),
        expected_error=expected_error(before, after, geometry, folder, origin, again),
        reading=_reading(after, overlay, maps, folder) if closely else Reading(),
    )
    return evidence, maps


def _reading(after: Viewed, overlay: Overlay, maps: Maps, folder: Path) -> Reading:
    if isinstance(after, Raster):
        return read_result(after, overlay, maps, folder)
    raster = store(
        after if isinstance(after, Picture) else Picture(from_vips(after.lazy())), folder / "after.samples"
    )
    try:
        return read_result(raster, overlay, maps, folder)
    finally:
        raster.close()


def _first(before: Viewed, after: Viewed, geometry: Geometry, maps: Maps) -> FirstEvidence:
    """The first evidence; what lies otherwise than in the file is compared where it was found."""
    if not (geometry.turned or geometry.cropped):
        return first_evidence(before, after)
    scale_x, scale_y = geometry.scale_x, geometry.scale_y
    left, top, right, bottom = geometry.overlap
    share = max(0.0, 1 - 1 / (scale_x * scale_y)) if scale_x * scale_y > 1 else 0.0
    how = [
        *(["mirrored"] if geometry.mirrored else []),
        *([f"turned by {90 * geometry.quarter_turns}°"] if geometry.quarter_turns else []),
        *(["cropped or extended"] if geometry.cropped else []),
    ]
    return FirstEvidence(
        before_size=(before.width, before.height),
        after_size=(after.width, after.height),
        factor_x=scale_x,
        factor_y=scale_y,
        new_pixel_share=share,
        compared_size=(
            max(1, round((right - left) / max(1.0, scale_x))),
            max(1, round((bottom - top) / max(1.0, scale_y))),
        ),
        agreement=_consistency(maps),
        bicubic_agreement=None,
        notes=(f"the result is {' and '.join(how)}, and was compared as it was found to lie",),
    )


def _consistency(maps: Maps) -> Agreement:
    return agreement_of(maps.squares / maps.compared) if maps.compared else agreement_of(math.inf)
