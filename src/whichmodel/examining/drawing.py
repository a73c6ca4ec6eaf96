"""The picture for people: before, after, and the map of what was found, with a legend."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.examining.full import Evidence
from whichmodel.examining.geometry import laid
from whichmodel.examining.invention import Kind
from whichmodel.examining.maps import Maps
from whichmodel.examining.regions import Region
from whichmodel.examining.things import Thing
from whichmodel.examining.words import legend, marked
from whichmodel.pictures import Metadata, Picture, Raster
from whichmodel.pictures.bridge import from_vips, pyvips, to_vips
from whichmodel.pictures.compare import flat, shown
from whichmodel.pictures.resample import resample, resized

_PANEL = 720
"""Longest side of a panel in pixels."""
_SMALLEST = 320
"""Panels of small results are enlarged to at least this."""
_GAP = 8
_PAPER = 255
_TINT = 0.62
"""Share of a class's colour in a pixel of the map; the rest is the result in grey."""

COLOURS: dict[Kind, tuple[int, int, int]] = {
    Kind.SUPPORTED: (225, 225, 225),
    Kind.GUESS: (95, 165, 230),
    Kind.INVENTED: (245, 165, 35),
    Kind.CONTRADICTS: (215, 25, 60),
    Kind.OUTSIDE: (60, 60, 60),
}
"""Told apart by most who see few colours: light, blue, orange, dark red, nearly black."""


