"""The program starts, lists its commands, and every command that the documents show can be parsed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from whichmodel.cli.main import COMMANDS, main

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(?:console|sh|bash|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL_ENDS = {"|", ">", ">>", "<", "&&", "||", ";", "2>"}


def shown_commands(text: str) -> Iterator[str]:
    """Every command line of whichmodel in the blocks of a document, without what it prints; continued lines joined."""
    for block in BLOCK.findall(text):
        lines = block.replace("\\\n", " ").splitlines()
        prompted = [line for line in lines if line.startswith("$ ")]
        for line in prompted or lines:
            line = line.removeprefix("$ ").strip()
            if line.split(" ")[0].rsplit("/")[-1] == "whichmodel":
                yield line


def check(line: str) -> None:
    """Parse a command line down to its options, without running it or looking at files.

    Raises:
        click.UsageError: there is no such command or option.
    """
    words = shlex.split(line, comments=True)[1:]
    for index, word in enumerate(words):
        if word in SHELL_ENDS:
            words = words[:index]
            break
    command: click.Command = main
    context = click.Context(command, info_name="whichmodel")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            raise click.UsageError(f"no such command: {words[0]}")
        command, words = found, words[1:]
        context = click.Context(command, parent=context, info_name=command.name)
    command.make_parser(context).parse_args(list(words))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_commands_in_documents_can_be_parsed(document: Path) -> None:
    wrong = []
    for line in shown_commands(document.read_text(encoding="utf-8")):
        try:
            check(line)
        except (click.UsageError, ValueError) as error:
            wrong.append(f"{line}\n  {error}")
    assert not wrong, "\n".join(wrong)


def test_the_check_refuses_what_does_not_exist() -> None:
    with pytest.raises(click.UsageError):
        check("whichmodel no-such-command")
    with pytest.raises(click.UsageError):
        check("whichmodel ask 'how?' --no-such-option")


def test_the_readme_shows_commands() -> None:
    assert list(shown_commands((REPOSITORY / "README.md").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.help, f"`whichmodel {name} --help` says nothing"


def test_the_program_starts_and_lists_its_commands() -> None:
    call = [sys.executable, "-m", "whichmodel", "--help"]
    shown = subprocess.run(call, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    for name in COMMANDS:
        assert re.search(rf"^  {re.escape(name)}\b", shown, re.MULTILINE), name


def test_an_unknown_command_is_the_users_mistake() -> None:
    call = [sys.executable, "-m", "whichmodel", "no-such-command"]
    ended = subprocess.run(call, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert ended.returncode == 2
    assert "no-such-command" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_readme_names_every_command_and_no_other() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `whichmodel (\w+)", readme, re.MULTILINE)) == set(COMMANDS)
