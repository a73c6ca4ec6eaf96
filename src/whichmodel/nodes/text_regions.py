"""Regions of text out of a map of how likely each pixel belongs to text.

Source: Liao, Wan, Yao, Chen, Bai, "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020,
arXiv:1911.08947, section 3.5: the map is cut at a fixed level; each connected piece is the *shrunk* middle of a line
of text, and is widened by the distance A·r/L (A area, L perimeter, r a ratio). Lines are told as the smallest
rectangle, at any angle, around a piece; widening a rectangle by a distance moves its sides outwards by as much.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.bridge import to_vips

Floats = NDArray[np.float32]
Corners = NDArray[np.float64]

CUT = 0.3
"""Probability from which a pixel belongs to the middle of a line."""
RATIO = 1.6
"""By which a middle is widened; the network's authors use 1.5 to 1.7."""
_NARROW = 3.0
"""Least height of a middle in pixels of the map; what is smaller is no line that anybody could read."""
_MOST_PIECES = 4000


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text: its four corners `(4, 2)` x and y, and the mean probability of its middle, 0..1."""

    corners: Corners
    score: float

    @property
    def middle(self) -> Corners:
        """Its middle, x and y."""
        return np.asarray(self.corners.mean(axis=0))

    @property
    def area(self) -> float:
        """Area of its rectangle."""
        return math.dist(self.corners[0], self.corners[1]) * math.dist(self.corners[1], self.corners[2])

    @property
    def height(self) -> float:
        """The shorter side of its rectangle."""
        return min(math.dist(self.corners[0], self.corners[1]), math.dist(self.corners[1], self.corners[2]))

    def meets(self, other: Line) -> bool:
        """Whether one of the two holds the middle of the other."""
        return self.holds(other.middle) or other.holds(self.middle)

    def holds(self, point: Corners) -> bool:
        """Whether a point lies in its rectangle."""
        return bool(_inside(self.corners, point[0], point[1]))


def lines_in(likely: Floats, least: float) -> list[Line]:
    """The lines of text in a map `(h, w)` of probabilities, in pixels of the map.

    Args:
        least: mean probability from which a line counts.
    """
    found = []
    for rows, columns in _pieces(likely >= CUT):
        corners, sides = smallest_rectangle(_outline(rows, columns))
        if min(sides) < _NARROW:
            continue
        score = _mean_inside(likely, corners)
        if score >= least:
            found.append(Line(_widened(corners, sides), score))
    return found


def smallest_rectangle(points: Corners) -> tuple[Corners, tuple[float, float]]:
    """The rectangle of least area around points `(n, 2)`, at any angle, and its two sides.

    One side of it lies on a side of the convex hull (Freeman and Shapira, 1975). The corners go round once.
    """
    hull = _hull(points)
    edges = np.roll(hull, -1, axis=0) - hull
    edges = edges[np.hypot(edges[:, 0], edges[:, 1]) > 0]
    if not len(edges):
        return np.repeat(hull[:1], 4, axis=0), (0.0, 0.0)
    along = edges / np.hypot(edges[:, 0], edges[:, 1])[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    u, v = hull @ along.T, hull @ across.T
    wide, high = np.ptp(u, axis=0), np.ptp(v, axis=0)
    best = int(np.argmin(wide * high))
    low_u, high_u, low_v, high_v = u[:, best].min(), u[:, best].max(), v[:, best].min(), v[:, best].max()
    places = [(low_u, low_v), (high_u, low_v), (high_u, high_v), (low_u, high_v)]
    corners = np.array([a * along[best] + b * across[best] for a, b in places])
    return corners, (float(wide[best]), float(high[best]))


def _pieces(inside: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows and columns of the pixels of each connected piece, in the order of their first pixel."""
    if not inside.any():
        return
    image = to_vips(inside.astype(np.uint8) * 255).labelregions().cast("int")
    labels = np.frombuffer(image.write_to_memory(), np.int32).reshape(inside.shape)
    rows, columns = np.nonzero(inside)
    own = labels[rows, columns]
    order = np.argsort(own, kind="stable")
    starts = np.flatnonzero(np.diff(own[order], prepend=-1))
    for piece in np.split(order, starts[1:])[:_MOST_PIECES]:
        yield rows[piece], columns[piece]


def _outline(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Corners:
    """The outer corners of the first and last pixel of each row of a piece."""
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    last = np.append(first[1:], len(rows)) - 1
    left, right, top = columns[first], columns[last] + 1, rows[first]
    return np.concatenate(
        [np.stack([x, top + down], axis=1) for x in (left, right) for down in (0, 1)]
    ).astype(np.float64)


def _hull(points: Corners) -> Corners:
    """Convex hull, counter-clockwise (Andrew's monotone chain, 1979)."""
    ordered = np.unique(points, axis=0)
    if len(ordered) < 3:
        return ordered

    def half(sequence: list[Any]) -> list[Any]:
        chain: list[Any] = []
        for x, y in sequence:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2], chain[-1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                chain.pop()
            chain.append((x, y))
        return chain[:-1]

    forward = ordered.tolist()
    return np.array(half(forward) + half(forward[::-1]))


def _mean_inside(likely: Floats, corners: Corners) -> float:
    """Mean of the map over the pixels whose middle lies in a rectangle."""
    low = np.floor(corners.min(axis=0)).astype(int).clip(0)
    high = np.ceil(corners.max(axis=0)).astype(int)
    part = likely[low[1] : high[1], low[0] : high[0]]
    x = np.arange(part.shape[1])[None] + low[0] + 0.5
    y = np.arange(part.shape[0])[:, None] + low[1] + 0.5
    inside = _inside(corners, x, y)
    return float(part[inside].mean()) if inside.any() else 0.0


def _inside(corners: Corners, x: Any, y: Any) -> NDArray[np.bool_]:
    """Whether points lie in a rectangle whose corners go round as y does from x."""
    inside: Any = True
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inside = inside & ((bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0)
    return np.asarray(inside)


def _widened(corners: Corners, sides: tuple[float, float]) -> Corners:
    wide, high = sides
    distance = wide * high * RATIO / (2 * (wide + high))
    middle = corners.mean(axis=0)
    along, across = (corners[1] - corners[0]) / wide, (corners[3] - corners[0]) / high
    half_u, half_v = wide / 2 + distance, high / 2 + distance
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return np.array([middle + a * half_u * along + b * half_v * across for a, b in signs])
