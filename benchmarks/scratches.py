"""How well scratches and specks are found: precision and recall on photographs that were damaged on purpose.

    python benchmarks/scratches.py [--markdown]

The photographs are those of scikit-image. Each is damaged with its own seed: bent lines of 1 to 4 pixels, a
quarter to nine tenths of the shorter side long, three of four bright, of uneven opacity; specks of 1 to 4 pixels
radius; and grain. Only damage that moves lightness by 20 of 255 or more counts for recall, since what lies on
its own brightness cannot be seen. A flagged pixel is right where damage is at most two pixels away.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.ndimage
import skimage
from numpy.typing import NDArray

from whichmodel.domain import DataType, Port, Step
from whichmodel.nodes.lightness import light_of
from whichmodel.nodes.operation import Context, Size
from whichmodel.nodes.registry import operation_of
from whichmodel.pictures import Kind, Picture, read_picture
from whichmodel.pictures.raster import store

PHOTOS = (
    "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "camera.png", "coins.png",
    "retina.jpg",
)  # fmt: skip
DAMAGE = {"clean": (0, 0, 0.0), "light": (3, 15, 2.0), "heavy": (8, 40, 2.0)}
"""Number of scratches and of specks, and the standard deviation of the grain, of 255."""
VISIBLE = 20


def damaged(
    pixels: NDArray[np.uint8], lines: int, specks: int, grain: float, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A photograph with damage, and the opacity 0..1 of the damage at each pixel."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    opacity, colour = np.zeros((height, width)), np.zeros((height, width))

    def lay(one: NDArray[np.float64], bright: float) -> None:
        upper = one > opacity
        opacity[upper], colour[upper] = one[upper], 255.0 * (rng.random() < bright)

    down, across = np.mgrid[:height, :width]
    for _ in range(lines):
        length = rng.uniform(0.25, 0.9) * min(height, width)
        t = np.linspace(0, 1, int(2 * length))
        angle = rng.uniform(0, np.pi) if rng.random() < 0.5 else np.pi / 2 + rng.normal(0, 0.05)
        x = rng.uniform(0, width) + t * length * np.cos(angle) + rng.normal(0, 8) * np.sin(np.pi * t)
        y = rng.uniform(0, height) + (t - 0.5) * length * np.sin(angle) + rng.normal(0, 8) * np.sin(np.pi * t)
        radius = rng.uniform(0.6, 1.6)
        shares = rng.uniform(0.35, 0.9) * (1 + 0.3 * np.sin(t * rng.uniform(5, 30)))
        one = np.zeros((height, width))
        for a, b, share in zip(x, y, np.minimum(shares, 1), strict=True):
            if not (3 <= a < width - 3 and 3 <= b < height - 3):
                continue
            near = slice(int(b) - 3, int(b) + 4), slice(int(a) - 3, int(a) + 4)
            distance = np.hypot(down[near] - b, across[near] - a)
            one[near] = np.maximum(one[near], np.clip(radius + 0.5 - distance, 0, 1) * share)
        lay(one, 0.75)
    for _ in range(specks):
        radius, flat = rng.uniform(1, 4), rng.uniform(0.6, 1.5)
        a, b = rng.uniform(5, width - 5), rng.uniform(5, height - 5)
        distance = np.hypot((down - b) * flat, (across - a) / flat)
        lay(np.clip(radius + 0.5 - distance, 0, 1) * rng.uniform(0.5, 1), 0.6)
    mixed = pixels * (1 - opacity[..., None]) + (colour * opacity)[..., None]
    mixed = mixed + rng.normal(0, grain, pixels.shape) if grain else mixed
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8), opacity


def found(pixels: NDArray[np.uint8], care: str) -> tuple[NDArray[np.bool_], float]:
    """The mask of a picture, and the seconds for each megapixel."""
    step = Step(
        id="scratches",
        title="",
        operation="scratches",
        takes={"image": "photo"},
        gives=Port(name="mask", type=DataType.MASK),
        parameters={"care": care},
    )
    operation = operation_of(step)
    with tempfile.TemporaryDirectory() as folder:
        raster = store(Picture(pixels), Path(folder) / "photo")
        size = Size(raster.width, raster.height)
        context = Context(cards={}, weights={}.__getitem__, size=size, kind=Kind(1, 8))
        began = time.perf_counter()
        context = replace(context, state=operation.prepare(step, {"image": raster}, context))
        mask = np.zeros((size.height, size.width), np.bool_)
        for unit in operation.units(step, {"image": size}, context):
            part = operation.compute(step, unit, {"image": raster}, context)
            mask[unit.target.slices] = part.colour[:, :, 0] > 0
        taken = time.perf_counter() - began
        raster.close()
    return mask, taken / size.pixels * 1e6


def rows(photos: Iterable[str], cares: Iterable[str]) -> Iterable[list[str]]:
    """One line of the table for each photograph, damage and care."""
    folder = Path(skimage.__file__).parent / "data"
    for number, name in enumerate(photos):
        true: Any = read_picture(folder / name).pixels
        for damage, (lines, specks, grain) in DAMAGE.items():
            pixels, opacity = damaged(true, lines, specks, grain, seed=number)
            kind = Kind(true.shape[2], 8)
            moved = np.abs(light_of(pixels, kind) - light_of(true, kind)) * 255 >= VISIBLE
            visible = moved & (opacity > 0.25)
            near = scipy.ndimage.binary_dilation(opacity > 0.05, iterations=2)
            for care in cares:
                mask, pace = found(pixels, care)
                right = f"{near[mask].mean():.2f}" if mask.any() and lines else "–"
                recall = f"{mask[visible].mean():.2f}" if lines else "–"
                share = f"{mask.mean():.3%}"
                yield [name, damage, f"{visible.mean():.2%}", care, share, right, recall, f"{pace:.1f}"]


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--photos", nargs="*", default=PHOTOS, help="names of photographs of scikit-image")
    parser.add_argument("--care", nargs="*", default=["auto", "keen"], help="values of parameter 'care'")
    options = parser.parse_args()
    head = ["photograph", "damage", "visible", "care", "flagged", "precision", "recall", "s/MP"]
    table = [head, *rows(options.photos, options.care)]
    if options.markdown:
        table.insert(1, ["---"] * len(head))
        print("\n".join(f"| {' | '.join(row)} |" for row in table))
        return 0
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
