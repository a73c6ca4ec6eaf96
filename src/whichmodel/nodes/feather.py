"""Blend the tiles of networks that look at the whole of what they are given.

With global context (attention over the picture, normalisation by its statistics) two tiles differ where they
meet, whatever their overlap. Cutting there would leave a seam, so each tile fades into its neighbours over
the overlap: its share falls linearly from 1 to 0 across the border, and the shares of all tiles add up to 1.
The result has no seam; it is not what the whole picture at once would give, and models are marked for that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.nodes.tiles import Tile, tiles
from whichmodel.pictures.box import Box

Floats = NDArray[np.float32]
Piece = tuple[NDArray[Any], bool]

MOST_KEPT = 128_000_000
"""Bytes of enlarged tiles that are remembered: each is wanted by its neighbours of this row and the next."""


class Recent:
    """The enlarged tiles that were asked for last; nothing but memory and time depends on it.

    Args:
        most: bytes of samples that are kept.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Piece] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, make: Callable[[], Piece]) -> Piece:
        """What `make` gave for this key, made now where it is not at hand; the longest unused ones go."""
        found = self._kept.pop(key, None)
        if found is None:
            found = make()
            self._bytes += found[0].nbytes
        self._kept[key] = found
        while self._bytes > self._most and len(self._kept) > 1:
            _, (old, _) = self._kept.popitem(last=False)
            self._bytes -= old.nbytes
        return found

    def clear(self) -> None:
        """Let go of everything."""
        self._kept.clear()
        self._bytes = 0


RECENT = Recent()


def reach_of(overlap: int, core: int) -> int:
    """How far a tile fades beyond its core, in input pixels: the overlap, and never past a neighbour's middle.

    Args:
        overlap: width of the halo, in input pixels.
        core: shortest side of any core, in input pixels.
    """
    return max(0, min(overlap, core // 2))


def blended(
    width: int,
    height: int,
    size: int,
    overlap: int,
    scale: int,
    target: Box,
    run: Callable[[Tile], NDArray[Any]],
) -> Floats:
    """One part of the result, blended from all tiles that reach into it.

    Args:
        width, height: of the picture, in pixels.
        size: largest side of a core, in pixels.
        overlap: width of the halo, in pixels.
        scale: whole factor of enlargement.
        target: the part, in pixels of the result.
        run: gives the enlarged source of a tile, `(s*h, s*w, C)`; called once for each tile that counts.

    Returns:
        `(h, w, C)` float32, in the units of what `run` gives; not rounded.
    """
    every = list(tiles(width, height, size=size, halo=overlap))
    reach = reach_of(overlap, min(min(tile.core.width, tile.core.height) for tile in every))
    total: Floats | None = None
    for tile in every:
        across = _share(tile.core.left, tile.core.right, width, reach, scale)[target.left : target.right]
        down = _share(tile.core.top, tile.core.bottom, height, reach, scale)[target.top : target.bottom]
        if not (across.any() and down.any()):
            continue
        source = tile.source.times(scale)
        enlarged = run(tile)
        if total is None:
            total = np.zeros((target.height, target.width, enlarged.shape[2]), np.float32)
        common = Box(
            max(source.left, target.left),
            max(source.top, target.top),
            min(source.right, target.right),
            min(source.bottom, target.bottom),
        )
        inside = common.within(target)
        weight = down[inside.top : inside.bottom, None] * across[None, inside.left : inside.right]
        total[inside.slices] += enlarged[common.within(source).slices] * weight[:, :, None]
    assert total is not None  # the cores partition the picture
    return total


def _share(start: int, stop: int, length: int, reach: int, scale: int) -> Floats:
    """A tile's share of each output pixel along one axis: 1 inside, fading over the borders with neighbours."""
    place = (np.arange(length * scale, dtype=np.float32) + 0.5) / scale
    share: Floats = np.ones(length * scale, np.float32)
    for edge, sign in ((start, 1), (stop, -1)):
        if 0 < edge < length:
            if reach:
                share *= np.clip(sign * (place - edge) / (2 * reach) + 0.5, 0, 1).astype(np.float32)
            else:
                share *= (sign * (place - edge) > 0).astype(np.float32)
    return share
