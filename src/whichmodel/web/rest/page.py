"""The page that shows people the endpoints; made from the same description as programs read."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from whichmodel.web.html import page
from whichmodel.web.rest.openapi import BASE, description

_REF = "#/components/schemas/"


async def api_page(request: Request) -> Response:
    """All endpoints with what they take and give."""
    told = description()
    operations = [
        {**operation, "method": method.upper(), "path": BASE + path, "tag": operation["tags"][0]}
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    ]
    return page(
        "api.html",
        here="api",
        about=told["info"]["description"],
        version=told["info"]["version"],
        tags=[item["name"] for item in told["tags"]],
        operations=operations,
        schemas=dict(sorted(told["components"]["schemas"].items())),
        responses=told["components"]["responses"],
        here_url=str(request.base_url).rstrip("/"),
        kind=kind_of,
        words=words_of,
        names=names_in,
    )


def kind_of(schema: dict[str, Any] | bool) -> str:
    """A type for people: `text, 1 to 4000 characters`, `list of StepState`, `number or null`.

    >>> kind_of({"type": "array", "items": {"type": "string"}})
    'list of text'
    """
    if isinstance(schema, bool):
        return "anything" if schema else "nothing"
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"“{value}”" if isinstance(value, str) else str(value) for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"object of {kind_of(inner)}" if isinstance(inner, dict) else "object"
    names = {"string": "text", "integer": "whole number", "boolean": "true or false", None: "anything"}
    return names.get(kind, str(kind)) + _bounds(schema)


def words_of(text: str) -> Markup:
    """A text for people, in which what stands between backticks is code.

    >>> str(words_of("the `what` of a < b"))
    'the <code>what</code> of a &lt; b'
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def names_in(schema: dict[str, Any]) -> list[str]:
    """Names of the types that a type speaks of directly."""
    found = []
    if "$ref" in schema:
        found.append(str(schema["$ref"]).removeprefix(_REF))
    for each in [*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(each, dict):
            found += names_in(each)
    return list(dict.fromkeys(found))


def _bounds(schema: dict[str, Any]) -> str:
    if schema.get("pattern") == "^[0-9a-f]{32}$":
        return ", 32 hexadecimal digits"
    least = schema.get("minimum", schema.get("minLength"))
    most = schema.get("maximum", schema.get("maxLength"))
    unit = " characters" if "minLength" in schema or "maxLength" in schema else ""
    if most is None:
        return "" if least is None else f", from {least}"
    return f", at most {most:,}{unit}" if least is None else f", {least:,} to {most:,}{unit}"
