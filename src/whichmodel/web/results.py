"""From a result to what its page shows: deep-zoom tiles of photo, result and evidence, and small pictures.

A result of hundreds of megapixels is never held in memory: it is decoded once into a raster on disk, from which
tiles and evidence are made in strips.
"""

from __future__ import annotations

import math
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from whichmodel.domain import InputError, Record, to_json
from whichmodel.domain.record import from_json
from whichmodel.examining import Evidence, full_evidence
from whichmodel.examining.drawing import COLOURS
from whichmodel.examining.expected_origin import Origin
from whichmodel.examining.geometry import laid
from whichmodel.examining.invention import LEGEND, Kind
from whichmodel.examining.maps import Maps
from whichmodel.examining.words import careful
from whichmodel.files import replacing
from whichmodel.pictures import (
    Limits,
    Metadata,
    Picture,
    Raster,
    decode,
    open_picture,
    read_picture,
    write_picture,
)
from whichmodel.pictures.bridge import from_vips, pyvips, to_vips
from whichmodel.web.seen_through import COLOUR as CLEAR_COLOUR
from whichmodel.web.seen_through import NAME as CLEAR_NAME
from whichmodel.web.seen_through import mark_clear, on_chequers, paragraph_left, shares_left
from whichmodel.web.worker import Tell

VIEW = Path("view.json")
ZOOM = Path("zoom")
_SCRATCH = "scratch-"
_MAP_PIXELS = 24_000_000
"""Pixels that the map of the evidence has at most: beyond, one sample stands for several."""
_SMALL = 900
"""Longest side of the small pictures of the report."""
_OPACITY = {
    Kind.SUPPORTED: 0,
    Kind.GUESS: 120,
    Kind.INVENTED: 165,
    Kind.CONTRADICTS: 205,
    Kind.OUTSIDE: 190,
}


class Layer(Record, frozen=True, kw_only=True):
    """A picture as tiles, and where it lies over the result.

    Args:
        name: of its tiles: `zoom/NAME_files/LEVEL/COLUMN_ROW.ENDING`.
        width, height: in its own pixels.
        box: left, top, width and height in pixels of the result.
    """

    name: str
    width: int
    height: int
    ending: str
    box: tuple[float, float, float, float]


class Share(Record, frozen=True, kw_only=True):
    """A line of the legend: what it means, its colour (red, green, blue), its share 0..1 of the result."""

    name: str
    text: str
    colour: tuple[int, int, int]
    share: float


class View(Record, frozen=True, kw_only=True):
    """What the page of a result shows.

    Args:
        width, height: of the result.
        layers: by what they are: `"after"`, `"before"`, `"map"`.
        legend: of the map.
        words: what the evidence says, in a paragraph; `careful` names places to be careful with.
        note: why there is no evidence.
    """

    width: int
    height: int
    layers: dict[str, Layer]
    legend: tuple[Share, ...] = ()
    words: str = ""
    careful: tuple[str, ...] = ()
    note: str = ""


def read_view(folder: Path) -> View | None:
    """What the page of a result shows, as far as it is ready."""
    try:
        return from_json(View, (folder / VIEW).read_bytes())
    except (OSError, InputError):
        return None


