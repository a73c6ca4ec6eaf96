"""The documents are those that the commands print with `--json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from whichmodel.cli.main import run_program

Program = Any
QUESTION = "I enlarged an old photo 4x and it looks new. How?"
FADED = "correct the faded colours of my old photo"
PROMPT = """A user has asked the following question:
"How can I enlarge a photo?"
### Recommended AI Models:
Model: SomeNet
Summary: SomeNet enlarges photographs four times.
Answer:"""
ANSWER = "SomeNet enlarges photographs four times. See https://example.org/other."


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Any:
    """What a command prints, decoded."""

    def run(*arguments: str, code: int = 0) -> Any:
        assert run_program(list(arguments)) == code
        return json.loads(capfd.readouterr().out)

    return run


def test_ask(program: Program, printed: Any) -> None:
    found = program.call("POST", "/ask", 200, json={"question": QUESTION}).json()
    assert found == printed("ask", QUESTION, "--format", "json")
    assert list(found)[:2] == ["schema_version", "document"]


@pytest.mark.slow
def test_ask_about_a_photo(program: Program, printed: Any, small: Path) -> None:
    order = {"question": "enlarge 4x", "photo": program.bring(small), "without": ["denoising"]}
    found = program.call("POST", "/ask", 200, json=order).json()
    assert found == printed(
        "ask", "enlarge 4x", "--photo", str(small), "--without", "denoising", "--format", "json"
    )


def test_recommend(program: Program, printed: Any) -> None:
    order = {"question": QUESTION, "top": 5, "collection": "whichmodel"}
    found = program.call("POST", "/recommend", 200, json=order).json()
    assert found == printed("recommend", QUESTION, "--top", "5", "--collection", "whichmodel", "--json")
    assert found["models"]


def test_answer_and_audit(program: Program, printed: Any, tmp_path: Path) -> None:
    (tmp_path / "prompt").write_text(PROMPT)
    (tmp_path / "answer").write_text(ANSWER)
    found = program.call("POST", "/answer", 200, json={"prompt": PROMPT}).json()
    assert found == printed("answer", str(tmp_path / "prompt"), "--format", "json")
    found = program.call("POST", "/audit", 200, json={"prompt": PROMPT, "answer": ANSWER}).json()
    names = ("--prompt", str(tmp_path / "prompt"), "--answer", str(tmp_path / "answer"))
    assert found == printed("audit", *names, "--json", code=3)
    assert found["links"]["outside"] == ["https://example.org/other"]


@pytest.mark.slow
def test_plan(program: Program, printed: Any, small: Path) -> None:
    order = {"what": FADED, "photo": program.bring(small), "tile": 64}
    found = program.call("POST", "/plan", 200, json=order).json()
    assert found == printed(
        "plan", FADED, str(small), "--tile", "64", "--no-calibrate", "--max-megapixels", "4", "--json"
    )


def test_models(program: Program, printed: Any) -> None:
    query = {"task": "super-resolution", "collection": "whichmodel", "runs_here": "true"}
    found = program.call("GET", "/models", 200, params=query).json()
    options = ("--task", "super-resolution", "--collection", "whichmodel", "--runs-here")
    assert found == printed("models", "list", *options, "--json")
    assert found
    one = program.call("GET", f"/models/{found[0]['name']}", 200).json()
    assert one == printed("models", "show", found[0]["name"], "--json") == found[0]


def test_a_model_that_is_not_there_is_not_found_and_others_are_suggested(program: Program) -> None:
    assert "SPAN-4x" in program.call("GET", "/models/SPAN4x", 404).json()["hint"]
    assert "did you mean" in program.call("GET", "/models?task=denoise", 422).json()["hint"]


def test_papers(program: Program, printed: Any) -> None:
    query = {"query": "remove motion blur from a photo", "year": "2019..", "top": "3"}
    found = program.call("GET", "/papers", 200, params=query).json()
    assert found == printed("papers", "search", query["query"], "--year", "2019..", "--top", "3", "--json")
    assert found["found"]


def test_tasks(program: Program) -> None:
    from whichmodel.catalog import tasks

    assert [task["id"] for task in program.call("GET", "/tasks", 200).json()] == list(tasks())
