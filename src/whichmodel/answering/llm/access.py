"""Asking a language model, with a limit on time and size, from a process that can be ended.

    with open_model("NAME", seconds=60) as model:
        reply = model.ask(Request(system="...", prompt="...", schema=None))

Everything that can go wrong comes back as a `Fault` with a message for people; nothing is raised but
`ModelFault` while opening, and `KeyboardInterrupt`.
"""

from __future__ import annotations

import importlib.util
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, Protocol

import msgspec

from whichmodel.domain import InputError

LIMIT_VARIABLE = "WHICHMODEL_LLM_TIMEOUT"
DEFAULT_SECONDS = 60.0
_MOST_SECONDS = 3600.0
_LONGEST_MESSAGE = 240
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")

Kind = Literal["not installed", "unknown model", "no key", "time", "too long", "endpoint", "nothing usable"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a model gave nothing, or not all.

    Args:
        kind: what sort of trouble it is.
        message: what was wrong, for people; holds no control characters.
        hint: what the user can do about it.
    """

    kind: Kind
    message: str
    hint: str = ""


class ModelFault(Exception):  # noqa: N818 - it carries a Fault
    """A model cannot be asked at all."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked.

    Args:
        schema: JSON schema that the answer has to follow, where the model can do that.
        most: characters after which the model is stopped.
    """

    system: str
    prompt: str
    schema: dict[str, Any] | None = None
    most: int = 100_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said; with a fault it may be cut short or empty."""

    text: str
    fault: Fault | None = None


class Model(Protocol):
    """Something that can be asked."""

    @property
    def id(self) -> str:
        """Name by which the model is known to its library."""

    @property
    def takes_schema(self) -> bool:
        """Whether it follows a JSON schema."""

    def ask(self, request: Request) -> Reply:
        """Ask once."""


def time_limit() -> float:
    """Seconds that a model has for everything, from the environment.

    Raises:
        InputError: `WHICHMODEL_LLM_TIMEOUT` is not a number of seconds from 1 to 3600.
    """
    given = os.environ.get(LIMIT_VARIABLE, "").strip()
    if not given:
        return DEFAULT_SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= _MOST_SECONDS:
        raise InputError(
            f"{LIMIT_VARIABLE} is {given[:40]!r}",
            hint=f"give seconds from 1 to {_MOST_SECONDS:g}, or unset it",
        )
    return seconds


@contextmanager
def open_model(name: str, *, seconds: float) -> Iterator[Model]:
    """A model of the `llm` library, in a process that ends with the block.

    Args:
        name: id or alias as `llm models` lists it.
        seconds: limit on loading and asking together.

    Raises:
        ModelFault: `llm` is not installed, it knows no such model, or it did not start in time.
    """
    if importlib.util.find_spec("llm") is None:
        raise ModelFault(
            Fault(
                "not installed",
                "the language-model writer needs the llm library, which is not installed",
                "install it with: pip install 'whichmodel[llm]'",
            )
        )
    session = _Session(name, seconds)
    try:
        session.start()
        yield session
    finally:
        session.end()


@dataclass(slots=True)
class _Session:
    """One worker process; see `worker` for what goes over the line."""

    name: str
    seconds: float
    id: str = ""
    takes_schema: bool = False
    _deadline: float = 0.0
    _process: subprocess.Popen[bytes] | None = None
    _events: queue.Queue[dict[str, Any] | None] = field(default_factory=queue.Queue)

    def start(self) -> None:
        """Start the process and wait for the model to be there."""
        self._deadline = time.monotonic() + self.seconds
        debug = bool(os.environ.get("WHICHMODEL_DEBUG"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "whichmodel.answering.llm.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if debug else subprocess.DEVNULL,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self._send({"model": self.name, "seconds": self.seconds})
        event = self._next()
        if "ready" not in event:
            raise ModelFault(self._fault(event))
        self.id = str(event["ready"])
        self.takes_schema = bool(event["schema"])

    def ask(self, request: Request) -> Reply:
        """Ask once; what came before a fault is kept."""
        fields = ("system", "prompt", "schema", "most")
        self._send({name: getattr(request, name) for name in fields})
        said: list[str] = []
        while True:
            event = self._next()
            if "text" in event:
                said.append(str(event["text"]))
            elif "done" in event:
                text = "".join(said)
                return Reply(
                    text, None if text.strip() else Fault("nothing usable", "the model said nothing")
                )
            else:
                return Reply("".join(said), self._fault(event))

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # a request was still waiting to be written
                    continue

    def _read(self) -> None:
        """Move the process's lines into the queue; None once it has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._events.put(msgspec.json.decode(line))
        except (ValueError, OSError, msgspec.DecodeError):
            pass  # the pipe was closed under us, or the process died within a line
        self._events.put(None)

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(msgspec.json.encode(message) + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            self._events.put(None)  # it has ended; `ask` tells so

    def _next(self) -> dict[str, Any]:
        left = self._deadline - time.monotonic()
        try:
            event = self._events.get(timeout=max(left, 0.001))
        except queue.Empty:
            self.end()
            return {"fault": "time"}
        if event is None:
            assert self._process is not None
            code = self._process.wait()
            return {"fault": "endpoint", "message": f"the process of the model ended with code {code}"}
        return event

    def _fault(self, event: dict[str, Any]) -> Fault:
        kind: Kind = event["fault"]
        said = readable(str(event.get("message", "")))
        if kind == "time":
            return Fault(
                kind,
                f"no end after {self.seconds:g} seconds",
                f"set {LIMIT_VARIABLE} to wait longer, in seconds",
            )
        if kind == "unknown model":
            return Fault(
                kind, f"llm knows no model {readable(self.name)!r}", _nearest(self.name, event["known"])
            )
        if kind == "no key":
            hint = "" if "llm keys set" in said else "`llm keys set NAME` stores one"
            return Fault(kind, f"the model needs a key: {said}", hint)
        if kind == "too long":
            return Fault(
                kind, f"the model cannot read that much: {said}", "a model with a longer context can"
            )
        return Fault("endpoint", f"the model could not be asked: {said}", "is the model's server there?")


def readable(text: str) -> str:
    """Foreign text for one line of a terminal: no control characters, not too long."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "…"


def _nearest(name: str, known: list[str]) -> str:
    by_lower = {item.lower(): item for item in known}
    near = [by_lower[item] for item in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.5)]
    near += [item for low, item in by_lower.items() if name and name.lower() in low and item not in near][:3]
    shown = ", ".join(readable(item) for item in near[:5])
    if near:
        return f"nearest: {shown}; `llm models` lists all"
    return "`llm models` lists all that it knows; `llm install PLUGIN` adds more, local ones too"
