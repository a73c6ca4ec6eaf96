"""Batches of several crop sizes, each with as many crops as fit the same budget of pixels.

Nunez et al. 2023, arXiv 2309.04502. Three ways, named as there: one size and one batch size (SSc-FBS); a random size
for each batch (MSc-FBS); and a random size with a batch that shrinks as the crops grow (MSc-VBS). Small crops come in
large batches, so that the same number of crops is seen with fewer pixels, and every step costs about the same time
and memory.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Mode = Literal["fixed", "multi-scale", "variable-batch"]
MODES: tuple[Mode, ...] = ("fixed", "multi-scale", "variable-batch")


class Shape(NamedTuple):
    """Height and width of crops in pixels, and how many make a batch."""

    height: int
    width: int
    batch: int

    @property
    def pixels(self) -> int:
        """Pixels of a whole batch."""
        return self.height * self.width * self.batch


class Crop(NamedTuple):
    """One crop that is due: its size in pixels, and of which sample."""

    height: int
    width: int
    sample: int


def divisible(value: float, divisor: int) -> int:
    """The nearest multiple of `divisor`, at least one of it and not below nine tenths of the value.

    >>> divisible(597.3, 32), divisible(17, 32), divisible(40, 32)
    (608, 32, 64)
    """
    found = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * value else found


def shapes(
    base: Shape,
    *,
    heights: tuple[int, int],
    widths: tuple[int, int],
    scales: int = 5,
    divisor: int = 16,
) -> tuple[Shape, ...]:
    """Crop sizes from the smallest to the largest, each with the batch that fits the budget of `base`.

    Heights and widths are paired in order; where one axis has more sizes than the other, its largest are left out.

    Args:
        base: size and batch that the budget is taken from; its size is among the results.
        heights, widths: smallest and largest, in pixels.
        scales: how many sizes lie evenly between them.
        divisor: all sides are multiples of it.

    Raises:
        ValueError: sides, batch, divisor or scales below 1, or a smallest above the largest.
    """
    if min(*base, *heights, *widths, scales, divisor) < 1:
        raise ValueError("sides, batch, number of scales and divisor must be at least 1")
    if heights[0] > heights[1] or widths[0] > widths[1]:
        raise ValueError("the smallest crop must not be larger than the largest")
    pairs = zip(
        _sides(base.height, heights, scales, divisor),
        _sides(base.width, widths, scales, divisor),
        strict=False,
    )
    return tuple(
        Shape(height, width, max(1, int(round(base.pixels / (height * width), 2))))
        for height, width in sorted(set(pairs))
    )


def _sides(base: int, ends: tuple[int, int], scales: int, divisor: int) -> list[int]:
    low, high = ends
    step = (high - low) / (scales - 1) if scales > 1 else 0.0
    every = {int(low + step * number) for number in range(scales)} | {base}
    return sorted(divisible(side, divisor) for side in every)


def expected_compute(chosen: Sequence[Shape], base: Shape) -> float:
    """Pixels that a pass over the samples is expected to cost, as a share of those at the base size.

    For a network of convolutions this is the share of the arithmetic. Every shape is as likely as another, so a
    batch holds `mean(batch)` samples and `mean(pixels)` pixels.

    >>> base = Shape(256, 256, 16)
    >>> round(expected_compute([base], base), 2), round(expected_compute([Shape(128, 128, 16)], base), 2)
    (1.0, 0.25)
    """
    return (
        sum(shape.pixels for shape in chosen)
        / sum(shape.batch for shape in chosen)
        / (base.height * base.width)
    )


class Sampler:
    """Which crops make up each batch; the same seed and epoch give the same batches.

    Args:
        samples: how many there are.
        base: crop size and batch.
        mode: see above.
        sizes: of `shapes`; used by the modes with several sizes.
        curriculum: begin with the smallest size and admit the larger ones one after the other, evenly over the
            epochs. The paper reports what growing sizes save; its schedule is not known to us, this one is ours.
        epochs: how many there will be; only the curriculum asks.
        seed: of the order and of the sizes.

    Raises:
        ValueError: no samples, or several sizes are wanted and none are given.
    """

    def __init__(
        self,
        samples: int,
        base: Shape,
        *,
        mode: Mode = "fixed",
        sizes: Sequence[Shape] = (),
        curriculum: bool = False,
        epochs: int = 1,
        seed: int = 0,
    ) -> None:
        if samples < 1:
            raise ValueError("there is no sample to draw from")
        if mode != "fixed" and not sizes:
            raise ValueError(f"mode {mode!r} needs sizes")
        self._samples, self._seed, self._epochs = samples, seed, max(1, epochs)
        self._base = base
        self._curriculum = curriculum
        self._sizes: tuple[Shape, ...] = (base,)
        if mode == "multi-scale":
            self._sizes = tuple(shape._replace(batch=base.batch) for shape in sizes)
        elif mode == "variable-batch":
            self._sizes = tuple(sizes)

    def sizes(self, epoch: int) -> tuple[Shape, ...]:
        """The shapes that an epoch, counted from 0, draws from."""
        if not self._curriculum:
            return self._sizes
        share = min(epoch, self._epochs - 1) / self._epochs
        return self._sizes[: 1 + math.floor(len(self._sizes) * share)]

    def batches(self, epoch: int) -> Iterator[list[Crop]]:
        """The batches of an epoch: every sample at least once, the last batch topped up from the first samples."""
        # The order is part of the recipe and no secret.
        draw = random.Random(self._seed + epoch)  # noqa: S311
        order = list(range(self._samples))
        draw.shuffle(order)
        sizes = self.sizes(epoch)
        place = 0
        while place < len(order):
            height, width, count = draw.choice(sizes)
            taken = [order[(place + number) % len(order)] for number in range(count)]
            yield [Crop(height, width, sample) for sample in taken]
            place += count

    def expected_compute(self) -> float:
        """Pixels of the whole training as a share of those at the base size, epoch by epoch as they will be drawn."""
        shares = [expected_compute(self.sizes(epoch), self._base) for epoch in range(self._epochs)]
        return sum(shares) / len(shares)
