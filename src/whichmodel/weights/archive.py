"""Read the members of an archive that we do not trust: hashes first, exact names, exact sizes."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path

from whichmodel.domain import WeightsError
from whichmodel.weights.fetch import by_hand
from whichmodel.weights.record import WeightsFile, WeightsRecord

_CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits; reads a megabyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read_members(record: WeightsRecord, archive: Path) -> dict[WeightsFile, bytes]:
    """The pinned members of the archive, every hash checked.

    Nothing is unpacked by the names that the archive gives, and nothing but the pinned sizes is read.

    Raises:
        WeightsError: the archive is missing, cut, or not the pinned one, or a member is.
    """
    try:
        size = archive.stat().st_size
        found = sha256_of(archive)
    except OSError as error:
        raise WeightsError(
            f"{archive} cannot be read: {error.strerror or error}", hint="check the name and the permissions"
        ) from error
    if size < (record.sources[0].archive_size or 0) and found != record.sources[0].archive_sha256:
        raise WeightsError(
            f"{archive} is cut or another file: {size:,} bytes instead of {(record.sources[0].archive_size or 0):,}",
            hint=by_hand(record),
        )
    if found != record.sources[0].archive_sha256:
        raise WeightsError(
            f"{archive} is not the file that {record.id} was tested with:"
            f" sha256 {found}, expected {record.sources[0].archive_sha256}",
            hint=f"do not use it; {by_hand(record)}",
        )
    try:
        with zipfile.ZipFile(archive) as members:
            return {wanted: _member(members, wanted, archive) for wanted in record.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise WeightsError(f"{archive} is no readable zip archive: {error}", hint=by_hand(record)) from error


def _member(members: zipfile.ZipFile, wanted: WeightsFile, archive: Path) -> bytes:
    try:
        info = members.getinfo(wanted.path)
    except KeyError:
        raise WeightsError(
            f"{archive} holds no {wanted.path}", hint="its record is wrong: report it"
        ) from None
    if info.file_size != wanted.size:
        raise WeightsError(
            f"{archive}: {wanted.path} claims {info.file_size:,} bytes instead of {wanted.size:,}",
            hint="its record is wrong: report it",
        )
    with members.open(info) as file:
        content = file.read(wanted.size + 1)
    if len(content) != wanted.size or hashlib.sha256(content).hexdigest() != wanted.sha256:
        raise WeightsError(
            f"{archive}: {wanted.path} does not match its sha256", hint="its record is wrong: report it"
        )
    return content
