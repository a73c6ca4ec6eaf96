"""How far a result made in tiles is from that of the whole picture at once.

Measured, never assumed: the receptive field says which pixels can matter, and arithmetic that takes another
order (Winograd convolution) adds a rest that only a measurement tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.nodes.feather import blended
from whichmodel.nodes.model import enlarge_tile, filled_up, halo_of, overlap_of
from whichmodel.nodes.network import PictureNet
from whichmodel.nodes.tiles import Tile, tiles
from whichmodel.pictures.box import Box
from whichmodel.weights import WeightsRecord


def tiled(net: PictureNet, weights: WeightsRecord, pixels: NDArray[Any], tile: int) -> NDArray[Any]:
    """A picture through a network in tiles, as operation `model` does it.

    Args:
        pixels: `(H, W, 1 or 3)`, `uint8` or `uint16`.
        tile: side of a tile's core; at least the longer side of the picture: all at once.
    """
    height, width, bands = pixels.shape
    if weights.context == "global":
        return _faded(net, weights, pixels, tile)
    result = np.empty((height * weights.scale, width * weights.scale, bands), pixels.dtype)
    for piece in tiles(width, height, size=tile, halo=0):
        source = halo_of(weights, piece.core, width, height)
        part, _ = enlarge_tile(net, weights, pixels[source.slices], piece.core.within(source))
        result[piece.core.times(weights.scale).slices] = part
    return result


def _faded(net: PictureNet, weights: WeightsRecord, pixels: NDArray[Any], tile: int) -> NDArray[Any]:
    """As `tiled`, for networks whose tiles fade into each other."""

    def run(piece: Tile) -> NDArray[Any]:
        box = filled_up(piece.source, weights.filled or weights.size_multiple, width, height)
        return enlarge_tile(net, weights, pixels[box.slices], piece.source.within(box))[0]

    height, width = pixels.shape[:2]
    whole = Box(0, 0, width, height).times(weights.scale)
    planes = blended(width, height, tile, overlap_of(weights), weights.scale, whole, run)
    return np.rint(planes).clip(0, np.iinfo(pixels.dtype).max).astype(pixels.dtype)


def tile_difference(
    net: PictureNet, weights: WeightsRecord, pixels: NDArray[np.uint16], tile: int
) -> tuple[float, int]:
    """Greatest difference between the tiled and the whole result.

    Args:
        pixels: `(H, W, 1 or 3)`, 16 bits, so that differences far below a step of 255 are seen.

    Returns:
        The difference as a share 0..1 of the range, and in whole steps of 255 after rounding to 8 bits.
    """
    height, width = pixels.shape[:2]
    whole = tiled(net, weights, pixels, max(height, width)).astype(np.int64)
    pieces = tiled(net, weights, pixels, tile).astype(np.int64)
    steps = np.abs(np.rint(pieces / 257) - np.rint(whole / 257)).max()
    return float(np.abs(pieces - whole).max()) / 65535, int(steps)


def part_of(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint16]:
    """A part of an 8-bit picture with 16 bits, for `tile_difference`."""
    return np.ascontiguousarray(pixels[box.slices]).astype(np.uint16) * 257
