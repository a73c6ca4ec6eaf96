"""The how-to pages show the help that the program prints today, of every command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from docs_blocks import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "scripts"))
docs_help: Any = __import__("docs_help")
sys.path.pop(0)

HELPS: dict[str, str] = dict(docs_help.helps())
PAGES: list[Path] = sorted((REPOSITORY / "docs" / "how-to").glob("*.md"))


@pytest.mark.parametrize("command", HELPS)
def test_the_page_of_a_command_shows_its_help(command: str) -> None:
    page = (REPOSITORY / "docs" / "how-to" / f"{command.split()[0]}.md").read_text(encoding="utf-8")
    shown = {found[1]: found[2] for found in docs_help.BLOCK.finditer(page)}
    assert shown.get(command) == HELPS[command], "renew it: python scripts/docs_help.py"


def test_the_renewal_changes_nothing_else() -> None:
    page = "a\n```console\n$ whichmodel ask --help\nold\n```\nb\n```console\n$ whichmodel ask x\n```\n"
    new = docs_help.renewed(page, {"ask": "new\n"})
    assert new == page.replace("old", "new")


def test_every_page_is_of_a_command_or_known() -> None:
    commands = {command.split()[0] for command in HELPS}
    assert {path.stem for path in PAGES} - commands <= {"index", "plugins", "rest"}
