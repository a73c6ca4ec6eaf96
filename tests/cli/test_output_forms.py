"""Every command speaks to programs (`--json`), and to people without colours where these are not wanted."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from whichmodel.cli.main import COMMANDS, main

SPEAKS_ANYWAY = {
    "completion": "what it prints is a script for a shell",
    "mcp": "its stdout is a protocol of JSON messages",
}
COLOUR = re.compile(rb"\x1b\[[0-9;]*(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])[0-9;]*m")

PROMPT = """A user has asked the following question:
"How can I enlarge a photo?"
### Recommended AI Models:
Model: SomeNet
Summary: SomeNet enlarges photographs four times.
Answer:"""

CALLS = {
    "answer": ["answer", "prompt.txt"],
    "audit": ["audit", "--prompt", "prompt.txt", "--answer", "answer.md"],
    "ask": ["ask", "enlarge a photo 4x"],
    "recommend": ["recommend", "enlarge a photo 4x"],
    "plan": ["plan", "rotate 90 degrees", "photo.png"],
    "run": ["run", "rotate 90 degrees", "photo.png", "-o", "out.png"],
    "evidence": ["evidence", "photo.png", "photo.png", "-o", "evidence"],
    "models list": ["models", "list"],
    "models show": ["models", "show", "SPAN-4x"],
    "models import": ["models", "import", "--check", "card.json"],
    "papers search": ["papers", "search", "deblurring of two pictures"],
    "papers import": ["papers", "import", "nothing.jsonl"],
    "papers index": ["papers", "index", "--most", "1", "--library", "no-such-folder"],
    "train": ["train", "-o", "trained"],
    "weights list": ["weights", "list"],
    "weights pull": ["weights", "pull", "no-such-weights"],
    "weights verify": ["weights", "verify", "no-such-weights"],
    "serve": ["serve", "--host", "no such host"],
    "mcp": ["mcp", "--root", "no-such-folder"],
    "completion": ["completion", "bash"],
    "doctor": ["doctor"],
}
"""One call of every command; some are wrong, because what a mistake is told with has to be plain too."""


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words that call it."""
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", one) for below, one in command.commands.items())
        elif command is not None:
            yield name, command


@pytest.mark.parametrize(
    ("name", "command"), list(leaves()), ids=lambda value: str(value) if " " in str(value) else None
)
def test_every_command_has_json(name: str, command: click.Command) -> None:
    options = {option for parameter in command.params for option in parameter.opts}
    assert ("--json" in options) is (name not in SPEAKS_ANYWAY)


def test_every_command_is_called_below() -> None:
    assert set(CALLS) == {name for name, _ in leaves()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photo: Path) -> Path:
    """A folder with what the calls name."""
    from whichmodel.pictures import Picture, read_picture, write_picture

    place = tmp_path_factory.mktemp("forms")
    write_picture(Picture(read_picture(photo).pixels[:64, :96]), place / "photo.png")
    (place / "prompt.txt").write_text(PROMPT, encoding="utf-8")
    (place / "answer.md").write_text("SomeNet paints houses. See https://example.org/x.", encoding="utf-8")
    (place / "card.json").write_text("[]", encoding="utf-8")
    return place


def environment(**more: str) -> dict[str, str]:
    """As now, with nothing that speaks of colours but what is given."""
    plain = {name: value for name, value in os.environ.items() if "COLOR" not in name and name != "TERM"}
    return plain | more


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_a_pipe_gets_plain_text(name: str, folder: Path) -> None:
    call = [sys.executable, "-m", "whichmodel", *CALLS[name]]
    done = subprocess.run(
        call,
        cwd=folder,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(TERM="xterm-256color"),
    )
    assert done.stdout or done.stderr or name == "mcp"
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_no_color_is_obeyed_on_a_terminal(name: str, folder: Path) -> None:
    shown = on_a_terminal(CALLS[name], folder, environment(TERM="xterm-256color", NO_COLOR="1"))
    assert not COLOUR.search(shown)


@pytest.mark.slow
def test_a_terminal_is_told_from_a_pipe(folder: Path) -> None:
    assert b"\x1b[" in on_a_terminal(CALLS["recommend"], folder, environment(TERM="xterm-256color"))


def on_a_terminal(call: list[str], folder: Path, env: dict[str, str]) -> bytes:
    """What a call shows where stdout and stderr are a terminal; read to the end, which comes when it ends."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "whichmodel", *call],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=env,
    ):
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so where nobody writes any more
                break
            if not part:
                break
            shown += part
        os.close(ours)
    return shown


def as_json(call: list[str], run: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> object:
    """The document that a call prints."""
    assert run([*call, "--json"]) in (0, 3)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "name",
    ["answer", "ask", "plan", "run", "evidence", "models list", "models show", "weights list", "doctor"],
)
def test_json_says_of_which_version_it_is(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from whichmodel.cli.main import run_program

    monkeypatch.chdir(folder)
    document = as_json(CALLS[name], run_program, capsys)
    documents = document if isinstance(document, list) else [document]
    assert documents
    assert {one["schema_version"] for one in documents} == {1}


def test_contract_forms(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from whichmodel.cli.main import run_program

    monkeypatch.chdir(folder)
    recommended = as_json(CALLS["recommend"], run_program, capsys)
    assert isinstance(recommended, dict)
    assert {"intent", "models", "papers"} <= recommended.keys()
    audited = as_json(CALLS["audit"], run_program, capsys)
    assert isinstance(audited, dict)
    assert audited["links"]["outside"] == ["https://example.org/x"]


def test_the_index_of_papers_tells_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from whichmodel.cli.main import run_program

    (tmp_path / "mine.jsonl").write_text('{"title": "A Paper on Nothing"}\n', encoding="utf-8")
    library = ["--library", str(tmp_path / "library")]
    assert run_program(["papers", "import", str(tmp_path / "mine.jsonl"), "--no-vectors", *library]) == 0
    capsys.readouterr()
    document = as_json(["papers", "index", "--most", "1", *library], run_program, capsys)
    assert isinstance(document, dict)
    assert document["vectors"] == 1
    assert document["missing"] == 0
