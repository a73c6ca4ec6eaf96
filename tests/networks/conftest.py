"""Tests of architectures need PyTorch; those of the readers do not."""

from __future__ import annotations

import importlib.util

import pytest


@pytest.fixture(scope="session")
def pytorch() -> None:
    """Skips where the extra that brings PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("needs the extra convert")
