"""Measure how far tiled results are from whole ones, for every model that runs here.

    python benchmarks/tile_exactness.py [--tile 48] [WEIGHTS ...]

Prints, for each weights record, the field `tiling` to put into it. The pictures are parts of the
photographs that scikit-image carries, among them the one on which the bare network is unstable, and
synthetic ones that networks find hard: one-pixel checkerboard, noise, hard edges, single dots, a gradient.
"""

from __future__ import annotations

import argparse
import math
import sys
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from skimage import data

from whichmodel.nodes.exactness import part_of, tile_difference
from whichmodel.nodes.model import overlap_of
from whichmodel.pictures import Box
from whichmodel.runtimes.ncnn import load_net
from whichmodel.weights import installed, pull, records

WIDTH, HEIGHT = 120, 100
PICTURES_IN_WORDS = "3 photographs of scikit-image and 5 synthetic pictures, 120 x 100 pixels, 16 bits"


def pictures() -> dict[str, NDArray[np.uint16]]:
    """The pictures, by name: 100 x 120 pixels, 16 bits."""
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    shapes = {
        "checkerboard": (rows + columns) % 2,
        "noise": random.random((HEIGHT, WIDTH)),
        "edges": ((rows // 13 + columns // 17) % 2).astype(float),
        "dots": (random.random((HEIGHT, WIDTH)) > 0.99).astype(float),
        "gradient": (rows / HEIGHT + columns / WIDTH) / 2,
    }
    found = {
        name: np.repeat((shape * 65535).astype(np.uint16)[:, :, None], 3, axis=2)
        for name, shape in shapes.items()
    }
    # Where the spoon glitters the network leaves its range and is run at reduced contrast.
    for name, (left, top) in {"coffee": (380, 190), "astronaut": (150, 60), "chelsea": (120, 80)}.items():
        photo = np.asarray(getattr(data, name)())
        found[name] = part_of(photo, Box(left, top, left + WIDTH, top + HEIGHT))
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("weights", nargs="*", help="ids of weights; by default all")
    parser.add_argument("--tile", type=int, action="append", help="side of a tile's core")
    arguments = parser.parse_args()
    sides = arguments.tile or [48]
    worst_of_all = 0.0
    for id in arguments.weights or list(records()):
        weights = records()[id]
        files = installed(id) or pull(id, say=lambda line: print(line, file=sys.stderr))
        net = load_net(files["param"], files["bin"], weights.input_blob, weights.output_blob)
        worst, steps = 0.0, 0
        for name, pixels in pictures().items():
            for side in sides:
                difference, changed = tile_difference(net, weights, pixels, side)
                print(
                    f"  {id:<16} {name:<14} tile {side:>4}: {difference:.7f} ({changed} of 255)", flush=True
                )
                worst, steps = max(worst, difference), max(steps, changed)
        worst_of_all = max(worst_of_all, worst)
        print(
            f"{id}\ntiling:\n  difference: {math.ceil(worst * 1e6) / 1e6:.6f}\n  steps: {steps}\n"
            f"  overlap: {overlap_of(weights)}\n  tiles: {sides}\n"
            f'  pictures: {PICTURES_IN_WORDS}\n  date: "{datetime.now(UTC).date()}"\n',
            flush=True,
        )
    within = worst_of_all <= 1 / 255
    print(f"greatest difference {worst_of_all * 255:.4f} of 255: {'within' if within else 'ABOVE'} one step")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
