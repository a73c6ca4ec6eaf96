"""A cluster of this computer alone: a start that takes too long for Ray is tried again."""

from __future__ import annotations

from typing import Any

import pytest

from whichmodel.distributed.cluster import cluster
from whichmodel.domain import InputError

# As Ray says it.
TOO_LONG = "The current node timed out during startup. This could happen because some of the raylet failed"


def starts(monkeypatch: pytest.MonkeyPatch, failures: list[Exception]) -> list[str]:
    """Ray with starts that fail; returns where it is noted what was called."""
    import ray

    called: list[str] = []

    def init(**options: Any) -> None:
        called.append("init")
        if failures:
            raise failures.pop(0)

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: called.append("shutdown"))
    return called


def test_a_slow_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    called = starts(monkeypatch, [Exception(TOO_LONG), Exception(TOO_LONG)])
    with cluster(workers=1):
        assert called == ["init", "shutdown", "init", "shutdown", "init"]
    assert called[-1] == "shutdown"


def test_it_ends_with_a_sentence_where_no_start_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    called = starts(monkeypatch, [Exception(TOO_LONG)] * 9)
    with pytest.raises(InputError, match="did not start, 4 times"), cluster(workers=1):
        pass
    assert called.count("init") == 4


def test_other_failures_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    called = starts(monkeypatch, [RuntimeError("no room for a socket")])
    with pytest.raises(InputError, match="no room for a socket"), cluster(workers=1):
        pass
    assert called == ["init"]
