"""Reading files of others: bounded in size, depth and expansion, and with the line of every mistake."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whichmodel.domain import InputError

MOST_BYTES = 16 * 1024 * 1024
MOST_ENTRIES = 10_000
_MOST_NODES = 400_000
_DEEPEST = 40
_LONGEST_PLAIN = 3_000  # so that a number stays one that can be printed
_NOTED = 8
_JOINERS = "\u200c\u200d"


class UnreadableError(Exception):
    """A text that is not what it should be, with the line where that shows."""

    def __init__(self, message: str, *, line: int | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.line, self.hint = message, line, hint


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: its data, number (from 1), line, and keys that it holds twice."""

    data: Any
    number: int
    line: int
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class YamlText:
    """A YAML document with the lines of its upper keys and the keys that stand twice."""

    data: Any
    lines: dict[tuple[Any, ...], int] = field(default_factory=dict)
    repeated: tuple[tuple[int, str], ...] = ()


def read_text(path: Path) -> str:
    """The text of a file of at most 16 MB.

    Raises:
        InputError: it cannot be read, is larger, or is not UTF-8.
    """
    where = printable(str(path))
    try:
        if not path.is_file():
            raise InputError(f"{where} is not a file", hint="name a JSON, YAML or Markdown file")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{where} cannot be read: {reason}", hint="check the name and the rights") from error
    if len(raw) > MOST_BYTES:
        raise InputError(f"{where} is larger than 16 MB", hint="split it into several files")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{where}, line {line}: not UTF-8 text", hint="save it as UTF-8") from error


def printable(text: str, most: int = 300) -> str:
    """Text safe for a terminal: control characters as escapes, at most `most` characters.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(
        c.encode("unicode_escape").decode("ascii") if is_control(c) else c for c in cut.replace("\n", " ")
    )


def is_control(character: str) -> bool:
    """Whether a character steers a terminal or hides, rather than showing something."""
    return character not in _JOINERS and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def json_entries(text: str) -> Iterator[Entry]:
    """The entries of a JSON list with their lines; a single object is a list of one.

    Raises:
        UnreadableError: it is not JSON, too deep, or has too many entries. What came before is given.
    """
    repeated: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                repeated.append(key)
            found[key] = value
        return found

    decoder = json.JSONDecoder(object_pairs_hook=unique)
    place, line, number = _blank(text, 0), 1, 0
    line += text.count("\n", 0, place)
    many = text.startswith("[", place)
    place += many
    counted = place
    while True:
        place = _blank(text, place)
        line += text.count("\n", counted, place)
        counted = place
        if many and number == 0 and text.startswith("]", place):
            break
        number += 1
        if number > MOST_ENTRIES:
            raise UnreadableError(f"more than {MOST_ENTRIES} entries", line=line, hint="split the file")
        repeated.clear()
        try:
            data, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise UnreadableError(
                f"not JSON: {error.msg}", line=error.lineno, hint="nothing of this file was imported"
            ) from error
        except (RecursionError, ValueError) as error:
            reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
            raise UnreadableError(f"not usable JSON: {reason}", line=line) from error
        yield Entry(data, number, line, tuple(repeated))
        if not many:
            break
        place = _blank(text, place)
        if text.startswith(",", place):
            place += 1
            continue
        if text.startswith("]", place):
            break
        at = text.count("\n", 0, place) + 1
        raise UnreadableError(
            "not JSON: expected `,` or `]`", line=at, hint="nothing of this file was imported"
        )
    rest = _blank(text, place + many)
    if rest < len(text):
        at = text.count("\n", 0, rest) + 1
        raise UnreadableError(
            "not JSON: text after its end", line=at, hint="nothing of this file was imported"
        )


def yaml_text(text: str, *, line_before: int = 0) -> YamlText:
    """A YAML document, with safe types only and bounded expansion of its aliases.

    Args:
        text: the YAML.
        line_before: how many lines of the file stand before it.

    Raises:
        UnreadableError: it is not YAML, too deep, or would expand to too much.
    """
    import yaml

    loader_of = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _within_bounds(text, loader_of, line_before)
        loader = loader_of(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return YamlText(None)
            _expansion(node, {}, line_before)
            lines: dict[tuple[Any, ...], int] = {}
            repeated: dict[int, tuple[int, str]] = {}
            _note_lines(node, (), lines, repeated, line_before)
            return YamlText(loader.construct_document(node), lines, tuple(repeated.values()))
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = None if mark is None else mark.line + 1 + line_before
        raise UnreadableError(f"not YAML: {getattr(error, 'problem', None) or error}", line=line) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not usable YAML: {error}") from error


def _within_bounds(text: str, loader_of: Any, line_before: int) -> None:
    import yaml

    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=loader_of)):
        mark: Any = event.start_mark
        line = mark.line + 1 + line_before
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and event.implicit[0] and len(event.value) > _LONGEST_PLAIN:
            raise UnreadableError(f"an unquoted value of more than {_LONGEST_PLAIN} characters", line=line)
        if depth > _DEEPEST:
            raise UnreadableError(f"nested deeper than {_DEEPEST} levels", line=line)
        if count > _MOST_NODES:
            raise UnreadableError(f"more than {_MOST_NODES} values", line=line, hint="split the file")


def _expansion(node: Any, known: dict[int, int], line_before: int) -> int:
    """How many values a node stands for when every alias is written out."""
    if id(node) in known:
        if known[id(node)] == 0:
            line = node.start_mark.line + 1 + line_before
            raise UnreadableError("an alias contains itself", line=line)
        return known[id(node)]
    known[id(node)] = 0
    total = 1
    if not isinstance(node.value, str):
        for child in node.value:
            pair = child if isinstance(child, tuple) else (child,)
            total += sum(_expansion(part, known, line_before) for part in pair)
    if total > _MOST_NODES:
        line = node.start_mark.line + 1 + line_before
        raise UnreadableError("its aliases expand to too many values", line=line, hint="write them out")
    known[id(node)] = total
    return total


def _note_lines(
    node: Any,
    path: tuple[Any, ...],
    lines: dict[tuple[Any, ...], int],
    repeated: dict[int, tuple[int, str]],
    line_before: int,
) -> None:
    lines.setdefault(path, node.start_mark.line + 1 + line_before)
    if isinstance(node.value, str):
        return
    seen = set()
    for number, child in enumerate(node.value):
        key, value = child if isinstance(child, tuple) else (None, child)
        name: Any = number
        if key is not None:
            name = key.value if isinstance(key.value, str) else number
            line = key.start_mark.line + 1 + line_before
            if len(path) < _NOTED:
                lines[(*path, name)] = line
            if isinstance(name, str) and name in seen:
                repeated[id(key)] = (line, name)
            seen.add(name)
        if len(path) < _NOTED:
            _note_lines(value, (*path, name), lines, repeated, line_before)


def _blank(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place
