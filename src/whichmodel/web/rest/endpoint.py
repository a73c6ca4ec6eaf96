"""An endpoint: what a program may send, what it gets, who may ask; the description of it is made from this too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from whichmodel.domain import Record
from whichmodel.web.site import Site
from whichmodel.web.store import Photo, Run

JSON = "application/json"
EVENTS = "text/event-stream"
UPLOADS = ("application/octet-stream", "image/*")

Who = Literal["anybody", "perhaps somebody", "somebody"]
"""Whether a request has to say who it comes from; `"perhaps somebody"`: where it names a photo."""


@dataclass(frozen=True)
class Call:
    """A request that was found to be sound.

    Args:
        body, query: what was sent, as the endpoint's types; `None` where it takes none.
        owner: id of the person; empty where nobody said who it is.
    """

    request: Request
    site: Site
    owner: str
    body: Any = None
    query: Any = None

    @property
    def path(self) -> Mapping[str, str]:
        """What the address names."""
        found: Mapping[str, str] = self.request.path_params
        return found

    def photo(self, id: str) -> Photo:
        """A photo of the one who asks.

        Raises:
            Missing: there is none.
        """
        return self.site.photo_of(id, self.owner)

    def run(self) -> Run:
        """The run of the one who asks that the address names.

        Raises:
            Missing: there is none.
        """
        return self.site.run_of(self.path["id"], self.owner)


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one address.

    Args:
        name: unique, for programs that make clients from the description.
        path: below `/api/v1`; `{id}` and `{name}` are parts that a program fills in.
        summary, text: for people.
        body, query: types of what is sent.
        most: bytes that a body may have.
        uploads: whether the body is a picture.
        gives: type of what is answered; `None` for nothing, or for the `media` that are listed.
        status: of an answer that is no error.
        headers: of that answer, with their meaning.
        faults: statuses of errors that are particular to it.
        works: whether a process of work answers, which may be busy, too slow or too large.
    """

    name: str
    method: Literal["GET", "POST", "DELETE"]
    path: str
    tag: str
    summary: str
    handler: Handler
    text: str = ""
    body: type[Record] | None = None
    query: type[Record] | None = None
    most: int = 200_000
    uploads: bool = False
    gives: Any = None
    media: tuple[str, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    who: Who = "anybody"
    faults: tuple[int, ...] = ()
    works: bool = False

    @property
    def produces(self) -> tuple[str, ...]:
        """The media types of an answer that is no error; empty where it has no body."""
        return (JSON,) if self.gives is not None else self.media

    @property
    def statuses(self) -> tuple[int, ...]:
        """Of all errors that it can answer with."""
        found = {400, 401, 403, 406, 500, *self.faults}
        if self.body or self.uploads:
            found |= {408, 413, 415}
        if self.body or self.works:
            found |= {422}
        if self.works:
            found |= {429, 504, 507}
        if self.who != "anybody" and (self.body or "{" in self.path):
            found |= {404}
        if not self.produces:
            found -= {406}
        return tuple(sorted(found))
