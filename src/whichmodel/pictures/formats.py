"""Tell the format of a file from its first bytes; its name is never believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from whichmodel.domain import PictureError

READABLE = "JPEG, PNG, TIFF and WebP can be read"
_PNG = b"\x89PNG\r\n\x1a\n"

_OTHERS = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop (PSD)"),
    (b"\x00\x00\x01\x00", "icon (ICO)"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"FUJIFILM", "camera raw"),
    (b"PK\x03\x04", "zip archive"),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"crx ": "camera raw"}


def sniff(path: Path) -> str:
    """`"jpeg"`, `"png"`, `"tiff"` or `"webp"`.

    Raises:
        PictureError: no such file, not readable, a folder, empty, or not one of these formats; says
            which format it looks like.
    """
    if path.is_dir():
        raise PictureError(f"{path} is a folder, not a picture", hint="name one picture file inside it")
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise PictureError(f"there is no file {path}", hint="check the name and the folder") from None
    except PermissionError:
        raise PictureError(
            f"{path} may not be read", hint="its permissions do not allow it; ask its owner, or copy it"
        ) from None
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror or error}") from error
    if not head:
        raise PictureError(f"{path} is empty (0 bytes)", hint="it was perhaps not copied completely")
    known = _known(head)
    if known:
        return known
    other = _other(head)
    if other:
        raise PictureError(
            f"{path} looks like {other}, which is not read here", hint=f"{READABLE}; convert it"
        )
    raise PictureError(f"{path} is not a picture: its content is of no known format", hint=READABLE)


def is_picture(path: Path) -> bool:
    """Whether a file looks like a picture that can be read; a file that cannot be opened does not."""
    try:
        with path.open("rb") as file:
            return _known(file.read(16)) is not None
    except OSError:
        return False


def _known(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(_PNG):
        return "png"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    return None


def _other(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _BRANDS:
            return _BRANDS[brand]
        is_heic = brand[:3] in (b"hei", b"hev", b"mif", b"msf")
        return "HEIC" if is_heic else "a video or another ISO media file"
    for start, name in _OTHERS:
        if head.startswith(start):
            return name
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "SVG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)"
    try:
        # The last character may be cut in the middle, so up to three bytes are forgiven.
        head[: max(1, len(head) - 3)].decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if b"\0" in head else "text"


def is_cut_png(path: Path) -> bool:
    """Whether the file ends before its closing chunk.

    libpng stops reading at the last row, so a file cut right behind it would pass unseen.
    """
    return all(kind != b"IEND" for kind, _ in _chunks(path))


def png_has_resolution(path: Path) -> bool:
    """Whether the file tells its pixels per metre.

    The same chunk may give only the shape of a pixel (unit 0), which libvips takes for a resolution.
    """
    return any(kind == b"pHYs" and start[8:9] == b"\1" for kind, start in _chunks(path))


def _chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Name and first 9 bytes of each chunk of a PNG file that is wholly there, up to the last."""
    size, place = path.stat().st_size, len(_PNG)
    with path.open("rb") as file:
        while place + 12 <= size:
            file.seek(place)
            length = int.from_bytes(file.read(4), "big")
            kind = file.read(4)
            place += 12 + length
            if place <= size:
                yield kind, file.read(min(length, 9))
            if kind == b"IEND":
                return
