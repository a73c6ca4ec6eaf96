"""Batches of text: a file of requests, one a line, becomes a file of answers in the same order.

The file is cut into ranges of bytes. An engine does the parts, in this process or on many machines; each is answered
into a file of its own in a folder beside the output, and when all are there they are joined in order. So memory does
not grow with the file, an interruption costs the parts that were under way, and the bytes of the output depend neither
on the engine nor on how many work.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from whichmodel.api.batch_lines import Verb, Wish, knowledge
from whichmodel.api.batch_parts import (
    Foot,
    Report,
    Source,
    Task,
    answers_in,
    check_same,
    do_part,
    kept_foot,
    part_file,
    stamp,
)
from whichmodel.domain import InputError, Record
from whichmodel.files import Lock, replacing, try_lock
from whichmodel.files.lines import Part, parts_of

# So much takes one core some seconds: little is lost by an interruption, and handing it out costs nothing beside it.
SMALLEST_PART: dict[Verb, int] = {"recommend": 2**14, "answer": 2**17, "audit": 2**17}

RESUME = "what is done is kept: the same command with --resume goes on from there"


class Engine(Protocol):
    """What does the parts: gives back a report of each, in any order; takes the next part only when it has room."""

    def __call__(self, do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
        """Do the parts; where one raises, so does this."""


class Advance(Record, frozen=True, kw_only=True):
    """How far a batch is.

    Args:
        done, total: bytes of the input.
        lines: that are answered.
        kept: how many parts were taken from an earlier run.
    """

    done: int
    total: int
    lines: int
    kept: int


class BatchReport(Record, frozen=True, kw_only=True):
    """A batch that is done: lines answered, lines in which an audit found something, parts taken from before."""

    lines: int
    found: int
    parts: int
    kept: int


def here(do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
    """The local engine: one part after the other, in this process."""
    return map(do, parts)


def run_batch(
    wish: Wish,
    source: Path,
    target: Path,
    *,
    engine: Engine = here,
    resume: bool = False,
    progress: Callable[[Advance], None] = lambda advance: None,
    part_bytes: int | None = None,
) -> BatchReport:
    """Answer every line of a file, in order; the output appears under its name when it is whole.

    A line that cannot be used ends the batch; parts that are finished are kept for `resume`.

    Args:
        source: JSON lines; blank ones are passed over.
        target: of the answers, one a line; a file of this name is replaced.
        resume: take parts that an earlier run finished from the same lines with the same wish and knowledge.
        progress: is told after each part.
        part_bytes: of the smallest part, where it is not what suits the verb.

    Raises:
        InputError: the input cannot be read, a line cannot be used, or the output cannot be written; the message
            for a line says its number.
    """
    asked = _checked(source, target)
    target = Path(os.path.realpath(target))
    folder = _folder(target)
    lock = _locked(folder, target)
    try:
        _tidy(folder, everything=not resume)
        task = Task(wish=wish, knowledge=knowledge(wish), source=asked, folder=str(folder))
        parts = parts_of(asked.size, part_bytes or SMALLEST_PART[wish.verb])
        feet = _done(task, parts, engine, progress)
        check_same(asked)
        with replacing(target) as temporary, temporary.open("wb") as out:
            for part in parts:
                out.writelines(answers_in(part_file(folder, part), feet[part.number][0]))
    except OSError as error:
        _leave(folder, lock)
        raise InputError(f"{target} cannot be written: {error.strerror}") from error
    except BaseException:
        _leave(folder, lock)
        raise
    _remove(folder, lock)
    return BatchReport(
        lines=sum(foot.lines for foot, _ in feet.values()),
        found=sum(foot.found for foot, _ in feet.values()),
        parts=len(parts),
        kept=sum(kept for _, kept in feet.values()),
    )


def is_kept(target: Path) -> bool:
    """Whether parts of an unfinished batch are kept for an output."""
    folder = _folder(Path(os.path.realpath(target)))
    return any(kept_foot(file) is not None for file in folder.glob("*.jsonl"))


def _done(
    task: Task, parts: Sequence[Part], engine: Engine, progress: Callable[[Advance], None]
) -> dict[int, tuple[Foot, bool]]:
    """The foot of every part, and whether it was there before.

    Parts are handed out in order, and no more of them once one has failed. So of several bad lines the first is
    told, whichever worker was quicker.
    """
    feet: dict[int, tuple[Foot, bool]] = {}
    faults: dict[int, Report] = {}
    done = lines = kept = 0

    def due() -> Iterator[Part]:
        for part in parts:
            if faults:
                return
            yield part

    for report in engine(partial(do_part, task), due()):
        if report.foot is None:
            faults[report.part.number] = report
            continue
        feet[report.part.number] = report.foot, report.kept
        done += report.part.end - report.part.start
        lines += report.foot.lines
        kept += report.kept
        progress(Advance(done=done, total=task.source.size, lines=lines, kept=kept))
    if faults:
        first = faults[min(faults)]
        raise InputError(first.fault, hint="; ".join(filter(None, (first.hint, RESUME if feet else ""))))
    return feet


def _checked(source: Path, target: Path) -> Source:
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError("--output is the --batch file itself", hint="give another name")
    try:
        if not source.is_file() and source.exists():
            raise InputError(f"{source} is no file", hint="a batch is read in parts, so it has to be a file")
        with source.open("rb"):
            asked = stamp(source.absolute())
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}") from error
    if target.exists() and not target.is_file():
        raise InputError(f"{target} is no file", hint="give the name of a file for --output")
    return asked


def _folder(target: Path) -> Path:
    """Where the parts of an output are kept: beside it, so that whoever can write the one can write the other."""
    name = hashlib.sha256(target.name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return target.parent / f".{target.stem[:60]}-{name}.parts"


def _locked(folder: Path, target: Path) -> Lock:
    try:
        folder.mkdir(exist_ok=True)
        lock = try_lock(folder / "lock")
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}") from error
    if lock is None:
        raise InputError(f"another batch is writing {target}", hint="wait for it, or give another --output")
    return lock


def _tidy(folder: Path, *, everything: bool) -> None:
    """Remove what an earlier run left under temporary names; or all that it left."""
    for file in folder.iterdir():
        if file.name != "lock" and (everything or file.suffix != ".jsonl"):
            file.unlink(missing_ok=True)


def _leave(folder: Path, lock: Lock) -> None:
    """Free the folder; it stays only where it holds something that a later run can take."""
    if any(kept_foot(file) for file in folder.glob("*.jsonl")):
        lock.free()
    else:
        _remove(folder, lock)


def _remove(folder: Path, lock: Lock) -> None:
    """Remove the folder: emptied while it is locked, as nobody else's files are in it then."""
    with suppress(OSError):
        _tidy(folder, everything=True)
    lock.free()
    with suppress(OSError):
        folder.rmdir()
