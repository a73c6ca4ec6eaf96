"""JSON lines: the schema of ours, the lists of others that say nearly the same, and arXiv's metadata snapshot.

One JSON object a line, plain or packed with gzip. Of each object are read:

| field | what | also called |
|---|---|---|
| `title` | text, required | |
| `abstract` | text of the authors; it is quoted, never reworded | |
| `arxiv` | arXiv number, with or without a version | `arxiv_id`, `eprint`, `id` |
| `doi` | | |
| `url` | where it can be read | `abs`, `paper`, `pdf`, `link` |
| `code` | link to its code | `github`, `code_url` |
| `year` | number, or a date | `date`, `published`, `update_date` |
| `authors` | list, or text with `and` | `author` |
| `topics` | list, or text | `categories`, `keywords`; also `topic` and `subtopic` |
| `tasks` | list of ids of our tasks | |
| `version` | whole number | last entry of `versions` |

Other fields are left alone. Rows are read one by one: a file of millions takes no more memory than a small one.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from whichmodel.catalog.library.sources.rows import Problem, Row, paper_of
from whichmodel.catalog.outside import printable
from whichmodel.domain import InputError, Paper

LONGEST_LINE = 4 * 1024 * 1024
_PIECE = 1 << 20


def read_lines(path: Path, *, source: str, position: str = "") -> Iterator[Row]:
    """The rows of a file; the position is the number of lines read.

    Raises:
        InputError: the file cannot be read, or breaks off in the middle; what came before was given.
    """
    done = int(position or 0)
    number = 0
    try:
        with io.BufferedReader(io.FileIO(path), _PIECE) as raw, _unpacked(raw) as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                whole = len(line) <= LONGEST_LINE or line.endswith(b"\n")
                if not whole:
                    while (rest := file.readline(_PIECE)) and not rest.endswith(b"\n"):
                        pass
                if number <= done or not line.strip():
                    continue
                if number == 1 and line.lstrip().startswith(b"["):
                    raise InputError(
                        f"{printable(str(path))} is one JSON list, not one object a line",
                        hint="write each object on a line of its own: jq -c '.[]' FILE > FILE.jsonl",
                    )
                at = f"line {number}"
                try:
                    if not whole:
                        raise ValueError(f"is longer than {LONGEST_LINE // 1024 // 1024} MB")
                    yield Row(paper=paper_of_line(line, source=source), position=str(number))
                except ValueError as error:
                    message = printable(str(error))
                    yield Row(problem=Problem(place=at, message=message), position=str(number))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        after = f" after line {number}" if number else ""
        raise InputError(
            f"{printable(str(path))} cannot be read{after}: {reason}",
            hint="check the file; what came before was imported, and importing it again goes on there",
        ) from error


def paper_of_line(line: bytes, *, source: str) -> Paper:
    """The paper of one line.

    Raises:
        ValueError: it cannot be used; says why.
    """
    return paper_of(_object(line), source=source)


_decode = msgspec.json.Decoder().decode


def _object(line: bytes) -> dict[str, Any]:
    try:
        fields = _decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"is no JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ValueError("is no JSON object")
    return fields


def _unpacked(raw: io.BufferedReader[io.FileIO]) -> io.BufferedReader[io.FileIO] | gzip.GzipFile:
    return gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
