"""The workflow as an inline SVG: boxes and arrows that follow the colours of the page.

Two drawings of the same graph: beside each other for a wide window, below each other for a narrow
one; the page shows the one that fits. Colours are CSS classes (`data/page.css`), so that one drawing
serves light, dark and print.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from whichmodel.answering.graph import Graph, Node, graph_of
from whichmodel.domain import StepRow, Workflow

# In units of a pixel at natural size. Fonts differ, so the widths of letters are taken generously.
_NAME, _SMALL = 14, 12
_LINE = 17
_PADDING = 10
_ROW_GAP = 18
_WIDEST_BOX = {False: 240, True: 300}
_NARROWEST_BOX = 96
_RANK_GAP = {False: 44, True: 34}
_MOST_LINES = 3
_LONGEST_WORD = 26
# A wide drawing is shown up to here; beyond it would shrink until nobody can read it.
_WIDEST = 980
_BREAKS = re.compile(r"[^\s\-_/]*[\s\-_/]+|[^\s\-_/]+")


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    name: tuple[str, ...]
    small: tuple[str, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Placed:
    box: _Box | None
    x: float
    y: float
    width: float
    height: float


def to_svg(
    workflow: Workflow,
    rows: Iterable[StepRow] = (),
    *,
    prefix: str = "flow",
    links: Mapping[str, str] | None = None,
) -> str:
    """The workflow as SVG for a page: a wide drawing, where it fits, and a tall one.

    Args:
        workflow: what would run.
        rows: the rows of an answer about it, for missing steps and alternatives.
        prefix: begins the ids in the drawing; choose another for a second drawing on a page.
        links: where the boxes of steps lead to, by the id of the step.

    Returns:
        One or two `<svg>` elements; of two, the style of the page shows one (`.wide`, `.tall`).
    """
    graph = graph_of(workflow, rows)
    # The keys are those that `graph_of` gives to the steps.
    leads = {
        f"step{i}": links[step.id] for i, step in enumerate(workflow.steps) if links and step.id in links
    }
    wide, width = _draw(graph, f"{prefix}-wide", leads, tall=False)
    if width > _WIDEST:
        return _draw(_folded(graph), f"{prefix}-tall", leads, tall=True, only=True)[0]
    return wide + "\n" + _draw(_folded(graph), f"{prefix}-tall", leads, tall=True)[0]


def _folded(graph: Graph) -> Graph:
    """Alternatives as lines of the box that they stand beside: a narrow window has no room for more."""
    others = [node for node in graph.nodes if node.kind == "alternative"]
    if not others:
        return graph
    before_output = [start for start, end in graph.edges if end == "out"]
    main = next((key for key in before_output if key not in {node.key for node in others}), "")
    told = tuple(f"or {node.name}" for node in others)
    nodes = tuple(
        Node(node.key, node.kind, node.name, node.about + told, node.rank) if node.key == main else node
        for node in graph.nodes
        if node.kind != "alternative"
    )
    keys = {node.key for node in nodes}
    edges = tuple((start, end) for start, end in graph.edges if start in keys and end in keys)
    return Graph(title=graph.title, nodes=nodes, edges=edges)


def _draw(
    graph: Graph, prefix: str, leads: Mapping[str, str], *, tall: bool, only: bool = False
) -> tuple[str, float]:
    """The `<svg>` element and its natural width."""
    boxes = {node.key: _box(node, tall=tall) for node in graph.nodes}
    places, size = _place(graph, boxes, tall=tall)
    shapes = [_arrow([places[key] for key in way], tall=tall) for way in _ways(graph)]
    shapes += [_drawn(place, leads) for place in places.values() if place.box is not None]
    kind = "tall only" if only else "tall" if tall else "wide"
    width, height = (round(side + 4) for side in size)
    head = (
        f'<svg class="flow {kind}" role="{"group" if leads else "img"}"'
        f' aria-labelledby="{prefix}-title {prefix}-desc"'
        f' viewBox="-2 -2 {width} {height}" width="{width}" height="{height}">'
        f'<title id="{prefix}-title">Workflow: {_text(graph.title)}</title>'
        f'<desc id="{prefix}-desc">{_text(graph.told())}</desc>'
    )
    return head + "\n" + "\n".join(shapes) + "\n</svg>", float(width)


def _box(node: Node, *, tall: bool) -> _Box:
    widest = _WIDEST_BOX[tall]
    name = _wrapped(node.name, widest - 2 * _PADDING, _NAME)
    small = [line for about in node.about for line in _wrapped(about, widest - 2 * _PADDING, _SMALL)]
    if node.note:
        small.append(node.note)
    widths = [_width(line, _NAME) for line in name] + [_width(line, _SMALL) for line in small]
    width = min(max(_NARROWEST_BOX, max(widths) + 2 * _PADDING), widest)
    height = 2 * _PADDING + _LINE * (len(name) + len(small)) - 3
    return _Box(node, tuple(name), tuple(small), width, height)


def _wrapped(text: str, width: float, size: int) -> list[str]:
    """The text in at most three lines, broken at spaces, hyphens and, if need be, inside words."""
    pieces = []
    for piece in _BREAKS.findall(text):
        pieces += [piece[start : start + _LONGEST_WORD] for start in range(0, len(piece), _LONGEST_WORD)]
    lines = [""]
    for piece in pieces:
        if lines[-1] and _width(lines[-1] + piece.rstrip(), size) > width:
            if len(lines) == _MOST_LINES:
                lines[-1] = lines[-1].rstrip()[:-1] + "…"
                break
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _width(text: str, size: int) -> float:
    """An estimate of the width of a line, on the generous side."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    narrow = 0.67 if size == _NAME else 0.6  # names are bold
    return size * (narrow * (len(text) - wide) + 1.0 * wide)


