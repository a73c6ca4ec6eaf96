"""Which model made AFTER: told by the person, or by the provenance that stands beside AFTER."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from whichmodel.catalog import cards
from whichmodel.domain import InputError, Record
from whichmodel.weights import records
from whichmodel.workflow.provenance import provenance_path

_LARGEST = 8_000_000
"""Bytes of a provenance that are read; it holds a megabyte of XMP at most."""


class Origin(Record, frozen=True, kw_only=True):
    """What is known about how AFTER was made from BEFORE.

    Args:
        told_by: `"provenance"`: the document beside AFTER, whose hashes are those of both files; `"user"`; or
            `"nobody"`.
        model: name of the model, or of the weights where no model was named.
        weights: id of the weights record.
        obstacle: why nothing can be concluded from it, in words; empty where `weights` alone made AFTER.
    """

    told_by: Literal["provenance", "user", "nobody"]
    model: str = ""
    weights: str = ""
    obstacle: str = ""


UNKNOWN = Origin(
    told_by="nobody",
    obstacle="which model made the result is not known: no provenance stands beside it, and none was named",
)


class _File(msgspec.Struct, frozen=True):
    sha256: str


class _Step(msgspec.Struct, frozen=True):
    operation: str
    model: str | None = None
    weights: str | None = None


class _Document(msgspec.Struct, frozen=True):
    """The fields of `workflow.provenance.Provenance` that matter here; it may be of another version."""

    input: _File
    output: _File
    steps: tuple[_Step, ...]


def named_origin(name: str) -> Origin:
    """The origin that a person tells: the name of a model card or the id of weights.

    Raises:
        InputError: there is no such model, or it has no weights here.
    """
    card = cards().get(name)
    weights = card.weights if card else name
    if weights is None or weights not in records():
        raise InputError(
            f"there is no model {name!r} that runs here",
            hint="`whichmodel weights list` names the weights, `whichmodel models list` the models",
        )
    return Origin(told_by="user", model=name, weights=weights)


def origin_of(before: Path, after: Path) -> Origin:
    """What the provenance beside AFTER says; it counts only if it speaks of just these two files."""
    path = provenance_path(after)
    try:
        if not path.is_file():
            return UNKNOWN
        if path.stat().st_size > _LARGEST:
            return _unusable(f"{path.name} is too large for a provenance")
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
        if document.output.sha256 != _sha256(after):
            return _unusable("the result was changed after its provenance was written")
        if document.input.sha256 != _sha256(before):
            return _unusable("the provenance beside the result speaks of another photo")
    except (OSError, msgspec.DecodeError):
        return _unusable(f"{path.name} could not be read as a provenance")
    made = document.steps
    if len(made) != 1 or made[0].weights is None:
        told = ", ".join(step.model or step.operation for step in made) or "nothing"
        return _unusable(f"not one model alone made the result, but: {told}")
    return Origin(told_by="provenance", model=made[0].model or made[0].weights, weights=made[0].weights)


def _unusable(why: str) -> Origin:
    return Origin(told_by="provenance", obstacle=why)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
