"""What `import whichmodel` gives is explained: its examples run as they stand, and every field is told."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import tempfile
from pathlib import Path

import pytest

import whichmodel
from whichmodel import domain
from whichmodel.api import verbs

TYPES = [getattr(domain, name) for name in domain.__all__ if inspect.isclass(getattr(domain, name))]
VERBS = [getattr(verbs, name) for name in sorted(set(whichmodel.__all__) - set(domain.__all__))]


def finder(thing: object) -> list[doctest.Example]:
    """The examples in its own docstring."""
    return doctest.DocTestParser().get_examples(inspect.getdoc(thing) or "")


@pytest.mark.parametrize("module", ["whichmodel", *sorted({one.__module__ for one in [*TYPES, *VERBS]})])
def test_the_examples_run(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # what they write is gone with the test's folder
    ran = doctest.testmod(importlib.import_module(module))
    assert ran.attempted
    assert ran.failed == 0


@pytest.mark.parametrize("thing", [*VERBS, *TYPES], ids=lambda thing: thing.__name__)
def test_each_has_an_example(thing: object) -> None:
    assert any(example.want for example in finder(thing)), "nothing is shown"


@pytest.mark.parametrize("thing", [*VERBS, *TYPES], ids=lambda thing: thing.__name__)
def test_each_field_and_argument_is_told(thing: type) -> None:
    if inspect.isclass(thing) and issubclass(thing, domain.Record):
        names = set(thing.__struct_fields__)
    elif thing in VERBS or thing is domain.WhichmodelError:
        names = set(inspect.signature(thing).parameters)
    else:
        return
    text = (inspect.getdoc(thing) or "").partition(">>>")[0]
    told = {
        name.strip("` ")
        for line in re.findall(r"^    ((?:[a-z_]+, )*[a-z_]+): ", text, re.MULTILINE)
        for name in line.split(",")
    }
    assert names <= told, f"not told: {sorted(names - told)}"


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_each_verb_says_what_it_gives_and_refuses(verb: object) -> None:
    text = inspect.getdoc(verb) or ""
    assert "Raises:" in text
    assert "Error:" in text.partition("Raises:")[2]
    assert "Returns:" in text
