"""Photos that come: what is refused, when, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from whichmodel.web.pages_photo import _streamed
from whichmodel.web.process import Failed
from whichmodel.web.settings import Settings

Person = Any


def left(settings: Settings) -> set[str]:
    """Names of the folders of photos."""
    return {path.name for path in (settings.folder / "photos").iterdir()}


def png_that_says(width: int, height: int) -> bytes:
    """The header of a PNG of any size, and hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (b"", 415, "empty"),
        (b"hello, this is text", 415, "looks like text"),
        (b"<svg onload=alert(1)>" + b" " * 600, 415, "SVG"),
        (b"GIF89a" + b"\0" * 600, 415, "GIF"),
        (b"\xff\xd8\xff" + b"\0" * 600, 422, "our photo"),
        (png_that_says(50_000, 50_000), 422, "limit"),
        (png_that_says(60, 40), 422, "damaged"),
    ],
)
def test_what_is_no_photo_of_ours_is_refused_and_gone(
    client: TestClient, settings: Settings, content: bytes, status: int, told: str
) -> None:
    before = left(settings)
    answer = client.post("/photos", content=content, headers={"Accept": "*/*"})
    assert answer.status_code == status
    assert told in answer.json()["message"]
    assert str(settings.folder) not in answer.text
    assert left(settings) == before


def test_a_large_file_is_refused_by_its_length(client: TestClient, settings: Settings) -> None:
    before = left(settings)
    answer = client.post("/photos", content=b"\xff\xd8\xff" + b"\0" * 2_000_000)
    assert answer.status_code == 413
    assert left(settings) == before


def test_a_large_file_that_does_not_tell_its_length_is_refused_too(
    client: TestClient, settings: Settings
) -> None:
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b"\xff\xd8\xff" + b"\0" * 100_000

    before = left(settings)
    assert client.post("/photos", content=parts()).status_code == 413
    assert left(settings) == before


def test_a_file_that_stops_coming_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whichmodel.web.pages_photo._PATIENCE", 0.05)

    class Stopped:
        """A request whose body begins and never goes on."""

        async def stream(self) -> AsyncIterator[bytes]:
            yield b"\xff\xd8\xff"
            await asyncio.sleep(60)

    with pytest.raises(Failed) as caught:
        asyncio.run(_streamed(cast(Request, Stopped()), tmp_path / "photo", 1000))
    assert caught.value.status == 408


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C%3A%5Cphotos%5Ccup.png", "cup.png"),
        ("%3Cscript%3Ealert(1)%3C%2Fscript%3E.png", "script>.png"),
        ("a%00b%0Ac", "a b c"),
        ("", "photo"),
        ("x" * 500, "x" * 80),
    ],
)
def test_a_name_is_shown_and_never_used(
    one: Person, settings: Settings, small: Path, name: str, shown: str
) -> None:
    found = one.bring(small, name)
    assert found["name"] == shown
    folder = settings.folder / "photos" / str(found["id"])
    assert {path.name for path in folder.iterdir()} == {"photo", "photo.json", "small.jpg"}


def test_a_photo_is_of_who_brought_it(
    client: TestClient, one: Person, stranger: TestClient, small: Path
) -> None:
    found = one.bring(small)
    assert client.get(str(found["small"])).content.startswith(b"\xff\xd8\xff")
    assert stranger.get(str(found["small"])).status_code == 404
    assert stranger.get(f"/plan?q=enlarge+2x&photo={found['id']}").status_code == 404
    assert stranger.post("/runs", data={"q": "enlarge 2x", "photo": str(found["id"])}).status_code == 404


@pytest.mark.parametrize("id", ["..", "%2e%2e", "0" * 31, "../photos", "a" * 32])
def test_an_id_that_is_none_finds_nothing(client: TestClient, id: str) -> None:
    assert client.get(f"/photos/{id}/small").status_code == 404


def test_a_small_copy_stands_the_right_way_up(client: TestClient, one: Person, tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "lying.jpg"
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (60, 40), "red").save(path, exif=exif)
    found = one.bring(path)
    assert (found["width"], found["height"]) == (40, 60)
    assert Image.open(io.BytesIO(client.get(str(found["small"])).content)).size == (40, 60)
