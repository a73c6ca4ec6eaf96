"""The shape of the source: layers, file sizes, docstrings, nothing that runs code from data."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "whichmodel"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 450

# From the bottom to the top. A package may import its own modules and those of lower layers.
LAYERS = (
    ("domain",),
    ("files",),
    ("networks",),
    ("catalog", "weights", "runtimes", "pictures"),
    ("nodes", "understand", "training"),
    ("photo",),
    ("workflow", "recommending"),
    ("examining", "answering"),
    ("api",),
    ("distributed",),
    ("web", "mcp"),
    ("cli",),
)
LEVEL = {package: level for level, packages in enumerate(LAYERS) for package in packages}
PICKLES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
UNSAFE_LOADER = re.compile(r"C?(?:Full|Unsafe)?Loader")  # the safe ones are SafeLoader and CSafeLoader
MODULE_NAME = re.compile(r"whichmodel(?:\.\w+)+(?::\w+)?")


def name_of(path: Path) -> str:
    """`src/whichmodel/cli/main.py` is `whichmodel.cli.main`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(module: str) -> str | None:
    """The layered package of a module; None for the top-level `whichmodel` and `whichmodel.__main__`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LEVEL else None


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports or names in a string for lazy import, with the line."""
    here = name_of(path).split(".")
    if path.name != "__init__.py":
        here = here[:-1]
    data_folders = {  # importlib.resources.files("whichmodel.catalog") reads data and imports no code
        id(given)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "files"
        for given in node.args
    }
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            for alias in node.names:
                yield (f"{module}.{alias.name}" if module == "whichmodel" else module), node.lineno
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and MODULE_NAME.fullmatch(node.value)
            and id(node) not in data_folders
        ):
            yield node.value.partition(":")[0], node.lineno


def where(path: Path, line: int) -> str:
    """`src/whichmodel/cli/main.py:12`."""
    return f"{path.relative_to(REPOSITORY)}:{line}"


def test_every_package_has_a_layer() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages <= set(LEVEL), "give it a place in LAYERS and in docs/architecture.md"


def test_imports_point_downwards() -> None:
    wrong = []
    for path in MODULES:
        own = package_of(name_of(path))
        if own is None:
            continue
        for module, line in imports_of(path):
            other = package_of(module) if module.startswith("whichmodel.") else None
            if other and other != own and LEVEL[other] >= LEVEL[own]:
                wrong.append(f"{where(path, line)}: {own} imports {other}")
    assert not wrong, "\n".join(wrong)


def test_files_can_be_read_in_one_sitting() -> None:
    python = [*MODULES, *REPOSITORY.glob("tests/**/*.py"), *REPOSITORY.glob("benchmarks/**/*.py")]
    python += [*REPOSITORY.glob("training/**/*.py"), *REPOSITORY.glob("scripts/**/*.py")]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python}
    long = [f"{where(path, lines)}" for path, lines in lengths.items() if lines > MOST_LINES]
    assert not long, f"more than {MOST_LINES} lines: {long}"


def test_everything_public_has_a_docstring() -> None:
    bare = []
    for path in MODULES:
        tree = parsed(path)
        if ast.get_docstring(tree) is None:
            bare.append(where(path, 1))
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and ast.get_docstring(node) is None
            ):
                bare.append(f"{where(path, node.lineno)}: {node.name}")
    assert not bare, "\n".join(bare)


def keyword(call: ast.Call, name: str) -> object:
    """The constant value of a keyword of a call, or None."""
    for given in call.keywords:
        if given.arg == name and isinstance(given.value, ast.Constant):
            return given.value.value
    return None


def unsafe(call: ast.Call) -> str | None:
    """What is dangerous about a call, or None."""
    name = ast.unparse(call.func)
    if name in {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}:
        return name
    if name == "torch.load" and keyword(call, "weights_only") is not True:
        return "torch.load without weights_only=True"
    if name in {"yaml.unsafe_load", "yaml.full_load", "yaml.unsafe_load_all", "yaml.full_load_all"}:
        return name
    if name in {"yaml.load", "yaml.load_all"} and all(given.arg != "Loader" for given in call.keywords):
        return f"{name} without Loader=, one of the safe ones"
    if keyword(call, "allow_pickle") is True:
        return "allow_pickle=True"
    if keyword(call, "shell") is True:
        return "shell=True"
    return None


def test_nothing_runs_code_from_data() -> None:
    wrong = []
    for path in MODULES:
        for module, line in imports_of(path):
            if module.split(".")[0] in PICKLES:
                wrong.append(f"{where(path, line)}: imports {module}")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and (fault := unsafe(node)):
                wrong.append(f"{where(path, node.lineno)}: {fault}")
            named = getattr(node, "attr", None) or getattr(node, "name", None) or getattr(node, "value", None)
            if isinstance(named, str) and UNSAFE_LOADER.fullmatch(named):
                wrong.append(f"{where(path, node.lineno)}: {named} makes objects from YAML")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("eval(x)", True),
        ("re.compile(x)", False),
        ("torch.load(f)", True),
        ("torch.load(f, weights_only=False)", True),
        ("torch.load(f, weights_only=True)", False),
        ("yaml.load(f)", True),
        ("yaml.load(f, Loader=yaml.CSafeLoader)", False),
        ("np.load(f, allow_pickle=True)", True),
        ("subprocess.run(x, shell=True)", True),
        ("subprocess.run([x])", False),
    ],
)
def test_the_search_for_unsafe_calls_itself(source: str, found: bool) -> None:
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    assert (unsafe(call) is not None) is found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_can_be_imported(path: Path) -> None:
    if {"networks", "training"}.intersection(path.parts) and importlib.util.find_spec("torch") is None:
        pytest.skip("needs the extra convert")
    if path.name != "__main__.py":  # importing that one runs the program
        importlib.import_module(name_of(path))


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from whichmodel.cli.main import run_program; run_program(['--help']);"
        "print('loaded:', *sorted({module.split('.')[0] for module in sys.modules}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = shown.rpartition("loaded:")[2].split()
    assert "whichmodel" in loaded
    heavy = {"ncnn", "numpy", "pyvips", "rich", "skimage", "torch"} & set(loaded)
    assert not heavy, f"`whichmodel --help` would wait for {sorted(heavy)}"
