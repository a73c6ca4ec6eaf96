"""The description of the endpoints (OpenAPI 3.1), made from their table and the types that they read and write."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from whichmodel import __version__
from whichmodel.domain import Record
from whichmodel.web.rest.endpoint import EVENTS, UPLOADS, Endpoint
from whichmodel.web.rest.problems import MEDIA, Problem
from whichmodel.web.rest.runs import NAMES
from whichmodel.web.rest.table import ENDPOINTS

BASE = "/api/v1"
_REF = "#/components/schemas/"
_ID: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_ABOUT = """\
Which AI task was that, which model does it, why; and the same on your own picture. The endpoints are the commands of \
`whichmodel`, and give the documents that the commands print as JSON.

Every error is a problem document (RFC 9457). 400: the request does not fit this description. 422: it fits, and what \
it asks for cannot be done. 429: too much waits; `Retry-After` says when to come again. Requests from other websites \
are refused with 403, names that are not this server's with 400."""
_MEANING = {
    400: "The request does not fit this description.",
    401: "It is not said who asks, or the token is none of this server.",
    403: "It comes from another website.",
    404: "There is no such thing, or it is somebody else's.",
    406: "The header `Accept` allows nothing of what this gives.",
    408: "The body stopped coming.",
    413: "The body is too large.",
    415: "The body is of another kind than this takes.",
    422: "What is asked for cannot be done; the problem says why.",
    429: "Too much waits already.",
    500: "An error of ours.",
    504: "It took too long and was ended.",
    507: "There is not enough memory or room for it.",
}
_PARTS: dict[str, dict[str, Any]] = {
    "/models/{name}": {"name": {"type": "string", "minLength": 1, "maxLength": 200}},
    "/runs/{id}/files/{name}": {"id": _ID, "name": {"type": "string", "enum": list(NAMES)}},
}


@cache
def text() -> bytes:
    """The description as JSON."""
    return msgspec.json.encode(description())


@cache
def description() -> dict[str, Any]:
    """The description as plain data; not to be changed."""
    kinds = [
        kind for endpoint in ENDPOINTS for kind in (endpoint.body, endpoint.query, endpoint.gives) if kind
    ]
    schemas, components = msgspec.json.schema_components([Problem, *kinds], ref_template=_REF + "{name}")
    known: dict[Any, dict[str, Any]] = dict(zip([Problem, *kinds], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, known, components)
    told = {
        "openapi": "3.1.0",
        "info": {
            "title": "whichmodel",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE}],
        "tags": [{"name": name} for name in dict.fromkeys(endpoint.tag for endpoint in ENDPOINTS)],
        "paths": paths,
        "components": {
            "schemas": {
                name: _told(schema, _explained(name, schema, kinds)) for name, schema in components.items()
            },
            "responses": {str(status): _fault(status) for status in _MEANING},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of `POST /tokens`."},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "whichmodel",
                    "description": "The cookie of the pages, in a browser.",
                },
            },
        },
    }
    return _renamed(told)


def _operation(endpoint: Endpoint, known: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "security": {
            "anybody": [{}, {"token": []}],
            "perhaps somebody": [{}, {"token": []}, {"cookie": []}],
            "somebody": [{"token": []}, {"cookie": []}],
        }[endpoint.who],
        "responses": {
            str(endpoint.status): _success(endpoint, known),
            **_also(endpoint),
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in endpoint.statuses},
        },
    }
    if endpoint.text:
        found["description"] = endpoint.text
    if parameters := [
        *_parts(endpoint.path),
        *_queries(endpoint.query, known, components),
        *_headers(endpoint),
    ]:
        found["parameters"] = parameters
    if endpoint.body is not None:
        content = {"application/json": {"schema": known[endpoint.body]}}
        found["requestBody"] = {"required": True, "content": content}
    if endpoint.uploads:
        found["requestBody"] = {"required": True, "content": {media: {} for media in UPLOADS}}
    return found


