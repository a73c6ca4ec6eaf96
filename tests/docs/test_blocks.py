"""Every fenced block of README, CONTRIBUTING, docs/ and examples/ is run, read or compared.

`docs_blocks` says how a block is written so that it can be.
"""

from __future__ import annotations

import importlib.util
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml
from docs_blocks import DATA, LANGUAGES, NOT_RUN, REPOSITORY, Block, blocks_of, documents, read_blocks
from docs_compare import mismatch
from docs_scratch import Scratch, session

from whichmodel.catalog.families import expand
from whichmodel.cli.health import EXTRAS
from whichmodel.domain import ModelCard, Task, Workflow, from_data
from whichmodel.weights.record import read_record

PAGES = {str(path.relative_to(REPOSITORY)): blocks_of(path) for path in documents()}
BLOCKS = [block for blocks in PAGES.values() for block in blocks]
TRIED = [
    block
    for block in BLOCKS
    if block.runs or (block.is_output and block.language in LANGUAGES and "run by" not in block.notes)
]
MOST_NOT_RUN = 8
MAY_BE_MISSING = {
    line.removeprefix("needs the extra ").strip()
    for line in (REPOSITORY / "tests" / "allowed-skips").read_text(encoding="utf-8").splitlines()
}
KINDS: dict[str, frozenset[str]] = {
    "text": frozenset(("", "drawing")),
    "markdown": frozenset(("", "output")),
    "json": frozenset(("", "output", "workflow", "card")),
    "yaml": frozenset(("", "output", "workflow", "card", "weights", "task")),
}


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    wrong = []
    for block in PAGES[page]:
        if block.is_directive:
            continue
        if block.language not in LANGUAGES:
            wrong.append(f"{block.where}: {block.language!r} is none of {', '.join(sorted(LANGUAGES))}")
        elif block.kind not in KINDS.get(block.language, {""}):
            wrong.append(f"{block.where}: {block.language} {block.kind!r} is not known")
        if block.language == "console":
            list(session(block.text))
        if "needs" in block.notes and not {block.notes["needs"]} <= EXTRAS.keys() & MAY_BE_MISSING:
            wrong.append(f"{block.where}: no extra {block.notes['needs']!r} may be missing here")
        if "exit" in block.notes and not block.runs:
            wrong.append(f"{block.where}: an exit code of what is not run")
    assert not wrong, "\n".join(wrong)


def test_what_is_not_run_is_little_and_says_why(record_property: Callable[[str, object], None]) -> None:
    left = [f"{block.where}: {block.notes['not run']}" for block in BLOCKS if "not run" in block.notes]
    record_property("not run", left)
    assert {block.notes["not run"] for block in BLOCKS if "not run" in block.notes} <= set(NOT_RUN)
    assert len(left) <= MOST_NOT_RUN, "\n".join(left)


def test_what_another_test_runs_is_run_there() -> None:
    for block in BLOCKS:
        if "run by" in block.notes:
            test = REPOSITORY / block.notes["run by"]
            assert test.is_relative_to(REPOSITORY / "tests"), block.where
            assert Path(block.page).name in test.read_text(encoding="utf-8"), (
                f"{test} does not name {block.page}"
            )


@pytest.mark.parametrize(
    "block",
    [block for block in BLOCKS if block.language in DATA and not block.is_output],
    ids=lambda b: b.where,
)
def test_data_can_be_read_and_is_what_it_is_called(block: Block) -> None:
    documents = list(_read(block))
    assert documents
    for data in documents:
        looks_like_workflow = isinstance(data, dict) and {"steps", "output"} <= data.keys()
        if block.kind == "workflow" or looks_like_workflow:
            workflow = from_data(Workflow, data, where=block.where)
            assert workflow.steps
        elif block.kind == "weights":
            assert read_record(block.text, where=block.where).files
        elif block.kind == "card":
            cards = expand(data, where=block.where) if "families" in data else [data]
            assert all(msgspec.convert(card, type=ModelCard).name for card in cards)
        elif block.kind == "task":
            for identifier, fields in data["tasks"].items():
                msgspec.convert({"field": data["field"], "id": identifier, **fields}, type=Task)


def _read(block: Block) -> list[object]:
    match block.language:
        case "json":
            return [json.loads(block.text)]
        case "jsonl":
            return [json.loads(line) for line in block.text.splitlines()]
        case "yaml":
            return [yaml.safe_load(block.text)]
        case _:
            return [tomllib.loads(block.text)]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("block", TRIED, ids=lambda block: block.where)
