"""What the tests of the catalog share: a folder of the user's own, and imports into it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whichmodel.cli.main import run_program

ENTRY: dict[str, Any] = {
    "name": "Weft-4x",
    "category": "Img2Img",
    "task": "SISR",
    "dataset": "DIV2K,Flickr2K",
    "paper": "https://example.org/weft.pdf",
    "github": "https://example.org/weft",
    "huggingface": None,
    "summary": "A sentence that somebody else wrote.",
}
HUB = """---
license: apache-2.0
pipeline_tag: image-to-image
tags:
- super-resolution
- arxiv:2201.02973
- jpeg
datasets: [div2k]
base_model: weaver/loom
library_name: loom
language: en
---
# Model Card for Loom x2

Prose that somebody else wrote.
"""


@pytest.fixture
def entry() -> dict[str, Any]:
    """A good entry of a CNAPS-style catalog."""
    return dict(ENTRY)


@pytest.fixture
def hub() -> str:
    """A good Hugging Face model card."""
    return HUB


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own catalog folder, which does not exist yet."""
    monkeypatch.setenv("WHICHMODEL_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


@pytest.fixture
def catalog(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CNAPS-style file, each entry on a line of its own from line 2."""

    def write(*entries: Any, name: str = "catalog.json") -> Path:
        path = tmp_path / name
        lines = ",\n".join(json.dumps(item) for item in entries)
        path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Imports files and gives the report."""

    def run(*arguments: object, code: int = 0) -> Any:
        capsys.readouterr()
        assert run_program(["models", "import", "--json", *map(str, arguments)]) == code
        return json.loads(capsys.readouterr().out)

    return run
