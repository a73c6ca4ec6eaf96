"""The process that talks to a language model, through the `llm` library; started by `access`, never by people.

It lives in a process of its own so that a model that hangs, prints, eats memory or crashes takes nothing
with it. Requests come as JSON lines on stdin, what the model says goes out as JSON lines on stdout:

    in   {"model": "NAME", "seconds": 60}
    out  {"ready": "MODEL-ID", "schema": true}
    in   {"system": "...", "prompt": "...", "schema": {...} or null, "most": 100000}
    out  {"text": "..."} any number of times, then {"done": true}

Instead of any line from us `{"fault": KIND, "message": "...", "known": [...]}` may come. The Python API
of `llm` writes nothing to its log database, so no prompt is kept.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

# Beyond the caller's limit, the process ends itself even if nobody is there to end it.
_GRACE_SECONDS = 10
_TOO_LONG = re.compile(
    r"context[ _](?:window|length|size)|maximum context|too many tokens|prompt is too long|n_ctx",
    re.IGNORECASE,
)
_KEY = re.compile(r"api[ _-]?key|unauthori[sz]ed|authentication|no key found", re.IGNORECASE)
# Options by which the same question gets the same answer, where a model has them.
_STEADY = {"temperature": 0, "seed": 1}


def main() -> None:
    """Serve requests until stdin ends."""
    out = os.fdopen(os.dup(1), "wb")
    # What a model's own code prints is no part of what the model says.
    os.dup2(2, 1)
    try:
        _serve(sys.stdin.buffer, out)
    except (KeyboardInterrupt, BrokenPipeError):
        return


def _serve(requests: BinaryIO, out: BinaryIO) -> None:
    first = msgspec.json.decode(requests.readline())
    if hasattr(signal, "alarm"):
        signal.alarm(int(first["seconds"]) + _GRACE_SECONDS)
    try:
        model = _open(first["model"], out)
    except Exception as error:  # noqa: BLE001 - plugins may raise anything; the caller is told what it was
        _send(out, _fault(error))
        return
    if model is None:
        return
    _send(out, {"ready": str(model.model_id), "schema": bool(getattr(model, "supports_schema", False))})
    for line in requests:
        request = msgspec.json.decode(line)
        try:
            said = 0
            for text in _answers(model, request):
                _send(out, {"text": text[: request["most"] - said]})
                said += len(text)
                if said >= request["most"]:  # a model that cannot stop
                    break
            _send(out, {"done": True})
        except Exception as error:  # noqa: BLE001 - see above
            _send(out, _fault(error))


def _open(name: str, out: BinaryIO) -> Any:
    """The model of that name or alias; None once the caller has been told why there is none."""
    import llm

    try:
        return llm.get_model(name or None)
    except llm.UnknownModelError:
        known = [
            str(name)
            for item in llm.get_models_with_aliases()
            for name in (item.model.model_id, *item.aliases)
        ]
        _send(out, {"fault": "unknown model", "message": name, "known": known[:500]})
        return None


def _answers(model: Any, request: dict[str, Any]) -> Iterator[str]:
    """What the model says, piece by piece.

    A model may refuse a steady temperature, a schema or a system prompt: then it is asked without.
    """
    fields = getattr(model.Options, "model_fields", {})
    options = {name: value for name, value in _STEADY.items() if name in fields}
    schema = request["schema"] if getattr(model, "supports_schema", False) else None
    said = False
    try:
        for text in _prompt(model, request["prompt"], system=request["system"], schema=schema, **options):
            said = True
            yield text
    except Exception as error:
        refused = getattr(error, "status_code", None) in (400, 422) or isinstance(
            error, NotImplementedError | TypeError
        )
        if said or not refused or _TOO_LONG.search(str(error)):
            raise
        yield from _prompt(model, f"{request['system']}\n\n{request['prompt']}")


def _prompt(model: Any, prompt: str, **how: Any) -> Iterator[str]:
    given = {name: value for name, value in how.items() if value is not None}
    for piece in model.prompt(prompt, stream=bool(model.can_stream), **given):
        yield str(piece)


def _fault(error: Exception) -> dict[str, Any]:
    message = " ".join(str(error).split())[:2000] or type(error).__name__
    if getattr(error, "status_code", None) == 401 or _KEY.search(f"{type(error).__name__} {message}"):
        kind = "no key"
    elif _TOO_LONG.search(message):
        kind = "too long"
    else:
        kind = "endpoint"
        status = getattr(error, "status_code", None)
        message = f"HTTP {status}: {message}" if status else f"{type(error).__name__}: {message}"
    return {"fault": kind, "message": message}


def _send(out: BinaryIO, event: dict[str, Any]) -> None:
    out.write(msgspec.json.encode(event) + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
