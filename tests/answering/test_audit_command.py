"""`whichmodel audit`: exit codes, the shape of its JSON, what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from whichmodel.answering import write
from whichmodel.answering.views import render
from whichmodel.cli.main import main, run_program
from whichmodel.domain import Audit, from_json
from whichmodel.understand.prompt_format import read_prompt

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


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    prompt, answer = tmp_path / "prompt.txt", tmp_path / "answer.md"
    prompt.write_text(PROMPT, "utf-8")
    answer.write_text(render(write(read_prompt(PROMPT)), "md"), "utf-8")
    return prompt, answer


def call(prompt: Path | str, answer: Path | str, *more: str) -> int:
    return run_program(["audit", "--prompt", str(prompt), "--answer", str(answer), *more])


def test_a_good_answer_exits_with_0(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*files) == 0
    assert "0 unsupported, 0 contradicted" in capsys.readouterr().out


@pytest.mark.parametrize(
    "fault",
    [
        "\n\nSISR-Upper-4x uses residual blocks with channel attention, trained with adversarial losses.\n",
        "\n\nSee https://example.org/elsewhere for more.\n",
        "\n\nThe networks need 30 layers and run in 20 ms.\n",
        "\n\nIt is like SwinIR *[ours]*.\n",
    ],
)
def test_a_fault_exits_with_3(files: tuple[Path, Path], fault: str) -> None:
    prompt, answer = files
    answer.write_text(answer.read_text("utf-8") + fault, "utf-8")
    assert call(prompt, answer) == 3


def test_a_link_left_out_exits_with_3(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    prompt, answer = files
    answer.write_text(answer.read_text("utf-8").replace("https://arxiv.org/pdf/9902.00002", ""), "utf-8")
    assert call(prompt, answer) == 3
    assert "link of the prompt left out: https://arxiv.org/pdf/9902.00002" in capsys.readouterr().out


def test_json_has_the_shape_that_programs_rely_on(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    prompt, answer = files
    answer.write_text(
        answer.read_text("utf-8") + "\n\nIt is built on EDSR, see https://example.org/x.\n", "utf-8"
    )
    assert call(prompt, answer, "--json") == 3
    out = capsys.readouterr().out
    data = json.loads(out)
    assert data["links"] == {"outside": ["https://example.org/x"], "missing": []}
    assert data["names"] == {"outside": ["EDSR"]}
    assert {"text", "verdict", "span"} <= set(data["claims"][0])
    assert {claim["verdict"] for claim in data["claims"]} <= {
        "supported",
        "marked inference",
        "unsupported",
        "contradicted",
    }
    assert data["mismatch"]["found"] is False
    assert from_json(Audit, out).names.outside == ("EDSR",)


@pytest.mark.parametrize("which", ["prompt", "answer"])
def test_one_of_the_two_may_be_stdin(files: tuple[Path, Path], which: str) -> None:
    prompt, answer = files
    given = prompt if which == "prompt" else answer
    names = ["-" if given == path else str(path) for path in files]
    arguments = ["audit", "--prompt", names[0], "--answer", names[1]]
    result = CliRunner().invoke(main, arguments, input=given.read_bytes(), standalone_mode=False)
    assert result.return_value == 0


def test_both_from_stdin_is_the_users_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("-", "-") == 2
    assert "cannot both be stdin" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe\x00\xd8broken"])
def test_an_answer_that_is_no_text_is_the_users_mistake(files: tuple[Path, Path], content: bytes) -> None:
    files[1].write_bytes(content)
    assert call(*files) == 2


def test_missing_files_are_the_users_mistake(files: tuple[Path, Path], tmp_path: Path) -> None:
    assert call(files[0], tmp_path / "none.md") == 2
    assert call(tmp_path / "none.txt", files[1]) == 2


def test_no_control_character_reaches_the_terminal(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    prompt, answer = files
    answer.write_text("\x1b[2JThe model \x07uses [bold]secret[/bold] attention layers everywhere.\n", "utf-8")
    assert call(prompt, answer) == 3
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]secret[/bold]" in out
