"""Ranges of bytes give every line of a file once, wherever they are cut."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichmodel.domain import InputError
from whichmodel.files import lines
from whichmodel.files.lines import Part, line_number, lines_in, parts_of

TEXTS = st.lists(st.sampled_from([b"", b"a", b"bc\r", b"d" * 9, b"\xc3\xa4"]), max_size=12).map(b"\n".join)


@given(content=TEXTS, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_every_line_once_wherever_the_file_is_cut(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("cut") / "lines"
    path.write_bytes(content)
    ends = sorted({0, len(content), *(min(cut, len(content)) for cut in cuts)})
    parts = [Part(number=n, start=a, end=b) for n, (a, b) in enumerate(pairwise(ends))]
    found = [place for part in parts for place in lines_in(path, part)]
    assert [line for _, line in found] == io.BytesIO(content).readlines()
    assert [line_number(path, at) for at, _ in found] == list(range(1, len(found) + 1))


def test_lines_longer_than_what_is_skipped_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_CHUNK", 3)
    path = tmp_path / "lines"
    path.write_bytes(b"0123456789\n012\n\n01234567\n")
    parts = parts_of(path.stat().st_size, 4)
    assert [[line for _, line in lines_in(path, part)] for part in parts] == [
        [b"0123456789\n"],
        [],
        [b"012\n"],
        [b"\n"],
        [b"01234567\n"],
        [],
        [],
    ]


def test_a_line_without_end_is_not_taken_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)
    path = tmp_path / "lines"
    path.write_bytes(b"short\n" + b"x" * 11 + b"\n")
    with pytest.raises(InputError, match="line 2: longer"):
        list(lines_in(path, Part(number=0, start=0, end=18)))


@given(size=st.integers(0, 10**13), smallest=st.integers(1, 2**20))
def test_parts_make_up_the_file_and_stay_few(size: int, smallest: int) -> None:
    parts = parts_of(size, smallest)
    assert len(parts) <= lines.MOST_PARTS
    assert [part.number for part in parts] == list(range(len(parts)))
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])][: len(parts)]
    assert sum(part.end - part.start for part in parts) == size
    assert all(part.end - part.start >= smallest for part in parts[:-1])
