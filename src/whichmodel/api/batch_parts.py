"""One part of a batch: its lines are read, answered, and kept in a file of their own.

A part file is the answers of the part and then one line more, its foot, which says of what bytes and what wish they
are the answers. So a part that was finished once is known again by its content, whatever became of the program that
made it: nothing else has to be written down, and nobody has to be asked.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from whichmodel.api.batch_lines import EXPECTED, Wish, knowledge, reply
from whichmodel.domain import InputError, Record
from whichmodel.files import replacing
from whichmodel.files.lines import Part, line_number, lines_in

_LONGEST_FOOT = 1000
_CHUNK = 2**20


class Source(Record, frozen=True, kw_only=True):
    """The file of a batch as it was when the batch began: `size` in bytes, `changed` in nanoseconds."""

    path: str
    size: int
    changed: int


class Task(Record, frozen=True, kw_only=True):
    """A batch as its workers get it.

    Args:
        knowledge: of who asks, see `batch_lines.knowledge`.
        folder: of the part files.
    """

    wish: Wish
    knowledge: str
    source: Source
    folder: str


class Foot(Record, frozen=True, kw_only=True):
    """The last line of a part file.

    Args:
        wish: hash of the wish and of the knowledge that it was answered with.
        given: hash of the lines that were answered.
        size, crc: of the answers, in bytes, and their CRC-32.
        lines: how many were answered; blank ones are not.
        found: of an audit, in how many of them something has to be mended.
    """

    wish: str
    given: str
    size: int
    crc: int
    lines: int
    found: int


class Report(Record, frozen=True, kw_only=True):
    """What became of a part: done, taken from before (`kept`), or stopped by a line that cannot be used (`fault`)."""

    part: Part
    foot: Foot | None = None
    kept: bool = False
    fault: str = ""
    hint: str = ""


def stamp(path: Path) -> Source:
    """The file as it is now.

    Raises:
        OSError: it cannot be reached.
    """
    state = path.stat()
    return Source(path=str(path), size=state.st_size, changed=state.st_mtime_ns)


def part_file(folder: Path, part: Part) -> Path:
    """Where the answers to a part are kept."""
    return folder / f"{part.number:06d}.jsonl"


def do_part(task: Task, part: Part) -> Report:
    """Answer the lines of a part, unless its file has the answers to the same lines and the same wish.

    A line that cannot be used ends the part, and nothing of it is kept.

    Raises:
        InputError: the file is not the one that the batch began with, this computer does not know what the one that
            asks knows, or the part file cannot be written.
        WhichmodelError: as the verb raises for other reasons than its line.
    """
    source, file = Path(task.source.path), part_file(Path(task.folder), part)
    check_same(task.source)
    if knowledge(task.wish) != task.knowledge:
        raise InputError(
            "a worker has another version of the program, or other cards or papers, than the computer that asks",
            hint="install the same everywhere, and keep WHICHMODEL_DATA on storage that all machines share",
        )
    try:
        foot = kept_foot(file)
        if foot is not None and foot.wish == _name(task) and foot.given == _given(source, part):
            return Report(part=part, foot=foot, kept=True)
        with replacing(file) as temporary, temporary.open("wb") as out:
            size = crc = lines = found = 0
            given = hashlib.sha256()
            for at, line in lines_in(source, part):
                given.update(line)
                if not line.strip():
                    continue
                try:
                    answer, finding = reply(task.wish, line)
                except InputError as error:
                    raise _BadLineError(at, error) from error
                out.write(answer)
                size, crc = size + len(answer), zlib.crc32(answer, crc)
                lines, found = lines + 1, found + finding
            foot = Foot(
                wish=_name(task), given=given.hexdigest(), size=size, crc=crc, lines=lines, found=found
            )
            out.write(msgspec.json.encode(foot) + b"\n")
    except _BadLineError as bad:
        where = f"{task.source.path}, line {line_number(source, bad.at)}"
        hint = "; ".join(filter(None, (bad.error.hint, EXPECTED[task.wish.verb])))
        return Report(part=part, fault=f"{where}: {bad.error.message}", hint=hint)
    except InputError as error:
        return Report(part=part, fault=error.message, hint=error.hint)
    except OSError as error:
        raise InputError(f"{error.filename or file}: {error.strerror}") from error
    return Report(part=part, foot=foot)


def check_same(source: Source) -> None:
    """Make sure that the file is still what the batch began with.

    Raises:
        InputError: it is not, or cannot be reached from here.
    """
    try:
        same = stamp(Path(source.path)) == source
    except OSError as error:
        raise InputError(
            f"{source.path} cannot be read: {error.strerror}",
            hint="every worker reads the file itself: it has to lie on storage that all machines share",
        ) from error
    if not same:
        raise InputError(
            f"{source.path} changed while it was read", hint="start again when nothing writes to it"
        )


def kept_foot(file: Path) -> Foot | None:
    """The foot of a part file, or None where there is no whole one."""
    try:
        with file.open("rb") as stored:
            length = stored.seek(0, 2)
            stored.seek(max(0, length - _LONGEST_FOOT))
            last = stored.read().removesuffix(b"\n").rpartition(b"\n")[2]
        foot = msgspec.json.decode(last, type=Foot)
    except (OSError, ValueError):
        return None
    return foot if foot.size + len(last) + 1 == length else None


def answers_in(file: Path, foot: Foot) -> Iterator[bytes]:
    """The answers of a part file, in pieces.

    Raises:
        InputError: they are not what the part's worker wrote.
        OSError: the file cannot be read.
    """
    left, crc = foot.size, 0
    with file.open("rb") as stored:
        while left and (piece := stored.read(min(_CHUNK, left))):
            crc = zlib.crc32(piece, crc)
            left -= len(piece)
            yield piece
    if left or crc != foot.crc:
        raise InputError(
            f"{file} is damaged", hint="delete it; the same command with --resume makes it again"
        )


class _BadLineError(Exception):
    """A line that cannot be used, at a byte of the file."""

    def __init__(self, at: int, error: InputError) -> None:
        super().__init__(error.message)
        self.at = at
        self.error = error


def _given(source: Path, part: Part) -> str:
    hashed = hashlib.sha256()
    for _, line in lines_in(source, part):
        hashed.update(line)
    return hashed.hexdigest()


def _name(task: Task) -> str:
    return hashlib.sha256(msgspec.json.encode((task.knowledge, task.wish))).hexdigest()
