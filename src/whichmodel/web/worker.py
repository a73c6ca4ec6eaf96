"""A process that does one piece of work after the other for the server: `python -m whichmodel.web.worker`.

It reads a line of JSON `{"task": ..., "given": {...}}` and writes lines `{"event": ...}` while it works, the last of
them `{"done": {...}}` or `{"failed": {"message", "hint", "status"}}`. The tasks are a fixed list. It ends when its
input ends, and when the process that started it is gone.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from whichmodel.domain import InputError, WhichmodelError
from whichmodel.web.memory import give_back

Tell = Callable[[dict[str, Any]], None]
Task = Callable[[dict[str, Any], Tell], dict[str, Any]]

TASKS = {
    "ask": "whichmodel.web.work_ask:ask",
    "audit": "whichmodel.web.work_ask:audit",
    "warm": "whichmodel.web.work_ask:warm",
    "header": "whichmodel.web.work_photo:header",
    "plan": "whichmodel.web.work_photo:plan",
    "run": "whichmodel.web.work_run:run",
    "compare": "whichmodel.web.work_evidence:compare",
    "rest-answer": "whichmodel.web.rest.work:answer",
    "rest-ask": "whichmodel.web.rest.work:ask",
    "rest-audit": "whichmodel.web.rest.work:audit",
    "rest-check": "whichmodel.web.rest.work:check",
    "rest-model": "whichmodel.web.rest.work:model",
    "rest-models": "whichmodel.web.rest.work:models",
    "rest-papers": "whichmodel.web.rest.work:papers",
    "rest-plan": "whichmodel.web.rest.work:plan",
    "rest-recommend": "whichmodel.web.rest.work:recommend",
    "rest-tasks": "whichmodel.web.rest.work:tasks",
    "show": "whichmodel.web.work_run:show",
}
"""What a server may ask for."""


NAME = "your photo"


_OPTION = re.compile(r"; --[a-z-]+ asks for another$| with --[a-z-]+$")


def without_options(text: str) -> str:
    """A sentence without what only a command line has: its last words about an option."""
    return _OPTION.sub("", text)


def anonymous(error: WhichmodelError, path: Path | None, name: str = NAME) -> WhichmodelError:
    """The error in words that do not tell where the server keeps a picture, but what it is."""
    message, hint = (text.replace(str(path), name) for text in (error.message, error.hint))
    kind = InputError if isinstance(error, InputError) else WhichmodelError
    return kind(message, hint=without_options(hint))


def main() -> None:
    """Work until the input ends."""
    # Lines to the server go to a file of their own: whatever else prints cannot get between them.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    for line in sys.stdin.buffer:
        _work(line, out)
        give_back()


def _work(line: bytes, out: BinaryIO) -> None:
    def tell(data: dict[str, Any]) -> None:
        out.write(msgspec.json.encode(data) + b"\n")
        out.flush()

    try:
        order = msgspec.json.decode(line)
        module, _, name = TASKS[order["task"]].partition(":")
        task: Task = getattr(importlib.import_module(module), name)
        tell({"done": task(order["given"], tell)})
    except WhichmodelError as error:
        status = 422 if isinstance(error, InputError) else 500
        tell({"failed": {"message": error.message, "hint": error.hint, "status": status}})
    except MemoryError:
        tell({"failed": {"message": "there is not enough memory for this", "hint": "", "status": 507}})
    except Exception as error:  # noqa: BLE001 - reported to the server, which shows it
        told = f"an error of ours: {type(error).__name__}: {error}"
        tell({"failed": {"message": told, "hint": "please report it", "status": 500}})


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, as nobody waits for the work then."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
