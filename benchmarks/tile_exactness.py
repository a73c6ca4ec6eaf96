"""Measure how far tiled results are from whole ones, for every model that runs here.

    python benchmarks/tile_exactness.py [--tile 48] [--overlap 64] [--size 120 100] [WEIGHTS ...]

Prints, for each weights record, the field `tiling` to put into it (name one record at a time: its memory is what the
process grew by). The pictures are parts of the photographs that scikit-image carries, among them the one on which the
bare network is unstable, and synthetic ones that networks find hard: one-pixel checkerboard, noise, hard edges,
single dots, a gradient.
For a network whose receptive field is larger than any sensible overlap, `--overlap` tries a smaller one; the
pictures should then be several times as wide (`--size`), or no tile has a neighbour that it does not see.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray
from skimage import data

from whichmodel.nodes.exactness import part_of, tile_difference
from whichmodel.nodes.model import overlap_of
from whichmodel.nodes.network import PictureNet, picture_net
from whichmodel.pictures import Box
from whichmodel.weights import WeightsRecord, installed, pull, records
from whichmodel.weights.record import Tiling

WIDTH, HEIGHT = 120, 100
LARGE = 256
PHOTOGRAPHS = {"coffee": (380, 190), "astronaut": (150, 60), "chelsea": (120, 80)}
"""Photographs, and the left top corner of the part that is taken."""


def pictures(width: int, height: int) -> dict[str, NDArray[np.uint16]]:
    """The pictures, by name: `(height, width, 3)`, 16 bits."""
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[0:height, 0:width]
    shapes = {
        "checkerboard": (rows + columns) % 2,
        "noise": random.random((height, width)),
        "edges": ((rows // 13 + columns // 17) % 2).astype(float),
        "dots": (random.random((height, width)) > 0.99).astype(float),
        "gradient": (rows / height + columns / width) / 2,
    }
    found = {
        name: np.repeat((shape * 65535).astype(np.uint16)[:, :, None], 3, axis=2)
        for name, shape in shapes.items()
    }
    # Where the spoon glitters the network leaves its range and is run at reduced contrast.
    for name, (left, top) in PHOTOGRAPHS.items():
        photo = np.asarray(getattr(data, name)())
        left, top = min(left, photo.shape[1] - width), min(top, photo.shape[0] - height)
        found[name] = part_of(photo, Box(left, top, left + width, top + height))
    return found


def with_overlap(weights: WeightsRecord, overlap: int) -> WeightsRecord:
    """The record with another width of the halo."""
    measured = Tiling(
        difference=0, steps=0, overlap=overlap, tiles=(1,), pictures="", date="2026-01-01", working_bytes=1
    )
    return msgspec.structs.replace(weights, tiling=measured)


def working_bytes(net: PictureNet) -> int:
    """Bytes for each input pixel: what this process grew by while tiles were run, and half as much again.

    The tiles have up to 256 pixels a side and several shapes, as those at the borders of a picture: what one leaves of
    memory does not always serve the next.
    """
    before, random = _peak(), np.random.default_rng(7)
    for height in (LARGE, 160, 208):
        for width in (LARGE, 176, 224):
            net.infer(random.random((3, height, width), np.float32))
    return max(100, math.ceil(1.5 * (_peak() - before) / LARGE**2 / 100) * 100)


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", nargs="*", help="ids of weights; by default all")
    parser.add_argument("--tile", type=int, action="append", help="side of a tile's core")
    parser.add_argument("--overlap", type=int, help="width of the halo; by default that of the record")
    parser.add_argument("--size", type=int, nargs=2, default=[WIDTH, HEIGHT], help="of the pictures")
    parser.add_argument("--picture", action="append", help="only this picture; by default all")
    parser.add_argument("--sigma", type=float, default=25.0, help="for networks that take a noise level")
    arguments = parser.parse_args()
    sides = arguments.tile or [48]
    worst_of_all = 0.0
    for id in arguments.weights or list(records()):
        weights = records()[id]
        if weights.operation != "model" or weights.filled:  # one size: benchmarks/maxim.py seams
            continue
        files = installed(id) or pull(id, say=lambda line: print(line, file=sys.stderr))
        net = picture_net(weights, files, sigma=arguments.sigma)
        if arguments.overlap is not None:
            weights = with_overlap(weights, arguments.overlap)
        worst, steps = 0.0, 0
        chosen = {
            name: pixels
            for name, pixels in pictures(*arguments.size).items()
            if arguments.picture is None or name in arguments.picture
        }
        for name, pixels in chosen.items():
            for side in sides:
                difference, changed = tile_difference(net, weights, pixels, side)
                print(
                    f"  {id:<16} {name:<14} tile {side:>4}: {difference:.7f} ({changed} of 255)", flush=True
                )
                worst, steps = max(worst, difference), max(steps, changed)
        photographs = sum(name in PHOTOGRAPHS for name in chosen)
        words = (
            f"{photographs} photographs of scikit-image and {len(chosen) - photographs} synthetic ones,"
            f" {arguments.size[0]} x {arguments.size[1]} pixels, 16 bits"
        )
        if weights.context == "finite":  # tiles that fade into each other need not agree
            worst_of_all = max(worst_of_all, worst)
        print(
            f"{id}\ntiling:\n  difference: {math.ceil(worst * 1e6) / 1e6:.6f}\n  steps: {steps}\n"
            f"  overlap: {overlap_of(weights)}\n  tiles: {sides}\n"
            f'  pictures: {words}\n  date: "{datetime.now(UTC).date()}"\n'
            f"  working_bytes: {working_bytes(net)}\n",
            flush=True,
        )
    within = worst_of_all <= 1 / 255
    print(
        f"greatest difference of tiles that are cut {worst_of_all * 255:.4f} of 255:"
        f" {'within' if within else 'ABOVE'} one step"
    )
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
