"""How Sphinx builds the documentation: `make docs` writes the site to site/, and fails on a broken link.

The pages are plain Markdown that also reads well where it lies; the table of contents stands here, once. The site needs
no network: nothing on a page comes from another server. Pictures are made by the program itself.
"""

from __future__ import annotations

import inspect
import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.data import JsonLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from whichmodel.nodes.operation import Operation

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))
sys.path.insert(0, str(REPOSITORY / "src"))

import docs_pictures  # noqa: E402 - its folder has to be on the path first
import whichmodel  # noqa: E402
from whichmodel.nodes.registry import OPERATIONS  # noqa: E402

# libvips tells of each of its threads; a build says only what is wrong.
logging.getLogger("pyvips").setLevel(logging.WARNING)

project = "whichmodel"
version = release = whichmodel.__version__
language = "en-GB"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
exclude_patterns = ["made", "_static"]

# Headings of three levels can be linked to, as at GitHub.
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

html_theme = "furo"
html_show_copyright = False
html_title = "whichmodel"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")

# The table of contents: parts with their pages, in the order in which they are read.
CONTENTS = {
    "Start": ["tutorial", "can-do"],
    "How-to": ["how-to/index"],
    "Concepts": ["concepts/index"],
    "Inside": [
        "inside",
        "architecture",
        "measured",
        "papers",
        "scale",
        "release",
        "contributing",
        "changelog",
    ],
    "Reference": ["reference/index"],
    "Decisions": ["decisions/README"],
}
BELOW = {
    "how-to/index": [
        *(
            "ask",
            "answer",
            "audit",
            "recommend",
            "plan",
            "run",
            "evidence",
            "models",
            "weights",
            "papers",
            "serve",
        ),
        *("mcp", "train", "completion", "doctor", "rest", "plugins"),
    ],
    "concepts/index": [
        *(
            "task",
            "brief",
            "grounded-sentence",
            "workflow",
            "tile-exactness",
            "invention-map",
            "expected-error",
        ),
        "photo-facts",
    ],
    "reference/index": [
        "commands",
        "exit-codes",
        "json",
        "workflow-file",
        "environment",
        "python",
        "protocols",
    ],
    "decisions/README": sorted(path.stem for path in (HERE / "decisions").glob("0*.md")),
}


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the table of contents, which the sidebar shows, below the pages that have others below them."""
    if page == "index":
        source[0] += "".join(_toctree(pages, part) for part, pages in CONTENTS.items())
    if page in BELOW:
        source[0] += _toctree(BELOW[page])
    if page == "reference/workflow-file":
        source[0] += "".join(_operation(name, kind) for name, kind in OPERATIONS.items())


def _operation(name: str, operation: Operation) -> str:
    """A section on an operation: what its class says of it."""
    return f"\n\n### {name}\n\n{inspect.getdoc(type(operation))}\n"


def _toctree(pages: list[str], caption: str = "") -> str:
    return (
        "\n\n```{toctree}\n:hidden:\n"
        + f":caption: {caption}\n" * bool(caption)
        + "\n".join(["", *pages])
        + "\n```\n"
    )


def make_pictures(app: Sphinx) -> None:
    """Make the pictures that the pages show, where the program is newer than they."""
    docs_pictures.make(HERE / "made")


def quote_code(app: Sphinx, what: str, name: str, found: object, options: object, lines: list[str]) -> None:
    """In docstrings one backtick marks code, as in Markdown; reStructuredText wants two."""
    lines[:] = [CODE.sub(r"``\1``\\ ", line) for line in lines]


def setup(app: Sphinx) -> None:
    """Tell Sphinx of these."""
    app.add_lexer("jsonl", JsonLexer)
    app.connect("autodoc-process-docstring", quote_code)
    app.connect("source-read", add_contents)
    app.connect("builder-inited", make_pictures)
