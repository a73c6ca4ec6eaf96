"""The journal of a step: which units are done, so that a run can go on after it was killed.

A text file of one line for each finished unit: its number, the CRC-32 of its bytes, its mark, and the
CRC-32 of the line itself. A unit's line is written after its bytes. A line that was cut off, and whatever
stands behind it, does not count. What a line says is believed only when the bytes have that CRC: after a
loss of power a line may have reached the disk and its bytes not.
"""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

_HEADER = "whichmodel-journal 1"
MARK = re.compile(r"[A-Za-z0-9-]{0,20}")
"""What a mark may be."""


@dataclass(frozen=True, slots=True)
class Done:
    """A finished unit: CRC-32 of its bytes, and its mark."""

    crc: int
    mark: str


class Journal:
    """The finished units of one step.

    Args:
        path: of the file; made if it is missing.
        work: what the units are (their number, the result's size); a journal of other work is begun anew.

    Raises:
        OSError: the file cannot be read or written.
    """

    def __init__(self, path: Path, work: str) -> None:
        self.done: dict[int, Done] = {}
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            self._read(f"{_HEADER} {work}")
        except BaseException:
            os.close(self._handle)
            raise

    def append(self, number: int, crc: int, mark: str) -> None:
        """Remember a unit whose bytes were written.

        Raises:
            ValueError: the mark is none (a fault of the operation).
            OSError: it cannot be written.
        """
        if not MARK.fullmatch(mark):
            raise ValueError(f"{mark!r} is no mark of a unit")
        self._write(f"{number} {crc:08x} {mark or '-'}")
        self.done[number] = Done(crc, mark)

    def forget(self, number: int) -> None:
        """A unit whose bytes are not what the journal says is due again."""
        self.done.pop(number, None)

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _read(self, header: str) -> None:
        with os.fdopen(os.dup(self._handle), "rb") as file:
            content = file.read()
        good = 0
        for line in content.split(b"\n")[:-1]:
            text = _checked(line)
            if text is None or (good == 0 and text != header):
                break
            if good:
                number, crc, mark = text.split(" ")
                self.done[int(number)] = Done(int(crc, 16), "" if mark == "-" else mark)
            good += len(line) + 1
        os.ftruncate(self._handle, good)
        os.lseek(self._handle, good, os.SEEK_SET)
        if not good:
            self._write(header)

    def _write(self, text: str) -> None:
        line = f"{text} {zlib.crc32(text.encode()):08x}\n".encode()
        while line:
            line = line[os.write(self._handle, line) :]


def _checked(line: bytes) -> str | None:
    """The text of a line whose own CRC is right."""
    text, _, crc = line.rpartition(b" ")
    if not text or crc != f"{zlib.crc32(text):08x}".encode():
        return None
    return text.decode("utf-8", "replace")
