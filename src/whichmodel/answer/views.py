"""The views of an answer: Markdown, JSON, stand-alone HTML, and a terminal."""

from __future__ import annotations

import html
import sys
from typing import Literal

from whichmodel.answer.markdown import to_markdown
from whichmodel.domain import Answer, to_json

Format = Literal["md", "json", "html"]

_STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { border: 1px solid #8886; padding: .4rem .6rem; text-align: left; vertical-align: top; }
pre { background: #8882; padding: .8rem; overflow-x: auto; line-height: 1.3; }
blockquote { border-left: .25rem solid #8888; margin-left: 0; padding-left: 1rem; }
em { opacity: .8; }
"""


def render(answer: Answer, view: Format) -> str:
    """The answer as text in one of the formats; ends with a newline."""
    if view == "json":
        return to_json(answer)
    return to_html(answer) if view == "html" else to_markdown(answer)


def to_html(answer: Answer) -> str:
    """A stand-alone page: no script, nothing loaded from elsewhere, foreign text escaped."""
    from markdown_it import MarkdownIt

    # Raw HTML in the Markdown is shown as text; only http and https links become links.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.validateLink = lambda url: url.lower().startswith(("http://", "https://"))  # type: ignore[method-assign]
    body = parser.render(to_markdown(answer))
    title = html.escape(answer.question[:120])
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head>\n<body>\n<blockquote>{html.escape(answer.question)}</blockquote>\n"
        f"{body}</body></html>\n"
    )


def show(answer: Answer, view: Format) -> None:
    """Print the answer: drawn with Rich in a terminal, plain text when piped."""
    text = render(answer, view)
    if view == "md" and sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        # Links are written out: a terminal that cannot follow them would hide them.
        Console().print(Markdown(text, hyperlinks=False))
        return
    sys.stdout.write(text)
