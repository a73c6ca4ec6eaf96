"""Batches of text: order, bad lines, resuming, and what is left behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import whichmodel
from whichmodel.api import batch_parts, batches
from whichmodel.api.batch_lines import Wish
from whichmodel.api.batch_parts import Report, part_file
from whichmodel.api.batches import Advance, here, run_batch
from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.domain import InputError, to_data
from whichmodel.files import try_lock
from whichmodel.files.lines import Part

PROMPT = """A user has asked the following question:
"I enlarged a small picture and it stayed sharp. How?"

### Recommended AI Models:
Model: SISR-Upper-4x
Paper: https://arxiv.org/pdf/9902.00001

### Related Papers:
Model: Wide Nets for Image Super-Resolution
Paper: https://arxiv.org/pdf/9902.00002
Summary: We present wide networks for super-resolution. They need 3 layers and run in 20 ms.

Answer:
"""
QUESTIONS = (
    "enlarge this 4x",
    "",
    "remove the fog from my holiday photo",
    "Farben für ein altes Foto",
    "x" * 90,
)
MINE = {"scale": 4, "statements": [{"about": "task", "from": "name", "text": "Enlarges four times."}]}
RECOMMEND = Wish(verb="recommend", top=2)


def write_lines(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [{"id": n, "question": QUESTIONS[n % len(QUESTIONS)], "more": [n]} for n in range(20)]
    return write_lines(tmp_path / "in.jsonl", rows)


def backwards(do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
    """An engine that is given everything at once and ends with the first part."""
    return iter([do(part) for part in list(parts)][::-1])


class Killed(BaseException):
    """Stands for an interruption."""


def stopping_after(count: int) -> batches.Engine:
    """An engine that is interrupted after a number of parts."""

    def engine(do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
        for done, part in enumerate(parts):
            if done == count:
                raise Killed
            yield do(part)

    return engine


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_output_is_that_of_the_verb_line_by_line(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    assert run_program(["recommend", "--batch", str(source), "--output", str(target), "--top", "2"]) == 0
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    assert [row["id"] for row in rows] == list(range(20))
    for row, question in zip(rows, QUESTIONS, strict=False):
        ranking = whichmodel.recommend(question, top=2)
        assert row["intent"]["task"] == ranking.intent.task
        assert [model["name"] for model in row["models"]] == [item.card.name for item in ranking.models]
    assert names(tmp_path) == {"in.jsonl", "out.jsonl"}


@pytest.mark.parametrize("size", [90, 500, 10**6])
@pytest.mark.parametrize("engine", [here, backwards])
def test_neither_cuts_nor_the_order_of_work_change_a_byte(
    source: Path, tmp_path: Path, size: int, engine: batches.Engine
) -> None:
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    run_batch(RECOMMEND, source, whole)
    report = run_batch(RECOMMEND, source, cut, engine=engine, part_bytes=size)
    assert cut.read_bytes() == whole.read_bytes()
    assert report.lines == 20


def test_answers_are_those_of_answer_as_json(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [{"id": "a", "prompt": PROMPT}, {"id": 2, "prompt": PROMPT}])
    target = tmp_path / "out.jsonl"
    assert run_program(["answer", "--batch", str(source), "--output", str(target)]) == 0
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    expected = json.loads(json.dumps(to_data(whichmodel.answer(PROMPT))))
    assert rows == [{"id": "a", **expected}, {"id": 2, **expected}]
    assert next(iter(rows[0])) == "id"


@pytest.mark.parametrize(
    ("added", "code"), [("", 0), ("\n\nSee https://example.org/elsewhere for more.\n", 3)]
)
def test_an_audit_of_many_exits_with_3_where_one_has_to_be_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], added: str, code: int
) -> None:
    from whichmodel.answering.views import render

    good = render(whichmodel.answer(PROMPT), "md")
    rows = [{"id": n, "prompt": PROMPT, "answer": good + (added if n == 1 else "")} for n in range(3)]
    source, target = write_lines(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    assert run_program(["audit", "--batch", str(source), "--output", str(target)]) == code
    told = [json.loads(line) for line in target.read_bytes().splitlines()]
    assert [row["id"] for row in told] == [0, 1, 2]
    assert bool(told[1]["links"]["outside"]) is (code == 3)
    assert ("in 1 answers" in capsys.readouterr().err) is (code == 3)
    assert told[0] == {"id": 0, **json.loads(json.dumps(to_data(whichmodel.audit(PROMPT, good))))}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"id": 1}', "question"),
        (b"[1]", "object"),
        (b'{"id": null, "question": "x"}', "id"),
        (b'{"id": 1, "question": "\xff"}', "utf-8"),
        (b'{"id": 1, "question": "\\ud800"}', "truncated|surrogate|end"),
        (b'{"id": 1, "question": "x", "y": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "recursion"),
    ],
)
def test_a_bad_line_is_named_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes, told: str
) -> None:
    import re

    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'{"id": 0, "question": "enlarge"}\n\n' + line + b"\n")
    assert run_program(["recommend", "--batch", str(source), "--output", str(target)]) == 2
    message = capsys.readouterr().err
    assert "in.jsonl, line 3: " in message
    assert re.search(told, message)
    assert '"question"' in message
    assert names(tmp_path) == {"in.jsonl"}


def test_a_prompt_that_is_none_ends_the_batch_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_lines(
        tmp_path / "in.jsonl", [{"id": 1, "prompt": PROMPT}, {"id": 2, "prompt": "no question"}]
    )
    assert run_program(["answer", "--batch", str(source), "--output", str(tmp_path / "out")]) == 2
    assert "line 2: the prompt" in capsys.readouterr().err


@pytest.mark.parametrize("engine", [here, backwards])
def test_of_several_bad_lines_the_first_is_told(source: Path, tmp_path: Path, engine: batches.Engine) -> None:
    lines = source.read_bytes().splitlines(keepends=True)
    lines[7] = lines[15] = b"nonsense\n"
    source.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match="line 8"):
        run_batch(RECOMMEND, source, tmp_path / "out.jsonl", engine=engine, part_bytes=100)


def test_an_interrupted_batch_goes_on_with_what_is_done(source: Path, tmp_path: Path) -> None:
    whole, target = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    run_batch(RECOMMEND, source, whole)
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    assert not target.exists()
    assert batches.is_kept(target)
    told: list[Advance] = []
    report = run_batch(RECOMMEND, source, target, resume=True, progress=told.append, part_bytes=200)
    assert report.kept == 3
    assert (report.lines, told[-1].lines, told[-1].done) == (20, 20, source.stat().st_size)
    assert target.read_bytes() == whole.read_bytes()
    assert names(tmp_path) == {"in.jsonl", "whole.jsonl", "out.jsonl"}


@pytest.mark.parametrize(
    ("wish", "resume"),
    [
        (RECOMMEND, False),
        (Wish(verb="recommend", top=1), True),
        (Wish(verb="recommend", collection="cnaps"), True),
    ],
)
def test_without_resume_or_with_another_wish_nothing_is_taken(
    source: Path, tmp_path: Path, wish: Wish, resume: bool
) -> None:
    target = tmp_path / "out.jsonl"
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    assert run_batch(wish, source, target, resume=resume, part_bytes=200).kept == 0


def test_after_the_catalog_has_changed_nothing_is_taken(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, own = tmp_path / "out.jsonl", tmp_path / "own"
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    monkeypatch.setenv("WHICHMODEL_DATA", str(own))
    card = {
        "task": "super-resolution",
        "families": [{"collection": "whichmodel", "members": {"Mine-4x": MINE}}],
    }
    (own / "models").mkdir(parents=True)
    (own / "models" / "mine.yaml").write_text(json.dumps(card))
    assert "Mine-4x" in cards()
    assert run_batch(RECOMMEND, source, target, resume=True, part_bytes=200).kept == 0


def test_a_worker_that_knows_other_models_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
        monkeypatch.setattr(batch_parts, "knowledge", lambda wish: "another")
        yield from map(do, parts)

    with pytest.raises(InputError, match="other cards"):
        run_batch(RECOMMEND, source, tmp_path / "out.jsonl", engine=elsewhere)
    assert names(tmp_path) == {"in.jsonl"}


def test_only_parts_whose_lines_are_the_same_are_taken(source: Path, tmp_path: Path) -> None:
    target, again = tmp_path / "out.jsonl", tmp_path / "again.jsonl"
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    content = source.read_bytes()
    source.write_bytes(content.replace(b"enlarge this 4x", b"enlarge this 2x", 1))
    assert run_batch(RECOMMEND, source, target, resume=True, part_bytes=200).kept == 2
    run_batch(RECOMMEND, source, again)
    assert target.read_bytes() == again.read_bytes()


def test_after_a_bad_line_is_mended_the_parts_before_it_are_taken(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    good = source.read_bytes()
    lines = good.splitlines(keepends=True)
    source.write_bytes(b"".join([*lines[:15], b"nonsense\n", *lines[15:]]))
    with pytest.raises(InputError, match="line 16") as caught:
        run_batch(RECOMMEND, source, target, part_bytes=200)
    assert "--resume" in caught.value.hint
    source.write_bytes(good)
    assert run_batch(RECOMMEND, source, target, resume=True, part_bytes=200).kept >= 3


@pytest.mark.parametrize("harm", [lambda data: data[:-20], lambda data: b"", lambda data: data + b"more\n"])
def test_a_part_file_that_is_not_whole_is_made_again(
    source: Path, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    target = tmp_path / "out.jsonl"
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    first = part_file(next(tmp_path.glob("*.parts")), Part(number=0, start=0, end=1))
    first.write_bytes(harm(first.read_bytes()))
    assert run_batch(RECOMMEND, source, target, resume=True, part_bytes=200).kept == 2


def test_answers_that_changed_on_the_disk_are_not_joined(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    first = part_file(next(tmp_path.glob("*.parts")), Part(number=0, start=0, end=1))
    first.write_bytes(first.read_bytes().replace(b"super", b"SUPER", 1))
    with pytest.raises(InputError, match=r"000000\.jsonl is damaged"):
        run_batch(RECOMMEND, source, target, resume=True, part_bytes=200)
    assert not target.exists()


def test_an_input_that_changes_meanwhile_is_refused(source: Path, tmp_path: Path) -> None:
    def meddling(do: Callable[[Part], Report], parts: Iterable[Part]) -> Iterator[Report]:
        for part in parts:
            yield do(part)
            with source.open("ab") as file:
                file.write(b"\n")

    with pytest.raises(InputError, match="changed while it was read"):
        run_batch(RECOMMEND, source, tmp_path / "out.jsonl", engine=meddling, part_bytes=500)
    assert not (tmp_path / "out.jsonl").exists()


def test_two_batches_do_not_write_one_output(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    lock = try_lock(next(tmp_path.glob("*.parts")) / "lock")
    assert lock is not None
    with pytest.raises(InputError, match="another batch"):
        run_batch(RECOMMEND, source, target, resume=True)
    lock.free()


def test_an_output_that_was_there_stays_until_the_new_one_is_whole(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    with pytest.raises(Killed):
        run_batch(RECOMMEND, source, target, engine=stopping_after(3), part_bytes=200)
    assert target.read_text() == "old"


def test_an_empty_file_gives_an_empty_file(tmp_path: Path) -> None:
    source, target = write_lines(tmp_path / "in.jsonl", []), tmp_path / "out.jsonl"
    assert run_program(["recommend", "--batch", str(source), "--output", str(target)]) == 0
    assert target.read_bytes() == b""


@pytest.mark.parametrize(
    "arguments",
    [
        ["recommend", "--batch", "in.jsonl"],
        ["recommend", "enlarge", "--batch", "in.jsonl", "--output", "out"],
        ["recommend", "enlarge", "--output", "out"],
        ["recommend", "enlarge", "--engine", "ray"],
        ["recommend", "--batch", "in.jsonl", "--output", "out", "--workers", "2"],
        ["recommend", "--batch", "in.jsonl", "--output", "in.jsonl"],
        ["recommend", "--batch", "absent.jsonl", "--output", "out"],
        ["recommend", "--batch", ".", "--output", "out"],
        ["recommend", "--batch", "in.jsonl", "--output", "."],
        ["recommend", "--batch", "in.jsonl", "--output", "absent/out"],
        ["answer", "--batch", "in.jsonl", "--output", "out", "--format", "html"],
        ["answer"],
        ["audit", "--prompt", "p.txt"],
        ["audit", "--prompt", "p.txt", "--batch", "in.jsonl", "--output", "out"],
    ],
)
def test_what_does_not_go_together_is_refused(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.chdir(source.parent)
    assert run_program(arguments) == 2
    assert capsys.readouterr().err
    assert names(source.parent) == {"in.jsonl"}
