"""Where results of steps are kept on disk: found again by their key, bounded, never shared while written.

Layout: `<cache>/steps/<key>/` holds `samples` (the raster), `journal`, `state.json`, and `done` once the
step is finished and was checked. `<key>.lock` beside it is held by the run that uses it; the system frees
it when that run dies. A second run of the same key meanwhile works in a folder of its own.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from whichmodel.domain import InputError, WhichmodelError
from whichmodel.files import Lock, replacing, try_lock
from whichmodel.weights.store import cache_dir

DEFAULT_LIMIT = 4_000_000_000
"""Bytes that kept results may take, unless `WHICHMODEL_CACHE_LIMIT` says otherwise."""

_KEY = re.compile(r"[0-9a-f]{64}|private-[0-9a-f]{16}")
_PART = re.compile(r"\..{0,100}-[0-9a-f]{12}\.part", re.DOTALL)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class Entry:
    """The folder of one value, held by this run.

    Attributes:
        key: its name; unfinished work under the same name can go on.
        samples: path of the raster.
        private: whether nobody can find it again: it is removed when it is released.
    """

    def __init__(self, folder: Path, lock: Lock, *, private: bool) -> None:
        self.folder = folder
        self.key = folder.name
        self.private = private
        self._lock = lock

    @property
    def samples(self) -> Path:
        return self.folder / "samples"

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def done(self) -> bool:
        """Whether the value was finished and found plausible."""
        return (self.folder / "done").is_file()

    def mark_done(self) -> None:
        """Remember that the value is finished and plausible."""
        with replacing(self.folder / "done") as temporary:
            temporary.write_bytes(b"")

    @property
    def state(self) -> dict[str, Any] | None:
        """What the operation found out before its first unit, if it did."""
        try:
            found = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def keep_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Keep it, and give it as it will be read again."""
        text = json.dumps(dict(state))
        with replacing(self.folder / "state.json") as temporary:
            temporary.write_text(text, encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def note_temporary(self, path: Path) -> None:
        """Remember the temporary name of an output, so that the next run can remove what a kill left."""
        (self.folder / "writing").write_text(str(path.absolute()), encoding="utf-8")

    def forget_temporary(self) -> None:
        """The output has its own name now."""
        with suppress(OSError):
            (self.folder / "writing").unlink()

    def remove_left_temporary(self) -> None:
        """Remove the temporary output that a killed run of the same key left."""
        with suppress(OSError, UnicodeDecodeError):
            left = Path((self.folder / "writing").read_text(encoding="utf-8"))
            if _PART.fullmatch(left.name):
                if left.is_dir() and not left.is_symlink():  # of a deep-zoom picture
                    shutil.rmtree(left)
                left.unlink(missing_ok=True)
        self.forget_temporary()

    def clear(self) -> None:
        """Drop all that was done."""
        self.remove_left_temporary()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(exist_ok=True)

    def release(self) -> None:
        """Let go of the folder; a private one is removed. More than once is no harm."""
        if self.private:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.free()


class Scratch:
    """The kept results on this computer, as one run uses them; a context manager.

    Args:
        home: folder of the results; by default `steps` in the cache folder.
        limit: bytes that may be kept; by default what `WHICHMODEL_CACHE_LIMIT` says, else 4 GB.
        cache: whether results are looked up and kept; else all folders are private and removed.
        resume: whether unfinished work of an earlier run is taken up; else it is dropped.
        say: is told lines for people.
        tidies: whether what killed runs left is removed first, and the limit is kept to at the end. Both
            look at all that is kept: who does many runs calls `sweep` and `trim` now and then instead.

    Raises:
        InputError: `WHICHMODEL_CACHE_LIMIT` is no size.
        WhichmodelError: the folder cannot be made.
    """

    def __init__(
        self,
        *,
        home: Path | None = None,
        limit: int | None = None,
        cache: bool = True,
        resume: bool = False,
        say: Callable[[str], None] = lambda line: None,
        tidies: bool = True,
    ) -> None:
        self.home = home or cache_dir() / "steps"
        self._limit = cache_limit() if limit is None else limit
        self._cache = cache
        self._resume = resume
        self._say = say
        self._tidies = tidies
        self._held: list[Entry] = []
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.home, error) from error

    def __enter__(self) -> Scratch:
        if self._tidies:
            self.sweep()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for entry in self._held:
            entry.release()
        self._held.clear()
        if self._cache and self._tidies:
            self.trim()

    @property
    def resumable(self) -> bool:
        """Whether what is done stays for `--resume`."""
        return self._cache

    def entry(self, key: str) -> Entry:
        """The folder of a value, for this run alone until it is released.

        Raises:
            WhichmodelError: it cannot be made.
        """
        for held in self._held:
            if held.key == key:  # two steps of one workflow that do the same
                return held
        try:
            found = self._shared(key) if self._cache else None
            if found is None:
                found = self._private()
        except OSError as error:
            raise unwritable(self.home, error) from error
        self._held.append(found)
        return found

    def release(self, entry: Entry) -> None:
        """Let go of a value that no later step takes."""
        entry.release()
        self._held.remove(entry)

    def make_room(self, wanted: Mapping[str, int]) -> None:
        """Check that the disk has room for values, after removing old results where it has not.

        Args:
            wanted: bytes of each value by its key; what is there of it already counts.

        Raises:
            WhichmodelError: it has not; says how much is needed where, and how to choose another place.
        """
        needed = sum(max(0, size - _size(self.home / key)) for key, size in wanted.items())
        free = shutil.disk_usage(self.home).free
        if free < needed:
            self._evict(needed - free, keep=frozenset(wanted))
            free = shutil.disk_usage(self.home).free
        if free < needed:
            raise WhichmodelError(
                f"the intermediate results need {gigabytes(needed)} of disk in {self.home},"
                f" where {gigabytes(free)} are free",
                hint="free some space, or set WHICHMODEL_CACHE to a folder on a larger disk",
            )

    def trim(self) -> None:
        """Remove the results that were not used for longest until the limit holds."""
        over = sum(_size(folder) for folder in self._folders()) - self._limit
        if over > 0:
            self._evict(over, keep=frozenset())

    def _shared(self, key: str) -> Entry | None:
        lock = try_lock(self.home / f"{key}.lock")
        if lock is None:
            self._say("another run works on the same step; this one works in a folder of its own")
            return None
        entry = Entry(self.home / key, lock, private=False)
        try:
            entry.folder.mkdir(exist_ok=True)
            entry.remove_left_temporary()
            if not entry.done and not self._resume:
                entry.clear()
            os.utime(entry.folder)
        except BaseException:
            lock.free()
            raise
        return entry

    def _private(self) -> Entry:
        folder = self.home / f"private-{secrets.token_hex(8)}"
        lock = try_lock(folder.with_name(f"{folder.name}.lock"))
        if lock is None:
            raise WhichmodelError(f"{folder} is in use")
        folder.mkdir()
        return Entry(folder, lock, private=True)

    def _folders(self) -> list[Path]:
        return [item for item in self.home.iterdir() if _KEY.fullmatch(item.name)]

    def _evict(self, bytes_: int, *, keep: frozenset[str]) -> None:
        """Remove folders that nobody uses, the longest unused first, until so many bytes are free."""
        for folder in sorted(self._folders(), key=_used):
            if bytes_ <= 0:
                return
            if folder.name in keep:
                continue
            size = _size(folder)
            if self._remove(folder):
                bytes_ -= size

    def _remove(self, folder: Path) -> bool:
        lock = try_lock(folder.with_name(f"{folder.name}.lock"))
        if lock is None:
            return False
        try:
            Entry(folder, lock, private=False).remove_left_temporary()
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            lock.free()
        return True

    def sweep(self) -> None:
        """Remove private folders whose run was killed, and the temporary outputs that it left."""
        for folder in self.home.glob("private-*"):
            if folder.is_dir():
                self._remove(folder)


