"""The reference names what there is: every command, every exit code, every variable of the environment."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from docs_blocks import REPOSITORY

import whichmodel
from whichmodel.cli.main import COMMANDS, main
from whichmodel.domain import InputError, Record, from_data
from whichmodel.nodes.registry import OPERATIONS

REFERENCE = REPOSITORY / "docs" / "reference"
SOURCES = sorted((REPOSITORY / "src").rglob("*.py"))
OURS = re.compile(r"\b_?WHICHMODEL_[A-Z_]+\b")
READ = re.compile(r"""environ(?:\.get|\.setdefault)?[\[(]\s*["']([A-Z_]+)["']""")
NAMED = re.compile(r"`(_?[A-Z]+(?:_[A-Z]+)+|LOCALAPPDATA)`")


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def in_sources(pattern: re.Pattern[str]) -> set[str]:
    return {found for path in SOURCES for found in pattern.findall(path.read_text(encoding="utf-8"))}


def test_every_variable_is_told() -> None:
    told = set(NAMED.findall(page("environment.md")))
    read = in_sources(OURS) | in_sources(READ) | in_sources(re.compile(r'"(XDG_[A-Z_]+|LOCALAPPDATA)"'))
    assert read - told == set()


def test_no_variable_is_told_that_is_not_read() -> None:
    """Those of other programs stand in a sentence of their own, below the tables."""
    rows = "\n".join(line for line in page("environment.md").splitlines() if line.startswith("|"))
    first = {found for row in rows.splitlines() for found in NAMED.findall(row.split("|")[1])}
    everything = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert {name for name in first if name not in everything} <= {"NO_COLOR"}


def test_every_exit_code_is_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", page("exit-codes.md"), re.MULTILINE)}
    errors = {kind for kind in vars(whichmodel.domain).values() if isinstance(kind, type)}
    codes = {kind.exit_code for kind in errors if issubclass(kind, whichmodel.WhichmodelError)}
    assert told == codes | {0, 3, 130}


def test_every_command_is_told_and_no_other() -> None:
    rows = re.findall(
        r"^\| \[`whichmodel ([\w ]+)`\]\(\.\./how-to/(\w+)\.md\)", page("commands.md"), re.MULTILINE
    )
    there = set()
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        below = command.commands if isinstance(command, click.Group) else {}
        there |= {f"{name} {one}" for one in below} or {name}
    assert {name for name, _ in rows} == there
    assert all(name.split()[0] == target for name, target in rows)


def test_the_options_that_the_table_names_exist() -> None:
    for row in page("commands.md").splitlines():
        found = re.match(r"\| \[`whichmodel ([\w ]+)`\]", row)
        if not found:
            continue
        command: click.Command = main
        for word in found[1].split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word) or pytest.fail(word)
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)) <= known


@pytest.mark.parametrize("kind", [whichmodel.Workflow, whichmodel.ModelCard, whichmodel.Task])
def test_the_hint_of_a_wrong_document_leads_to_its_fields(kind: type[Record]) -> None:
    with pytest.raises(InputError) as caught:
        from_data(kind, {"no such field": 1})
    named = re.search(r"docs/[\w/-]+\.md", caught.value.hint)
    assert named
    assert (REPOSITORY / named[0]).is_file()
    assert kind.__name__ in Path(REPOSITORY / named[0]).read_text(encoding="utf-8")


def test_every_operation_is_told_with_its_ports() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.*?) \| (\w+) \|", page("workflow-file.md"), re.MULTILINE)
    told = {name: (set(re.findall(r"`(\w+)`(?! \(optional)", ports)), gives) for name, ports, gives in rows}
    there = {
        name: (
            {port for port, spec in operation.ports.items() if spec.required},
            "data" if operation.data else operation.gives.value,
        )
        for name, operation in OPERATIONS.items()
    }
    assert told == there


def test_the_page_on_python_has_every_name_and_no_other() -> None:
    named = re.findall(r"^\.\. auto(?:class|function):: whichmodel\.(\w+)$", page("python.md"), re.MULTILINE)
    assert sorted(named) == sorted(whichmodel.__all__)