def _success(endpoint: Endpoint, known: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.gives is not None:
        found["content"] = {"application/json": {"schema": known[endpoint.gives]}}
    elif endpoint.media:
        found["content"] = {media: _schema_of(media) for media in endpoint.media}
    if endpoint.headers:
        found["headers"] = {
            name: {"description": meaning, "required": True, "schema": {"type": "string"}}
            for name, meaning in endpoint.headers.items()
        }
    return found


def _also(endpoint: Endpoint) -> dict[str, Any]:
    """Answers that are no errors beside the usual one."""
    if endpoint.media == (EVENTS,):
        return {"204": {"description": "The run has ended, and you were told so."}}
    if endpoint.media:
        content = {media: _schema_of(media) for media in endpoint.media}
        return {
            "206": {"description": "The part that `Range` names.", "content": content},
            "416": {"description": "The file has no such part."},
        }
    return {}


def _schema_of(media: str) -> dict[str, Any]:
    """What is known of a body of this kind: of each event its parts, of text that it is text."""
    if media == EVENTS:
        state = {"contentMediaType": "application/json", "contentSchema": {"$ref": f"{_REF}RunState"}}
        parts = {
            "id": {"type": "string", "pattern": r"^\d+\.(\d+|end)$"},
            "event": {"enum": ["progress", "end"]},
            "data": {"type": "string", **state},
        }
        return {"schema": {"type": "object", "properties": parts, "required": list(parts)}}
    return {"schema": {"type": "string"}} if media.startswith("text/") else {}


def _parts(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PARTS.get(path, {}).get(name, _ID)}
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _queries(
    kind: type[Record] | None, known: dict[Any, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    """The fields of a query as parameters, each with what the type's docstring says of it."""
    if kind is None:
        return []
    schema: dict[str, Any] = components.pop(known[kind]["$ref"].removeprefix(_REF))
    notes = _fields(kind)
    found = []
    for name, each in schema["properties"].items():
        parameter = {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": each,
        }
        if name in notes:
            parameter["description"] = notes[name]
        found.append(parameter)
    return found


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.media != (EVENTS,):
        return []
    text = "The id of the last event that you have."
    schema = {"type": "string"}
    return [
        {"name": "Last-Event-ID", "in": "header", "required": False, "description": text, "schema": schema}
    ]


def _fault(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": _MEANING[status],
        "content": {MEDIA: {"schema": {"$ref": f"{_REF}Problem"}}},
    }
    if status == 429:
        after = {"description": "seconds", "required": True, "schema": {"type": "integer", "minimum": 1}}
        found["headers"] = {"Retry-After": after}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return found


def _notes(kind: type) -> dict[str, str]:
    """What a docstring says of each field under "Args:"."""
    arguments = inspect.cleandoc(kind.__doc__ or "").partition("\nArgs:\n")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    last: list[str] = []
    for line in arguments.splitlines():
        begun = re.match(r" {4}(\w+(?:, \w+)*): (.*)", line)
        if begun:
            last = begun[1].split(", ")
            found |= dict.fromkeys(last, begun[2][:1].upper() + begun[2][1:])
        else:
            found |= {name: f"{found[name]} {line.strip()}" for name in last}
    return found


def _fields(kind: type[Record]) -> dict[str, str]:
    """What the docstrings of a type, and of those that it extends, say of each field, by its name in JSON."""
    notes: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        notes |= _notes(each)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(kind)}
    return {names[name]: text for name, text in notes.items() if name in names}


def _explained(name: str, schema: dict[str, Any], kinds: Sequence[Any]) -> dict[str, str]:
    """What is said of each field of a type; of those that no endpoint names, by the description itself."""
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Record) and kind.__name__ == name:
            return _fields(kind)
    return _notes(type("", (), {"__doc__": schema.get("description")}))


def _told(schema: dict[str, Any], notes: dict[str, str]) -> dict[str, Any]:
    """A schema whose description is the sentence of the docstring, and whose fields have theirs."""
    doc = schema.get("description", "")
    summary = re.split(r"\n\s*(?:Args|Raises|Returns):\n|\n\s*>>>", doc)[0]
    found = {**schema, "description": " ".join(summary.split())} if doc else dict(schema)
    if notes and "properties" in found:
        found["properties"] = {
            name: {"description": notes[name], **each}
            if name in notes and "description" not in each
            else each
            for name, each in found["properties"].items()
        }
    return found


def _renamed(told: dict[str, Any]) -> dict[str, Any]:
    """Types of one name in two modules are called by both: no path of a module is told."""
    names = {name: name for name in told["components"]["schemas"] if "." in name}
    for name in names:
        module, kind = name.split(".")[-2:]
        names[name] = f"{module.title().replace('_', '')}{kind}"
    text = msgspec.json.encode(told).decode()
    for name, short in names.items():
        text = text.replace(f'"{name}"', f'"{short}"').replace(f'"{_REF}{name}"', f'"{_REF}{short}"')
    found: dict[str, Any] = msgspec.json.decode(text)
    return found
