"""Where training crops come from: pairs of photographs on disk, or sharp photographs that are blurred here.

Photographs are data from outside: their headers are checked before they are decoded, and nothing but pixels is taken.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import InputError
from whichmodel.pictures import read_header, read_picture
from whichmodel.pictures.formats import READABLE, is_picture
from whichmodel.training.blur import BlurKind, blurred

T = TypeVar("T")
Floats = NDArray[np.float32]
Both = tuple[Floats, Floats]
"""A blurred and a sharp crop, `(h, w, 3)`, stored values 0..1."""

_KEPT = 600_000_000
"""Bytes of decoded photographs that are kept in memory."""

_EVERY = 10
"""One photograph in so many is held out."""

_COLOUR = 0.2
"""Saturation changes by at most this share (the published recipe)."""


class Pairs(Protocol):
    """A set of samples."""

    kind: str

    def __len__(self) -> int: ...

    def crop(
        self, sample: int, height: int, width: int, random: np.random.Generator, *, varied: bool
    ) -> Both:
        """A crop of a sample; `varied` turns, mirrors and recolours it too."""
        ...

    def fingerprint(self) -> str:
        """Changes with the names and sizes of the files."""
        ...


class PhotographPairs:
    """Pairs of photographs.

    Args:
        pairs: paths of blurred and sharp photographs of one size.
    """

    kind = "pairs of photographs"

    def __init__(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        self._pairs = tuple(pairs)
        self._kept = _Kept()

    def __len__(self) -> int:
        return len(self._pairs)

    def crop(
        self, sample: int, height: int, width: int, random: np.random.Generator, *, varied: bool
    ) -> Both:
        """See `Pairs`; photographs smaller than the crop are continued by reflection."""
        blur, sharp = (self._kept.pixels(path) for path in self._pairs[sample])
        if blur.shape != sharp.shape:
            first, second = self._pairs[sample]
            raise InputError(f"{first} and {second} are not of one size")
        blur, sharp = _at_least(blur, height, width), _at_least(sharp, height, width)
        top, left = _corner(blur.shape, height, width, random)
        place = slice(top, top + height), slice(left, left + width)
        both = _floats(blur[place]), _floats(sharp[place])
        return _varied(both, random) if varied else both

    def fingerprint(self) -> str:
        """See `Pairs`."""
        return _fingerprint([path for pair in self._pairs for path in pair])


class BlurredPhotographs:
    """Sharp photographs, blurred anew for every crop.

    Args:
        photographs: their paths.
        blur: how strongly.
    """

    kind = "sharp photographs, blurred here"

    def __init__(self, photographs: Sequence[Path], blur: BlurKind | None = None) -> None:
        self._photographs = tuple(photographs)
        self._blur = blur or BlurKind()
        self._kept = _Kept()

    def __len__(self) -> int:
        return len(self._photographs)

    def crop(
        self, sample: int, height: int, width: int, random: np.random.Generator, *, varied: bool
    ) -> Both:
        """See `Pairs`; the blur depends on the generator too."""
        margin = self._blur.margin
        pixels = self._kept.pixels(self._photographs[sample])
        pixels = _at_least(pixels, height + 2 * margin, width + 2 * margin)
        top, left = _corner(pixels.shape, height + 2 * margin, width + 2 * margin, random)
        around = _floats(pixels[top : top + height + 2 * margin, left : left + width + 2 * margin])
        both = blurred(around, self._blur, random), around[margin:-margin, margin:-margin]
        return _varied(both, random) if varied else both

    def fingerprint(self) -> str:
        """See `Pairs`."""
        return _fingerprint(self._photographs)


# --- folders ---


def pairs_in(folder: Path) -> tuple[PhotographPairs, PhotographPairs]:
    """The pairs to train with and those that are held out.

    The layout is that of GoPro_Large: somewhere below the folder lie `blur/NAME` and `sharp/NAME` beside each other.
    Where there are folders `train` and `test` they are the two parts; else every tenth pair is held out.

    Raises:
        InputError: there is no such pair, or none is left to train with.
    """
    if (folder / "train").is_dir() and (folder / "test").is_dir():
        train, test = _pairs_below(folder / "train"), _pairs_below(folder / "test")
    else:
        train, test = _parted(_pairs_below(folder))
    if not train:
        raise InputError(
            f"{folder} holds no pairs of photographs to train with",
            hint="below it must lie folders `blur` and `sharp` beside each other, with files of the same names",
        )
    return PhotographPairs(train), PhotographPairs(test)


def photographs_in(
    folder: Path, blur: BlurKind | None = None
) -> tuple[BlurredPhotographs, BlurredPhotographs]:
    """Sharp photographs in a folder and those below it: to train with, and every tenth held out.

    Raises:
        InputError: there is none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder", hint="it must hold sharp photographs")
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and is_picture(path)]
    if not found:
        raise InputError(f"{folder} holds no photographs", hint=READABLE)
    for path in found:
        read_header(path)  # its limits hold before anything is decoded, and a damaged file is told at once
    train, test = _parted(found)
    return BlurredPhotographs(train, blur), BlurredPhotographs(test, blur)


