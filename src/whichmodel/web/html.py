"""From templates to answers of the server; all that is filled in is escaped."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from whichmodel.web.guard import policy
from whichmodel.web.pool import Busy
from whichmodel.web.process import Failed


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("whichmodel.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"thousands": thousands, "percent": percent, "bytes": size_words, "ago": ago}
    return made


def render(name: str, **fields: Any) -> str:
    """A template as text."""
    return _templates().get_template(name).render(**fields)


def page(name: str, *, status: int = 200, style: str = "", **fields: Any) -> HTMLResponse:
    """A template as page.

    Args:
        style: rules that stand in the page itself; the policy of the page allows just these.
    """
    text = render(name, style=style, **fields)
    headers = {"Content-Security-Policy": policy([style])} if style else {}
    return HTMLResponse(text, status, headers)


def failed(request: Request, error: Exception) -> Response:
    """What a person sees when something failed: a page, or for scripts JSON with the same words."""
    assert isinstance(error, Failed)
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, Busy) else {}
    if "text/html" not in request.headers.get("accept", ""):
        told = {"message": error.message, "hint": error.hint}
        return JSONResponse(told, error.status, headers)
    found = page("error.html", status=error.status, here="", message=error.message, hint=error.hint)
    found.headers.update(headers)
    return found


def thousands(value: float) -> str:
    """`12,345`."""
    return f"{value:,.0f}"


def percent(value: float) -> str:
    """A share 0..1 for people: `"27 %"`; a little is not called nothing."""
    if 0 < value < 0.01:
        return "below 1 %"
    return f"{value * 100:.0f} %"


def size_words(value: float) -> str:
    """`"8.8 MB"`."""
    return (
        f"{value / 1e9:.1f} GB"
        if value >= 1e8
        else f"{value / 1e6:.1f} MB"
        if value >= 1e5
        else "below 0.1 MB"
    )


def ago(when: float) -> str:
    """How long a moment is past: `"5 minutes ago"`."""
    minutes = (time.time() - when) / 60
    if minutes < 1:
        return "just now"
    if minutes < 90:
        return f"{minutes:.0f} minute{'s' if round(minutes) != 1 else ''} ago"
    hours = minutes / 60
    return f"{hours:.0f} hours ago" if hours < 36 else f"{hours / 24:.0f} days ago"
