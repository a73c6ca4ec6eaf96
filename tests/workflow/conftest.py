"""Weights for the tests, fetched once."""

from __future__ import annotations

from pathlib import Path

import pytest

from whichmodel.weights import pull, records


@pytest.fixture(scope="session")
def span(weights_cache: Path) -> dict[str, dict[str, Path]]:
    """Files of every SPAN record by weights id."""
    return {id: pull(id, say=lambda line: None) for id in records() if id.startswith("span-")}
