"""Weights that only the user can bring: nobody's package holds them, so no hash of them is known beforehand.

The file is copied, hashed, and read as plain numbers by the converter of the record, which refuses whatever does not
fit its network to the last shape. Whether the numbers are those that the name promises no program can tell: where
they came from is written down beside them (`origin.json`) and said with every result.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from whichmodel.domain import Record, WeightsError
from whichmodel.weights.cache import folder_of, sha256_of
from whichmodel.weights.record import WeightsRecord

ORIGIN = "origin.json"
"""Name, in the folder of the weights, of what is known about the file that they were made from."""

ROLE = "given"
"""Role under which a converter finds the file."""

LARGEST = 2_000_000_000
_LONGEST_NOTE = 100_000
_ENDINGS = (".pt", ".pth", ".ckpt", ".bin", ".tar", ".safetensors")


class Origin(Record, frozen=True, kw_only=True):
    """The file that weights were made from.

    Args:
        file: its name, without folders.
        sha256, size: of its content; size in bytes.
        found: what the converter found in it, for people.
        doubt: why the numbers may not be what their name says; empty where nothing speaks against it.
    """

    file: str
    sha256: str
    size: int
    found: str = ""
    doubt: str = ""


def refuse_without_file(wanted: WeightsRecord) -> NoReturn:
    """Say what has to be given; raises `WeightsError`."""
    raise WeightsError(
        f"{wanted.id} has to be given by you: {wanted.given}. {wanted.licence_note}",
        hint=f"whichmodel weights pull {wanted.id} --from FILE",
    )


def take(wanted: WeightsRecord, given: Path, members: Path) -> Path:
    """Copy the user's file into the folder `members`; gives the copy.

    Raises:
        WeightsError: it cannot be read, or is no file of a sensible size.
    """
    command = f"whichmodel weights pull {wanted.id} --from FILE"
    given = given.expanduser()
    try:
        size = given.stat().st_size
        if given.is_dir() or not 0 < size <= LARGEST:
            what = "a folder" if given.is_dir() else f"a file of {size:,} bytes"
            raise WeightsError(
                f"{given} is {what}; {wanted.id} is made from {wanted.given}",
                hint=f"name the checkpoint itself: {command}",
            )
        # The reader goes by the ending; nothing else of the name is kept.
        ending = next((each for each in _ENDINGS if given.name.lower().endswith(each)), ".pt")
        copy = members / f"{ROLE}{ending}"
        shutil.copyfile(given, copy)
    except OSError as error:
        if error.filename is not None and Path(error.filename) != given:
            raise
        raise WeightsError(
            f"{given} cannot be read: {error.strerror or error}", hint="check the name and the permissions"
        ) from error
    return copy


def write_origin(given: Path, copy: Path, ready: Path, about: dict[str, Any]) -> Origin:
    """Write down where weights came from.

    Args:
        given: the user's file, of which only the name is kept.
        copy: what was read of it.
        ready: folder of the weights.
        about: `found` and `doubt`, as the converter says.
    """
    origin = Origin(file=given.name, sha256=sha256_of(copy), size=copy.stat().st_size, **about)
    (ready / ORIGIN).write_bytes(msgspec.json.format(msgspec.json.encode(origin), indent=2) + b"\n")
    return origin


def origin(id: str) -> Origin | None:
    """Where weights that the user gave came from; `None` where they are not here or nothing is written down."""
    path = folder_of(id) / ORIGIN
    try:
        if path.stat().st_size > _LONGEST_NOTE:
            return None
        return msgspec.json.decode(path.read_bytes(), type=Origin)
    except (OSError, msgspec.DecodeError):
        return None
