"""Networks that look at the whole picture, reduced: what they take, what they give, and the mask of it.

The network runs once, on a copy of the picture as small as it was trained for. What it gave, a few
megabytes, is remembered as long as the program runs and is computed again where it is not; every unit of
the result is read out of it. So memory does not grow with the picture.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import DataType, Step, StepError
from whichmodel.nodes.feather import Recent
from whichmodel.nodes.operation import (
    Cards,
    Context,
    Operation,
    PortSpec,
    Samples,
    Size,
    Unit,
    check_parameters,
)
from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import pyvips
from whichmodel.pictures.parts import part_of_resized, window_of
from whichmodel.pictures.raster import Kind, Raster
from whichmodel.pictures.resample import resized
from whichmodel.runtimes.devices import choose
from whichmodel.runtimes.onnx import OnnxNet, load_onnx, onnx_version
from whichmodel.weights import WeightsRecord, hashes, record

Floats = NDArray[np.float32]

_SMALL = 4_000_000
"""Pixels of a picture that is reduced in memory; larger ones are streamed."""
_ROWS = 64

KEPT = Recent(160_000_000)
"""What networks gave for whole pictures, and the squares that they filled: each is wanted by every band of
rows that it reaches into."""


def forget_kept() -> None:
    """Let go of it, when a step has ended."""
    KEPT.clear()


def weights_of(step: Step, cards: Cards) -> WeightsRecord:
    """The weights of the model that a step names.

    Raises:
        StepError: it has none here.
    """
    card = cards.get(step.model or "")
    if card is None or card.weights is None:
        raise StepError(f"step {step.id!r}: model {step.model!r} has no weights here")
    return record(card.weights)


def network_identity(step: Step, context: Context) -> dict[str, Any]:
    """What the result of a network depends on beside its input: hashes of weights, runtime, device."""
    weights = weights_of(step, context.cards)
    return {
        "weights": hashes(weights.id),
        "runtime": onnx_version(),
        "device": choose(context.device, weights.format).name,
    }


def network_of(step: Step, context: Context, role: str = "model") -> OnnxNet:
    """The network of the model that a step names; errors as for `weights_of` and `OnnxNet`."""
    weights = weights_of(step, context.cards)
    return load_onnx(context.weights(weights.id)[role], context.device)


def content_of(raster: Raster) -> tuple[str, int, int]:
    """What tells the content of a raster from others within one run of the program."""
    stat = raster.path.stat()
    return str(raster.path), stat.st_mtime_ns, stat.st_size


def remembered(step: Step, raster: Raster, context: Context, make: Callable[[], Floats]) -> Floats:
    """What a step's network gave for a picture, made now where it is not at hand."""
    settings = tuple(sorted((name, str(value)) for name, value in step.parameters.items()))
    weights = weights_of(step, context.cards).id
    key = (*content_of(raster), step.operation, weights, context.device, settings)
    found: Floats = KEPT.get(key, lambda: (make(), False))[0]
    return found


def reduced(raster: Raster, size: Size, part: Box | None = None) -> Floats:
    """The colour of a picture, or of a part of it, at another size, as a network takes it.

    Bilinear, with a triangle as wide as a pixel of the result where it shrinks (antialiased). A mask is
    taken as grey picture.

    Returns:
        `(height, width, 3)` float32 RGB 0..1; grey becomes three equal channels.
    """
    part = part or raster.box
    before, after = (part.width, part.height), (size.width, size.height)
    if part.pixels <= _SMALL:
        whole, of = Box(0, 0, size.width, size.height), Box(0, 0, part.width, part.height)
        values = part_of_resized(raster.read(part), of, before, after, "linear", whole, floats=True)
    else:
        # Always in the same strips: libvips would cut it by the number of processors.
        lazy = raster.lazy().crop(part.left, part.top, part.width, part.height)
        region = pyvips.Region.new(resized(lazy, *after, "linear"))
        values = np.empty((size.height, size.width, raster.kind.bands), np.float32)
        for top in range(0, size.height, _ROWS):
            rows = min(_ROWS, size.height - top)
            strip = np.frombuffer(region.fetch(0, top, size.width, rows), np.float32)
            values[top : top + rows] = strip.reshape(rows, size.width, -1)
    colour: Floats = (values / np.float32(raster.kind.top)).astype(np.float32).clip(0, 1)
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour


def as_input(picture: Floats, weights: WeightsRecord) -> Floats:
    """A picture `(h, w, 3)` 0..1 in the range, order and form that a network wants: `(1, 3, h, w)`."""
    low, high = weights.input_range
    colour = picture[:, :, ::-1] if weights.colour_order == "BGR" else picture
    values = colour * np.float32(high - low) + np.float32(low)
    values = ((values - np.array(weights.mean)) / np.array(weights.std)).astype(np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


def spread(small: Floats, size: Size, box: Box) -> Floats:
    """A part of a small map `(h, w)` brought to the size of a picture, bilinear: `(h, w)` of the box."""
    before, after = (small.shape[1], small.shape[0]), (size.width, size.height)
    window = window_of(box, before, after)
    part = small[window.slices][:, :, None]
    found: Floats = part_of_resized(part, window, before, after, "linear", box, floats=True)[:, :, 0]
    return found


def whole_samples(shares: Floats, kind: Kind) -> NDArray[Any]:
    """Shares 0..1 `(h, w)` as samples `(h, w, 1)` of a mask."""
    return np.rint(shares.clip(0, 1) * np.float32(kind.top)).astype(kind.dtype)[:, :, None]


class WholeMask(Operation):
    """A mask of a picture by a network that sees all of it, reduced.

    The mask has the picture's size and bits: 0 is background, the largest value subject. It is no finer
    than the reduced copy; between its points it is interpolated (bilinear).
    """

    ports: ClassVar[Mapping[str, PortSpec]] = {"image": PortSpec(DataType.IMAGE)}
    gives: ClassVar[DataType] = DataType.MASK
    takes_model: ClassVar[bool] = True
    apart: ClassVar[bool] = False
    resembles: ClassVar[str | None] = None

    @abstractmethod
    def small(self, step: Step, picture: Raster, context: Context) -> Floats:
        """The mask that the network gives for the reduced picture: `(h, w)`, shares 0..1."""

    def check(self, step: Step) -> None:
        check_parameters(step, {"substituted_for": str})

    def output_size(self, step: Step, sizes: Mapping[str, Size], cards: Cards) -> Size | None:
        return sizes.get("image")

    def output_kind(self, step: Step, kinds: Mapping[str, Kind]) -> Kind:
        return Kind(1, kinds["image"].bits)

    def needs_weights(self, step: Step, cards: Cards) -> str | None:
        card = cards.get(step.model or "")
        return card.weights if card else None

    def identity(self, step: Step, context: Context) -> Mapping[str, Any]:
        return network_identity(step, context)

    def compute(self, step: Step, unit: Unit, inputs: Mapping[str, Raster], context: Context) -> Samples:
        picture = inputs["image"]
        small = remembered(step, picture, context, lambda: self.small(step, picture, context))
        return Samples(whole_samples(spread(small, context.size, unit.target), context.kind))
