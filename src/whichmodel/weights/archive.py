"""Read the members of an archive that we do not trust: hashes first, exact names, exact sizes.

Nothing is unpacked by the names that the archive gives, no link is followed, nothing but the pinned sizes is
kept, and what is decompressed on the way is bounded too.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from whichmodel.domain import WeightsError
from whichmodel.weights.cache import sha256_of
from whichmodel.weights.record import WeightsFile
from whichmodel.weights.source import Source

_CHUNK = 1 << 20
_MOST = 40
"""How many times its size an archive may decompress to: numbers hardly shrink, texts to a tenth."""

_WRONG_RECORD = "its record is wrong: report it"


def check_archive(archive: Path, source: Source, id: str, hint: str) -> None:
    """Compare an archive with its pinned size and hash.

    Raises:
        WeightsError: it is missing, cut, or not the pinned one.
    """
    due = source.archive_size or 0
    try:
        size = archive.stat().st_size
        found = sha256_of(archive)
    except OSError as error:
        raise WeightsError(
            f"{archive} cannot be read: {error.strerror or error}", hint="check the name and the permissions"
        ) from error
    if found == source.archive_sha256:
        return
    if size < due:
        raise WeightsError(f"{archive} is cut or another file: {size:,} bytes instead of {due:,}", hint=hint)
    raise WeightsError(
        f"{archive} is not the file that {id} was tested with: sha256 {found}, expected {source.archive_sha256}",
        hint=f"do not use it; {hint}",
    )


def extract(archive: Path, source: Source, files: tuple[WeightsFile, ...], folder: Path, hint: str) -> None:
    """Write the pinned members of a checked archive into a folder, under their plain names.

    Raises:
        WeightsError: the archive cannot be read, or a member is missing or not the pinned one.
        OSError: the folder cannot be written.
    """
    wanted = {source.path(file.role, file.path): file for file in files}
    try:
        if source.archive.endswith((".whl", ".zip")):
            _from_zip(archive, wanted, folder)
        else:
            _from_tar(archive, wanted, folder)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeError,
    ) as error:
        raise WeightsError(f"{archive} is no readable archive: {error}", hint=hint) from error


def check_file(path: Path, file: WeightsFile, hint: str) -> None:
    """Compare a file that came as it is with its pinned size and hash.

    Raises:
        WeightsError: it is missing, cut, or not the pinned one.
    """
    try:
        size, found = path.stat().st_size, sha256_of(path)
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read: {error.strerror or error}", hint="check the name and the permissions"
        ) from error
    if found != file.sha256:
        told = f"{size:,} bytes instead of {file.size:,}" if size != file.size else f"its sha256 is {found}"
        raise WeightsError(f"{path} is not the pinned {file.name}: {told}", hint=hint)


def _from_zip(archive: Path, wanted: Mapping[str, WeightsFile], folder: Path) -> None:
    with zipfile.ZipFile(archive) as members:
        for path, file in wanted.items():
            try:
                info = members.getinfo(path)
            except KeyError:
                raise _missing(archive, path) from None
            _require_size(archive, path, info.file_size, file.size)
            with members.open(info) as content:
                _copy(content, archive, path, file, folder)


def _from_tar(archive: Path, wanted: Mapping[str, WeightsFile], folder: Path) -> None:
    left = dict(wanted)
    most = _MOST * archive.stat().st_size + (64 << 20)
    with (
        gzip.GzipFile(archive) as plain,
        tarfile.open(fileobj=_Bounded(plain, most), mode="r|") as members,
    ):
        for member in members:
            file = left.get(member.name)
            if file is None:
                continue
            if not member.isreg():
                raise WeightsError(f"{archive}: {member.name} is a link or no plain file", hint=_WRONG_RECORD)
            _require_size(archive, member.name, member.size, file.size)
            content = members.extractfile(member)
            if content is None:
                raise _missing(archive, member.name)
            _copy(content, archive, member.name, file, folder)
            del left[member.name]
            if not left:
                return
    raise _missing(archive, next(iter(left)))


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than so many bytes."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        super().__init__()
        self._stream = stream
        self._left = most

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError("it expands to far more than its size")
        return data


def _copy(content: IO[bytes], archive: Path, path: str, file: WeightsFile, folder: Path) -> None:
    """Write one member; at most one byte more than is due is read."""
    digest = hashlib.sha256()
    left = file.size + 1
    with (folder / file.name).open("wb") as out:
        while left and (chunk := content.read(min(_CHUNK, left))):
            left -= len(chunk)
            digest.update(chunk)
            out.write(chunk)
    if left != 1 or digest.hexdigest() != file.sha256:
        raise WeightsError(f"{archive}: {path} does not match its sha256", hint=_WRONG_RECORD)


def _require_size(archive: Path, path: str, size: int, due: int) -> None:
    if size != due:
        raise WeightsError(f"{archive}: {path} claims {size:,} bytes instead of {due:,}", hint=_WRONG_RECORD)


def _missing(archive: Path, path: str) -> WeightsError:
    return WeightsError(f"{archive} holds no {path}", hint=_WRONG_RECORD)
