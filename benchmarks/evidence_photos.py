"""Real photographs and their honest enlargements: what `evidence.py` measures on.

Photographs are those of scikit-image, and of Set5 and Set14 where they are there. Each is taken twice: reduced
cubically first, as in benchmarks of super-resolution, and as a cut of the photograph itself, as people do it; and
each of these as it is, and with JPEG or noise on the input. Enlargements are bicubic, Lanczos, and by models whose
weights are there. What models made is kept in a folder between runs.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

import click
import numpy as np
import skimage
from numpy.typing import NDArray

from whichmodel.catalog import cards
from whichmodel.domain import ModelCard
from whichmodel.pictures import Picture, bicubic, read_picture, resample, write_picture
from whichmodel.pictures.bridge import from_vips, pyvips, to_vips
from whichmodel.weights import installed
from whichmodel.workflow import run_picture, workflow_for_card

Pixels = NDArray[np.uint8]

MODELS = ("SPAN-2x", "SPAN-4x", "Real-ESRGAN-x4plus")
SLOW = ("Real-ESRGAN-x4plus",)
_OWN = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "motorcycle_left.png",
    "rocket.jpg",
    "camera.png",
    "coins.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "clock_motion.png",
)
_CUTS = ((112, 88), (144, 112), (192, 144))
"""Width and height of inputs that are cut from photographs, in turn."""
_LARGEST = 640
"""Longest side of a photograph that is reduced."""


@dataclass(frozen=True)
class Input:
    """A small picture that somebody wishes to enlarge.

    Args:
        photo: name of the photograph.
        shared: whether that is of Set5 or Set14.
        state: `reduced` or `cut`, and what was done to it then.
        truth: the photograph it was reduced from, `None` where it was cut.
    """

    photo: str
    shared: bool
    state: str
    small: Pixels
    truth: Pixels | None

    @property
    def name(self) -> str:
        """For files and messages."""
        return f"{self.photo}-{self.state}"


@dataclass(eq=False)
class Made:
    """An input and its enlargement.

    Args:
        by: what enlarges it.
        scale: how many times as wide and high.
        make: makes it.
        file: where it is kept, if a model makes it.
    """

    input: Input
    by: str
    scale: int
    make: Callable[[], Pixels]
    file: Path | None = None

    @property
    def is_made(self) -> bool:
        """Whether no model has to run for it."""
        return self.file is None or self.file.exists()

    @cached_property
    def large(self) -> Pixels:
        """The enlargement's pixels."""
        return self.make()

    @property
    def small(self) -> Pixels:
        """The input's pixels."""
        return self.input.small

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.by} of {self.input.name}"


def photographs(data: Path) -> Iterator[tuple[str, bool, Pixels]]:
    """Name, whether of Set5 or Set14, and pixels with three channels and sides that are multiples of 4."""
    folder = Path(skimage.__file__).parent / "data"
    found = [(folder / name, False) for name in _OWN]
    found += [
        (path, True) for which in ("Set5", "Set14") for path in sorted(data.glob(f"{which}/x4/*_HR.png"))
    ]
    for path, shared in found:
        pixels = _bytes(path)
        if max(pixels.shape) > _LARGEST:
            share = _LARGEST / max(pixels.shape)
            pixels = bicubic(pixels, round(pixels.shape[1] * share), round(pixels.shape[0] * share))
        if pixels.shape[2] == 1:
            pixels = np.repeat(pixels, 3, axis=2)
        height, width = (side // 4 * 4 for side in pixels.shape[:2])
        name = path.stem.removesuffix("_HR") if path.parts[-3] != "Set5" else f"Set5-{path.stem[4:7]}"
        yield name, shared, np.ascontiguousarray(pixels[:height, :width])


def inputs(data: Path) -> Iterator[Input]:
    """Four of each photograph: reduced and cut, each as it is and with JPEG or noise."""
    for number, (photo, shared, pixels) in enumerate(photographs(data)):
        height, width = pixels.shape[:2]
        reduced = bicubic(pixels, width // 4, height // 4)
        wide, high = (min(most, side) for most, side in zip(_CUTS[number % 3], (width, height), strict=True))
        left, top = (width - wide) // 2, (height - high) // 2
        cut = np.ascontiguousarray(pixels[top : top + high, left : left + wide])
        for state, small, truth in (("reduced", reduced, pixels), ("cut", cut, None)):
            yield Input(photo, shared, state, small, truth)
            rng = np.random.default_rng(zlib.crc32(f"{photo} {state}".encode()))
            if rng.random() < 0.5:
                quality = int(rng.integers(40, 91))
                yield Input(photo, shared, f"{state}-jpeg{quality}", _as_jpeg(small, quality), truth)
            else:
                sigma = int(rng.integers(4, 16))
                noisy = np.clip(np.rint(small + rng.normal(0, sigma, small.shape)), 0, 255)
                yield Input(photo, shared, f"{state}-noise{sigma}", noisy.astype(np.uint8), truth)


def enlargements(data: Path, models: tuple[str, ...], kept: Path, states: str = "") -> Iterator[Made]:
    """Every input enlarged by each means; `states` is how the state of an input must begin."""
    usable = []
    for model in models:
        card = cards()[model]
        if card.weights is None or installed(card.weights) is None:
            click.echo(f"{model}: its weights are not here, so it is left out", err=True)
        else:
            usable.append(card)
    for number, given in enumerate(inputs(data)):
        if not given.state.startswith(states):
            continue
        yield Made(given, "bicubic", 4, partial(_resampled, given.small, 4, "cubic"))
        yield Made(given, "Lanczos", 3, partial(_resampled, given.small, 3, "lanczos3"))
        # The slow ones enlarge every second input: of one photograph those as they are, of the next the others.
        for card in usable if number // 4 % 2 == number % 2 else [c for c in usable if c.name not in SLOW]:
            path = kept / f"{given.name}-{card.name}.png"
            yield Made(
                given, card.name, int(card.scale or 1), partial(_by_model, given.small, card, path), path
            )


def _resampled(small: Pixels, scale: int, kernel: Literal["cubic", "lanczos3"]) -> Pixels:
    return resample(small, small.shape[1] * scale, small.shape[0] * scale, kernel)


def _by_model(small: Pixels, card: ModelCard, path: Path) -> Pixels:
    """What a model makes of it, kept in a file."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        done, _ = run_picture(workflow_for_card(card), Picture(small), cards=cards())
        write_picture(Picture(done.pixels), path)
    return _bytes(path)


def _bytes(path: Path) -> Pixels:
    """Pixels of a picture of 8 bits."""
    pixels = read_picture(path).pixels
    assert pixels.dtype == np.uint8
    return pixels.astype(np.uint8, copy=False)


def _as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    data = to_vips(pixels).jpegsave_buffer(Q=quality)
    return np.ascontiguousarray(from_vips(pyvips.Image.new_from_buffer(data, "")))
