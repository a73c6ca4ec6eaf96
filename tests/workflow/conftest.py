"""Weights for the tests, fetched once, and a folder of intermediate results for each test."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from whichmodel.nodes.registry import OPERATIONS
from whichmodel.weights import pull, records
from whichmodel.workflow import scratch


@pytest.fixture(scope="session")
def span(weights_cache: Path) -> dict[str, dict[str, Path]]:
    """Files of every SPAN record by weights id."""
    return {id: pull(id, say=lambda line: None) for id in records() if id.startswith("span-")}


@pytest.fixture(autouse=True)
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept results, empty: what one test has computed, another must not find."""
    home = tmp_path / "cache"
    monkeypatch.setattr(scratch, "cache_dir", lambda: home)
    return home / "steps"


@pytest.fixture
def patchwork(repository: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module `patchwork.py` with its operation registered."""
    path = repository / "tests" / "workflow" / "patchwork.py"
    spec = importlib.util.spec_from_file_location("patchwork", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "patchwork", module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(OPERATIONS, module.NAME, module.Patchwork())
    return module
