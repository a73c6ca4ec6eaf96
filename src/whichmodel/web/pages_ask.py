"""The first page, the answer, and the plan for a photo."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from whichmodel.web.html import page, render
from whichmodel.web.process import Failed
from whichmodel.web.site import Site, site_of
from whichmodel.web.store import Photo, Wish
from whichmodel.web.wishes import ENDINGS, FACTORS, MOST_PHOTOS, PAPERS, query_of, wish_of

EXAMPLES = (
    "I enlarged an old photo 4x and it looks new. How does AI do that?",
    "Remove the noise from my night photo",
    "Print this 60x90 cm at 150 dpi",
    "How can a phone cut the person out of a picture?",
    "Restore this old photo, but leave the colours",
)


async def home(request: Request) -> Response:
    """The page that one comes to first."""
    site = site_of(request)
    return page(
        "home.html",
        here="ask",
        examples=EXAMPLES,
        recent=site.store.runs_of(request.state.owner)[:3],
        question="",
        photos=[],
        limits=site.settings,
    )


async def ask(request: Request) -> Response:
    """The answer to a question, and the way to run it."""
    site = site_of(request)
    form = query_of(request)
    if not "".join(form.get("q", ())).strip():
        return RedirectResponse("/", 303)
    wish = wish_of(form)
    photos = _photos(site, request)
    found = await site.askers.work("ask", _given(site, wish, photos))
    return page(
        "answer.html",
        here="ask",
        style=found["style"],
        question=wish.question,
        photos=photos,
        found=found,
        endings=ENDINGS,
        factors=FACTORS,
        papers=PAPERS,
        limits=site.settings,
    )


async def answer_file(request: Request) -> Response:
    """The answer as a page that stands alone, to keep."""
    site = site_of(request)
    wish = wish_of(query_of(request))
    found = await site.askers.work("ask", {**_given(site, wish, _photos(site, request)), "whole": True})
    return Response(
        found["page"],
        media_type="text/html",
        headers={"Content-Disposition": 'attachment; filename="answer.html"'},
    )


async def plan(request: Request) -> Response:
    """What would be done to a photo: a part of the page of an answer."""
    site = site_of(request)
    wish = wish_of(query_of(request))
    photo = site.photo(request, request.query_params.get("photo", ""))
    keep = site.photo(request, wish.keep) if wish.keep else None
    found = await site.lookers.work(
        "plan",
        {
            **_given(site, wish, [photo]),
            "keep": str(site.store.photo_file(keep.id)) if keep is not None else None,
            "max_megapixels": site.settings.max_megapixels,
            "memory_bytes": site.settings.run_memory_bytes,
        },
    )
    return Response(render("plan.html", plan=found, wish=wish), media_type="text/html")


def _photos(site: Site, request: Request) -> list[Photo]:
    ids = dict.fromkeys(id for id in request.query_params.getlist("photo") if id)
    if len(ids) > MOST_PHOTOS:
        raise Failed(f"these are more than {MOST_PHOTOS} photos", "bring fewer at once", 422)
    return [site.photo(request, id) for id in ids]


def _given(site: Site, wish: Wish, photos: list[Photo]) -> dict[str, Any]:
    """Of several photos the first one counts: it enters the answer and the plan."""
    return {
        "wish": msgspec.to_builtins(wish),
        "path": str(site.store.photo_file(photos[0].id)) if photos else None,
    }
