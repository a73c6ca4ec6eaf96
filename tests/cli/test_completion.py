"""Completion in shells: the script is one that the shell takes, and what completes is what there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from whichmodel.catalog import cards
from whichmodel.cli.main import run_program
from whichmodel.weights import records


def completed(words: str) -> list[str]:
    """What bash would be offered for a line that ends where the cursor is."""
    ran = subprocess.run(
        [sys.executable, "-m", "whichmodel"],
        env={
            **os.environ,
            "_WHICHMODEL_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.partition(",")[2] for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_WHICHMODEL_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_commands_and_names_complete() -> None:
    assert set(completed("whichmodel re")) == {"recommend"}
    assert set(completed("whichmodel models show span")) == {
        name for name in cards() if name.casefold().startswith("span")
    }
    assert set(completed("whichmodel weights pull span")) == {id for id in records() if id.startswith("span")}
