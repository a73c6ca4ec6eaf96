"""The application: its addresses, and what stands around them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from whichmodel.web import pages_ask, pages_audit, pages_catalog, pages_photo, pages_run
from whichmodel.web.guard import PROGRAMS, Guard
from whichmodel.web.html import failed
from whichmodel.web.process import Failed
from whichmodel.web.rest.app import make_rest
from whichmodel.web.rest.page import api_page
from whichmodel.web.settings import Settings
from whichmodel.web.site import Site

_log = logging.getLogger(__name__)
_TILE = "/runs/{id}/zoom/{layer:str}/{level:int}/{column:int}_{row:int}"
_ID = "/runs/{id}"
_NO_PAGE = Failed("there is no such page", "check the address, or begin with a question", 404)


def make_app(settings: Settings) -> Starlette:
    """The server as ASGI application; it starts its processes when it starts."""
    site = Site(settings)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        await site.start()
        try:
            yield
        finally:
            await site.stop()

    app = Starlette(
        routes=[
            Route("/", pages_ask.home),
            Route("/ask", pages_ask.ask),
            Route("/ask/file", pages_ask.answer_file),
            Route("/plan", pages_ask.plan),
            Route("/photos", pages_photo.upload, methods=["POST"]),
            Route("/photos/{id}/small", pages_photo.small),
            Route("/runs", pages_run.start, methods=["POST"]),
            Route(_ID, pages_run.show),
            Route(f"{_ID}/events", pages_run.events),
            Route(f"{_ID}/cancel", pages_run.cancel, methods=["POST"]),
            Route(f"{_ID}/remove", pages_run.remove, methods=["POST"]),
            Route(f"{_ID}/again", pages_run.again, methods=["POST"]),
            Route(f"{_ID}/file/{{name}}", pages_run.download),
            Route(_TILE, pages_run.tile),
            Route("/history", pages_run.history),
            Route("/models", pages_catalog.models),
            Route("/models/{name:path}", pages_catalog.model),
            Route("/audit", pages_audit.show),
            Route("/audit", pages_audit.audit, methods=["POST"]),
            Route("/api", api_page),
            Mount(PROGRAMS, make_rest(site)),
            Route("/page.css", _style),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[Middleware(Guard, names=settings.names)],
        exception_handlers={Failed: failed, 404: _missing, 405: _missing, Exception: _fault},
        lifespan=life,
    )
    app.state.site = site
    return app


async def _style(request: Request) -> Response:
    """The style of answers, which is that of all pages."""
    text = resources.files("whichmodel.answering").joinpath("data/page.css").read_text("utf-8")
    return Response(text, media_type="text/css", headers={"Cache-Control": "no-cache"})


async def _missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failed(request, _NO_PAGE if error.status_code == 404 else Failed(error.detail, "", 405))


async def _fault(request: Request, error: Exception) -> Response:
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return failed(
        request, Failed("an error of ours", "it is in the log of the server; please report it", 500)
    )
