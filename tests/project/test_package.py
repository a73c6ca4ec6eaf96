"""What is installed: few dependencies, no PyTorch, a wheel that carries the data files and works elsewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from whichmodel.pictures import Picture, read_picture, write_picture

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = {"torch", "torchvision", "tensorflow", "jax", "opencv-python", "transformers"}


def names(requirements: list[str]) -> set[str]:
    """The package names of a list of requirements."""
    return {re.split(r"[^A-Za-z0-9_.-]", requirement)[0].lower() for requirement in requirements}


def test_the_base_installation_is_light() -> None:
    assert not names(PROJECT["dependencies"]) & HEAVY
    assert not names(PROJECT["optional-dependencies"]["demo"]) & HEAVY


def test_the_versions_agree() -> None:
    from whichmodel import __version__

    assert PROJECT["version"] == __version__
    assert f"## [{__version__}]" in (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    """The script that checks a release, as a module."""
    path = REPOSITORY / "scripts" / "check_release.py"
    spec = importlib.util.spec_from_file_location("check_release", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def wheel_of(path: Path, names: Iterable[str], other: str = "") -> Path:
    """A wheel with these files of the package, one other perhaps, and the files that every wheel has."""
    about = "whichmodel-0.1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.write(SOURCE / name, name)
        for name in ("METADATA", "entry_points.txt", "licenses/LICENSE"):
            archive.writestr(f"{about}/{name}", "")
        if other:
            archive.writestr(other, "pass")
    return path


def test_a_whole_wheel_is_fine_and_each_fault_is_named(checker: ModuleType, tmp_path: Path) -> None:
    names = checker.package_files()
    assert "whichmodel/py.typed" in names
    assert any(name.endswith(".yaml") for name in names), "no data files in the source"
    assert not list(checker.wheel_problems(wheel_of(tmp_path / "whole.whl", names)))

    lost = "whichmodel/catalog/data/weights/span-x4-ch48.yaml"
    (told,) = checker.wheel_problems(wheel_of(tmp_path / "less.whl", names - {lost}))
    assert lost in told
    (told,) = checker.wheel_problems(wheel_of(tmp_path / "more.whl", names, "tests/test_it.py"))
    assert "tests/test_it.py" in told
    changed = wheel_of(tmp_path / "other.whl", names - {"whichmodel/__init__.py"}, "whichmodel/__init__.py")
    (told,) = checker.wheel_problems(changed)
    assert "whichmodel/__init__.py" in told


def test_a_command_that_fails_or_gives_nothing_is_told(checker: ModuleType, tmp_path: Path) -> None:
    def told(code: str) -> str:
        return str(checker.trial([sys.executable, "-c", code], tmp_path, checker._says("fine")))

    assert told("print('fine')") == ""
    assert "did not say" in told("print('well')")
    assert "exit 3: broken" in told("import sys; sys.stderr.write('broken'); sys.exit(3)")


@pytest.mark.slow
@pytest.mark.timeout(1800)  # it installs all that the wheel needs
def test_what_would_be_released_works_in_an_empty_environment(
    checker: ModuleType, photo: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small.png"
    write_picture(Picture(read_picture(photo).pixels[100:196, 200:328]), small)
    script = str(REPOSITORY / "scripts" / "check_release.py")
    ran = subprocess.run(
        [sys.executable, script, "--photo", str(small), sys.executable],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name in ("install", "small", *(name for name, _, _ in checker.USES)):
        assert f"| {name} | ok |" in ran.stdout
