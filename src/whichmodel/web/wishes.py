"""Forms: from what a browser sends to a `Wish`, with every field bounded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.requests import Request

from whichmodel.web.process import Failed
from whichmodel.web.store import ID, Wish

LONGEST_QUESTION = 4000
MOST_PHOTOS = 20
"""That are brought for one question."""
FACTORS = (2, 3, 4, 6, 8)
PAPERS = ("A5", "A4", "A3", "A2", "A1", "60x90cm", "wall 3x2 m")
ENDINGS = {
    ".png": "PNG, exact",
    ".jpg": "JPEG, small",
    ".tif": "TIFF, for printers",
    ".webp": "WebP, smallest",
}
_STEP = re.compile(r"[a-z-]{1,40}")
_MODELS = re.compile(r"[\w.()+ -]{1,200}")

Form = Mapping[str, Sequence[str]]


def wish_of(form: Form) -> Wish:
    """What a form asks for.

    Raises:
        Failed: a field is missing or is none of those offered.
    """
    question = " ".join(_one(form, "q").split())
    if not question:
        raise Failed("the question is empty", "say what you saw, or what you want done", 422)
    if len(question) > LONGEST_QUESTION:
        raise Failed(f"the question is longer than {LONGEST_QUESTION:,} characters", "shorten it", 422)
    kind, _, value = _one(form, "size").partition(":")
    paper, factor = "", None
    if kind == "paper":
        paper = value[:40]
    elif kind == "other":
        paper = " ".join(_one(form, "other").split())[:40]
        if not paper:
            raise Failed("the size of the print is empty", "write it like 50x70cm", 422)
    elif kind == "factor" and value.isdecimal() and int(value) in FACTORS:
        factor = int(value)
    elif kind:
        raise Failed("that is no size", "choose one of those offered", 422)
    keep, substitute = _one(form, "keep"), _one(form, "substitute")
    if keep and not ID.fullmatch(keep):
        raise Failed("that is no mask", "bring it once more", 422)
    if substitute and not _MODELS.fullmatch(substitute):
        raise Failed("those are no models", "choose one of those offered", 422)
    without = tuple(name for name in form.get("without", ())[:8] if _STEP.fullmatch(name))
    ending = _one(form, "ending") or ".png"
    if ending not in ENDINGS:
        raise Failed("that is no format of a result", "choose one of those offered", 422)
    return Wish(
        question=question,
        paper=paper,
        factor=factor,
        without=without,
        keep=keep,
        substitute=substitute,
        ending=ending,
    )


async def form_of(request: Request, most: int) -> Form:
    """The fields of a form that was posted.

    Args:
        most: bytes that it may have.

    Raises:
        Failed: it is larger, or no form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise Failed("that is no form", "use the page", 415)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise Failed(f"that is larger than {most / 1e6:.1f} MB", "give less at once", 413)
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=64)
    except ValueError as error:
        raise Failed("the form cannot be read", "use the page", 400) from error


def query_of(request: Request) -> Form:
    """The fields in the address."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def _one(form: Form, name: str) -> str:
    values = form.get(name, ())
    return values[0] if values else ""
