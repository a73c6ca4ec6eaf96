"""Photos that people bring: streamed to disk, refused as early as can be."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from whichmodel.domain import PictureError
from whichmodel.pictures.formats import sniff
from whichmodel.web.process import Failed
from whichmodel.web.site import site_of
from whichmodel.web.store import Photo

_HEAD = 512
PHONES = (
    "send it as JPEG: on an iPhone choose Options and then Most Compatible where the photo is picked, or save it as"
    " JPEG in a picture editor"
)
"""What to do with the format that phones save in."""
_LONGEST_NAME = 80
_PATIENCE = 30.0
"""Seconds to wait for the next piece of a file."""


async def upload(request: Request) -> Response:
    """Take a photo, the body of the request; answers with its id and what its header says."""
    photo = await take(request, request.state.owner, request.headers.get("x-name", ""))
    return JSONResponse(
        {
            "id": photo.id,
            "name": photo.name,
            "width": photo.width,
            "height": photo.height,
            "small": f"/photos/{photo.id}/small",
        },
        201,
    )


async def take(request: Request, owner: str, name: str) -> Photo:
    """Keep the body of a request as a photo.

    Size is checked before and while it comes, the format as soon as the first bytes are there, the pixels in the
    header, by a process of its own, before anything is decoded.

    Args:
        owner: id of the person.
        name: what the person calls it.

    Raises:
        Failed: it is refused.
    """
    site = site_of(request)
    most = site.settings.upload_bytes
    _check_length(request.headers.get("content-length", "0"), most)
    if site.store.size() > site.settings.kept_bytes:
        raise Failed("the server has no room for more photos", "remove old runs, or try again tomorrow", 507)
    id, folder = site.store.new_photo()
    path = folder / "photo"
    try:
        size = await _streamed(request, path, most)
        found = await site.askers.work(
            "header",
            {"path": str(path), "max_megapixels": site.settings.photo_megapixels},
        )
        photo = Photo(
            id=id,
            owner=owner,
            name=_shown(name),
            size=size,
            made=time.time(),
            **found,
        )
        site.store.keep_photo(photo)
    except BaseException:
        site.store.drop_photo(id)
        raise
    return photo


async def small(request: Request) -> Response:
    """A small copy of a photo."""
    site = site_of(request)
    photo = site.photo(request, request.path_params["id"])
    path = site.store.photo_file(photo.id).with_name("small.jpg")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


async def _streamed(request: Request, path: Path, most: int) -> int:
    """Write the body of a request to a file and check its format; says how many bytes it has.

    Raises:
        Failed: it is too large, of another format, or stops coming.
    """
    size = 0
    clock = asyncio.get_running_loop().time
    try:
        with path.open("wb") as file:
            async with asyncio.timeout(_PATIENCE) as patience:
                async for part in request.stream():
                    patience.reschedule(clock() + _PATIENCE)
                    size += len(part)
                    if size > most:
                        raise _too_large(most)
                    file.write(part)
                    if size - len(part) < _HEAD <= size:
                        file.flush()
                        _check_format(path)
    except TimeoutError:
        raise Failed("the file stopped coming", "try it once more", 408) from None
    _check_format(path)
    return size


def _check_length(told: str, most: int) -> None:
    if told.isdecimal() and int(told) > most:
        raise _too_large(most)


def _too_large(most: int) -> Failed:
    return Failed(f"the file is larger than {most / 1e6:.0f} MB", "save it as JPEG, or make it smaller", 413)


def _check_format(path: Path) -> None:
    try:
        sniff(path)
    except PictureError as error:
        message = error.message.replace(str(path), "the file")
        hint = PHONES if "HEIC" in message else error.hint
        raise Failed(message[:1].upper() + message[1:], hint, 415) from error


def _shown(name: str) -> str:
    """A name for showing: one line, bounded, without what could steer a reader."""
    plain = "".join(character if character.isprintable() else " " for character in unquote(name)[:1000])
    plain = plain.replace("\\", "/").rpartition("/")[2].strip()
    return plain[:_LONGEST_NAME] or "photo"