def cache_limit() -> int:
    """Bytes that kept results may take: `WHICHMODEL_CACHE_LIMIT` (`500M`, `20G`, bytes), else 4 GB.

    Raises:
        InputError: the variable is no size.
    """
    named = os.environ.get("WHICHMODEL_CACHE_LIMIT", "").strip()
    if not named:
        return DEFAULT_LIMIT
    found = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?) ?([KMGT]?)B?", named.upper())
    if found is None:
        raise InputError(
            f"WHICHMODEL_CACHE_LIMIT is {named[:40]!r}, which is no size", hint="write it as 500M or 20G"
        )
    return int(float(found[1]) * _UNITS[found[2]])


def gigabytes(size: int) -> str:
    """A size for people: `"2.4 GB"`."""
    return f"{size / 1e9:.1f} GB" if size >= 100_000_000 else f"{size / 1e6:.1f} MB"


def unwritable(home: Path, error: OSError) -> WhichmodelError:
    """The error where the folder of results cannot be written: full, or not ours."""
    return WhichmodelError(
        f"the folder for intermediate results {home} cannot be written: {error.strerror or error}",
        hint="free some space, or set WHICHMODEL_CACHE to a folder of yours on a larger disk",
    )


def _size(folder: Path) -> int:
    total = 0
    with suppress(OSError):
        for item in folder.iterdir():
            with suppress(OSError):
                total += item.stat().st_size
    return total


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
