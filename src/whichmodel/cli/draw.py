"""A workflow as a drawing: in the terminal, as Mermaid text, or as an SVG file of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from whichmodel.domain import Step, Workflow

Style = Literal["terminal", "mermaid", "svg"]

# The drawing of a page takes its colours from the page; a file of its own must bring some.
_STYLE = """<style>
text { font-family: system-ui, sans-serif; text-anchor: middle; fill: #1c1c1c; unicode-bidi: plaintext; }
.name { font-size: 14px; font-weight: 600; } .about, .note { font-size: 12px; fill: #555; }
rect { fill: #fff; stroke: #777; stroke-width: 1.5; } .input rect, .output rect { fill: #e8eef6; }
.line { fill: none; stroke: #777; stroke-width: 1.5; } .head { fill: #777; }
</style>"""


def drawn(workflow: Workflow, style: Style, *, unbound: Collection[str] = ()) -> str:
    """The drawing, ending with a newline.

    Args:
        unbound: ids of steps that cannot run here; the drawing says so.
    """
    from whichmodel.answering.mermaid import to_mermaid
    from whichmodel.answering.svg import to_svg

    steps = tuple(
        msgspec.structs.replace(step, title=f"{step.title} – cannot run here") if step.id in unbound else step
        for step in workflow.steps
    )
    told = msgspec.structs.replace(workflow, steps=steps)
    if style == "mermaid":
        return to_mermaid(told)
    if style == "svg":
        first, end, _ = to_svg(told).partition("</svg>")
        head, close, rest = first.partition(">")
        return f'{head} xmlns="http://www.w3.org/2000/svg"{close}{_STYLE}{rest}{end}\n'
    return to_terminal(told)


def to_terminal(workflow: Workflow) -> str:
    """Lines from top to bottom, each value on a rail of its own until the last step that takes it.

    A dot begins a value. What a step takes is joined to its dot; a rail that only crosses is not.
    """
    rails: list[str | None] = []
    lines = []
    for port in workflow.inputs:
        rails.append(port.name)
        lines.append("│ " * (len(rails) - 1) + f"● {port.name}")
    for number, step in enumerate(workflow.steps):
        later = {name for other in workflow.steps[number + 1 :] for name in other.takes.values()}
        later.add(workflow.output)
        taken = {rails.index(name) for name in step.takes.values()}
        closing = sorted(rail for rail in taken if rails[rail] not in later)
        free = [rail for rail, name in enumerate(rails) if name is None]
        dot = closing[0] if closing else free[0] if free else len(rails)
        if dot == len(rails):
            rails.append(None)
        lines.append(_rails(rails))
        lines.append(_joined(rails, taken, set(closing), dot) + " " + _label(step))
        for rail in closing:
            rails[rail] = None
        rails[dot] = step.id if step.id in later else None
        while rails and rails[-1] is None:
            rails.pop()
    result = next((step.gives.name for step in workflow.steps if step.id == workflow.output), workflow.output)
    return "\n".join([*lines, _rails(rails), f"{_rails(rails, '▼')} {result}"]) + "\n"


def _rails(rails: Sequence[str | None], mark: str = "│") -> str:
    return " ".join(" " if name is None else mark for name in rails).rstrip()


def _joined(rails: Sequence[str | None], taken: set[int], closing: set[int], dot: int) -> str:
    """The line of a step: rails as characters, two columns each."""
    first, last = min({dot, *taken}), max({dot, *taken})
    characters = []
    for rail, name in enumerate(rails):
        if rail == dot:
            character = "●"
        elif rail in taken:
            ends = ("╰", "┴", "╯") if rail in closing else ("├", "┼", "┤")
            character = ends[0 if rail == first else 2 if rail == last else 1]
        else:
            character = "│" if name is not None else "─" if first < rail < last else " "
        characters.append(character + ("─" if first <= rail < last else " "))
    return "".join(characters).rstrip()


def _label(step: Step) -> str:
    """What a step is called and does; of a merge, which value is at which port."""
    title = "" if step.title == step.id else f": {step.title}"
    if len(step.takes) == 1:
        return step.id + title
    return step.id + title + " (" + ", ".join(f"{port}: {name}" for port, name in step.takes.items()) + ")"
