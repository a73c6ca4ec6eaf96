"""An answer as Markdown: for people, and the source from which terminal and HTML views are made.

Marks: `[2]` a statement resting on source 2, quoted words are verbatim; `*[ours]*` our inference,
definition or arithmetic; `*[open]*` what the sources leave open. What the question says has no mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from whichmodel.answering.markup import full_name, inline, quote, short_name
from whichmodel.domain import Answer, Link, Sentence, Source, SourceRow

_LINK_NAMES = {"paper": "paper", "code": "code", "huggingface": "Hugging Face", "project": "project"}
# What the letters of the sizes stand for.
_SYMBOLS = {
    "h": "height",
    "w": "width",
    "× 3": "three colour values",
    "t": "frames",
    "s·": "factor",
    "n": "how many",
    "m": "how many",
    "k": "how many",
    "c": "channels",
    "d": "how many numbers",
}
_KEY = (
    "*How to read the marks: a number points to the list above, and words in quotation marks are that source's own,"
    " explained in brackets where they are technical;"
    " [ours] is our inference, general knowledge or arithmetic; [open] is what the sources do not tell.*"
)


def to_markdown(answer: Answer) -> str:
    """The whole answer; ends with a newline."""
    parts = [f"**Short reply.** {_running(answer.reply)}"]
    if not answer.task:  # nothing was understood and nothing was given: there is nothing to lay out
        return parts[0] + "\n"
    parts.append("## 1. The task\n\n" + _running(answer.task))
    parts.append("## 2. The workflow\n\n" + _workflow(answer))
    parts.append("## 3. Papers and tools\n\n" + _papers(answer))
    if answer.here:
        parts.append("## On this computer\n\n" + _bullets(answer.here))
    parts.append(_KEY)
    return "\n\n".join(parts) + "\n"


def marked(sentence: Sentence) -> str:
    """A sentence with its mark; those that rest on a source carry their number in the text."""
    mark = {"ours": " *[ours]*", "open": " *[open]*"}.get(sentence.basis, "")
    text = sentence.text
    if mark and text.endswith((".", "!", "?")):
        return f"{text[:-1]}{mark}{text[-1]}"
    return text + mark


def _running(sentences: Iterable[Sentence]) -> str:
    return " ".join(marked(sentence) for sentence in sentences)


def _bullets(sentences: Iterable[Sentence]) -> str:
    return "\n".join(f"- {marked(sentence)}" for sentence in sentences)


def _workflow(answer: Answer) -> str:
    if not answer.steps:
        return "No workflow can be drawn: the task is not known."
    lines = ["```text", answer.diagram.replace("```", "'''"), "```", ""]
    size = "; ".join(["sizes by the task's definition, ours", *size_legend(answer)])
    lines += [
        f"| step | input → output ({size}) | what it does, as far as the sources say |",
        "|---|---|---|",
    ]
    for row in answer.steps:
        lines.append(
            f"| {_cell(row.step)} | {_cell(f'{row.takes} → {row.gives}')} | {_cell(_running(row.sentences))} |"
        )
    if answer.example:
        lines += ["", f"**In numbers.** {_running(answer.example)}"]
    if answer.questions:
        lines += ["", "**What you asked, and what the sources say:**", ""]
        lines += [
            f"- *{quote(question.asked.text)}* {_running(question.sentences)}"
            for question in answer.questions
        ]
    if answer.ideas or answer.beside:
        lines += ["", "**What the papers add, and what not:**", ""]
        by_number = {source.number: source for source in answer.sources}
        for idea in answer.ideas:
            name = short_name(by_number[idea.source]).rstrip(".")
            stop = "" if name.endswith(("?", "!")) else "."
            lines.append(f"- **{name}{stop}** {_running(idea.sentences)}")
        if answer.beside:
            lines.append(f"- {_running(answer.beside)}")
    if answer.left_open:
        lines += ["", "**What stays open.** " + _running(answer.left_open)]
    return "\n".join(lines)


def size_legend(answer: Answer) -> list[str]:
    """The letters that the sizes of this answer use, with what they stand for."""
    flow = answer.workflow
    ports = [*flow.inputs, *(step.gives for step in flow.steps)] if flow else []
    shapes = " " + " ".join(port.shape for port in ports) + " "
    told = []
    for symbol, meaning in _SYMBOLS.items():
        if re.search(rf"(?<![^\W\d_]){re.escape(symbol)}(?![^\W\d_]|\d)", shapes):
            told.append(f"{symbol.strip('× ·')}: {meaning}")
    return told


def _papers(answer: Answer) -> str:
    if not answer.sources:
        return "No model and no paper was given."
    rows: dict[int, SourceRow] = {row.source: row for row in answer.papers}
    lines = ["| | what | how close to the question | links |", "|---|---|---|---|"]
    for source in answer.sources:
        kind = "model" if source.kind == "model" else "paper"
        why = _running(rows[source.number].sentences) if source.number in rows else ""
        cells = (f"[{source.number}]", f"{full_name(source)} ({kind})", why, _links(source))
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    missing = []
    if not any(source.kind == "model" for source in answer.sources):
        missing.append("No model was given.")
    if not any(source.kind == "paper" for source in answer.sources):
        missing.append("No paper was given.")
    return "\n".join(lines) + ("\n\n" + " ".join(missing) if missing else "")


def _links(source: Source) -> str:
    shown = [_link(link) for link in source.links]
    shown += [f"named in its text: {_target('link', url)}" for url in source.inside_links]
    return " · ".join(shown) if shown else "no link given"


def _link(link: Link) -> str:
    return _target(_LINK_NAMES[link.kind], link.url)


def _target(name: str, url: str) -> str:
    """A Markdown link; a link with brackets or without a scheme is shown so that it stays whole."""
    if not url.lower().startswith(("http://", "https://")):
        return f"{name}: {inline(url)}"
    return f"[{name}](<{url}>)" if any(character in url for character in "()") else f"[{name}]({url})"


def _cell(text: str) -> str:
    return text.replace("\n", " ")
