"""The endpoints as an application of its own, below `/api/v1` of the server."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from whichmodel.web.process import Failed
from whichmodel.web.rest.calls import answer, check_accept
from whichmodel.web.rest.endpoint import Endpoint
from whichmodel.web.rest.openapi import text as description
from whichmodel.web.rest.problems import failure, problem
from whichmodel.web.rest.table import ENDPOINTS
from whichmodel.web.rest.tokens import Tokens
from whichmodel.web.site import Site

_log = logging.getLogger(__name__)


def make_rest(site: Site) -> Starlette:
    """The application; the server that it is part of guards it."""
    methods: dict[str, dict[str, Endpoint]] = defaultdict(dict)
    for endpoint in ENDPOINTS:
        methods[endpoint.path][endpoint.method] = endpoint
    routes = [Route(_pattern(path), _by_method(found), methods=[*found]) for path, found in methods.items()]
    app = Starlette(
        routes=[*routes, Route("/openapi.json", _described)],
        exception_handlers={
            Failed: _failed,
            HTTPException: _refused,
            ClientDisconnect: _gone,
            Exception: _fault,
        },
    )
    # An address with a slash more is another address, and there is none.
    app.router.redirect_slashes = False
    app.state.site = site
    app.state.tokens = Tokens(site.settings.folder)
    return app


def _pattern(path: str) -> str:
    """The names of models may have any letter in them, the slash too."""
    return path.replace("/models/{name}", "/models/{name:path}")


def _by_method(found: dict[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await answer(found[method], request)

    return handle


async def _described(request: Request) -> Response:
    check_accept(request, ("application/json",))
    return Response(description(), media_type="application/json", headers={"Cache-Control": "no-cache"})


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, Failed)
    return failure(error)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return problem(404, "there is no such address", "the addresses are told at /api")
    if error.status_code == 405:
        allowed = headers.get("Allow", headers.get("allow", ""))
        return problem(
            405, f"{request.method} is not possible here", f"possible are {allowed}", {"Allow": allowed}
        )
    return problem(error.status_code, str(error.detail), "", headers)


async def _gone(request: Request, error: Exception) -> Response:
    return problem(400, "the request ended before it was whole")


async def _fault(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "an error of ours", "it is in the log of the server; please report it")
