"""Which model made a result: only a provenance of just these two files counts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from whichmodel.domain import InputError
from whichmodel.examining.expected_origin import UNKNOWN, named_origin, origin_of


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    before, after = tmp_path / "a.png", tmp_path / "b.png"
    before.write_bytes(b"before")
    after.write_bytes(b"after")
    return before, after


def tell(pair: tuple[Path, Path], *steps: dict[str, str]) -> Path:
    path = pair[1].with_name("b.png.provenance.json")
    document = {
        "schema_version": 1,
        "input": {"sha256": sha256(pair[0]), "width": 1},
        "output": {"sha256": sha256(pair[1])},
        "steps": steps,
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


MODEL = {"operation": "enlarge", "model": "SPAN-4x", "weights": "span-x4-ch48"}


def test_a_provenance_of_one_model_tells_it(pair: tuple[Path, Path]) -> None:
    assert origin_of(*pair) == UNKNOWN
    tell(pair, MODEL)
    found = origin_of(*pair)
    assert (found.told_by, found.model, found.weights, found.obstacle) == (
        "provenance",
        "SPAN-4x",
        "span-x4-ch48",
        "",
    )


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_changed_since_is_told(pair: tuple[Path, Path], which: int) -> None:
    tell(pair, MODEL)
    pair[which].write_bytes(b"something else")
    found = origin_of(*pair)
    assert not found.weights
    assert ("another photo", "changed after")[which] in found.obstacle


def test_more_steps_than_the_model_are_told(pair: tuple[Path, Path]) -> None:
    tell(pair, {"operation": "sharpen"}, MODEL)
    found = origin_of(*pair)
    assert not found.weights
    assert "sharpen, SPAN-4x" in found.obstacle


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"input": 3}', "\x00", '{"steps": [{}]}'])
def test_what_is_no_provenance_does_no_harm(pair: tuple[Path, Path], text: str) -> None:
    pair[1].with_name("b.png.provenance.json").write_text(text, encoding="utf-8")
    assert "could not be read" in origin_of(*pair).obstacle


def test_a_person_may_name_a_model_or_weights() -> None:
    assert named_origin("SPAN-4x").weights == "span-x4-ch48"
    assert named_origin("span-x2-ch48").told_by == "user"
    with pytest.raises(InputError, match="no model 'nothing'"):
        named_origin("nothing")
