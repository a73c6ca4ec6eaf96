"""The views of an answer: Markdown, JSON, a stand-alone web page, and a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from whichmodel.answering.markdown import to_markdown
from whichmodel.domain import Answer, to_json

if TYPE_CHECKING:
    from whichmodel.answering.page import OwnPicture

Format = Literal["md", "json", "html"]


def render(answer: Answer, view: Format) -> str:
    """The answer as text in one of the formats; ends with a newline."""
    if view == "json":
        return to_json(answer)
    return to_html(answer) if view == "html" else to_markdown(answer)


def to_html(answer: Answer, own: OwnPicture | None = None) -> str:
    """A stand-alone page: no script, nothing loaded from elsewhere, foreign text escaped."""
    from whichmodel.answering import page

    return page.to_html(answer, own)


def show(answer: Answer, view: Format) -> None:
    """Print the answer: drawn in a terminal, plain Markdown when piped.

    In a terminal it is as wide as the window, and `NO_COLOR` is respected.
    """
    if view == "md" and sys.stdout.isatty():
        from whichmodel.answering import terminal

        terminal.draw(answer)
        return
    sys.stdout.write(render(answer, view))