def _ways(graph: Graph) -> list[tuple[str, ...]]:
    """Every arrow as the keys that it passes: a long one gets a lane of its own in each rank between."""
    ranks = {node.key: node.rank for node in graph.nodes}
    return [
        (start, *(f"{start}/{end}/{rank}" for rank in range(ranks[start] + 1, ranks[end])), end)
        for start, end in graph.edges
    ]


def _place(
    graph: Graph, boxes: dict[str, _Box], *, tall: bool
) -> tuple[dict[str, _Placed], tuple[float, float]]:
    """Where each box and each lane stands, and the size of the whole."""
    columns: dict[int, list[str]] = {}
    for node in graph.nodes:
        columns.setdefault(node.rank, []).append(node.key)
    for way in _ways(graph):
        for lane in way[1:-1]:
            columns.setdefault(int(lane.rpartition("/")[2]), []).append(lane)
    along = {rank: max(_side(boxes.get(key), tall) for key in keys) for rank, keys in columns.items()}
    most = max(len(keys) for keys in columns.values())
    across = [
        max(_side(boxes.get(keys[row]), not tall) for keys in columns.values() if row < len(keys))
        for row in range(most)
    ]
    places: dict[str, _Placed] = {}
    begin = 0.0
    for rank in sorted(columns):
        middle, depth = begin + along[rank] / 2, 0.0
        for row, key in enumerate(columns[rank]):
            # A column that is lower than its neighbours stays at the top: the main way is straight.
            beside = depth + across[row] / 2
            box = boxes.get(key)
            width, height = (box.width, box.height) if box else (along[rank], 0.0)
            if box is None and tall:
                width, height = 0.0, along[rank]
            x, y = (beside, middle) if tall else (middle, beside)
            places[key] = _Placed(box, x, y, width, height)
            depth += across[row] + _ROW_GAP
        begin += along[rank] + _RANK_GAP[tall]
    total = begin - _RANK_GAP[tall], sum(across) + _ROW_GAP * (most - 1)
    return places, (total[1], total[0]) if tall else total


def _side(box: _Box | None, height: bool) -> float:
    """The height or the width of a box; a lane needs little."""
    if box is None:
        return 12.0
    return box.height if height else box.width


def _arrow(stops: list[_Placed], *, tall: bool) -> str:
    """A line through the stops with a head at its end."""
    start, end = stops[0], stops[-1]
    if tall:
        x, y = start.x, start.y + start.height / 2
        tip_x, tip_y = end.x, end.y - end.height / 2
        head = (
            f"M{_n(tip_x - 4.5)} {_n(tip_y - 8)}L{_n(tip_x)} {_n(tip_y)}L{_n(tip_x + 4.5)} {_n(tip_y - 8)}Z"
        )
        last = (tip_x, tip_y - 7)
    else:
        x, y = start.x + start.width / 2, start.y
        tip_x, tip_y = end.x - end.width / 2, end.y
        head = (
            f"M{_n(tip_x - 8)} {_n(tip_y - 4.5)}L{_n(tip_x)} {_n(tip_y)}L{_n(tip_x - 8)} {_n(tip_y + 4.5)}Z"
        )
        last = (tip_x - 7, tip_y)
    points = [(x, y)]
    for stop in stops[1:-1]:
        reach = (0.0, stop.height / 2) if tall else (stop.width / 2, 0.0)
        points += [(stop.x - reach[0], stop.y - reach[1]), (stop.x + reach[0], stop.y + reach[1])]
    points.append(last)
    path = f"M{_n(x)} {_n(y)}"
    for (x0, y0), (x1, y1) in pairwise(points):
        if tall:
            middle = (y0 + y1) / 2
            path += f"C{_n(x0)} {_n(middle)} {_n(x1)} {_n(middle)} {_n(x1)} {_n(y1)}"
        else:
            middle = (x0 + x1) / 2
            path += f"C{_n(middle)} {_n(y0)} {_n(middle)} {_n(y1)} {_n(x1)} {_n(y1)}"
    other = any(stop.box is not None and stop.box.node.kind == "alternative" for stop in stops)
    return f'<path class="line{" other" if other else ""}" d="{path}"/><path class="head" d="{head}"/>'


def _drawn(place: _Placed, leads: Mapping[str, str]) -> str:
    """A box with its lines of text."""
    box = place.box
    if box is None:
        return ""
    kind = box.node.kind
    left, top = place.x - box.width / 2, place.y - box.height / 2
    corner = 14 if kind in ("input", "output") else 5
    parts = [
        f'<g class="box {kind}"><title>{_text(box.node.name)}</title>'
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(box.width)}" height="{_n(box.height)}" rx="{corner}"/>'
    ]
    base = top + _PADDING + _NAME - 3
    lines = [("name", line) for line in box.name] + [("about", line) for line in box.small]
    if box.node.note:
        lines[-1] = ("note", box.node.note)
    for style, line in lines:
        # `plaintext` lets each line take its direction from its own first letter.
        parts.append(f'<text class="{style}" x="{_n(place.x)}" y="{_n(base)}">{_text(line)}</text>')
        base += _LINE
    drawn = "".join(parts) + "</g>"
    href = leads.get(box.node.key)
    return f'<a href="{_text(href)}">{drawn}</a>' if href else drawn


def _n(value: float) -> str:
    """A coordinate without needless digits."""
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return html.escape(text)
