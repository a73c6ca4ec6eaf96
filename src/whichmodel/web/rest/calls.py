"""From a request to the call of its endpoint: every check is made from what the endpoint says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from whichmodel.domain import Record, WhichmodelError
from whichmodel.web.rest.endpoint import JSON, UPLOADS, Call, Endpoint
from whichmodel.web.rest.problems import Refused
from whichmodel.web.rest.tokens import Tokens
from whichmodel.web.site import site_of

_PATIENCE = 30.0
"""Seconds to wait for the next piece of a body."""
_LONGEST_ACCEPT = 1000
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="whichmodel"'}

R = TypeVar("R", bound=Record)


async def answer(endpoint: Endpoint, request: Request) -> Response:
    """Check a request and answer it.

    Raises:
        Failed: it is refused, or its work failed.
    """
    check_accept(request, endpoint.produces)
    owner = _owner(request)
    if endpoint.who == "somebody" and not owner:
        raise _unknown()
    query = None if endpoint.query is None else _query(request, endpoint.query)
    if endpoint.uploads:
        _check_type(request, UPLOADS)
    body = None if endpoint.body is None else await _body(request, endpoint.body, endpoint.most)
    if endpoint.who == "perhaps somebody" and not owner and getattr(body, "photo", None) is not None:
        raise _unknown()
    return await endpoint.handler(Call(request, site_of(request), owner, body, query))


def check_accept(request: Request, produced: Sequence[str]) -> None:
    """Refuse with 406 a request whose `Accept` header allows nothing of what would be answered (RFC 9110, 12.5.1)."""
    told = ",".join(request.headers.getlist("accept"))
    if not produced or not told.strip():
        return
    if len(told) > _LONGEST_ACCEPT:
        raise Refused(406, "the header Accept is too long", "leave it out")
    if not any(_accepted(told, media) for media in produced):
        raise Refused(
            406,
            f"this gives {' or '.join(produced)}, which your header Accept does not allow",
            "leave it out",
        )


def _accepted(told: str, media: str) -> bool:
    """Whether a list of media ranges allows a media type: the most particular range that fits decides."""
    best, weight = -1, 0.0
    kind = media.partition("/")[0]
    for item in told.split(","):
        wanted, *parameters = (part.strip().lower() for part in item.split(";"))
        rank = {"*/*": 0, f"{kind}/*": 1, media: 2}.get(wanted, -1)
        if rank > best:
            best, weight = rank, _quality(parameters)
    return best >= 0 and weight > 0


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _owner(request: Request) -> str:
    """Id of the person whom a request comes from: by its token, else by the cookie of the pages; else empty."""
    told = request.headers.getlist("authorization")
    if not told:
        return request.state.owner if request.state.known else ""
    tokens: Tokens = request.app.state.tokens
    scheme, _, token = told[0].partition(" ")
    owner = tokens.owner(token.strip()) if len(told) == 1 and scheme.lower() == "bearer" else None
    if owner is None:
        raise Refused(401, "this is no token of this server", "POST /api/v1/tokens gives one", _CHALLENGE)
    return owner


def _unknown() -> Refused:
    return Refused(
        401,
        "this is about photos or runs of yours, and the request does not say who you are",
        "POST /api/v1/tokens gives a token; send it as header Authorization: Bearer TOKEN",
        _CHALLENGE,
    )


def _query(request: Request, kind: type[R]) -> R:
    """The query of an address."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise Refused(400, f"the query says {name!r} twice", "say it once")
        given[name] = value
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(400, f"the query: {error}", "see the description of the query at /api") from error


async def _body(request: Request, kind: type[R], most: int) -> R:
    """The body of a request, never more of it than it may have."""
    _check_type(request, (JSON,))
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > most:
        raise _too_large(most)
    body = bytearray()
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(_PATIENCE) as patience:
            async for part in request.stream():
                patience.reschedule(clock() + _PATIENCE)
                body += part
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Refused(408, "the body stopped coming", "send it once more") from None
    except ClientDisconnect:
        raise Refused(400, "the request ended before its body was there") from None
    try:
        return _decoded(bytes(body), kind)
    except msgspec.ValidationError as error:
        raise Refused(400, f"the body: {error}", "see the description of the body at /api") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {error}", "send a JSON object") from error
    except WhichmodelError as error:  # a workflow that contradicts itself
        raise Refused(422, error.message, error.hint) from error


def _decoded(body: bytes, kind: type[R]) -> R:
    """The body as a record. A whole number may be written as 4.0 too, as JSON Schema has it."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        return msgspec.convert(_whole(msgspec.json.decode(body)), kind)


def _whole(data: Any) -> Any:
    """Plain data in which whole numbers are such."""
    if isinstance(data, dict):
        return {name: _whole(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_whole(value) for value in data]
    return int(data) if isinstance(data, float) and data.is_integer() else data


def _check_type(request: Request, allowed: Sequence[str]) -> None:
    """Refuse a body of another kind; among them all that a form on a foreign page could send."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, "the body is compressed", "send it as it is", {"Accept-Encoding": "identity"})
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    for media in allowed:
        if told == media or (media.endswith("/*") and told.startswith(media[:-1])):
            return
    raise Refused(
        415,
        f"the body is {told or 'of no type'}, and this takes {' or '.join(allowed)}",
        f"send the header Content-Type: {allowed[0]}",
    )


def _too_large(most: int) -> Refused:
    return Refused(413, f"the body is larger than {most / 1e6:g} MB", "give less at once")


def data(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A response in JSON."""
    return Response(msgspec.json.encode(value), status, headers, JSON)