def test_a_block_does_what_the_document_says(
    block: Block, scratches: Callable[[str], Scratch], request: pytest.FixtureRequest
) -> None:
    above = PAGES[block.page][: PAGES[block.page].index(block)]
    for one in (block, *([above[-1]] if block.is_output and above else [])):
        if missing(one):
            pytest.skip(f"needs the extra {one.notes['needs']}")
    before = [one for one in above if not missing(one)]
    wrong = scratches(block.page).check(block, before, request.getfixturevalue)
    assert wrong is None, f"{block.where}: {wrong}"


def missing(block: Block) -> bool:
    """Whether a block needs an extra that is not installed here."""
    modules, _ = EXTRAS.get(block.notes.get("needs", ""), ((), ""))
    return any(importlib.util.find_spec(module) is None for module in modules)


# --- the harness itself ---


def test_a_text_after_nothing_that_runs_is_no_output(
    tmp_path: Path, weights_cache: Path, photo: Path
) -> None:
    blocks = read_blocks("```console\n$ echo 3 cats\n```\n\n```text\n4 dogs\n```\n", "a.md")
    scratch = Scratch(tmp_path, weights_cache, photo)
    assert scratch.check(blocks[0], [], str) is None
    assert "dogs" in str(scratch.check(blocks[1], blocks[:1], str))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("```console\n$ false\n```", "ended with 1, not 0"),
        ("<!-- exit: 3 -->\n```console\n$ (exit 2)\n```", "ended with 2, not 3"),
        ("```sh\nfalse\ntrue\n```", "ended with 1"),
        ("```console\n$ echo one\ntwo\n```", "shown:"),
        ("```python\n1 / 0\n```", "ZeroDivisionError"),
        ("```python\n>>> 1 + 1\n3\n```", "Expected"),
        ("```python\ndef test_it():\n    assert 'photo' == 0\n```", "AssertionError"),
    ],
)
def test_a_block_that_is_wrong_is_found(
    text: str, complaint: str, tmp_path: Path, weights_cache: Path, photo: Path
) -> None:
    (block,) = read_blocks(text, "a.md")
    assert complaint in str(Scratch(tmp_path, weights_cache, photo).check(block, [], str))


def test_what_blocks_leave_behind_is_there_for_the_next(
    tmp_path: Path, weights_cache: Path, photo: Path
) -> None:
    text = (
        "```yaml file=deep/a.yaml\nx: 1\n```\n"
        "```sh\nexport COLOUR=red\ncd deep\n```\n"
        "```console\n$ cat a.yaml; echo $COLOUR\nx: 1\nred\n$ ls ../photo.png\n../photo.png\n```\n"
        "```python\nfrom pathlib import Path\nhere = sorted(path.name for path in Path('deep').iterdir())\n```\n"
        "```python\nprint(here)\n```\n```text\n['a.yaml']\n```\n"
    )
    blocks = read_blocks(text, "a.md")
    scratch = Scratch(tmp_path, weights_cache, photo)
    for number, block in enumerate(blocks):
        assert scratch.check(block, blocks[:number], str) is None


def test_what_a_document_installs_stays_in_its_folder(
    tmp_path: Path, weights_cache: Path, photo: Path
) -> None:
    text = "```console\n$ pip install --dry-run --no-index nothing-of-this-name || cat $(command -v pip)\n```"
    (block,) = read_blocks(text, "a.md")
    scratch = Scratch(tmp_path, weights_cache, photo)
    assert scratch.check(block, [], str) is None
    assert f'--target "{tmp_path / "installed"}"' in scratch.printed


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a  b\nc", "a b c\n"),
        ("took 3 s", "took 117.5 s"),
        ("66% supported", "64% supported"),
        ("0.43 of 255", "0.45 of 255"),
        ("a […] z", "a b c z"),
        ("a\n[…]", "a b c z"),
        ("[…] b […] d […]", "a b c d e"),
        ("a […]", "a"),
        ("1,200 × 800", "\x1b[1m1,200\x1b[0m × 800"),
    ],
)
def test_what_may_differ_may(shown: str, printed: str) -> None:
    assert mismatch(shown, printed) is None


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a b", "a b c"),
        ("a b c", "a b"),
        ("66% supported", "56% supported"),
        ("4 models", "7 models"),
        ("a […] y", "a b c z"),
        ("[…] c […] b […]", "a b c"),
        ("a […] b b", "a b"),
        ("", "a"),
        ("9c91aa", "9c92aa"),
        ("-3", "3"),
    ],
)
def test_what_may_not_differ_is_found(shown: str, printed: str) -> None:
    assert mismatch(shown, printed) is not None
