"""The photo of a run is decoded once, for the look and for the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from whichmodel.api.asked import read_asked
from whichmodel.api.plan import plan_asked
from whichmodel.api.run import RunOptions, run_asked
from whichmodel.domain import PictureError
from whichmodel.photo import measure
from whichmodel.pictures import Picture, read_picture, write_picture
from whichmodel.pictures.decode import decode
from whichmodel.workflow import engine, look_at, scratch


@pytest.fixture
def decodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are decoded, with a cache of its own."""
    seen: list[Path] = []

    def counted(opened, target):
        seen.append(opened.path)
        return decode(opened, target)

    monkeypatch.setattr(engine, "decode", counted)
    monkeypatch.setattr(scratch, "cache_dir", lambda: tmp_path / "cache")
    return seen


@pytest.fixture
def small(photo: Path, tmp_path: Path) -> Path:
    """A cut of a photograph, as a file."""
    write_picture(Picture(read_picture(photo).pixels[:80, :120]), tmp_path / "small.png")
    return tmp_path / "small.png"


def test_a_look_tells_what_measuring_the_file_tells(photo: Path, decodes: list[Path]) -> None:
    assert look_at(photo) == measure(photo, networks=False)
    assert look_at(photo, cache=False) == measure(photo, networks=False)
    assert len(decodes) == 2


def test_plan_and_run_decode_the_photo_once(small: Path, tmp_path: Path, decodes: list[Path]) -> None:
    asked = read_asked("enlarge 1.5x")
    plan_asked(asked, small, calibrate=False)
    assert len(decodes) == 1
    run_asked(asked, small, tmp_path / "a.png", RunOptions(substitute=None, provenance=False))
    assert len(decodes) == 1


def test_without_the_cache_nothing_stays(small: Path, tmp_path: Path, decodes: list[Path]) -> None:
    look_at(small, cache=False)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size]


def test_what_is_no_picture_is_refused(tmp_path: Path, decodes: list[Path]) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(PictureError):
        look_at(path)
    assert not decodes
