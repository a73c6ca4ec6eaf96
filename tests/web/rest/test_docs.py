"""The examples of docs/how-to/rest.md and of the page at /api work as they stand."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from starlette.testclient import TestClient

from whichmodel.web.settings import Settings

PAGE = "docs/how-to/rest.md"
SHOWN = "http://localhost:8470"
"""The address in the examples."""


def run(script: str, folder: Path) -> str:
    """Run a script of the shell, every line of which has to succeed, and give what it prints."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    # The `python3` of the examples is the one that runs the tests.
    tools = folder / "tools"
    tools.mkdir()
    (tools / "python3").symlink_to(sys.executable)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path, small: Path) -> Path:
    """Where a reader stands."""
    shutil.copyfile(small, tmp_path / "photo.png")
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_examples_of_the_document(address: str, folder: Path, repository: Path) -> None:
    text = (repository / PAGE).read_text(encoding="utf-8").replace(SHOWN, address)
    fences = [token for token in MarkdownIt().parse(text) if token.type == "fence"]
    shell = [token.content for token in fences if token.info == "sh"]
    assert len(shell) >= 8
    printed = run("\n".join(shell), folder)
    assert "I enlarged a photo 4x and it looks new. How?\n" in printed
    assert "[60, 40]\n" in printed
    assert printed.count("event: end") == 2
    assert (folder / "result.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "evidence.json").read_text())["document"] == "evidence"
    for name in ("report.html", "evidence.html"):
        assert (folder / name).read_text().startswith("<!DOCTYPE html>")
    shown = [json.loads(token.content) for token in fences if token.info == "json output"]
    assert [json.loads(printed.splitlines()[-1])] == shown


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_program_of_the_document(address: str, folder: Path, repository: Path) -> None:
    text = (repository / PAGE).read_text(encoding="utf-8").replace(SHOWN, address)
    (program,) = (token.content for token in MarkdownIt().parse(text) if token.info == "python")
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("done")
    assert (folder / "cropped.png").read_bytes().startswith(b"\x89PNG")


def test_the_statuses_and_limits_of_the_document_are_those_of_the_server(
    repository: Path, tmp_path: Path
) -> None:
    from whichmodel.web.rest.openapi import description

    text = (repository / PAGE).read_text(encoding="utf-8")
    told = set(re.findall(r"\b[45]\d\d\b", text.partition("| status |")[2].partition("\n\n")[0]))
    assert told == {*description()["components"]["responses"], "405"}
    settings = Settings(folder=tmp_path)
    for words in (
        f"{settings.upload_bytes / 1e6:.0f} MB",
        f"{settings.photo_megapixels} megapixels",
        f"{settings.max_megapixels} megapixels",
        f"{settings.most_runs} runs",
        f"{settings.keep_hours:.0f} hours",
    ):
        assert words in textwrap.fill(text, 100_000), words


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_example_of_the_page(served: TestClient, address: str, folder: Path) -> None:
    page = TestClient(served.app, base_url=SHOWN).get("/api").text
    script = html.unescape(page.partition("<pre")[2].partition(">")[2].partition("</pre>")[0])
    # Enlarging needs weights; what is shown is the way, whatever is asked for.
    assert "enlarge 4x" in script
    run(script.replace("enlarge 4x", "crop to 1:1").replace(SHOWN, address), folder)
    assert (folder / "result.png").read_bytes().startswith(b"\x89PNG")