def evidence_picture(
    before: Picture | Raster, after: Picture | Raster, found: Evidence, maps: Maps
) -> Picture:
    """One 8-bit sRGB picture: BEFORE as it lies under AFTER, AFTER, and the map; below them the legend.

    Places that are pointed out have a frame in the map with the number of `words.marked`: solid where it contradicts,
    dashed where it stands out, thin around faces and text.
    """
    width, height = after.width, after.height
    share = min(_PANEL / max(width, height), max(1.0, _SMALLEST / max(width, height)))
    size = max(1, round(width * share)), max(1, round(height * share))
    right = from_vips(shown(after, resized(flat(after), *size, "lanczos3")))
    left = _under(before, found, size, (width, height))
    chart = _chart(right, maps, size, (width, height))
    for number, place in enumerate(marked(found), 1):
        _frame(chart, place, share, number)
    panels = [
        (left, f"before: {'part of ' if found.geometry.cropped else ''}{before.width} x {before.height}"),
        (right, f"after: {width} x {height}"),
        (chart, "what of it is in the photo"),
    ]
    wide = 3 * size[0] + 2 * _GAP
    rows: list[NDArray[np.uint8]] = []
    titles = [_text(title, size[0]) for _, title in panels]
    if all(each is not None for each in titles):
        band = _paper(wide, max(each.shape[0] for each in titles if each is not None) + _GAP)
        for i, each in enumerate(titles):
            if each is not None:
                _put(band, each, i * (size[0] + _GAP), _GAP // 2)
        rows.append(band)
    body = _paper(wide, size[1])
    for i, (panel, _) in enumerate(panels):
        _put(body, panel, i * (size[0] + _GAP), 0)
    rows.append(body)
    rows.extend(_legend(found, maps, wide))
    return Picture(np.concatenate(rows), None, Metadata())


def _under(
    before: Picture | Raster, found: Evidence, size: tuple[int, int], whole: tuple[int, int]
) -> NDArray[np.uint8]:
    """BEFORE where AFTER shows it, on paper where it does not reach."""
    geometry = found.geometry
    plain = from_vips(shown(before, flat(before).cast("float")))
    lying = laid(plain, geometry.mirrored, geometry.quarter_turns)
    left, top, right, bottom = geometry.overlap
    x0, x1 = ((edge - geometry.offset_x) / geometry.scale_x for edge in (left, right))
    y0, y1 = ((edge - geometry.offset_y) / geometry.scale_y for edge in (top, bottom))
    part = lying[max(0, round(y0)) : max(1, round(y1)), max(0, round(x0)) : max(1, round(x1))]
    share = size[0] / whole[0], size[1] / whole[1]
    panel = _paper(*size)
    target = max(1, round((right - left) * share[0])), max(1, round((bottom - top) * share[1]))
    _put(panel, resample(np.ascontiguousarray(part), *target), round(left * share[0]), round(top * share[1]))
    return panel


def _chart(
    after: NDArray[np.uint8], maps: Maps, size: tuple[int, int], whole: tuple[int, int]
) -> NDArray[np.uint8]:
    """The classes as tints over the result in grey."""
    raw = pyvips.Image.rawload(str(maps.classes), *whole, 1)
    table = np.zeros((1, 256, 3), np.uint8)
    for kind, colour in COLOURS.items():
        table[0, int(kind)] = colour
    tint = from_vips(resized(raw.maplut(to_vips(table)), *size, "linear").cast("float"))
    grey = after.mean(axis=2, keepdims=True).astype(np.float32)
    mixed = np.clip(np.rint(tint * _TINT + grey * (1 - _TINT)), 0, 255)
    return np.ascontiguousarray(mixed.astype(np.uint8))


def _frame(chart: NDArray[np.uint8], place: Region | Thing, share: float, number: int) -> None:
    left, right = (round(edge * share) for edge in (place.left, place.right))
    top, bottom = (round(edge * share) for edge in (place.top, place.bottom))
    left, top = max(0, left - 3), max(0, top - 3)
    right, bottom = min(chart.shape[1], right + 3), min(chart.shape[0], bottom + 3)
    wide = 1 if isinstance(place, Thing) else 2
    for side in (
        chart[top : top + wide, left:right],
        chart[bottom - wide : bottom, left:right],
        chart[top:bottom, left : left + wide].transpose(1, 0, 2),
        chart[top:bottom, right - wide : right].transpose(1, 0, 2),
    ):
        drawn = np.ones(side.shape[1], bool)
        if isinstance(place, Region) and place.why == "stands out":
            drawn = np.arange(side.shape[1]) // 6 % 2 == 0
        side[:, drawn] = 0
    digits = _text(str(number), 40)
    if digits is not None:
        # Beneath the frame where there is no room above it; never beside the picture.
        high = digits.shape[0] + 2
        row = top - high if top >= high else min(bottom, chart.shape[0] - high)
        if row >= 0:
            tag = _paper(digits.shape[1] + 6, high)
            _put(tag, digits, 3, 1)
            _put(chart, tag, min(left, max(0, chart.shape[1] - tag.shape[1])), row)


def _legend(found: Evidence, maps: Maps, width: int) -> list[NDArray[np.uint8]]:
    """Rows of coloured squares with the words of the legend and their shares; empty where there is no font."""
    entries = [kind for kind in Kind if kind != Kind.OUTSIDE or maps.shares[kind] > 0]
    pieces = []
    for kind in entries:
        words = _text(f"{legend(found, kind)}: {maps.shares[kind]:.1%}", width - 40)
        if words is None:
            return []
        piece = _paper(words.shape[1] + 44, max(24, words.shape[0]))
        piece[2:22, 2:22] = 0
        piece[3:21, 3:21] = COLOURS[kind]
        _put(piece, words, 30, max(0, (24 - words.shape[0]) // 2))
        pieces.append(piece)
    rows, used = [_paper(width, 34)], 0
    for piece in pieces:
        if used and used + piece.shape[1] > width:
            rows.append(_paper(width, 34))
            used = 0
        _put(rows[-1], piece, used, 6)
        used += piece.shape[1]
    return rows


def _paper(width: int, height: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), _PAPER, np.uint8)


def _put(sheet: NDArray[np.uint8], part: NDArray[Any], left: int, top: int) -> None:
    """Lay a part on a sheet, as far as it fits."""
    place = sheet[top : top + part.shape[0], left : left + part.shape[1]]
    place[:] = part[: place.shape[0], : place.shape[1]]


def _text(words: str, width: int) -> NDArray[np.uint8] | None:
    """Black on white, shape `(h, w, 3)`, made smaller where it is too wide; `None` where there is no font."""
    try:
        ink = from_vips(pyvips.Image.text(words, font="sans 12", dpi=96))
    except pyvips.Error:
        return None
    if ink.shape[1] > width:
        ink = resample(ink, max(1, width), max(1, round(ink.shape[0] * width / ink.shape[1])))
    return np.repeat(255 - ink, 3, axis=2)
