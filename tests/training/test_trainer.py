"""The loop: resumes to the same losses, stops at Ctrl-C, logs, measures, and what it makes can be used."""

from __future__ import annotations

import csv
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from whichmodel.cli.main import run_program
from whichmodel.domain import InputError

pytestmark = pytest.mark.usefixtures("pytorch")

TINY = (4, 6, 8)


@pytest.fixture(autouse=True)
def tiny_network(pytorch: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small variant with a few channels: the loop is tested, not the network."""
    from whichmodel.networks import mssnet

    monkeypatch.setitem(mssnet.VARIANTS, "small", TINY)  # type: ignore[misc]
    monkeypatch.setattr("whichmodel.training.trainer.HELD_OUT", 3)


def command(photos: Path, folder: Path, *more: str) -> list[str]:
    """A small training: three batches an epoch, two epochs."""
    return [
        "train", "--photos", str(photos), "-o", str(folder), "--crop", "32", "--batch", "2", "--epoch-crops", "6",
        "--epochs", "2", "--warm-up", "1", "--longest-blur", "7", "--device", "cpu", "--check-every", "3", *more,
    ]  # fmt: skip


def rows(folder: Path) -> list[dict[str, str]]:
    """The log."""
    with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
        return [
            {name: text for name, text in row.items() if name != "seconds"} for row in csv.DictReader(file)
        ]


def numbers(folder: Path) -> dict[str, Any]:
    """The checkpoint."""
    import torch

    content: dict[str, Any] = torch.load(folder / "last.pt", weights_only=True)
    return content


def same_numbers(one: Path, other: Path) -> bool:
    """Whether two checkpoints hold the same network to the last bit."""
    import torch

    first, second = numbers(one)["model_state_dict"], numbers(other)["model_state_dict"]
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    "sizes",
    [
        [],
        pytest.param(
            ["--sizes", "variable-batch", "--smallest", "16", "--largest", "48"], marks=pytest.mark.slow
        ),
    ],
    ids=["one size", "several"],
)
def test_interrupted_and_resumed_it_is_the_same_training(
    sizes: list[str], sharp_photos: Path, tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert run_program([*command(sharp_photos, whole, *sizes), "--steps", "6"]) == 0
    assert run_program([*command(sharp_photos, parts, *sizes), "--steps", "3"]) == 0
    assert run_program([*command(sharp_photos, parts, *sizes), "--steps", "4", "--resume"]) == 0
    assert (
        run_program([*command(sharp_photos, parts, *sizes, "--workers", "3"), "--steps", "6", "--resume"])
        == 0
    )
    assert [int(row["step"]) for row in rows(whole)] == [1, 2, 3, 4, 5, 6]
    # Step 4 was the end of a part and measured there; the losses are byte for byte the same.
    kept = ("step", "epoch", "rate", "loss", "pixels", "spectrum", "height", "width", "batch")
    assert [[row[name] for name in kept] for row in rows(whole)] == [
        [row[name] for name in kept] for row in rows(parts)
    ]
    assert rows(whole)[5] == rows(parts)[5]
    assert len({row["loss"] for row in rows(whole)}) == 6
    assert same_numbers(whole, parts)


def test_ctrl_c_leaves_a_checkpoint(
    sharp_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from whichmodel.training import trainer

    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    step = trainer._step

    def pressed(state: Any, *tensors: Any, **more: Any) -> Any:
        if state.step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return step(state, *tensors, **more)

    monkeypatch.setattr(trainer, "_step", pressed)
    assert run_program(command(sharp_photos, stopped)) == 130
    told = capsys.readouterr().err
    assert "step 2 is kept" in told
    assert "--resume" in told
    assert numbers(stopped)["all_step"] == 2
    monkeypatch.setattr(trainer, "_step", step)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert run_program([*command(sharp_photos, stopped), "--resume"]) == 0
    assert run_program(command(sharp_photos, whole)) == 0
    assert len(rows(whole)) == 6
    assert rows(whole)[-1]["psnr"]
    assert run_program([*command(sharp_photos, whole), "--resume"]) == 2
    assert "that is all 2 epochs" in capsys.readouterr().err
    assert rows(whole) == rows(stopped)
    assert same_numbers(whole, stopped)


def test_rows_after_the_checkpoint_are_dropped(sharp_photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "it"
    assert run_program([*command(sharp_photos, folder), "--steps", "2"]) == 0
    with (folder / "log.csv").open("a", encoding="utf-8") as file:
        file.write("3,1,0.1,99.0,,,32,32,2,1.0,,\n3,cut o")  # as a killed training would leave it
    assert run_program([*command(sharp_photos, folder), "--steps", "3", "--resume"]) == 0
    assert [int(row["step"]) for row in rows(folder)] == [1, 2, 3]
    assert float(rows(folder)[2]["loss"]) < 99


def test_what_it_tells(sharp_photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--sizes", "variable-batch", "--smallest", "16", "--largest", "48", "--curriculum"]
    assert run_program([*command(sharp_photos, tmp_path / "it", *more), "--steps", "3"]) == 0
    told = capsys.readouterr().err
    assert "5 sharp photographs, blurred here, 1 held out" in told
    assert "expected compute: 0." in told
    assert "held-out crops: blurred " in told
    last = rows(tmp_path / "it")[-1]
    assert 5 < float(last["given_psnr"]) < 60
    assert 0 < float(last["psnr"]) < 60
    # The first epoch of the curriculum has the smallest size alone, and one batch of it holds all.
    assert [rows(tmp_path / "it")[0][name] for name in ("height", "batch")] == ["16", "8"]


@pytest.mark.slow
def test_the_loss_falls(sharp_photos: Path, tmp_path: Path) -> None:
    call = command(sharp_photos, tmp_path / "it", "--rate", "2e-3")
    call[call.index("--epochs") + 1] = "10"
    assert run_program(call) == 0
    losses = [float(row["loss"]) for row in rows(tmp_path / "it")]
    assert len(losses) == 30
    assert sum(losses[-6:]) < 0.7 * sum(losses[:6])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--crop", "40"], "must be a multiple of 16"),
        (["--sizes", "multi-scale", "--smallest", "64", "--largest", "32"], "is larger than the largest"),
        (["--resume"], "start without --resume"),
        (["--device", "cuda"], "no CUDA device"),
        (["--pairs", "x"], "either --pairs or --photos"),
    ],
)
def test_what_cannot_be(
    more: list[str], said: str, sharp_photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    if "cuda" in more and torch.cuda.is_available():
        return
    assert run_program(command(sharp_photos, tmp_path / "it", *more)) == 2
    assert said in capsys.readouterr().err


def test_another_training_is_not_gone_on_with(
    sharp_photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "it"
    assert run_program([*command(sharp_photos, folder), "--steps", "1"]) == 0
    assert run_program([*command(sharp_photos, folder), "--steps", "2"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run_program([*command(sharp_photos, folder, "--rate", "1e-3"), "--steps", "2", "--resume"]) == 2
    assert "rate 0.0002 there, 0.001 here" in capsys.readouterr().err
    assert run_program([*command(sharp_photos, folder), "--steps", "1", "--resume"]) == 2
    assert "has 1 steps already" in capsys.readouterr().err
    (sharp_photos / "0.png").unlink()
    assert run_program([*command(sharp_photos, folder), "--steps", "2", "--resume"]) == 2
    assert "other files" in capsys.readouterr().err
    (folder / "last.pt").write_bytes(b"damaged")
    assert run_program([*command(sharp_photos, folder), "--steps", "2", "--resume"]) == 2
    assert "is no checkpoint of `whichmodel train`, or is damaged" in capsys.readouterr().err


def test_its_checkpoint_is_one_that_pulls_take(sharp_photos: Path, tmp_path: Path) -> None:
    from whichmodel.networks.checkpoint import read_checkpoint
    from whichmodel.networks.mssnet import MSSNet, check_shared_slope

    assert run_program([*command(sharp_photos, tmp_path / "it"), "--steps", "1"]) == 0
    found = read_checkpoint(tmp_path / "it" / "last.pt")
    check_shared_slope(found)
    MSSNet("small").load_state_dict(found, strict=True)


def test_without_pytorch_it_says_what_brings_it(
    sharp_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("whichmodel.cli.train.importlib.util.find_spec", lambda name: None)
    assert run_program(command(sharp_photos, tmp_path / "it")) == 2
    assert "pip install 'whichmodel[torch]'" in capsys.readouterr().err


def test_a_loss_that_is_no_number_ends_it(
    sharp_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from whichmodel.networks.mssnet import MSSNet

    forward = MSSNet.forward
    monkeypatch.setattr(MSSNet, "forward", lambda self, x: [each * float("nan") for each in forward(self, x)])
    assert run_program([*command(sharp_photos, tmp_path / "it"), "--steps", "2"]) == 1
    assert "the loss of step 1 is nan" in capsys.readouterr().err


def test_tensorboard_is_asked_for_where_it_is_not(
    sharp_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        "whichmodel.cli.train.importlib.util.find_spec",
        lambda name: None if name == "tensorboard" else real(name),
    )
    assert run_program(command(sharp_photos, tmp_path / "it", "--tensorboard")) == 2
    assert "log.csv has it all" in capsys.readouterr().err


def test_nothing_is_held_out_of_a_few(tmp_path: Path, sharp_photos: Path) -> None:
    from whichmodel.training.pairs import photographs_in

    for name in ("0", "1"):
        (sharp_photos / f"{name}.png").unlink()
    train, held = photographs_in(sharp_photos)
    assert (len(train), len(held)) == (4, 0)
    assert run_program([*command(sharp_photos, tmp_path / "it"), "--steps", "1"]) == 0
    assert rows(tmp_path / "it")[0]["psnr"] == ""


def test_a_plan_keeps_what_it_was_told() -> None:
    from whichmodel.training.state import Plan

    plan = Plan(crop=250)
    with pytest.raises(InputError, match="crop is 250"):
        plan.check()
    assert Plan().sampler().expected_compute() == 1
