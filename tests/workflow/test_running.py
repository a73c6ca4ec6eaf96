"""Runs from file to file: what comes out, what is refused, and that failures leave nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.domain import InputError, PictureError, StepError, UnboundError
from whichmodel.examining import first_evidence
from whichmodel.pictures import Limits, Picture, read_picture, write_picture
from whichmodel.runtimes.ncnn import NcnnNet
from whichmodel.workflow import plan_enlargement, run_workflow, workflow_for_card

CARDS = cards()
EIGHT = next(card for card in CARDS.values() if card.scale == 8 and card.weights is None)
pytestmark = pytest.mark.usefixtures("span")


@pytest.fixture
def small(photo: Path, tmp_path: Path) -> Path:
    """A part of a real photograph, 90 x 70 pixels."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "small.png"
    write_picture(Picture(np.ascontiguousarray(read_picture(photo).pixels[100:170, 100:190])), path)
    return path


def test_report_and_result_agree(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    seen: list[tuple[str, int, int]] = []
    report = run_workflow(
        plan_enlargement(3, CARDS),
        small,
        out,
        cards=CARDS,
        tile=32,
        progress=lambda step, done, total: seen.append((step.id, done, total)),
        examine=first_evidence,
    )
    result = read_picture(out)
    assert (result.width, result.height) == (270, 210) == (report.output.width, report.output.height)
    assert report.input.sha256 == hashlib.sha256(small.read_bytes()).hexdigest()
    assert report.output.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert report.new_pixel_share == pytest.approx(8 / 9)
    model, resampled = report.steps
    assert (model.model, model.weights, model.licence) == ("SPAN-4x", CARDS["SPAN-4x"].weights, "GPL-3.0")
    assert set(model.weights_sha256) == {"param", "bin"}
    assert (resampled.size_in, resampled.size_out) == ((360, 280), (270, 210))
    assert report.evidence is not None
    assert report.evidence["agreement"]["rmse"] < report.evidence["bicubic_agreement"]["rmse"]
    assert ("enlarge-4x", 360 * 280, 360 * 280) in seen
    assert [done for id, done, _ in seen if id == "enlarge-4x"] == sorted(
        done for id, done, _ in seen if id == "enlarge-4x"
    )


def test_the_same_run_gives_the_same_bytes_and_replaces_the_output(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"old")
    first = run_workflow(plan_enlargement(2, CARDS), small, out, cards=CARDS)
    second = run_workflow(plan_enlargement(2, CARDS), small, out, cards=CARDS)
    assert first.output.sha256 == second.output.sha256


def test_grey_16_bit_with_alpha_through_a_chain(tmp_path: Path) -> None:
    ramp = np.linspace(5000, 60000, 20 * 30).reshape(20, 30, 1).astype(np.uint16)
    write_picture(Picture(ramp, np.full((20, 30), 65535, np.uint16)), tmp_path / "g.png")
    run_workflow(plan_enlargement(6, CARDS), tmp_path / "g.png", tmp_path / "o.png", cards=CARDS)
    result = read_picture(tmp_path / "o.png")
    assert (result.pixels.shape, result.bits) == ((120, 180, 1), 16)
    assert result.alpha is None or result.alpha.min() == 65535


@pytest.mark.parametrize("broken", range(6))
@pytest.mark.parametrize("fault", ["raises", "nan", "interrupt"])
def test_a_fault_at_any_tile_fails_the_run_and_leaves_no_file(
    broken: int, fault: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(1000))
    own = NcnnNet.infer

    def infer(net: NcnnNet, x: NDArray[np.float32]) -> NDArray[Any]:
        y = own(net, x)
        if next(calls) == broken:
            if fault == "interrupt":
                raise KeyboardInterrupt
            if fault == "raises":
                raise RuntimeError("no")
            y[0, 0, 0] = np.nan
        return y

    monkeypatch.setattr(NcnnNet, "infer", infer)
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "o.png"
    out.write_bytes(b"kept")
    with pytest.raises(KeyboardInterrupt if fault == "interrupt" else StepError):
        run_workflow(plan_enlargement(2, CARDS), small, out, cards=CARDS, tile=35)
    assert [path.name for path in out.parent.iterdir()] == ["o.png"]
    assert out.read_bytes() == b"kept"


def test_an_implausible_result_is_not_written(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NcnnNet, "infer", lambda net, x: np.zeros((3, 2 * x.shape[1], 2 * x.shape[2])))
    with pytest.raises(StepError, match="single colour"):
        run_workflow(plan_enlargement(2, CARDS), small, tmp_path / "o.png", cards=CARDS)
    assert not (tmp_path / "o.png").exists()


class TestRefusals:
    """What is refused before anything runs."""

    @pytest.fixture(autouse=True)
    def _nothing_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def infer(net: NcnnNet, x: object) -> None:
            pytest.fail("the network ran")

        monkeypatch.setattr(NcnnNet, "infer", infer)

    @pytest.mark.parametrize("kind", ["same", "symlink", "hard link"])
    def test_the_input_is_never_replaced(self, kind: str, small: Path, tmp_path: Path) -> None:
        out = small if kind == "same" else tmp_path / "link.png"
        if kind == "symlink":
            out.symlink_to(small)
        if kind == "hard link":
            os.link(small, out)
        with pytest.raises(InputError, match="the input itself"):
            run_workflow(plan_enlargement(2, CARDS), small, out, cards=CARDS)

    def test_limits(self, small: Path, tmp_path: Path) -> None:
        with pytest.raises(PictureError, match="above the limit"):
            run_workflow(
                plan_enlargement(4, CARDS),
                small,
                tmp_path / "o.png",
                cards=CARDS,
                limits=Limits(max_output_pixels=100_000),
            )

    def test_formats(self, small: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError):
            run_workflow(plan_enlargement(2, CARDS), small, tmp_path / "o.xyz", cards=CARDS)

    def test_unbound(self, small: Path, tmp_path: Path) -> None:
        with pytest.raises(UnboundError, match=EIGHT.name):
            run_workflow(workflow_for_card(EIGHT), small, tmp_path / "o.png", cards=CARDS)


class TestProgram:
    """The commands `plan` and `run`."""

    def test_run_as_json(self, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_program(["run", "SPAN-2x", str(small), "-o", str(tmp_path / "o.jpg"), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["document"] == "runreport"
        assert (told["output"]["width"], told["output"]["height"]) == (180, 140)

    def test_substitution_is_told(
        self, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = ["run", EIGHT.name, str(small), "-o", str(tmp_path / "o.png")]
        assert run_program(arguments) == 2
        assert "--substitute" in capsys.readouterr().err
        assert run_program([*arguments, "--substitute", "SPAN-4x+SPAN-2x"]) == 0
        assert f"SPAN-4x then SPAN-2x substituted for {EIGHT.name}" in capsys.readouterr().out
        assert read_picture(tmp_path / "o.png").width == 720

    def test_plan(self, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_program(["plan", "enlarge 3x", str(small)]) == 0
        assert "resampled to 3/4" in capsys.readouterr().out
        assert run_program(["plan", EIGHT.name, str(small), "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["runs"] is False

    def test_a_batch_goes_on_after_an_error(
        self, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken = tmp_path / "broken.png"
        broken.write_bytes(b"no picture")
        other = tmp_path / "other.png"
        other.write_bytes(small.read_bytes())
        folder = tmp_path / "a" / "b"
        code = run_program(
            ["run", "enlarge 2x", str(broken), str(small), str(other), "-o", str(folder), "--json"]
        )
        told = json.loads(capsys.readouterr().out)
        assert code == 2
        assert sorted(path.name for path in folder.iterdir() if path.suffix == ".png") == [
            "other.png",
            "small.png",
        ]
        assert [item["input"] for item in told["failures"]] == [str(broken)]
        assert len(told["runs"]) == 2

    def test_two_inputs_never_meet_in_one_output(
        self, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        twin = tmp_path / "SMALL.png"
        twin.write_bytes(small.read_bytes())
        assert run_program(["run", "enlarge 2x", str(small), str(twin), "-o", str(tmp_path / "o")]) == 2
        assert "would both be written" in capsys.readouterr().err
        assert not (tmp_path / "o").exists()
        arguments = ["run", "enlarge 2x", str(small), str(tmp_path / "x.png"), "-o", str(small.parent)]
        assert run_program(arguments) == 2
        assert "one of the inputs" in capsys.readouterr().err
