"""Weights for the tests, fetched once, and a folder of intermediate results for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

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
