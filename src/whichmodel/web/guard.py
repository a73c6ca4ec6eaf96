"""What every request passes: is it meant for us, does it come from our own pages, whose is it; and strict headers.

A name that leads to this computer (DNS rebinding) is refused by the Host header; a form on another site by the
Origin header. The content-security policy allows files of this server alone: no inline script, no inline style but
those whose hash is named, nothing from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whichmodel.web.rest.problems import problem

COOKIE = "whichmodel"
_OWNER = re.compile(r"[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600
_SAFE = frozenset({"GET", "HEAD"})
PROGRAMS = "/api/v1"
"""Begins the addresses that are for programs: they get no cookie, and nothing there is for other sites to read."""


def policy(styles: Iterable[str] = ()) -> str:
    """The content-security policy of a page.

    Args:
        styles: texts of `<style>` elements that may stand in it.
    """
    hashes = "".join(
        f" 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in styles
    )
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'{hashes}; img-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


HEADERS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" browsers say "Origin: null" to our own forms, which could be anybody.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """ASGI middleware; the id of the person stands in `request.state.owner`, `known` says whether by a cookie.

    Args:
        names: values of the Host header, without port, that are answered.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 400 or 403."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        owner = _owner(headers.get("cookie", ""))
        known = owner is not None
        owner = owner or secrets.token_hex(16)
        state = scope.setdefault("state", {})
        state["owner"], state["known"] = owner, known
        programs = scope["path"] == PROGRAMS or scope["path"].startswith(f"{PROGRAMS}/")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    told.setdefault(name, value)
                told.setdefault("Cache-Control", "no-store")
                if not known and message["status"] < 400 and not programs:
                    told.append(
                        "Set-Cookie", f"{COOKIE}={owner}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax"
                    )
            await send(message)

        refused = self._refused("POST" if programs else scope["method"], headers)
        if refused:
            status, text = refused
            told: Response = problem(status, text) if programs else PlainTextResponse(f"{text}\n", status)
            await told(scope, receive, answer)
            return
        await self.app(scope, receive, answer)

    def _refused(self, method: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self.names:
            return 400, "this server does not answer to that name; see `whichmodel serve --name`"
        if method in _SAFE:
            return None
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "this request comes from another site"
        # Browsers send one of the two with everything that changes something; programs send neither.
        if origin is None and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "this request comes from another site"
        return None


def _name(host: str) -> str:
    """The Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _owner(cookie: str) -> str | None:
    try:
        found = SimpleCookie(cookie[:4096]).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None and _OWNER.fullmatch(found.value) else None
