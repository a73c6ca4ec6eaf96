"""`import whichmodel`: exactly the verbs and the domain types, and loads nothing yet."""

from __future__ import annotations

import inspect
import subprocess
import sys

import whichmodel
from whichmodel import domain

VERBS = {"ask", "answer", "recommend", "audit", "plan", "run", "evidence"}
TYPES = {name for name in domain.__all__ if inspect.isclass(getattr(domain, name))}


def test_exactly_the_verbs_and_the_domain_types() -> None:
    assert set(whichmodel.__all__) == VERBS | TYPES
    assert len(whichmodel.__all__) == len(VERBS | TYPES)
    assert set(dir(whichmodel)) == VERBS | TYPES | {"__version__"}


def test_they_stay_what_they_are_when_packages_are_imported() -> None:
    from whichmodel.cli import main  # brings every package of the command line along

    assert main
    for name in VERBS:
        assert inspect.isfunction(getattr(whichmodel, name)), name
        assert getattr(whichmodel, name).__module__ == "whichmodel.api.verbs"
    for name in TYPES:
        assert getattr(whichmodel, name) is getattr(domain, name)


def test_importing_it_loads_nothing_yet() -> None:
    code = "import sys, whichmodel; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(told.stdout.split())
    assert {name for name in loaded if name.startswith("whichmodel")} == {"whichmodel"}
    assert not loaded & {"msgspec", "numpy", "pyvips", "yaml"}


def test_other_names_are_refused() -> None:
    assert not hasattr(whichmodel, "anything")
