"""Get the pinned files of weights from the first source that has them, or from what a person gave."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from whichmodel.domain import WeightsError
from whichmodel.weights.archive import check_archive, check_file, extract
from whichmodel.weights.cache import archives_dir, sha256_of
from whichmodel.weights.client import Watch
from whichmodel.weights.fetch import by_hand, fetch
from whichmodel.weights.hub import fetch_file
from whichmodel.weights.record import WeightsFile, WeightsRecord
from whichmodel.weights.source import Source

Say = Callable[[str], None]


def obtain(
    wanted: WeightsRecord,
    members: Path,
    work: Path,
    *,
    from_file: Path | None,
    say: Say,
    watch: Watch,
    used: list[Path],
) -> None:
    """Write the pinned files into the folder `members`, every hash checked.

    Args:
        work: a folder for what is being fetched.
        from_file: an archive, a file or a folder that a person gave; else the sources are tried in order.
        used: is given what was fetched and lies in the folder of archives; it can go when the weights are ready.

    Raises:
        WeightsError: no source gave them; tells what was wrong with each.
        OSError: the cache cannot be written.
    """
    hint = by_hand(wanted)
    if from_file is not None:
        _from_hand(wanted, from_file, members, hint)
        return
    failures: list[tuple[Source, WeightsError]] = []
    for number, source in enumerate(wanted.sources):
        try:
            if source.archive:
                folder = work / f"fetched-{number}"
                try:
                    archive = _archive(source, wanted, folder, hint, say, watch, used)
                    _extract(archive, source, wanted, members, hint, used)
                except FileNotFoundError:
                    # Another process used the same archive and has just removed it.
                    archive = _archive(source, wanted, folder, hint, say, watch, used)
                    _extract(archive, source, wanted, members, hint, used)
            else:
                _single_files(source, wanted, members, hint, say, used)
        except WeightsError as error:
            failures.append((source, error))
            if number + 1 < len(wanted.sources):
                say(f"{source.at}: {error.message}; trying {wanted.sources[number + 1].at}")
            continue
        return
    if len(failures) == 1:
        raise failures[0][1]
    told = "".join(f"\n    {source.at}: {error.message}" for source, error in failures)
    hints = list(dict.fromkeys(error.hint for _, error in failures))
    raise WeightsError(
        f"{wanted.id} could not be fetched from any of its {len(failures)} sources:{told}",
        hint="\n  ".join(hints),
    )


def _extract(
    archive: Path, source: Source, wanted: WeightsRecord, members: Path, hint: str, used: list[Path]
) -> None:
    """Take the files out of a checked archive; one of no use is not kept for the next pull."""
    try:
        extract(archive, source, wanted.files, members, hint)
    except WeightsError:
        if archive in used:
            used.remove(archive)
            remove(archive)
        raise


def _archive(
    source: Source,
    wanted: WeightsRecord,
    folder: Path,
    hint: str,
    say: Say,
    watch: Watch,
    used: list[Path],
) -> Path:
    """The checked archive of a source: put there by hand, kept by an earlier pull, or fetched now."""
    home = archives_dir()
    by_a_person, kept = home / source.archive, home / f"{source.archive_sha256}-{source.archive}"
    for path in (by_a_person, kept):
        if path.is_file():
            if sha256_of(path) == source.archive_sha256:
                say(f"{source.archive} is in {home} already")
                if path is kept:
                    used.append(kept)
                return path
            say(f"{path} is not the pinned archive and is not used")
    if source.kind == "file":
        raise WeightsError(f"{source.archive} has to be given by you", hint=hint)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    fetched = fetch(source, wanted, folder, say=say, watch=watch)
    check_archive(fetched, source, wanted.id, hint)
    home.mkdir(parents=True, exist_ok=True)
    os.replace(fetched, kept)
    used.append(kept)
    return kept


def _single_files(
    source: Source, wanted: WeightsRecord, members: Path, hint: str, say: Say, used: list[Path]
) -> None:
    """Bring files that come as they are."""
    partial = archives_dir() / f"{wanted.id}.partial"
    for file in wanted.files:
        by_a_person = archives_dir() / file.name
        if by_a_person.is_file() and sha256_of(by_a_person) == file.sha256:
            say(f"{file.name} is in {archives_dir()} already")
            shutil.copyfile(by_a_person, members / file.name)
            continue
        if source.kind != "hf":
            raise WeightsError(f"{file.name} has to be given by you", hint=hint)
        partial.mkdir(parents=True, exist_ok=True)
        used.append(partial)
        try:
            found = fetch_file(source, wanted, file, partial, hint=hint, say=say)
            check_file(found, file, hint)
        except WeightsError:
            _keep_whole(partial, wanted)
            raise
        shutil.copyfile(found, members / file.name)


def _keep_whole(partial: Path, wanted: WeightsRecord) -> None:
    """Of a broken download keep for the next pull what came whole, and what the library itself kept of the rest."""
    due = {file.sha256 for file in wanted.files}
    useful = False
    for path in [path for path in partial.rglob("*") if path.is_file()]:
        inside = ".cache" in path.relative_to(partial).parts
        if path.suffix == ".incomplete":
            useful = useful or path.stat().st_size > 0
        elif not inside and sha256_of(path) in due:
            useful = True
        elif not inside:
            remove(path)
    if not useful:
        remove(partial)


def _from_hand(wanted: WeightsRecord, given: Path, members: Path, hint: str) -> None:
    """Take the pinned files from an archive, a file or a folder that a person gave."""
    given = given.expanduser()
    if given.is_dir():
        for source in wanted.sources:
            if source.archive and (given / source.archive).is_file():
                _from_hand(wanted, given / source.archive, members, hint)
                return
        for file in wanted.files:
            check_file(given / file.name, file, hint)
            shutil.copyfile(given / file.name, members / file.name)
        return
    try:
        found = sha256_of(given)
    except OSError as error:
        raise WeightsError(
            f"{given} cannot be read: {error.strerror or error}", hint="check the name and the permissions"
        ) from error
    single = next((file for file in wanted.files if file.sha256 == found), None)
    if single is not None and len(wanted.files) == 1:
        shutil.copyfile(given, members / single.name)
        return
    archives = [source for source in wanted.sources if source.archive]
    if not archives:
        _refuse_single(wanted, given, single, hint)
    for source in archives:
        if source.archive_sha256 == found:
            extract(given, source, wanted.files, members, hint)
            return
    like = next((source for source in archives if source.archive == given.name), archives[0])
    check_archive(given, like, wanted.id, hint)


def _refuse_single(wanted: WeightsRecord, given: Path, single: WeightsFile | None, hint: str) -> None:
    if single is not None:
        raise WeightsError(f"{given} is one of {len(wanted.files)} files", hint=hint)
    check_file(given, wanted.files[0], hint)


def remove(path: Path) -> None:
    """Remove a file or folder of ours; that it cannot be removed is no fault of the weights."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
    with suppress(OSError):
        archives_dir().rmdir()  # only where it is empty
