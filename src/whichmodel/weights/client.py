"""Run the user's own pip or npm, and watch how much it has written so far."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Watch = Callable[[int, int], None]
"""Is told bytes so far (0 while that is not known) and bytes in all."""

TEMPORARY = "tmp"
"""Name of the folder for temporary files; the caller makes it in the folder that it gives."""

_LOOK = 0.2
"""Seconds between two looks at what has come."""

_SLOWEST = 50_000
"""Bytes a second below which a download counts as hanging; ten minutes are allowed in any case."""
_PATIENCE = 600.0

_TOKEN = re.compile(r"([?&][\w-]*(?:token|key|auth|signature)[\w-]*=)[^&\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Done:
    """What a client said and whether it succeeded."""

    code: int
    out: str
    err: str


class TooLongError(Exception):
    """The client did not finish in the time that it was given (`args[0]`, in seconds)."""


def run_client(
    command: Sequence[str], *, folder: Path, size: int, watch: Watch, environment: Mapping[str, str]
) -> Done:
    """Run a command in an empty folder, with its temporary files there too, so that a kill leaves none elsewhere.

    Args:
        command: program and arguments; no shell is involved.
        size: bytes that are due, for `watch` and for how long to wait.
        environment: in addition to the user's own.

    Raises:
        OSError: the program could not be started.
        TooLongError: it did not finish; it was ended.
    """
    limit = _PATIENCE + size / _SLOWEST
    began = time.monotonic()
    # The names and versions come from our own records and cannot begin with a hyphen.
    process = subprocess.Popen(  # noqa: S603
        [*command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "TMPDIR": str(folder / TEMPORARY), **environment},
    )
    try:
        while True:
            try:
                out, err = process.communicate(timeout=_LOOK)
                return Done(process.returncode, out, err)
            except subprocess.TimeoutExpired:
                watch(min(_bytes_in(folder), size), size)
                if time.monotonic() - began > limit:
                    raise TooLongError(limit) from None
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def without_secrets(text: str) -> str:
    """The text without user names, passwords and tokens that addresses in it may hold."""
    return _TOKEN.sub(r"\1…", re.sub(r"//[^/@\s]*@", "//", text))


def _bytes_in(folder: Path) -> int:
    """Bytes of all files below a folder; files that vanish meanwhile count nothing."""
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                found += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return found
