"""Runs the blocks of one document, one after the other, in a folder of its own.

The folder looks like the checkout that a reader stands in: `examples/`, `scripts/`, `benchmarks/` and `training/` are
there, and `photo.png`, the demo's photograph. What a block leaves behind (files, variables, names in Python) is there
for the next.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docs_blocks import REPOSITORY, SHELL, Block
from docs_compare import mismatch

_ASIDE = ("examples", "scripts", "benchmarks", "training", "pyproject.toml")
_LONGEST = 900
"""Seconds after which a command is taken for one that hangs, on however busy a computer."""

# What a document installs goes into a folder of its own, never into the Python that runs the tests.
_PROGRAMS = {
    "whichmodel": 'exec "{python}" -m whichmodel "$@"',
    "python": 'if [ "$1 $2" = "-m pip" ]; then shift 2; exec "{pip}" "$@"; fi\nexec "{python}" "$@"',
    "pip": 'if [ "$1" = install ]; then shift; set -- install --quiet --no-deps --target "{installed}" "$@"; fi\n'
    'exec "{python}" -m pip --disable-pip-version-check "$@"',
}
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Scratch:
    """The folder, the environment and the names of one document.

    Args:
        folder: an empty folder.
        cache: whose weights and measurements are used; results of steps are not shared.
        photo: what `photo.png` is.
        sources: whether the document changes what is in `src/`: then it has a copy, from which the program runs.
    """

    def __init__(self, folder: Path, cache: Path, photo: Path, *, sources: bool = False) -> None:
        self.folder = folder / "here"
        self.folder.mkdir()
        self._state = folder / "state.sh"
        self._where = folder / "where"
        self._where.write_text(str(self.folder), encoding="utf-8")
        self._names: dict[str, Any] = {"__name__": "__documents__"}
        self.printed, self._said = "", ""
        self._outcomes: dict[int, str | None] = {}
        self._environment = _environment(folder, cache)
        for name in _ASIDE:
            (self.folder / name).symlink_to(REPOSITORY / name)
        shutil.copyfile(photo, self.folder / "photo.png")
        if sources:
            shutil.copytree(
                REPOSITORY / "src", self.folder / "src", ignore=shutil.ignore_patterns("__pycache__")
            )

    def check(self, block: Block, before: list[Block], fixture: Callable[[str], Any]) -> str | None:
        """What is wrong with a block, `None` where nothing is; those before it are run first, each once.

        Args:
            block: which one.
            before: the blocks above it that are not skipped.
            fixture: gives the fixture of pytest of a name, for functions `test_*` in the block.
        """
        for one in (*before, block):
            if id(one) not in self._outcomes:
                self._outcomes[id(one)] = self._do(one, fixture)
        return self._outcomes[id(block)]

    def _do(self, block: Block, fixture: Callable[[str], Any]) -> str | None:
        if block.file:
            target = self.folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        if block.is_output:
            return _shows(block.text, self.printed, self._said)
        if not block.runs:
            return None
        if block.language in SHELL:
            return self._shell(block)
        return self._python(block, fixture)

    # --- the shell ---

    def _shell(self, block: Block) -> str | None:
        steps = list(session(block.text)) if block.language == "console" else [(block.text, "")]
        self.printed, self._said = "", ""
        for number, (command, shown) in enumerate(steps, 1):
            wanted = int(block.notes.get("exit", "0")) if number == len(steps) else 0
            done = self._bash(command)
            self.printed += done.stdout
            self._said += done.stderr
            told = f"$ {command}\n{done.stdout}{done.stderr}"
            if done.returncode != wanted:
                return f"ended with {done.returncode}, not {wanted}:\n{told}"
            wrong = _shows(shown, done.stdout, done.stderr) if shown.strip() else None
            if wrong:
                return f"prints something else than is shown:\n{wrong}\n--- all of it:\n{told}"
        return None

    def _bash(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in bash, in the folder and with the variables that the last one left."""
        script = (
            f'set -e\n[ -f "{self._state}" ] && . "{self._state}"\ncd "$(cat "{self._where}")"\n'
            f'trap \'code=$?; export -p > "{self._state}"; pwd > "{self._where}"; exit $code\' EXIT\n{command}'
        )
        return subprocess.run(
            ["bash", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=self._environment,
            timeout=_LONGEST,
        )

    # --- Python ---

    def _python(self, block: Block, fixture: Callable[[str], Any]) -> str | None:
        printed = io.StringIO()
        with self._inside(), contextlib.redirect_stdout(printed):
            try:
                if ">>>" in block.text:
                    return self._doctest(block)
                known = set(self._names)
                code = compile("\n" * block.line + block.text, block.page, "exec")
                exec(code, self._names)
                for name in [name for name in self._names if name not in known and name.startswith("test_")]:
                    test = self._names[name]
                    count = test.__code__.co_argcount
                    test(*(fixture(wanted) for wanted in test.__code__.co_varnames[:count]))
            except Exception as error:  # noqa: BLE001 - whatever it is, the document is wrong
                return f"{type(error).__name__}: {error}"
            finally:
                self.printed, self._said = printed.getvalue(), ""
        return None

    def _doctest(self, block: Block) -> str | None:
        told = io.StringIO()
        examples = doctest.DocTestParser().get_doctest(
            block.text, self._names, block.page, block.page, block.line
        )
        runner = doctest.DocTestRunner(optionflags=_FLAGS)
        runner.run(examples, out=told.write, clear_globs=False)
        self._names.update(examples.globs)
        return told.getvalue() or None

    @contextlib.contextmanager
    def _inside(self) -> Iterator[None]:
        """In the folder and the environment of the document, for as long as it takes."""
        before = dict(os.environ)
        os.environ.update(
            {name: self._environment[name] for name in self._environment if name != "PYTHONPATH"}
        )
        try:
            with contextlib.chdir(self.folder):
                yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _shows(shown: str, printed: str, said: str) -> str | None:
    """Is it what was printed: to stdout, or there and to stderr in either order? `None`, or what differs."""
    wrong = [mismatch(shown, way) for way in (printed, said + printed, printed + said)]
    return wrong[0] if all(wrong) else None


def session(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what is shown below it.

    >>> list(session("$ echo a\\\\\\n> b\\nab\\n$ true\\n"))
    [('echo a\\\\\\nb', 'ab\\n'), ('true', '')]
    """
    for entry in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, lines = [], entry.splitlines(keepends=True)
        command.append(lines.pop(0))
        while lines and (command[-1].endswith("\\\n") or lines[0].startswith("> ")):
            command.append(lines.pop(0).removeprefix("> "))
        yield "".join(command).rstrip("\n"), "".join(lines)


def _environment(folder: Path, cache: Path) -> dict[str, str]:
    """The environment of the commands: this program and this Python first, everything else its own."""
    programs, own = folder / "bin", folder / "cache"
    for made in (programs, own):
        made.mkdir()
    for shared in ("archives", "calibration", "search", "weights"):
        (cache / shared).mkdir(parents=True, exist_ok=True)
        (own / shared).symlink_to(cache / shared)
    for name, line in _PROGRAMS.items():
        program = programs / name
        line = line.format(python=sys.executable, installed=folder / "installed", pip=programs / "pip")
        program.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        program.chmod(0o755)
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("WHICHMODEL_", "COLUMNS"))
    }
    ours.update(
        PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
        PYTHONPATH=os.pathsep.join(
            map(str, (folder / "here" / "src", REPOSITORY / "src", folder / "installed"))
        ),
        WHICHMODEL_CACHE=str(own),
        WHICHMODEL_DATA=str(folder / "data"),
    )
    return ours