def prepare(photo: Path, output: Path, origin: Origin, limits: Limits, tell: Tell) -> str:
    """Make tiles, evidence and small pictures beside the result; what is there already is left.

    Args:
        origin: which model made the result.
        tell: is told `viewable` as soon as the result can be looked at.

    Returns:
        Why there is no evidence; empty where there is.
    """
    if output.suffix == ".json":
        return "the result is data, not a picture"
    ready = read_view(Path())
    if ready is not None and (ready.legend or ready.note):
        return ready.note
    ZOOM.mkdir(exist_ok=True)
    for left in Path().glob(f"{_SCRATCH}*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    tell({"stage": "making the zoomable picture"})
    with TemporaryDirectory(prefix=_SCRATCH, dir=Path.cwd()) as scratch:
        folder = Path(scratch)
        most = Limits(max_input_pixels=limits.max_output_pixels)
        after = decode(open_picture(output, most), folder / "after")
        view = View(
            width=after.width,
            height=after.height,
            layers={
                "after": _tiles(after, "after", after, tell),
                "before": _tiles(
                    decode(open_picture(photo, limits), folder / "before"), "before", after, tell
                ),
            },
        )
        _keep(view)
        tell({"viewable": True, "stage": "comparing the result with your photo"})
        before = read_picture(photo, limits)
        _small(before, Path("before.jpg"))
        _small(after, Path("after.jpg"))
        try:
            found, maps = full_evidence(before, after, folder, origin=origin, closely=True)
        except InputError as error:
            view = _with_note(view, f"The result was not compared with the photo: {error.message}.")
        else:
            with replacing(Path("evidence.json")) as temporary:
                temporary.write_text(to_json(found), encoding="utf-8")
            view = _with_evidence(view, found, maps, before, after, tell)
        after.close()
    _keep(view)
    return view.note


def _with_note(view: View, note: str) -> View:
    return View(width=view.width, height=view.height, layers=view.layers, note=note)


def _with_evidence(
    view: View, found: Evidence, maps: Maps, before: Picture, after: Raster, tell: Tell
) -> View:
    """The view with the map, and with the photo as it lies over the result."""
    geometry = found.geometry
    layers = dict(view.layers)
    high, wide = before.height, before.width
    if geometry.mirrored or geometry.quarter_turns:
        lying = np.ascontiguousarray(laid(before.pixels, geometry.mirrored, geometry.quarter_turns))
        high, wide = lying.shape[:2]
        turned = Picture(lying, None, before.metadata)
        layers["before"] = _tiles(turned, "before-laid", turned, tell)
    layers["before"] = Layer(
        name=layers["before"].name,
        width=wide,
        height=high,
        ending=layers["before"].ending,
        box=(geometry.offset_x, geometry.offset_y, wide * geometry.scale_x, high * geometry.scale_y),
    )
    clear = mark_clear(after, maps.classes)
    each = shares_left(maps.classes, len(Kind))
    chart = _map(maps, view.width, view.height)
    _small_png(chart, Path("map.png"))
    layers["map"] = _tiles(chart, "map", view, tell)
    legend = [
        Share(name=kind.name.lower(), text=LEGEND[kind], colour=COLOURS[kind], share=round(each[kind], 6))
        for kind in Kind
    ]
    if clear:
        legend.append(Share(name="clear", text=CLEAR_NAME, colour=CLEAR_COLOUR, share=round(clear, 6)))
    return View(
        width=view.width,
        height=view.height,
        layers=layers,
        legend=tuple(legend),
        words=paragraph_left(found, each, clear),
        careful=tuple(careful(found)),
    )


def _tiles(picture: Picture | Raster, name: str, under: Picture | Raster | View, tell: Tell) -> Layer:
    """The picture as tiles, laid over the whole of the result."""
    place = ZOOM / f"{name}.dzi"
    if not place.is_file():
        write_picture(picture, place, quality=88, progress=lambda share: tell({"share": share}))
    return Layer(
        name=name,
        width=picture.width,
        height=picture.height,
        ending="png" if picture.has_alpha else "jpg",
        box=(0.0, 0.0, float(under.width), float(under.height)),
    )


def _map(maps: Maps, width: int, height: int) -> Picture:
    """The classes in the colours of the legend, see-through where the photo supports the result."""
    raw = pyvips.Image.rawload(str(maps.classes), width, height, 1)
    each = max(1, math.ceil(math.sqrt(width * height / _MAP_PIXELS)))
    if each > 1:
        raw = raw.subsample(each, each)
    table = np.zeros((1, 256, 4), np.uint8)
    for kind, colour in COLOURS.items():
        table[0, int(kind)] = (*colour, _OPACITY[kind])
    samples = from_vips(raw.maplut(to_vips(table)))
    return Picture(np.ascontiguousarray(samples[..., :3]), np.ascontiguousarray(samples[..., 3]), Metadata())


def _small(picture: Picture | Raster, path: Path) -> None:
    """A small copy for the report, in sRGB; what is see-through on a chequered ground."""
    image = picture.lazy_all()
    if picture.bits == 16:
        image = (image / 257).cast("uchar").copy(interpretation="srgb" if image.bands >= 3 else "b-w")
    if picture.metadata.icc is not None:
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", picture.metadata.icc)
        # A profile that is damaged or does not fit changes nothing.
        with suppress(pyvips.Error):
            image = image.icc_transform("srgb", embedded=True)
    image = on_chequers(image.thumbnail_image(_SMALL, height=_SMALL, size="down"))
    with replacing(path) as temporary:
        temporary.write_bytes(image.jpegsave_buffer(Q=86, keep="none"))


def _small_png(picture: Picture, path: Path) -> None:
    image = picture.lazy_all().thumbnail_image(_SMALL, height=_SMALL, size="down")
    with replacing(path) as temporary:
        temporary.write_bytes(image.pngsave_buffer(compression=6, keep="none"))


def _keep(view: View) -> None:
    with replacing(VIEW) as temporary:
        temporary.write_text(to_json(view), encoding="utf-8")
