"""Draw a picture before and after, side by side.

Above, the whole pictures; below, the same detail of both at one screen pixel for each pixel of the
result, where a difference can be seen. The input is enlarged bicubically to the size of the result:
what any picture viewer would show.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from whichmodel.pictures.bridge import from_vips, pyvips, to_vips
from whichmodel.pictures.picture import Metadata, Picture
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.resample import quantised, resample, resized

_GAP = 8
_PANEL_WIDTH = (2000 - _GAP) // 2
_PANEL_HEIGHT = 800
_DETAIL_HEIGHT = 600
_PAPER = 255


def before_after(
    before: Picture | Raster,
    after: Picture | Raster,
    caption_before: str | None = None,
    caption_after: str | None = None,
) -> Picture:
    """One 8-bit sRGB picture, at most 2000 pixels wide: left the input, right the result.

    Args:
        before: the input; shown enlarged bicubically to the size of `after`.
        after: the result.
        caption_before, caption_after: a short line each, by default the sizes; left out where no
            font can be drawn.

    The detail is taken where the result has the most contrast. Transparency is laid on white.
    """
    width, height = after.width, after.height
    if caption_before is None:
        caption_before = f"before: {before.width} x {before.height}, enlarged bicubically"
    if caption_after is None:
        caption_after = f"after: {width} x {height}"
    shrink = min(1.0, _PANEL_WIDTH / width, _PANEL_HEIGHT / height)
    panel = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    right_whole = shown(after, resized(flat(after), *panel, "lanczos3"))
    # Straight to the panel: enlarging to the full size first would show the same and cost much.
    left_whole = shown(before, resized(flat(before), *panel, "lanczos3"))
    pairs = [(left_whole, right_whole)]
    if shrink < 1.0:
        box = _busiest(right_whole, width, height)
        right = shown(after, flat(after).crop(*box))
        left = shown(before, resized(flat(before), width, height, "cubic").crop(*box))
        pairs.append((left, right))
    column = max(part.width for part, _ in pairs)
    rows = [_row(*pair, column) for pair in pairs]
    captions = _captions(2 * column + _GAP, caption_before, caption_after)
    return Picture(from_vips(_stack([*captions, *rows])), None, Metadata())


def flat(picture: Picture | Raster) -> Any:
    """Lazy libvips image without transparency; of a raster it can be computed once, from top to bottom."""
    if not picture.has_alpha:
        return picture.lazy()
    top = 255 if picture.bits == 8 else 65535
    both = picture.lazy_all()
    return both.flatten(background=[top] * (both.bands - 1), max_alpha=top)


def shown(picture: Picture | Raster, image: Any) -> Any:
    """As 8-bit sRGB with three bands, through the picture's own profile; computed and in memory."""
    grey = picture.is_grey
    if picture.bits == 16:
        image = image / 257
    image = quantised(image.cast("float"), "uchar").copy(interpretation="b-w" if grey else "srgb")
    if picture.metadata.icc is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", picture.metadata.icc)
        # A profile that is damaged or does not fit the bands changes nothing.
        with suppress(pyvips.Error):
            image = image.icc_transform("srgb", embedded=True).copy_memory()
            grey = image.bands == 1
    if grey:
        image = image.bandjoin([image, image])
    return image.copy(interpretation="srgb").copy_memory()


def _busiest(panel: Any, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width, height of the detail in the result: where the small view has most contrast."""
    box = (min(width, _PANEL_WIDTH), min(height, _DETAIL_HEIGHT))
    view = from_vips(panel).mean(axis=2).astype(np.float32)
    edges = np.zeros_like(view)
    edges[:, 1:] += np.abs(np.diff(view, axis=1))
    edges[1:, :] += np.abs(np.diff(view, axis=0))
    total = np.pad(edges.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    across = max(1, round(box[0] * view.shape[1] / width))
    down = max(1, round(box[1] * view.shape[0] / height))
    sums = total[down:, across:] - total[:-down, across:] - total[down:, :-across] + total[:-down, :-across]
    top, left = np.unravel_index(int(sums.argmax()), sums.shape)
    return (
        min(round(int(left) * width / view.shape[1]), width - box[0]),
        min(round(int(top) * height / view.shape[0]), height - box[1]),
        *box,
    )


def _row(left: Any, right: Any, column: int) -> Any:
    """Both parts in columns of this width, each in the middle of its own."""
    sheet = _paper(2 * column + _GAP, left.height)
    sheet = sheet.insert(left, (column - left.width) // 2, 0)
    return sheet.insert(right, column + _GAP + (column - right.width) // 2, 0)


def _paper(width: int, height: int) -> Any:
    return pyvips.Image.black(width, height, bands=3).linear(1, _PAPER).cast("uchar")


def _stack(parts: list[Any]) -> Any:
    width = max(part.width for part in parts)
    height = sum(part.height for part in parts) + _GAP * (len(parts) - 1)
    sheet = _paper(width, height)
    top = 0
    for part in parts:
        sheet = sheet.insert(part, 0, top)
        top += part.height + _GAP
    return sheet.copy(interpretation="srgb")


def _captions(width: int, left: str, right: str) -> list[Any]:
    """A strip with both captions; an empty list where there is no font."""
    half = (width - _GAP) // 2
    try:
        drawn = [_text(caption, max(1, half - 2 * _GAP)) for caption in (left, right)]
    except pyvips.Error:
        return []
    strip = _paper(width, max(part.height for part in drawn) + _GAP)
    return [strip.insert(drawn[0], _GAP, _GAP).insert(drawn[1], half + 2 * _GAP, _GAP)]


def _text(caption: str, width: int) -> Any:
    # Pango reads mark-up; a file name with "<" or "&" must stay text.
    safe = caption.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    ink = pyvips.Image.text(safe or " ", font="sans 14", dpi=96)
    # Too long for its half: made smaller, never cut without a trace.
    if ink.width > width:
        small = resample(from_vips(ink), width, max(1, round(ink.height * width / ink.width)))
        ink = to_vips(small)
    grey = (255 - ink).cast("uchar")
    return grey.bandjoin([grey, grey]).copy(interpretation="srgb").copy_memory()
