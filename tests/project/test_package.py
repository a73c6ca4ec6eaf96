"""What is installed: few dependencies, no PyTorch, and a wheel that carries the data files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

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


@pytest.mark.slow
def test_the_wheel_carries_every_data_file(tmp_path: Path) -> None:
    call = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "-w",
        str(tmp_path),
        str(REPOSITORY),
    ]
    subprocess.run(call, check=True, stdin=subprocess.DEVNULL)
    (wheel,) = tmp_path.glob("whichmodel-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    files = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "whichmodel").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert any(name.endswith(".yaml") for name in files), "no data files in the source"
    assert files <= packed, f"left out of the wheel: {sorted(files - packed)}"
    assert any(name.endswith("licenses/LICENSE") for name in packed)
