"""Bring weights into the cache: licence, fetch, check, convert where needed, and only then their final name.

One process fills a folder at a time and others wait for it. It works under a temporary name, so what carries
its final name is whole. What a killed process left is removed by the next pull; a fetched archive is kept until
its weights are ready, so that a conversion that fails does not cost a second download.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from whichmodel.domain import WeightsError
from whichmodel.files import Lock, try_lock
from whichmodel.weights.cache import MARKER, folder_of, installed, mark, verify
from whichmodel.weights.cache import cache_dir as cache_dir
from whichmodel.weights.client import Watch
from whichmodel.weights.conversion import ABOUT, EXTRA, convert
from whichmodel.weights.given import ROLE, refuse_without_file, take, write_origin
from whichmodel.weights.licence import allowed_by_environment, refusal
from whichmodel.weights.obstacles import missing_modules
from whichmodel.weights.obtain import obtain, remove
from whichmodel.weights.record import WeightsRecord, record

_TEMPORARY, _LOCK = ".part-", ".lock-"
_WAIT = 1800.0
"""Seconds to wait for another process that fetches the same weights."""

Say = Callable[[str], None]


def pull(
    id: str,
    *,
    from_file: Path | None = None,
    say: Say,
    watch: Watch = lambda done, total: None,
    allow: tuple[str, ...] | None = None,
    accept_unknown_licence: bool = False,
    keep_archive: bool = False,
) -> dict[str, Path]:
    """Bring weights into the cache and return the files that are run, by role.

    Args:
        id: of a record.
        from_file: an archive or a file fetched by hand, or a folder that holds it; else the sources of the
            record are tried in order.
        say: is told, line by line, what happens; first of all the licence.
        watch: is told how much of a download has come.
        allow: licences that are allowed; `None` asks the environment.
        accept_unknown_licence: whether weights of which nobody states a licence may be fetched.
        keep_archive: leave a fetched archive in the cache, for other weights out of it.

    Raises:
        WeightsError: refused for its licence, cannot be fetched or converted, or its content is not the
            pinned one, or the cache cannot be written; the hint says what to do. Nothing half-done is left.
    """
    wanted = record(id)
    ready = installed(id)
    new = bool(wanted.given) and from_file is not None
    if ready is not None and not new and not verify(id):
        say(f"{id} is already in the cache")
        return ready
    if wanted.given and from_file is None:
        refuse_without_file(wanted)
    say(f"{wanted.title}: licence {wanted.licence}. {wanted.licence_note}")
    # Who brings a file knows where it is from; an allow-list is a rule of the house and stays one.
    own = new and not (allowed_by_environment() if allow is None else allow)
    why, hint = refusal(wanted, allow=allow, accept_unknown=accept_unknown_licence or own)
    if why:
        raise WeightsError(f"{why}; they are not fetched", hint=hint)
    _require_converter(wanted)
    home = cache_dir() / "weights"
    try:
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        with _alone(home, id, say):
            if new or installed(id) is None or verify(id):
                _fill(wanted, home, from_file, say, watch, keep_archive)
    except OSError as error:
        raise _unwritable(home, error) from error
    ready = installed(id)
    if ready is None:
        raise WeightsError(f"{folder_of(id)} changed while it was filled", hint="pull again")
    say(f"{id} is ready in {folder_of(id)}")
    return ready


def _fill(
    wanted: WeightsRecord, home: Path, from_file: Path | None, say: Say, watch: Watch, keep_archive: bool
) -> None:
    """Fill the folder of the record; the caller holds its lock."""
    work = home / f"{_TEMPORARY}{wanted.id}"
    shutil.rmtree(work, ignore_errors=True)
    used: list[Path] = []
    try:
        members = work / "members"
        ready = work / "ready" if wanted.convert else members
        for folder in dict.fromkeys((work, members, ready)):
            folder.mkdir()
        if from_file is not None and wanted.given:
            _make_from_given(wanted, from_file, members, ready, say)
        else:
            obtain(wanted, members, work, from_file=from_file, say=say, watch=watch, used=used)
        if wanted.convert and not wanted.given:
            say(f"converting {wanted.id} once, with {wanted.convert}; this can take a minute")
            convert(wanted.convert, {file.role: members / file.name for file in wanted.files}, ready)
        try:
            text = mark(wanted, ready)
        except ValueError as error:
            raise WeightsError(f"{wanted.id}: {error}", hint="report it") from error
        (ready / MARKER).write_text(text, encoding="utf-8")
        for path in ready.iterdir():
            _to_disk(path)
        _take_place(ready, wanted.id, work)
    except OSError:
        # On a disk that is full nobody is helped by an archive that takes up room.
        for path in used:
            remove(path)
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for path in used if not keep_archive else ():
        remove(path)


def _make_from_given(wanted: WeightsRecord, from_file: Path, members: Path, ready: Path, say: Say) -> None:
    """Convert the file that the user gave, and write down where the weights came from."""
    copy = take(wanted, from_file, members)
    say(f"checking and converting {from_file.name} with {wanted.convert}; this can take some minutes")
    convert(wanted.convert, {ROLE: copy}, ready)
    told = ready / ABOUT
    about = msgspec.json.decode(told.read_bytes(), type=dict[str, str]) if told.is_file() else {}
    told.unlink(missing_ok=True)
    found = write_origin(from_file, copy, ready, about)
    say(f"{wanted.id} is made from your file {found.file}, sha256 {found.sha256}: {found.found}")
    if found.doubt:
        say(f"warning: {found.doubt}; it will not be run")


def _require_converter(wanted: WeightsRecord) -> None:
    """Find out before a download whether its conversion can be done; an unknown one is told by `convert`."""
    missing = missing_modules(wanted)
    if missing:
        raise WeightsError(
            f"{wanted.id} is converted once on this computer, which needs {' and '.join(missing)}",
            hint=f"{EXTRA}, then pull again; running it needs neither afterwards",
        )


def _take_place(ready: Path, id: str, work: Path) -> None:
    """Give the finished folder its name; an older or broken one makes room."""
    folder = folder_of(id)
    with suppress(FileNotFoundError):
        folder.rename(work / "old")
    ready.rename(folder)


@contextmanager
def _alone(home: Path, id: str, say: Say) -> Iterator[None]:
    """Be the only process that fills this folder; waits for another one that does."""
    path = home / f"{_LOCK}{id}"
    lock: Lock | None = try_lock(path)
    if lock is None:
        say(f"another process is fetching {id}; waiting for it")
        end = time.monotonic() + _WAIT
        while lock is None:
            if time.monotonic() > end:
                raise WeightsError(
                    f"another process has been fetching {id} for {_WAIT / 60:.0f} minutes",
                    hint=f"if there is none, remove {path} and pull again",
                )
            time.sleep(0.1)
            lock = try_lock(path)
    try:
        yield
    finally:
        lock.free()


def _sweep(home: Path) -> None:
    """Remove what killed processes left: folders being filled whose lock nobody holds."""
    leftovers: Mapping[str, Path] = {
        path.name.removeprefix(prefix): path
        for prefix in (_LOCK, _TEMPORARY)
        for path in home.glob(f"{prefix}*")
    }
    for id in leftovers:
        with suppress(OSError):
            lock = try_lock(home / f"{_LOCK}{id}")
            if lock is not None:
                shutil.rmtree(home / f"{_TEMPORARY}{id}", ignore_errors=True)
                lock.free()


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _unwritable(home: Path, error: OSError) -> WeightsError:
    return WeightsError(
        f"the cache {home} cannot be written: {error.strerror or error}",
        hint="free some space, or set WHICHMODEL_CACHE to a folder of yours that can be written",
    )
