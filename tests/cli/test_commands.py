"""The command line as people and programs use it: what is printed, and the exit codes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from whichmodel.cli.main import run_program

PROMPT = """\
A user has asked the following question:
"I enlarged a stamp to 4x and can read the tiny print. How?"

### Recommended AI Models:
Model: Smooth-Deblur-One
Paper: https://example.org/one.pdf

### Related Papers:
Model: Naming Every Pixel
Paper: https://example.org/two.pdf
Summary: We propose a network for semantic segmentation of street scenes.
"""


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    path = tmp_path / "prompt.txt"
    path.write_text(PROMPT, "utf-8")
    return path


def test_answer_in_markdown(prompt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["answer", str(prompt)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("**Short reply.**")
    assert "https://example.org/one.pdf" in out
    assert "https://example.org/two.pdf" in out


def test_answer_in_json(prompt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["answer", str(prompt), "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema_version"] == 1
    assert data["mismatch"]["model_tasks"] == ["deblurring"]


def test_answer_in_html(prompt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["answer", str(prompt), "--format", "html"]) == 0
    out = capsys.readouterr().out
    assert out.lower().startswith("<!doctype html>")
    assert 'href="https://example.org/one.pdf"' in out


def test_answer_from_stdin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PROMPT.encode())))
    assert run_program(["answer", "-"]) == 0
    assert "Smooth-Deblur-One" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (bytes(range(256)) * 20, "is not text"),
        (b"word " * 10_500_000, "larger than 8 MB"),
        (b"no question here", "no question found"),
    ],
)
def test_bad_prompts_exit_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    assert run_program(["answer", str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_a_prompt_that_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run_program(["answer", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err


def test_ask_recommends_and_marks_our_cards(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["ask", "I blew a tiny picture up 8x and it looks new. How?"]) == 0
    out = capsys.readouterr().out
    assert "super-resolution" in out
    assert "our card]" in out
    assert "## On this computer" in out
    assert "deblurring" not in out.lower().split("## 2.")[0]


@pytest.mark.parametrize(
    ("question", "task"),
    [
        ("How did it read my letter aloud in such a natural voice?", "text-to-speech"),
        ("Please write down what is said in this recording", "speech-recognition"),
        ("I typed a sentence and it painted a picture of it. How?", "text-to-image"),
    ],
)
def test_ask_is_complete_for_other_media_and_their_steps_are_unbound(
    capsys: pytest.CaptureFixture[str], question: str, task: str
) -> None:
    assert run_program(["ask", question, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["workflow"]["steps"]
    assert data["papers"]
    assert any(source["task"] == task for source in data["sources"])
    assert any("cannot run here" in sentence["text"] for sentence in data["here"])


@pytest.mark.parametrize("question", ["", "what is the capital of France?"])
def test_ask_says_when_it_does_not_know(capsys: pytest.CaptureFixture[str], question: str) -> None:
    assert run_program(["ask", question]) == 0
    assert "we recommend" not in capsys.readouterr().out


def test_recommend_json_is_one_line_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["recommend", "enlarge my photo 4x", "--top", "2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["intent"]["task"] == "super-resolution"
    assert data["intent"]["scale"] == 4
    assert len(data["models"]) == 2
    assert {"name", "task", "scale", "score", "why"} <= data["models"][0].keys()
    assert isinstance(data["papers"], list)


def test_recommend_batch_keeps_the_order(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    questions = ["enlarge this 4x", "", "remove the fog from my holiday photo"]
    source.write_text(
        "\n".join(json.dumps({"id": i, "question": q}) for i, q in enumerate(questions)) + "\n\n"
    )
    assert run_program(["recommend", "--batch", str(source), "--output", str(target), "--top", "1"]) == 0
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert [row["id"] for row in rows] == [0, 1, 2]
    assert [row["intent"]["task"] for row in rows] == ["super-resolution", None, "dehazing"]


def test_recommend_batch_names_the_bad_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 1, "question": "enlarge this"}\n{"id": 2}\n')
    assert run_program(["recommend", "--batch", str(source), "--output", str(target)]) == 2
    assert "line 2" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["recommend"],
        ["answer"],
        ["ask", "enlarge", "--run"],
        ["ask", "enlarge", "-o", "x.png"],
        ["nonsense"],
        ["answer", "x", "--format", "pdf"],
    ],
)
def test_wrong_use_exits_with_2_and_a_message(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(arguments) == 2
    assert capsys.readouterr().err


def test_an_error_of_ours_exits_with_1_and_no_traceback(
    prompt: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("whichmodel.cli.answer.write_and_tell", broken)
    assert run_program(["answer", str(prompt)]) == 1
    err = capsys.readouterr().err
    assert "broken on purpose" in err
    assert "Traceback" not in err


def test_interrupting_exits_with_130(prompt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("whichmodel.cli.answer.write_and_tell", interrupted)
    assert run_program(["answer", str(prompt)]) == 130


def test_a_reader_that_leaves_early_is_no_error(prompt: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m whichmodel answer {prompt} | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("**Short reply.**")
    assert "Error" not in done.stderr


def test_the_limit_on_pixels_can_be_raised_and_lowered(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["plan", "enlarge 4x", str(photo)]) == 0
    capsys.readouterr()
    out = tmp_path / "out.png"
    assert run_program(["run", "enlarge 16x", str(photo), "-o", str(out), "--max-megapixels", "1"]) == 2
    assert "--max-megapixels" in capsys.readouterr().err
    assert not out.exists()


def test_lossy_results_are_measured_as_they_stand_in_the_file(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], pulled_weights: object
) -> None:
    from whichmodel.pictures import Picture, read_picture, write_picture

    small = tmp_path / "small.png"
    write_picture(Picture(read_picture(photo).pixels[100:220, 200:380]), small)
    told = {}
    for quality in ("5", "95"):
        out = tmp_path / f"q{quality}.jpg"
        command = ["run", "enlarge 2x", str(small), "-o", str(out), "--quality", quality, "--no-evidence"]
        assert run_program([*command, "--json"]) == 0
        told[quality] = json.loads(capsys.readouterr().out)["evidence"]["agreement"]["rmse"]
    assert told["5"] > 3 * told["95"]


def test_unknown_weights_are_the_users_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["weights", "pull", "foo"]) == 2
    told = capsys.readouterr().err
    assert "called 'foo'" in told
    assert "span-x4-ch48" in told


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_a_print_carries_its_dots_per_inch(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], pulled_weights: object, ending: str
) -> None:
    from whichmodel.pictures import read_picture

    before = read_picture(photo)
    wide = round(1.5 * before.width / 150 * 2.54, 1)
    out = tmp_path / f"print.{ending}"
    what = f"print it {wide} cm wide at 150 dpi"
    assert run_program(["run", what, str(photo), "-o", str(out), "--no-evidence"]) == 0
    assert "at 150 dpi" in capsys.readouterr().out
    resolution = read_picture(out).metadata.resolution
    assert resolution is not None
    assert resolution[0] * 25.4 == pytest.approx(150, abs=0.1)
