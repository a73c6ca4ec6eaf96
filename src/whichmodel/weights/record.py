"""Records of weights: where they come from, their hashes, and what a runtime must know to use them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

import msgspec
import yaml

from whichmodel.domain import InputError, Record, Statement, from_data
from whichmodel.files.plugins import offered_files, tell
from whichmodel.weights.source import Positive, Sha256, Source

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
"""Names that also name folders and files: no slash, no leading dot or hyphen."""

UNKNOWN = "unknown"
"""Licence of weights for which nobody states one."""

_HEAVY = 12_000
"""Bytes for each input pixel that a network is taken to need until it is measured."""


class WeightsFile(Record, frozen=True, kw_only=True):
    """One file of the weights, as the source has it.

    Args:
        role: what it is for: `"param"` (the graph) and `"bin"` (the numbers) of ncnn, `"model"` of ONNX,
            `"encoder"` and `"decoder"`, `"shard-1"`; the converter or the operation asks for it by this name.
        path: exact name of the member of the archive, with forward slashes.
        sha256, size: of the file's content; size in bytes.
    """

    role: Word
    path: str
    sha256: Sha256
    size: Positive

    @property
    def name(self) -> str:
        """Its name in the cache, without folders."""
        return PurePosixPath(self.path).name


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
    """One set of weights: the one place that says everything about it.

    Args:
        id: e.g. `"span-x4-ch48"`.
        title: for people.
        sources: where it can be fetched, tried in this order; the pinned hashes are the same for all.
        files: what is taken from a source; empty where `given` says what the user has to bring.
        given: what the user has to bring, and where it is offered, where no package holds the weights: a piece
            of a sentence. No hash of it is known; `weights.given` tells what is done instead. Such weights run
            where their model is named, and are never chosen for a task.
        convert: name of the converter (`weights.conversion`) that makes what is run from the files, once,
            on the user's computer; empty where the files are run as they are.
        format: what is run.
        operation: name of the operation (`nodes.registry`) whose steps run it.
        licence: what we hold to apply, the strictest of what is stated, or `"unknown"`; `licence_note`
            tells what is stated where.
        paper: title of the paper behind the model.
        scale: factor of enlargement; 1 where the size stays.
        channels: colour channels in and out (3: R, G, B).
        inputs, outputs: names in the graph by what they take and give; `"image"` is the picture. A record
            with one of each may say `input_blob` and `output_blob` instead.
        input_range: lowest and highest input value.
        mean, std: of each channel, subtracted and divided by after the values are in `input_range`.
        colour_order: of the input and output channels.
        input_size: width and height in pixels that a network takes where it takes one size only: the whole
            picture is brought to it (context `"whole"`), or every tile is filled up to it; `None`: any size.
        receptive_field_radius: input pixels on each side that can influence an output pixel;
            `receptive_field_note` tells how it was derived.
        size_multiple: input sides must be a multiple of this (1: any size).
        border: what happens at the borders of the picture.
        context: `"finite"` where the receptive field is all that matters, so that tiles are exact;
            `"global"` where the network looks at the whole of what it is given: its tiles differ at their
            edges by any overlap, and are blended into each other; `"whole"` where it is always given the
            whole picture, reduced, and never tiles.
        new_light: whether an honest result can be much brighter or darker in places: haze and rain removed, night
            turned to day.
        one_tone: whether tiles are given the tone that the whole picture gets: for networks that choose how
            bright or clear a picture becomes. Needs `input_size`.
        tile: side of a tile's core in input pixels, where that of the program does not suit; 0: it does.
        outdone_by: what was measured to do the same better with models that run here; the planner then
            takes that, and these weights only where somebody names their model. Empty: nothing.
        tiling: what was measured about running it in tiles; `None` where not measured.
        memory_bytes: memory that one run at `input_size` was measured to take, beside the program; 0 where
            not measured or without meaning.
        measured: statements about quality and speed, each with its place.
    """

    id: Word
    title: str
    sources: tuple[Source, ...]
    format: Literal["ncnn", "onnx", "safetensors"]
    licence: str
    licence_note: str
    paper: str
    input_range: tuple[float, float]
    colour_order: Literal["RGB", "BGR"]
    border: str
    files: tuple[WeightsFile, ...] = ()
    given: str = ""
    convert: str = ""
    operation: str = "model"
    scale: Positive = 1
    channels: Positive = 3
    inputs: dict[str, str] = msgspec.field(default_factory=dict)
    outputs: dict[str, str] = msgspec.field(default_factory=dict)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    input_size: tuple[Positive, Positive] | None = None
    receptive_field_radius: Annotated[int, msgspec.Meta(ge=0)] = 0
    receptive_field_note: str = ""
    size_multiple: Positive = 1
    context: Literal["finite", "global", "whole"] = "finite"
    new_light: bool = False
    one_tone: bool = False
    tile: Annotated[int, msgspec.Meta(ge=0, le=4096)] = 0
    outdone_by: str = ""
    tiling: Tiling | None = None
    memory_bytes: Annotated[int, msgspec.Meta(ge=0)] = 0
    measured: tuple[Statement, ...] = ()

    @property
    def working_bytes(self) -> int:
        """Bytes of memory for each input pixel of a tile: measured, else those of a heavy network."""
        return self.tiling.working_bytes if self.tiling else _HEAVY

    @property
    def filled(self) -> int:
        """Side to which every tile is filled up, in input pixels; 0 where the network takes tiles of any size."""
        return self.input_size[0] if self.input_size and self.context != "whole" else 0

    @property
    def source(self) -> str:
        """The place that is tried first."""
        return self.sources[0].at

    @property
    def input_blob(self) -> str:
        """Name in the graph of the input that takes the picture."""
        return self.inputs["image"]

    @property
    def output_blob(self) -> str:
        """Name in the graph of the output that gives the picture."""
        return self.outputs["image"]

    @property
    def licence_known(self) -> bool:
        """Whether anybody states a licence."""
        return self.licence.casefold() != UNKNOWN


@cache
def records() -> dict[str, WeightsRecord]:
    """All records that come with whichmodel, by id; then those that installed packages offer.

    Raises:
        InputError: a record is not valid; names the file and the field.
    """
    folder = resources.files("whichmodel.catalog") / "data" / "weights"
    found: dict[str, WeightsRecord] = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            record = read_record(entry.read_text(encoding="utf-8"), where=entry.name)
            found[record.id] = record
    for where, content, _ in offered_files("weights"):
        try:
            record = read_record(content.decode("utf-8", "replace"), where=where)
            if record.id in found:
                raise InputError(f"there are weights {record.id!r} already")
        except InputError as error:
            tell(where, error.message.removeprefix(f"{where}: "))
            continue
        found[record.id] = record
    return found


def read_record(text: str, *, where: str) -> WeightsRecord:
    """Check one YAML text and make the record; raises `InputError` with file and field."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{where} is not YAML: {error}") from error
    made = from_data(WeightsRecord, _in_full(data, where), where=where)
    _check(made, where)
    return made


