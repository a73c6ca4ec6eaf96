"""Lines of a file by byte ranges, so that several processes can each read their own part of it.

A line belongs to the range in which it begins. Ranges that follow each other without a gap therefore give every
line once, wherever they are cut, and no process reads more than its own range and the end of its last line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from whichmodel.domain import InputError, Record

LONGEST_LINE = 64 * 2**20
"""Of a line, in bytes: a prompt and an answer of 8 MB each fit, whatever their letters."""

MOST_PARTS = 4096
_CHUNK = 2**20


class Part(Record, frozen=True, kw_only=True):
    """Bytes `start:end` of a file, as one piece of work; `number` counts from 0 in the order of the file."""

    number: int
    start: int
    end: int


def parts_of(size: int, smallest: int) -> tuple[Part, ...]:
    """A file of `size` bytes in parts: of the smallest size, or so much larger that there are at most 4,096.

    The size of a part is `smallest` times a power of two, so that a file that grows or shrinks a little keeps its cuts.

    >>> [(part.start, part.end) for part in parts_of(10, 4)]
    [(0, 4), (4, 8), (8, 10)]
    """
    step = smallest
    while size > MOST_PARTS * step:
        step *= 2
    starts = range(0, size, step)
    return tuple(Part(number=n, start=at, end=min(size, at + step)) for n, at in enumerate(starts))


def lines_in(path: Path, part: Part) -> Iterator[tuple[int, bytes]]:
    """The lines that begin inside a part, each with the place of its first byte in the file.

    Raises:
        InputError: a line is longer than 64 MB.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        at = part.start and _next_line(file, part)
        file.seek(at)
        while at < part.end:
            line = file.readline(LONGEST_LINE + 1)
            if not line:
                return
            if len(line) > LONGEST_LINE:
                raise InputError(
                    f"{path}, line {line_number(path, at)}: longer than {LONGEST_LINE // 2**20} MB",
                    hint="a line holds one request",
                )
            yield at, line
            at += len(line)


def line_number(path: Path, at: int) -> int:
    """The number, from 1, of the line that begins at byte `at`."""
    number, left = 1, at
    with path.open("rb") as file:
        while left and (chunk := file.read(min(_CHUNK, left))):
            number += chunk.count(b"\n")
            left -= len(chunk)
    return number


def _next_line(file: BinaryIO, part: Part) -> int:
    """Where the first line begins that begins inside the part or after it; long lines are skipped in pieces."""
    # The byte before the part tells whether a line ends there.
    at = part.start - 1
    file.seek(at)
    while at < part.end:
        piece = file.readline(_CHUNK)
        at += len(piece)
        if not piece or piece.endswith(b"\n"):
            break
    return at
