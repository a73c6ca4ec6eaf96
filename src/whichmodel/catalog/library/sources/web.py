"""A polite reader of web pages: one at a time, not too often, patient where a server asks for it.

Only `http` and `https`, sizes are bounded, and a body that breaks off is fetched again.
"""

from __future__ import annotations

import email.utils
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from whichmodel import __version__
from whichmodel.catalog.library.sources.xml import BrokenPageError
from whichmodel.domain import StepError

T = TypeVar("T")

MOST_BYTES = 64 * 1024 * 1024
_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_WAIT = 600.0


class FetchError(StepError):
    """A page could not be fetched; what was imported before is kept."""


class Polite:
    """Fetches pages with a pause between them.

    Args:
        pause: seconds from the end of one answer to the next question; arXiv asks for 3.
        attempts: how often a page is asked for that fails in a way that may pass.
        patience: seconds to wait for an answer.
        sleep: waits; another one in tests.
        say: is told what is waited for.
    """

    def __init__(
        self,
        *,
        pause: float = 3.0,
        attempts: int = 5,
        patience: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._pause, self._attempts, self._patience = pause, attempts, patience
        self._sleep, self._say = sleep, say
        self._next = 0.0
        handlers = (
            urllib.request.ProxyHandler,
            urllib.request.HTTPHandler,
            urllib.request.HTTPSHandler,
            urllib.request.HTTPRedirectHandler,
            urllib.request.HTTPDefaultErrorHandler,
            urllib.request.HTTPErrorProcessor,
        )
        self._opener = urllib.request.OpenerDirector()
        for handler in handlers:
            self._opener.add_handler(handler())

    def get(self, url: str, parse: Callable[[bytes], T]) -> T:
        """What a page says.

        Args:
            parse: makes something of the body; where it raises `BrokenPageError` the page is fetched again.

        Raises:
            FetchError: it could not be fetched, at last; says why.
        """
        if not url.startswith(("http://", "https://")):
            raise FetchError(f"{url} is no address of a web page")
        for attempt in range(1, self._attempts + 1):
            wait = self._next - time.monotonic()
            if wait > 0:
                self._sleep(wait)
            try:
                return parse(self._body(url))
            except urllib.error.HTTPError as error:
                why, asked = (
                    f"the server answers {error.code}",
                    _retry_after(error.headers.get("Retry-After")),
                )
                if error.code not in _AGAIN:
                    raise FetchError(f"{url}: {why}", hint="check the address and the query") from error
            except (OSError, http.client.HTTPException, BrokenPageError) as error:
                why, asked = str(getattr(error, "reason", None) or error), None
            finally:
                self._next = time.monotonic() + self._pause
            if attempt < self._attempts:
                self._wait(why, asked, attempt)
        raise FetchError(
            f"{url}: {why}, asked {self._attempts} times",
            hint="what came before is imported; the same command goes on where this one stopped",
        )

    def _body(self, url: str) -> bytes:
        agent = f"whichmodel/{__version__} (papers import)"
        request = urllib.request.Request(url, headers={"User-Agent": agent})  # noqa: S310 - checked by `get`
        with self._opener.open(request, timeout=self._patience) as answer:
            body: bytes = answer.read(MOST_BYTES + 1)
            if len(body) > MOST_BYTES:
                raise FetchError(f"{url}: the page is larger than {MOST_BYTES // 1024 // 1024} MB")
            due = answer.headers.get("Content-Length")
            if due is not None and due.isdigit() and len(body) != int(due):
                raise http.client.IncompleteRead(body, int(due) - len(body))
            return body

    def _wait(self, why: str, asked: float | None, attempt: int) -> None:
        seconds = min(asked if asked is not None else self._pause * 2**attempt, _LONGEST_WAIT)
        self._say(f"{why}; asking again in {seconds:.0f} s")
        self._sleep(seconds)


def _retry_after(value: str | None) -> float | None:
    """Seconds that a server asks to wait, given as a number or a date."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