def _in_full(data: Any, where: str) -> Any:
    """The short forms written out: `source` with one archive, `input_blob` and `output_blob`."""
    if not isinstance(data, dict):
        return data
    fields = dict(data)
    if "source" in fields:
        if "sources" in fields:
            raise InputError(f"{where} has both source and sources", hint="several belong under sources")
        archive = ("archive", "archive_sha256", "archive_size")
        fields["sources"] = [
            {"at": fields.pop("source"), **{name: fields.pop(name) for name in archive if name in fields}}
        ]
    for short, full in (("input_blob", "inputs"), ("output_blob", "outputs")):
        if short in fields:
            if full in fields:
                raise InputError(f"{where} has both {short} and {full}")
            fields[full] = {"image": fields.pop(short)}
    return fields


def _check(made: WeightsRecord, where: str) -> None:
    """What the types cannot say; raises `InputError` with file and field."""
    for name in ("title", "licence", "licence_note", "paper", "border"):
        if getattr(made, name).startswith("TODO"):
            raise InputError(f"{where}: `{name}` is still a TODO", hint="write what a person has to decide")
    if not made.sources or bool(made.files) == bool(made.given):
        raise InputError(f"{where}: sources, and either files or given, must not be empty")
    if made.given and (not made.convert or any(source.kind != "file" for source in made.sources)):
        raise InputError(f"{where}: what the user gives has a source file:NAME and a converter")
    for what, names in (
        ("role", [file.role for file in made.files]),
        ("file name", [file.name for file in made.files]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"{where}: the {what} {twice[0]!r} is there twice")
    roles = {file.role for file in made.files}
    for source in made.sources:
        source.check(where)
        other = sorted(source.paths.keys() - roles)
        if other:
            raise InputError(f"{where}: source {source.at} gives a path for the unknown role {other[0]!r}")
        if source.kind == "hf" and len(roles) > 1 and source.paths.keys() != roles:
            raise InputError(f"{where}: source {source.at} must give the path of every role")
    if made.context != "whole" and not made.receptive_field_note:
        raise InputError(f"{where}: receptive_field_note is missing", hint="it tells how it was derived")
    if made.filled and (made.input_size != (made.filled,) * 2 or made.filled % made.size_multiple):
        raise InputError(
            f"{where}: tiles are filled up to a square whose side is a multiple of size_multiple"
        )
    if made.one_tone and not (made.filled and made.scale == 1):
        raise InputError(f"{where}: one_tone is for context global, scale 1 and an input_size")
    if made.operation == "model" and not {"image"} <= made.inputs.keys() & made.outputs.keys():
        raise InputError(f"{where}: inputs and outputs must name an 'image'")


def record(id: str) -> WeightsRecord:
    """The record of this id.

    Raises:
        InputError: no record has this id; the hint lists those that exist.
    """
    known = records()
    if id not in known:
        raise InputError(f"no weights are called {id!r}", hint=f"known: {', '.join(known)}")
    return known[id]
