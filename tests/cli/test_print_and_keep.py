"""`--print`, `--dpi`, `--keep` and `--input` on plan, run and ask."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whichmodel.cli.main import run_program
from whichmodel.domain import to_json
from whichmodel.domain.media import DataType
from whichmodel.pictures import read_picture
from whichmodel.pictures.resample import resample
from whichmodel.workflow.build import apply, finish, start

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    soft = np.asarray(Image.fromarray(rng.integers(0, 256, (10, 15, 3), np.uint8)).resize((60, 40)))
    Image.fromarray(soft).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    marks = np.zeros((40, 60), np.uint8)
    marks[5:20, 10:40] = 255
    Image.fromarray(marks).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def test_a_plan_for_a_print(photo: Path, capsys: Capture) -> None:
    command = ["plan", "enlarge", str(photo), "--print", "6x9cm", "--dpi", "100", "--no-calibrate"]
    assert run_program([*command, "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    target = plan["print_target"]
    assert plan["size_out"] == [354, 236]
    assert target["factor"] == pytest.approx(5.9, abs=0.01)
    assert target["dpi_from"] == "asked"
    assert plan["print_size"]["distance_cm"] == pytest.approx(target["distance_cm"], abs=0.1)
    assert run_program(command) == 0
    told = capsys.readouterr().out
    assert "prints 9.0 × 6.0 cm at 100 dpi" in told
    assert "viewing distance of 87 cm or more" in told


def test_a_print_that_no_photo_of_this_size_gives(photo: Path, capsys: Capture) -> None:
    assert run_program(["plan", "enlarge", str(photo), "--print", "A3", "--no-calibrate"]) == 2
    told = capsys.readouterr().err
    assert "the photo is too small for that print" in told
    assert "honest would be at most 4×" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["SPAN-4x", "--print", "A5"], "--print and --dpi go with plain words"),
        (["enlarge 4x", "--print", "A5"], "the words name a size ('4x')"),
        (["enlarge", "--print", "B5"], "the print size 'B5' is not understood"),
        (["enlarge 2x", "--input", "mask"], "--input 'mask' is not NAME=FILE"),
        (["enlarge 2x", "--input", "mask=photo.png"], "has no further input 'mask'"),
    ],
)
def test_what_does_not_go_together(photo: Path, capsys: Capture, arguments: list[str], said: str) -> None:
    assert run_program(["plan", arguments[0], str(photo), *arguments[1:], "--no-calibrate"]) == 2
    assert said in capsys.readouterr().err


def test_a_mask_keeps_its_part_of_the_photo(
    photo: Path, mask: Path, tmp_path: Path, capsys: Capture, pulled_weights: object
) -> None:
    out = tmp_path / "out.png"
    assert run_program(["run", "enlarge 2x", str(photo), "--keep", str(mask), "-o", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["others"]["keep-mask"]["path"] == str(mask)
    result, plain = read_picture(out).pixels, resample(read_picture(photo).pixels, 120, 80)
    assert np.array_equal(result[10:40, 20:80], plain[10:40, 20:80])
    assert not np.array_equal(result[60:], plain[60:])
    told = json.loads((tmp_path / "out.png.provenance.json").read_text())["others"]["keep-mask"]
    assert told["path"] == "mask.png"
    assert len(told["sha256"]) == 64


def test_a_mask_of_another_size_is_refused_before_anything_runs(
    photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    Image.new("L", (61, 40)).save(tmp_path / "other.png")
    for command in (["plan", "--no-calibrate"], ["run", "-o", str(tmp_path / "out.png")]):
        arguments = [
            command[0],
            "enlarge 2x",
            str(photo),
            "--keep",
            str(tmp_path / "other.png"),
            *command[1:],
        ]
        assert run_program(arguments) == 2
        assert "other.png has 61 × 40 pixels, the photo 60 × 40" in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_a_workflow_file_takes_further_inputs(
    photo: Path, mask: Path, tmp_path: Path, capsys: Capture
) -> None:
    where = start("where", DataType.MASK)
    soft = finish(apply("composite", foreground=start(), mask=where), title="cut out")
    (tmp_path / "w.json").write_text(to_json(soft))
    command = ["run", str(tmp_path / "w.json"), str(photo), "-o", str(tmp_path / "out.png")]
    assert run_program(command) == 2
    assert "--input where=FILE" in capsys.readouterr().err
    assert run_program([*command, "--input", f"where={mask}"]) == 0
    alpha = read_picture(tmp_path / "out.png").alpha
    assert alpha is not None
    assert np.array_equal(alpha, read_picture(mask).pixels[:, :, 0])


def test_ask_tells_the_print_and_what_is_left_alone(photo: Path, capsys: Capture) -> None:
    question = "enlarge this photo, leave the background alone, don't touch the sky"
    command = ["ask", question, "--photo", str(photo), "--print", "6x9cm", "--dpi", "100"]
    assert run_program([*command, "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    here = " ".join(item["text"] for item in answer["here"])
    assert "Your print: 100 dpi, as asked." in here
    assert "leave alone the background" in here
    assert "“don't touch the sky”" in here
    assert answer["workflow"]["steps"][-1]["operation"] == "keep"
    assert run_program(["ask", question, "--keep", str(photo)]) == 2
    assert "--keep belongs to --run" in capsys.readouterr().err
