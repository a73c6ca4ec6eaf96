"""The fenced blocks of the documents, and what stands about each for the tests.

What a block is decides how it is checked. Its language is the first word after the fence:

    console         `$ command` lines are run in the shell; lines between them are what was printed, and compared
    sh              a script: every line has to succeed
    python          run; `>>>` lines are tried as doctest does; a function `test_*` is called with its fixtures
    text            what the block before printed; `text drawing` is a drawing for the eye, and not compared
    json yaml toml  can be read; the second word says what it is: `workflow`, `card`, `weights`, `task`, `output`
    jsonl           as json, a document on each line
    markdown        a text for reading, or a file

`file=NAME` among the further words writes the block into the scratch folder under that name, for the blocks after
it. Comments just above a block, which readers do not see:

    <!-- exit: 3 -->              the last command ends with this exit code, not with 0
    <!-- needs: convert -->       skipped where that extra is not installed
    <!-- not run: REASON -->      one of `NOT_RUN`
    <!-- run by: tests/… -->      another test, which names the page, runs it
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

REPOSITORY = Path(__file__).parents[2]

SHELL = frozenset(("console", "sh"))
DATA = frozenset(("json", "jsonl", "yaml", "toml"))
LANGUAGES = SHELL | DATA | {"python", "text", "markdown"}

NOT_RUN = {
    "installs software": "the installation is tried by the test of the package, and by .ci/run",
    "is the tests themselves": "make test cannot run within make test",
    "needs another server": "arXiv, a database server or a language model of the reader's",
    "runs until it is stopped": "servers; their own tests start them",
    "goes on for hours": "training, and benchmarks over data that is not in the repository",
}
"""Why a block may not be run here, and who looks after it instead."""

COMMENT = re.compile(r"<!--\s*(exit|needs|not run|run by):\s*(.*?)\s*-->")


@dataclass(frozen=True)
class Block:
    """One fenced block of a document.

    Args:
        page: path of the document below the repository.
        line: where the fence opens, from 1.
        language: first word after the fence; empty where there is none.
        words: the further words.
        text: what stands between the fences.
        notes: the comments just above it, by their first words.
    """

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """`docs/papers.md:17`."""
        return f"{self.page}:{self.line}"

    @property
    def kind(self) -> str:
        """The word that says what the block is: `workflow`, `output`, `drawing`; empty where there is none."""
        return next((word for word in self.words if "=" not in word), "")

    @property
    def file(self) -> str:
        """The name under which it is written, where it is a file."""
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), "")

    @property
    def is_directive(self) -> bool:
        """Whether it is an instruction to the builder of the site (`{include}`), which tries it."""
        return self.language.startswith("{")

    @property
    def is_output(self) -> bool:
        """Whether it shows what the block before it printed."""
        return (self.language == "text" and not self.words) or self.kind == "output"

    @property
    def runs(self) -> bool:
        """Whether the tests of the documents run it."""
        return (self.language in SHELL or self.language == "python") and not (
            {"not run", "run by"} & self.notes.keys()
        )


def documents() -> list[Path]:
    """Every document whose blocks are run: those at the root of the repository and those in docs/."""
    found = [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "examples").rglob("*.md"),
    ]
    return sorted(path for path in found if "made" not in path.parts)


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a document in their order.

    Raises:
        ValueError: code is marked by indentation, so that nobody can tell what it is.
    """
    page = str(path.relative_to(REPOSITORY))
    return read_blocks(path.read_text(encoding="utf-8"), page)


def read_blocks(text: str, page: str) -> list[Block]:
    """The blocks of a text that is called `page`."""
    found, notes = [], {}
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block":
            notes = dict(COMMENT.findall(token.content))
        elif token.type == "code_block":
            line = (token.map or [0])[0] + 1
            raise ValueError(
                f"{page}:{line}: code by indentation; put it between fences and name its language"
            )
        elif token.type == "fence":
            language, *words = token.info.split() or [""]
            line = (token.map or [0])[0] + 1
            found.append(Block(page, line, language, tuple(words), token.content, notes))
            notes = {}
        elif token.type != "list_item_open":
            notes = {}
    return found
