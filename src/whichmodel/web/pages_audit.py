"""The audit: an answer in the colours of what its prompt bears out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from whichmodel.domain import Audit, Claim
from whichmodel.web.html import page
from whichmodel.web.process import Failed
from whichmodel.web.site import site_of
from whichmodel.web.wishes import form_of

_MOST = 2_000_000
VERDICTS = {
    "supported": ("✓", "supported"),
    "marked inference": ("~", "inference"),
    "unsupported": ("?", "unsupported"),
    "contradicted": ("✗", "contradicted"),
}
"""Sign and name of the style of each verdict: never the colour alone."""


@dataclass(frozen=True)
class Piece:
    """A stretch of the answer, and the claim that it is; `None` between claims."""

    text: str
    claim: Claim | None = None
    number: int = 0


async def show(request: Request) -> Response:
    """The form."""
    return page("audit.html", here="audit", prompt="", answer="", found=None, pieces=[], verdicts=VERDICTS)


async def audit(request: Request) -> Response:
    """The audit of what was pasted."""
    form = await form_of(request, _MOST)
    prompt, answer = ("".join(form.get(name, ())[:1]).replace("\r\n", "\n") for name in ("prompt", "answer"))
    fields: dict[str, Any] = {"here": "audit", "prompt": prompt, "answer": answer, "verdicts": VERDICTS}
    try:
        done = await site_of(request).askers.work("audit", {"prompt": prompt, "answer": answer})
    except Failed as failure:
        if failure.status != 422:
            raise
        return page("audit.html", status=422, found=None, pieces=[], fault=failure, **fields)
    found = msgspec.convert(done["audit"], Audit)
    return page("audit.html", found=found, pieces=pieces(answer, found), **fields)


def pieces(answer: str, found: Audit) -> list[Piece]:
    """The whole answer, cut at the edges of its claims."""
    cut: list[Piece] = []
    place = 0
    for number, claim in enumerate(sorted(found.claims, key=lambda claim: claim.start), 1):
        if claim.start < place:
            continue
        cut.append(Piece(answer[place : claim.start]))
        cut.append(Piece(answer[claim.start : claim.end], claim, number))
        place = claim.end
    cut.append(Piece(answer[place:]))
    return [piece for piece in cut if piece.text]
