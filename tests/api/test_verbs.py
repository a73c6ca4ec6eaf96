"""The verbs as Python functions: their examples run as they stand."""

from __future__ import annotations

import doctest

from whichmodel.api import verbs


def test_the_examples_run() -> None:
    ran = doctest.testmod(verbs)
    assert ran.attempted >= 8
    assert ran.failed == 0
