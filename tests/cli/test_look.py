"""`plan` and `run` look at the photo before they enlarge it, and a person can overrule what they decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whichmodel.cli.main import run_program
from whichmodel.pictures import Picture, read_picture, write_picture
from whichmodel.workflow import advice


@pytest.fixture(autouse=True)
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where all weights are here."""
    monkeypatch.setattr(advice, "obstacle", lambda weights: None)


@pytest.fixture
def noisy(photo: Path, tmp_path: Path) -> Path:
    """A part of a photograph with plain noise."""
    pixels = read_picture(photo).pixels[:240, :320]
    grain = np.random.default_rng(3).normal(0, 20, pixels.shape)
    path = tmp_path / "noisy.png"
    write_picture(Picture(np.rint(pixels + grain).clip(0, 255).astype(np.uint8)), path)
    return path


def planned(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    run_program(["plan", *arguments, "--no-calibrate", "--json"])
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


def steps(plan: dict[str, object]) -> list[str]:
    listed = plan["steps"]
    assert isinstance(listed, list)
    return [step["step"] for step in listed]


def test_noise_that_is_found_is_removed_first(noisy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(capsys, "enlarge 2x", str(noisy))
    assert steps(plan) == ["denoising", "enlarge-2x"]
    decisions = plan["decisions"]
    assert isinstance(decisions, list)
    assert [item["chosen"] for item in decisions] == [True, False]
    assert 17 < decisions[0]["parameters"]["sigma"] < 23
    run_program(["plan", "enlarge 2x", str(noisy), "--no-calibrate"])
    assert "your photo is noisy (σ≈" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--no-look"], ["enlarge-2x"]),
        (["--without", "denoising"], ["enlarge-2x"]),
        (["--with", "deblurring"], ["denoising", "deblurring", "enlarge-2x"]),
        (["--no-look", "--with", "deblurring"], ["deblurring", "enlarge-2x"]),
    ],
)
def test_a_person_overrules(
    options: list[str], wanted: list[str], noisy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert steps(planned(capsys, "enlarge 2x", str(noisy), *options)) == wanted


def test_a_clean_photo_is_only_enlarged(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(capsys, "enlarge 2x", str(photo))
    assert steps(plan) == ["enlarge-2x"]


def test_a_model_by_name_is_run_as_it_is(noisy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(capsys, "SPAN-2x", str(noisy))["decisions"] == []


class TestAsk:
    """`ask --photo` looks too, and what it tells is what runs."""

    QUESTION = "I want to enlarge my photo 2x, how does AI do that?"

    def answer(self, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
        assert run_program(["ask", self.QUESTION, *options, "--format", "json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    def test_what_the_photo_needs_is_told_and_in_the_workflow(
        self, noisy: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = self.answer(capsys, "--photo", str(noisy))
        first, second = answer["workflow"]["steps"]
        assert (first["id"], second["takes"]) == ("denoising", {"image": "denoising"})
        assert "first, for your photo: denoising" in answer["diagram"]
        assert answer["here"][0]["text"].startswith("Your photo is noisy (σ≈")

    def test_a_person_overrules(self, noisy: Path, capsys: pytest.CaptureFixture[str]) -> None:
        answer = self.answer(capsys, "--photo", str(noisy), "--without", "denoising")
        assert len(answer["workflow"]["steps"]) == 1
        assert "left out, as you wish" in answer["here"][0]["text"]
        silent = self.answer(capsys, "--photo", str(noisy), "--no-look")
        assert not any("noisy" in line["text"] for line in silent["here"])

    def test_without_a_photo_there_is_nothing_to_overrule(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_program(["ask", self.QUESTION, "--with", "denoising"]) == 2
        assert "--photo FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "options", "told"),
    [
        ("SPAN-2x", ["--without", "denoising"], "none is asked for in words"),
        ("enlarge 2x", ["--with", "magic"], "'magic' is no step"),
    ],
)
def test_what_makes_no_sense_is_refused(
    what: str, options: list[str], told: str, noisy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_program(["plan", what, str(noisy), *options]) == 2
    assert told in capsys.readouterr().err
