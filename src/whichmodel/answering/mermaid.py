"""A workflow as Mermaid text, which many editors and forges draw."""

from __future__ import annotations

import re
from collections.abc import Iterable

from whichmodel.answering.graph import Kind, Node, graph_of
from whichmodel.domain import StepRow, Workflow

# Everything but letters, figures and these is written as its code point: quotation marks, brackets,
# backticks, `#`, `%`, `;` and `<` have a meaning to Mermaid or to the page that shows the drawing.
_SAFE = " ()-.,·×→…"
# At the start of a line these would make Markdown of it: a list, a heading, a rule.
_LIST = re.compile(r"[-.,…]|\d+[.)]")
_LONGEST = 80
_SHAPES: dict[Kind, tuple[str, str]] = {
    "input": ('(["', '"])'),
    "step": ('["', '"]'),
    "missing": ('["', '"]'),
    "optional": ('["', '"]'),
    "alternative": ('["', '"]'),
    "output": ('(["', '"])'),
}


def to_mermaid(workflow: Workflow, rows: Iterable[StepRow] = ()) -> str:
    """The workflow as a Mermaid flowchart; ends with a newline.

    Args:
        workflow: what would run.
        rows: the rows of an answer about it, for missing steps and alternatives; may be left out.
    """
    graph = graph_of(workflow, rows)
    lines = ["flowchart LR"]
    for node in graph.nodes:
        opening, closing = _SHAPES[node.kind]
        lines.append(f"    {node.key}{opening}{_label(node)}{closing}")
    kinds = {node.key: node.kind for node in graph.nodes}
    for start, end in graph.edges:
        dotted = "alternative" in (kinds[start], kinds[end])
        lines.append(f"    {start} {'-.->' if dotted else '-->'} {end}")
    missing = [node.key for node in graph.nodes if node.kind == "missing"]
    if missing:
        lines += ["    classDef missing stroke-dasharray: 5 4", f"    class {','.join(missing)} missing"]
    return "\n".join(lines) + "\n"


def _label(node: Node) -> str:
    note = (node.note,) if node.note else ()
    return "<br/>".join(escape(part) for part in (node.name, *node.about, *note))


def escape(text: str) -> str:
    """Any text as part of a quoted Mermaid label: it can end neither the label nor the line.

    >>> escape('a "b" [c]')
    'a #34;b#34; #91;c#93;'
    >>> escape("2. step")
    '2#46; step'
    """
    # Two dollar signs would make a formula of what follows, even as code points.
    flat = " ".join(text.split()).replace("$$", "$\N{ZERO WIDTH SPACE}$")
    if len(flat) > _LONGEST:
        flat = flat[: _LONGEST - 1].rstrip() + "…"
    start = _LIST.match(flat)
    kept = start.end() - 1 if start else -1
    return "".join(
        character if (character in _SAFE or character.isalnum()) and place != kept else f"#{ord(character)};"
        for place, character in enumerate(flat)
    )