def _pairs_below(folder: Path) -> list[tuple[Path, Path]]:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder")
    found = []
    for sharp in sorted(folder.rglob("sharp/*")):
        blur = sharp.parent.parent / "blur" / sharp.name
        if sharp.is_file() and blur.is_file() and is_picture(sharp):
            found.append((blur, sharp))
    return found


def _parted(found: list[T]) -> tuple[list[T], list[T]]:
    """Every tenth apart, beginning with the fifth; of fewer than five none."""
    held = [item for number, item in enumerate(found) if number % _EVERY == _EVERY // 2 - 1]
    return [item for number, item in enumerate(found) if number % _EVERY != _EVERY // 2 - 1], held


# --- pixels ---


class _Kept:
    """Decoded photographs, those used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, NDArray[np.uint8]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def pixels(self, path: Path) -> NDArray[np.uint8]:
        with self._lock:
            if path in self._kept:
                self._kept.move_to_end(path)
                return self._kept[path]
        pixels = _as_rgb(path)
        with self._lock:
            if path not in self._kept:
                self._kept[path] = pixels
                self._bytes += pixels.nbytes
            while self._bytes > _KEPT and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._bytes -= old.nbytes
        return pixels


def _as_rgb(path: Path) -> NDArray[np.uint8]:
    pixels = read_picture(path).pixels
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / 257).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), np.uint8)


def _at_least(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Continued to the right and below by reflection until the crop fits."""
    while pixels.shape[0] < height or pixels.shape[1] < width:
        down = min(max(0, height - pixels.shape[0]), pixels.shape[0] - 1 or 1)
        right = min(max(0, width - pixels.shape[1]), pixels.shape[1] - 1 or 1)
        mode = "reflect" if min(pixels.shape[:2]) > 1 else "edge"
        pixels = np.pad(pixels, ((0, down), (0, right), (0, 0)), mode=mode)  # type: ignore[call-overload]
    return pixels


def _corner(shape: tuple[int, ...], height: int, width: int, random: np.random.Generator) -> tuple[int, int]:
    return int(random.integers(shape[0] - height + 1)), int(random.integers(shape[1] - width + 1))


def _floats(pixels: NDArray[np.uint8]) -> Floats:
    return pixels.astype(np.float32) / np.float32(255)


def _varied(both: Both, random: np.random.Generator) -> Both:
    """Both crops recoloured alike in a third of the cases, and turned or mirrored in one of nine ways alike."""
    if random.random() < 1 / 3:
        strength = np.float32(1 + random.uniform(-_COLOUR, _COLOUR))
        both = _coloured(both[0], strength), _coloured(both[1], strength)
    way = int(random.integers(9))
    return _turned(both[0], way), _turned(both[1], way)


def _coloured(pixels: Floats, strength: np.float32) -> Floats:
    """More or less colourful, brightness kept (weights of ITU-R BT.601)."""
    grey = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.clip(grey[:, :, None] + strength * (pixels - grey[:, :, None]), 0, 1)


def _turned(pixels: Floats, way: int) -> Floats:
    """One of nine: as it is (twice), mirrored in either direction, turned by quarters, mirrored and turned.

    Where the crop is not square, quarter turns are left out, as all crops of a batch have one size.
    """
    square = pixels.shape[0] == pixels.shape[1]
    if way in (2, 7):
        pixels = pixels[::-1]
    elif way in (3, 8):
        pixels = pixels[:, ::-1]
    if way in (4, 6, 7, 8) and square:
        pixels = np.rot90(pixels, 3 if way == 6 else 1)
    elif way in (5, 4, 6):
        pixels = np.rot90(pixels, 2)
    return np.ascontiguousarray(pixels)


def _fingerprint(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    return digest.hexdigest()
