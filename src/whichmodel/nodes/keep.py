"""Operation `keep`: a part of the picture passes through untouched, whatever was done to the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, InputError, Step
from whichmodel.nodes.mixing import as_kind, in_kind, joint_kind, mixed, share_of
from whichmodel.nodes.operation import (
    BAND,
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    State,
    Unit,
    check_parameters,
    row_bands,
)
from whichmodel.nodes.resample import resized_part
from whichmodel.pictures.box import Box
from whichmodel.pictures.raster import Kind, Raster
from whichmodel.pictures.resample import Kernel

KERNEL: Kernel = "lanczos3"
"""That of a `resample` step which names none."""

WIDEST = 64
"""Pixels of the photo that a feather may be wide."""

_NARROWEST, _PART = 4, 100
"""Without a wish the feather is 1/100 of the photo's longer side, and 4 to 64 pixels."""

_HALF = np.float32(0.5)

Floats = NDArray[np.float32]
Marks = NDArray[np.bool_]


class KeepOperation(Operation):
    """The changed picture, with the original in its place where a mask says so.

    Ports: `image`, the changed picture, of any size but the shape of the original; `original`, as it was
    before; `mask`, of the original's size, light where nothing may change.

    Where the mask is at least half light the result is the original resampled to the size of `image`, bit for
    bit what operation `resample` gives. A pixel of the result that lies on the edge of the kept part belongs
    to it. Around it, wholly outside, the original fades into the changed picture over `feather` pixels of
    the original; the share falls with the Euclidean distance d as 1 - (3t² - 2t³), t = d / (feather + 1).
    Further out the changed picture stands, bit for bit.

    Parameters: `feather`, 0 to 64 (default: see `feather_of`); `inverted`, true to keep what is dark.
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {
        "image": PortSpec(DataType.IMAGE),
        "original": PortSpec(DataType.IMAGE),
        "mask": PortSpec(DataType.MASK),
    }

    def check(self, step: Step) -> None:
        check_parameters(step, {"feather": int, "inverted": bool})
        feather = int(step.parameters.get("feather", 0))
        if not 0 <= feather <= WIDEST:
            raise InputError(f"step {step.id!r}: parameter 'feather' must be 0 to {WIDEST}, not {feather}")

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        original, mask, image = sizes.get("original"), sizes.get("mask"), sizes.get("image")
        if original is not None and mask is not None and original != mask:
            raise InputError(
                f"step {step.id!r}: the mask has {mask} pixels, and the picture that it is for has {original}",
                hint="a mask has the size of its picture, pixel by pixel: make it again at that size",
            )
        if image is not None and original is not None and not _same_shape(image, original):
            raise InputError(
                f"step {step.id!r}: the changed picture has {image} pixels, another shape than the original's"
                f" {original}, so its parts do not lie where they lay",
                hint="leave out what crops, turns or stretches the picture, or do it before",
            )
        return image

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        pictures = [kinds["image"], kinds["original"]]
        return joint_kind(pictures, alpha=any(kind.alpha for kind in pictures))

    def units(self, step: Step, sizes: Mapping[str, Size], context: Context) -> Sequence[Unit]:
        # A band of the result needs a band of the original, which may be the larger one.
        shrink = max(1, -(-sizes["original"].pixels // context.size.pixels))
        return row_bands(context.size, BAND // shrink)

    def prepare(self, step: Step, inputs: Mapping[str, Raster], context: Context) -> State:
        mask, inverted = inputs["mask"], bool(step.parameters.get("inverted", False))
        bands = row_bands(Size(mask.width, mask.height))
        return {"kept": sum(int(_marked(mask, band.target, inverted).sum()) for band in bands)}

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        image, original = inputs["image"], inputs["original"]
        box, kind = unit.target, context.kind
        changed = as_kind(image, box, kind)
        kept, share = self._share(step, box, inputs, context.size)
        if not share.any():
            return _samples(*changed, kind)
        plain = _resampled(original, context.size, box, kind)
        colour, alpha = mixed(plain, changed, share, kind)
        for marks, (other, other_alpha) in ((kept, plain), (share == 0, changed)):
            # Not left to arithmetic: what is kept, and what is far from it, is copied.
            np.copyto(colour, other, where=marks[:, :, None])
            if alpha is not None:
                np.copyto(alpha, kind.top if other_alpha is None else other_alpha, where=marks)
        return _samples(colour, alpha, kind)

    def notes(self, step: Step, marks: Mapping[str, int], units: int, state: State) -> tuple[str, ...]:
        return () if state["kept"] else (f"{step.id}: the mask marks nothing, so nothing was left alone",)

    @staticmethod
    def _share(step: Step, box: Box, inputs: Mapping[str, Raster], size: Size) -> tuple[Marks, Floats]:
        """Which pixels of a part are kept, and how much of the original stands in each, 0..1."""
        mask = inputs["mask"]
        whole = Size(mask.width, mask.height)
        feather = int(step.parameters.get("feather", feather_of(whole)))
        across, down = (
            _Axis(box.left, box.right, whole.width, size.width),
            _Axis(box.top, box.bottom, whole.height, size.height),
        )
        window = Box(across.first, down.first, across.last + 1, down.last + 1)
        around = window.grown(feather, whole.width, whole.height)
        marked = _marked(mask, around, bool(step.parameters.get("inverted", False)))
        inside = window.within(around).slices
        kept = down.any(across.any(marked[inside].T).T)
        if not marked.any() or not feather:
            return kept, kept.astype(np.float32)
        t = distance_to(marked, feather)[inside] / np.float32(feather + 1)
        share = down.between(across.between((1 - t * t * (3 - 2 * t)).T).T)
        return kept, np.where(kept, np.float32(1), share)


def feather_of(size: Size) -> int:
    """Width of the feather where none is wished, in pixels of the original.

    >>> feather_of(Size(512, 512)), feather_of(Size(6000, 4000)), feather_of(Size(10, 10))
    (5, 60, 4)
    """
    return min(WIDEST, max(_NARROWEST, round(max(size.width, size.height) / _PART)))


def distance_to(marks: Marks, most: int) -> Floats:
    """Euclidean distance of each pixel to the next marked one, in pixels; `most + 1` where it is further.

    Exact (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", Theory of Computing 8,
    2012): first along columns, then the lowest of the parabolas along rows.

    Args:
        marks: shape `(h, w)`.
        most: the largest distance that is told apart, in pixels.
    """
    far = np.float32(most + 1)
    column = np.where(marks, np.float32(0), far)
    for rows in (range(1, len(marks)), range(len(marks) - 2, -1, -1)):
        before = 1 if rows.step < 0 else -1
        for row in rows:
            np.minimum(column[row], column[row + before] + 1, out=column[row])
    square = column * column
    least = square.copy()
    for step in range(1, min(most, marks.shape[1] - 1) + 1):
        np.minimum(least[:, step:], square[:, :-step] + np.float32(step * step), out=least[:, step:])
        np.minimum(least[:, :-step], square[:, step:] + np.float32(step * step), out=least[:, :-step])
    distance: Floats = np.minimum(np.sqrt(least), far)
    return distance


class _Axis:
    """How a stretch of the result's pixels lies over those of the mask, along one side.

    Args:
        start, stop: of the stretch.
        before, after: length of the whole mask and of the whole result, in pixels.

    Attributes:
        first, last: the pixels of the mask that it depends on.
    """

    def __init__(self, start: int, stop: int, before: int, after: int) -> None:
        place = np.arange(start, stop, dtype=np.int64)
        # In whole numbers: what lies on an edge must not depend on rounding.
        self._low = place * before // after
        self._high = np.minimum(-(-(place + 1) * before // after), before) - 1
        centre = np.clip((2 * place + 1) * before / (2 * after) - 0.5, 0, before - 1)
        self._left = np.floor(centre).astype(np.int64)
        self._right = np.minimum(self._left + 1, before - 1)
        self._weight = (centre - self._left).astype(np.float32)[:, None]
        self.first = int(min(self._low[0], self._left[0]))
        self.last = int(max(self._high[-1], self._right[-1]))

    def any(self, marks: Marks) -> Marks:
        """Whether any pixel of the mask that a pixel of the result lies over, if only in part, is marked.

        Args:
            marks: shape `(n, m)` from `first` to `last` along the first axis.
        """
        within = marks[: self._high[-1] + 1 - self.first]
        found: Marks = np.logical_or.reduceat(within, self._low - self.first, axis=0)
        found |= within[self._high - self.first]
        return found

    def between(self, values: Floats) -> Floats:
        """The values at the middles of the result's pixels, by linear interpolation; shapes as for `any`."""
        left, right = values[self._left - self.first], values[self._right - self.first]
        found: Floats = left + (right - left) * self._weight
        return found


def _marked(mask: Raster, box: Box, inverted: bool) -> Marks:
    light: Marks = share_of(mask, box) >= _HALF
    return ~light if inverted else light


def _resampled(
    original: Raster, size: Size, box: Box, kind: Kind
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """A part of the original as `resample` gives it, in a kind that holds it."""
    return in_kind(resized_part(original, size, KERNEL, box), original.kind, kind)


def _samples(colour: NDArray[Any], alpha: NDArray[Any] | None, kind: Kind) -> Samples:
    if kind.alpha and alpha is None:
        alpha = np.full(colour.shape[:2], kind.top, kind.dtype)
    return Samples(colour, alpha)


def _same_shape(one: Size, other: Size) -> bool:
    """Whether one size is the other times a factor, as nearly as whole pixels allow."""
    return abs(one.width * other.height - one.height * other.width) <= max(
        one.width, one.height, other.width, other.height
    )
