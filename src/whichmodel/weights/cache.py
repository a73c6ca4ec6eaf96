"""The cache of weights on this computer: where it is, what is in it, and whether it is still right.

Layout of `<cache>`:

    weights/<id>/              the files that are run, and `complete`, a marker with their hashes
    weights/.part-<id>/        being filled; renamed when it is whole
    weights/.lock-<id>         held while somebody fills it
    archives/                  fetched archives whose unpacking is not done; and what a person put there by hand
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from whichmodel.weights.record import WeightsRecord, record

MARKER = "complete"
_CHUNK = 1 << 20
_LONGEST_MARKER = 1 << 20


def cache_dir() -> Path:
    """Folder of the cache; it need not exist.

    `$WHICHMODEL_CACHE`, else `$XDG_CACHE_HOME/whichmodel`, else `%LOCALAPPDATA%\\whichmodel` on
    Windows, else `~/.cache/whichmodel`.
    """
    named = os.environ.get("WHICHMODEL_CACHE")
    if named:
        return Path(named).expanduser()
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA") if os.name == "nt" else ("XDG_CACHE_HOME",):
        if os.environ.get(variable):
            return Path(os.environ[variable]) / "whichmodel"
    return Path.home() / ".cache" / "whichmodel"


def archives_dir() -> Path:
    """Folder in which archives are looked for before they are fetched; it need not exist."""
    return cache_dir() / "archives"


def folder_of(id: str) -> Path:
    """Folder of the weights of this id; it need not exist."""
    return cache_dir() / "weights" / id


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits; reads a megabyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def installed(id: str) -> dict[str, Path] | None:
    """The files that are run, by role, where the weights are in the cache, else `None`.

    The roles are those of the record's files, or, where they were converted, the names of what the converter
    wrote without their endings: `"model"` for `model.onnx`. Cheap: looks for the marker that a complete pull
    leaves, and at the sizes. `verify` hashes.

    Raises:
        InputError: no record has this id.
    """
    wanted = record(id)
    folder = folder_of(id)
    try:
        expected = _expected(wanted, folder)
        if expected is None:
            return None
        for name, (_, size) in expected.items():
            if (folder / name).stat().st_size != size:
                return None
    except OSError:
        return None
    return {_role(wanted, name): folder / name for name in expected}


def hashes(id: str) -> dict[str, str]:
    """SHA-256 of the files that are run, by role; of converted weights they are known once these are here.

    Raises:
        InputError: no record has this id.
    """
    wanted = record(id)
    try:
        expected = _expected(wanted, folder_of(id))
    except OSError:
        expected = None
    if expected is None:
        return {} if wanted.convert else {file.role: file.sha256 for file in wanted.files}
    return {_role(wanted, name): sha256 for name, (sha256, _) in expected.items()}


def verify(id: str) -> list[str]:
    """Compare every cached file with its sha256; returns what is wrong, empty when all is well.

    Weights that were converted are compared with what the conversion wrote.

    Raises:
        InputError: no record has this id.
    """
    wanted = record(id)
    folder = folder_of(id)
    if not folder.is_dir():
        return [f"{id} is not in the cache"]
    try:
        expected = _expected(wanted, folder)
    except OSError as error:
        return [f"{folder / MARKER} cannot be read: {error.strerror or error}"]
    unmarked = expected is None
    if expected is None:
        expected = {} if wanted.convert else {file.name: (file.sha256, file.size) for file in wanted.files}
    wrong = []
    for name, (sha256, _) in expected.items():
        path = folder / name
        try:
            if sha256_of(path) != sha256:
                wrong.append(f"{path} does not match its sha256")
        except FileNotFoundError:
            wrong.append(f"{path} is missing")
        except OSError as error:
            wrong.append(f"{path} cannot be read: {error.strerror or error}")
    if unmarked and not wrong:
        wrong.append(f"{folder} has no marker of a complete pull of these weights")
    return wrong


def mark(wanted: WeightsRecord, folder: Path) -> str:
    """Content of the marker for a folder that holds all that is run, and nothing else.

    It changes whenever the record asks for other content, so that old caches are renewed.

    Raises:
        OSError: what a converter wrote cannot be read.
        ValueError: it wrote nothing, or something that is no plain file.
    """
    head = _head(wanted)
    if not wanted.convert:
        return head
    lines = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file() or path.name == MARKER or any(map(str.isspace, path.name)):
            raise ValueError(f"the converter wrote {path.name!r}, which is no plain file of weights")
        lines.append(f"{sha256_of(path)}  {path.stat().st_size}  {path.name}\n")
    if not lines:
        raise ValueError("the converter wrote nothing")
    return head + "".join(lines)


def _head(wanted: WeightsRecord) -> str:
    """What the record pins, and by which converter it is changed."""
    pinned = "".join(f"{file.sha256}  {file.name}\n" for file in wanted.files)
    return f"{pinned}converted by {wanted.convert}\n" if wanted.convert else pinned


def _expected(wanted: WeightsRecord, folder: Path) -> dict[str, tuple[str, int]] | None:
    """SHA-256 and size of each file that is run, by name; `None` where the marker is not that of the record.

    Raises:
        OSError: there is no marker, or it cannot be read.
    """
    with (folder / MARKER).open("rb") as file:
        text = file.read(_LONGEST_MARKER).decode("utf-8", "replace")
    head = _head(wanted)
    if not wanted.convert:
        return {file.name: (file.sha256, file.size) for file in wanted.files} if text == head else None
    if not text.startswith(head):
        return None
    found = {}
    for line in text[len(head) :].splitlines():
        match line.split("  "):
            case [sha256, size, name] if size.isascii() and size.isdigit() and Path(name).name == name:
                found[name] = (sha256, int(size))
            case _:
                return None
    return found or None


def _role(wanted: WeightsRecord, name: str) -> str:
    if wanted.convert:
        return Path(name).stem
    return next(file.role for file in wanted.files if file.name == name)
