"""Endpoints that answer in words: questions, prompts, audits, models, papers."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from whichmodel import __version__
from whichmodel.domain import Record
from whichmodel.web.process import Failed
from whichmodel.web.rest.calls import data
from whichmodel.web.rest.documents import Health, ServerLimits, Token
from whichmodel.web.rest.endpoint import Call
from whichmodel.web.rest.problems import Refused


async def ask(call: Call) -> Response:
    """The answer of `ask --format json`; where a photo is looked at, by a process of its own."""
    id = call.body.photo
    if id is None:
        return await _asked(call, "rest-ask", {"path": None})
    photo = call.photo(id)
    given = {"order": msgspec.to_builtins(call.body), "path": str(call.site.store.photo_file(photo.id))}
    return data((await call.site.lookers.work("rest-ask", given))["found"])


async def answer(call: Call) -> Response:
    """The answer of `answer --format json`."""
    return await _asked(call, "rest-answer")


async def recommend(call: Call) -> Response:
    """The models of `recommend --json`."""
    return await _asked(call, "rest-recommend")


async def audit(call: Call) -> Response:
    """The findings of `audit --json`."""
    return await _asked(call, "rest-audit")


async def models(call: Call) -> Response:
    """The cards of `models list --json`."""
    return await _asked(call, "rest-models")


async def model(call: Call) -> Response:
    """The card of `models show --json`."""
    try:
        return data((await call.site.askers.work("rest-model", {"name": call.path["name"]}))["found"])
    except Failed as failure:
        if failure.status == 422:
            raise Refused(404, failure.message, failure.hint) from None
        raise


async def tasks(call: Call) -> Response:
    """All tasks of the catalog."""
    return data((await call.site.askers.work("rest-tasks", {}))["found"])


async def papers(call: Call) -> Response:
    """The papers of `papers search --json`."""
    return await _asked(call, "rest-papers")


async def token(call: Call) -> Response:
    """A token of the one who asks, or of somebody new."""
    return data(Token(token=call.request.app.state.tokens.mint(call.owner or None)), 201)


async def health(call: Call) -> Response:
    """That the server answers, and its limits."""
    settings = call.site.settings
    limits = ServerLimits(
        upload_bytes=settings.upload_bytes,
        photo_megapixels=settings.photo_megapixels,
        result_megapixels=settings.max_megapixels,
        run_seconds=settings.run_seconds,
        waiting_runs=settings.most_runs,
        keep_hours=settings.keep_hours,
    )
    return data(Health(version=__version__, waiting=call.site.queue.waiting, limits=limits))


async def _asked(call: Call, task: str, further: dict[str, Any] | None = None) -> Response:
    """What a warm process says to the body or the query of a call."""
    order: Record = call.body if call.body is not None else call.query
    given = {"order": msgspec.to_builtins(order), **(further or {})}
    return data((await call.site.askers.work(task, given))["found"])
