"""Photos and runs on disk: one folder each, named by a random id; names from outside are never used as paths.

    folder/photos/<id>/photo, photo.json
    folder/runs/<id>/run.json, photo, result.*, zoom/, ...

A record is replaced in one piece, so whatever kills the server, what is found afterwards is whole.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from whichmodel.domain import InputError, Record
from whichmodel.domain.record import from_json, to_json
from whichmodel.files import replacing
from whichmodel.web.orders import Comparing, Making, beside

State = Literal["queued", "running", "done", "failed", "cancelled"]
FINAL: frozenset[State] = frozenset({"done", "failed", "cancelled"})
ID = re.compile(r"[0-9a-f]{32}")
_LEFT_AFTER = 3600.0
"""Seconds after which what was never completed, an upload or a folder without a record, is removed."""

R = TypeVar("R", bound=Record)


class Photo(Record, frozen=True, kw_only=True):
    """A photo that somebody brought.

    Args:
        owner: id of the person.
        name: what the person calls it, for showing only.
        width, height, bands, bits, has_alpha, format: as its header says (`pictures.Header`).
        size: bytes of the file.
        made: seconds since 1970.
    """

    id: str
    owner: str
    name: str
    width: int
    height: int
    bands: int
    bits: int
    has_alpha: bool
    format: str
    size: int
    made: float


class Wish(Record, frozen=True, kw_only=True):
    """What a person wants done with a photo.

    Args:
        question: in plain words.
        paper: size of a wished print; empty where none is.
        dpi: of that print; `None` leaves it to the rule.
        factor: of enlargement, where the question names none.
        without: preparing steps that the person leaves out.
        keep: id of a mask that the person brought, light where the photo is left alone; empty where none is.
        substitute: models, joined by `+`, in the place of one that cannot run here; empty where none are.
        ending: of the result's file.
        order: what a program ordered, which then counts in the place of the question and the form.
        comparing: where evidence is wished and nothing is to be run.
    """

    question: str
    paper: str = ""
    dpi: int | None = None
    factor: int | None = None
    without: tuple[str, ...] = ()
    keep: str = ""
    substitute: str = ""
    ending: str = ".png"
    order: Making | None = None
    comparing: Comparing | None = None

    def brought(self) -> Iterator[str]:
        """Ids of the photos that come beside the one that is worked on."""
        if self.keep:
            yield self.keep
        if self.order is not None:
            yield from self.order.brought()
        if self.comparing is not None:
            yield self.comparing.after


class Run(Record, frozen=True, kw_only=True):
    """A run, waiting, under way or ended.

    Args:
        title: of the workflow; the question before that is known.
        photo: as it was brought.
        error, hint: why it failed.
        attempts: how often it was begun.
        compared: whether there is evidence; `note` says why not.
    """

    id: str
    owner: str
    wish: Wish
    photo: Photo
    state: State = "queued"
    title: str = ""
    made: float
    started: float | None = None
    ended: float | None = None
    attempts: int = 0
    error: str = ""
    hint: str = ""
    note: str = ""


class Store:
    """The folders of one server.

    Raises:
        InputError: the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.photos = folder / "photos"
        self.runs = folder / "runs"
        try:
            for place in (self.photos, self.runs):
                place.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise InputError(
                f"the folder {folder} cannot be made: {error.strerror or error}",
                hint="name a folder of yours with --folder",
            ) from error

    def new_photo(self) -> tuple[str, Path]:
        """Id and folder of a photo that is coming."""
        id = secrets.token_hex(16)
        folder = self.photos / id
        folder.mkdir(mode=0o700)
        return id, folder

    def keep_photo(self, photo: Photo) -> None:
        """Keep what is known about a photo; from now on it is found."""
        _write(self.photos / photo.id / "photo.json", photo)

    def drop_photo(self, id: str) -> None:
        """Remove a photo."""
        shutil.rmtree(self.photos / id, ignore_errors=True)

    def photo(self, id: str, owner: str) -> Photo | None:
        """A photo of this person; using it keeps it for longer."""
        found = _read(self.photos, id, "photo.json", Photo)
        if found is None or found.owner != owner:
            return None
        with suppress(OSError):
            os.utime(self.photos / id)
        return found

    def photo_file(self, id: str) -> Path:
        """Where the photo of a checked id stands."""
        return self.photos / id / "photo"

    def new_run(self, owner: str, photo: Photo, wish: Wish) -> Run:
        """A run that waits, with its photo, and the mask of its wish, in its own folder."""
        run = Run(id=secrets.token_hex(16), owner=owner, wish=wish, photo=photo, made=time.time())
        folder = self.runs / run.id
        folder.mkdir(mode=0o700)
        self._bring([(photo.id, Path("photo")), *((id, beside(id)) for id in wish.brought())], folder)
        self.keep_run(run)
        return run

    def new_runs(self, owner: str, photos: Sequence[Photo], wish: Wish) -> list[Run]:
        """A run for each photo; none is left where one cannot be made."""
        made: list[Run] = []
        try:
            made += (self.new_run(owner, photo, wish) for photo in photos)
        except BaseException:
            for run in made:
                self.drop_run(run)
            raise
        return made

    def _bring(self, photos: Iterable[tuple[str, Path]], folder: Path) -> None:
        """Put photos into the folder of a run, where they stay when they are removed here."""
        for id, name in photos:
            target = folder / name
            if not target.exists():
                try:
                    os.link(self.photo_file(id), target)
                except OSError:
                    shutil.copyfile(self.photo_file(id), target)

    def keep_run(self, run: Run) -> None:
        """Keep the state of a run."""
        _write(self.runs / run.id / "run.json", run)

    def run(self, id: str, owner: str) -> Run | None:
        """A run of this person."""
        found = _read(self.runs, id, "run.json", Run)
        return found if found is not None and found.owner == owner else None

    def run_folder(self, run: Run) -> Path:
        """Where the files of a run stand."""
        return self.runs / run.id

    def drop_run(self, run: Run) -> None:
        """Remove a run and all that it made."""
        shutil.rmtree(self.runs / run.id, ignore_errors=True)

    def all_runs(self) -> list[Run]:
        """Every run, the oldest first; folders without a whole record are left out."""
        found = (_read(self.runs, folder.name, "run.json", Run) for folder in self.runs.iterdir())
        return sorted((run for run in found if run is not None), key=lambda run: run.made)

    def runs_of(self, owner: str) -> list[Run]:
        """The runs of one person, the newest first."""
        return [run for run in reversed(self.all_runs()) if run.owner == owner]

    def size(self) -> int:
        """Bytes of all files."""
        return sum(_sizes(self.photos)) + sum(_sizes(self.runs))

    def expire(self, seconds: float) -> int:
        """Remove what was finished, or not used, for so long; says how many."""
        now, removed = time.time(), 0
        for run in self.all_runs():
            if run.state in FINAL and now - (run.ended or run.made) > seconds:
                self.drop_run(run)
                removed += 1
        for folder in list(self.runs.iterdir()):
            with suppress(OSError):
                if not (folder / "run.json").is_file() and now - folder.stat().st_mtime > _LEFT_AFTER:
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        for folder in list(self.photos.iterdir()):
            whole = (folder / "photo.json").is_file()
            with suppress(OSError):
                if now - folder.stat().st_mtime > (seconds if whole else min(seconds, _LEFT_AFTER)):
                    self.drop_photo(folder.name)
                    removed += 1
        return removed


def _write(path: Path, record: Record) -> None:
    with replacing(path) as temporary:
        temporary.write_text(to_json(record), encoding="utf-8")


def _read(home: Path, id: str, name: str, kind: type[R]) -> R | None:
    if not ID.fullmatch(id):
        return None
    try:
        return from_json(kind, (home / id / name).read_bytes())
    except (OSError, InputError):
        return None


def _sizes(folder: Path) -> Iterator[int]:
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                yield os.lstat(os.path.join(place, name)).st_size
