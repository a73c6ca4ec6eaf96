"""What a program is told when something went wrong: one shape for all errors (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from whichmodel.domain import Record
from whichmodel.web.pool import Busy
from whichmodel.web.process import Failed

MEDIA = "application/problem+json"
_OPTION = re.compile(r"(?<![\w-])--(?:no-)?([a-z]+)\b")


class Problem(Record, frozen=True, kw_only=True):
    """What went wrong.

    Args:
        type: `about:blank`: the status says of which kind it is.
        title: name of the status.
        status: of HTTP.
        detail: what was wrong, and where.
        hint: what to do about it; may be empty.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    hint: str = ""


def problem(status: int, detail: str, hint: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """The response to a request that failed."""
    told = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=_in_fields(detail), hint=_in_fields(hint)
    )
    return Response(msgspec.json.encode(told), status, headers, MEDIA)


def failure(error: Failed) -> Response:
    """The response to a request whose work failed."""
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if isinstance(error, Busy):
        headers["Retry-After"] = str(error.seconds)
    return problem(error.status, error.message, error.hint, headers)


class Refused(Failed):
    """A request that is refused, with headers that say what would be right.

    Args:
        headers: of the response.
    """

    def __init__(
        self, status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, hint, status)
        self.headers = headers or {}


def _in_fields(text: str) -> str:
    """A sentence in which options of the command line are called by the fields that have their names.

    >>> _in_fields("--print and --dpi go with plain words")
    '`print` and `dpi` go with plain words'
    """
    return _OPTION.sub(r"`\1`", text)
