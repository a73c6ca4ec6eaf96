"""Photos that programs bring."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from starlette.responses import FileResponse, Response

from whichmodel.web.pages_photo import take
from whichmodel.web.rest.calls import data
from whichmodel.web.rest.documents import PhotoFacts
from whichmodel.web.rest.endpoint import Call
from whichmodel.web.store import Photo

BASE = "/api/v1"


async def bring(call: Call) -> Response:
    """Take a photo, the body of the request."""
    photo = await take(call.request, call.owner, call.query.name)
    return data(facts(photo), 201, {"Location": f"{BASE}/photos/{photo.id}"})


async def show(call: Call) -> Response:
    """What is known about a photo."""
    return data(facts(call.photo(call.path["id"])))


async def small(call: Call) -> Response:
    """A small copy of a photo."""
    photo = call.photo(call.path["id"])
    path = call.site.store.photo_file(photo.id).with_name("small.jpg")
    return FileResponse(path, media_type="image/jpeg")


async def remove(call: Call) -> Response:
    """Remove a photo; runs have their own copies."""
    photo = call.photo(call.path["id"])
    await asyncio.to_thread(call.site.store.drop_photo, photo.id)
    return Response(status_code=204)


def facts(photo: Photo) -> PhotoFacts:
    """What a program is told about a photo."""
    return PhotoFacts(
        id=photo.id,
        name=photo.name,
        width=photo.width,
        height=photo.height,
        bands=photo.bands,
        bits=photo.bits,
        has_alpha=photo.has_alpha,
        format=photo.format,
        size=photo.size,
        made=moment(photo.made),
        small=f"{BASE}/photos/{photo.id}/small",
    )


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time with its zone."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)
