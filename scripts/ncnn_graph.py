"""How far a network in ncnn's format sees, read from its graph (`.param`), without running it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

# fmt: off
_POINTWISE = frozenset([
    "AbsVal", "BatchNorm", "Bias", "BinaryOp", "BNLL", "Cast", "Clip", "Concat", "Dropout", "ELU",
    "Eltwise", "Exp", "GELU", "HardSigmoid", "HardSwish", "Input", "LeakyReLU", "Log", "MemoryData",
    "Mish", "Noop", "Power", "PReLU", "ReLU", "Scale", "SELU", "ShuffleChannel", "Sigmoid", "Slice",
    "Split", "Swish", "TanH", "Threshold", "UnaryOp",
])
# fmt: on
_INTERPOLATION = {1: 0, 2: 1, 3: 2}
"""Pixels of its input that an interpolation looks at on each side: nearest, bilinear, bicubic."""


@dataclass(frozen=True)
class Seen:
    """What the values of a blob were made of.

    Args:
        scale: its sides as a factor of the input's.
        radius: how many input pixels away, on each side, something still changes it; `None`: any.
        convolutions: on the longest way to it.
    """

    scale: Fraction = Fraction(1)
    radius: Fraction | None = Fraction(0)
    convolutions: int = 0


@dataclass(frozen=True)
class Graph:
    """What the graph says.

    Args:
        inputs, outputs: names of blobs that nobody makes, and that nobody takes.
        seen: of each output.
        unknown: kinds of layers that are taken to see everything, as nothing else is known here.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    seen: dict[str, Seen]
    unknown: tuple[str, ...]


def read_graph(path: Path) -> Graph:
    """Read a `.param` file.

    Raises:
        ValueError: it is none, or binary.

    >>> import tempfile
    >>> lines = ["7767517", "3 3", "Input i 0 1 data", "Convolution c 1 1 data a 0=12 1=3"]
    >>> lines += ["PixelShuffle p 1 1 a o 0=2"]
    >>> file = Path(tempfile.mkdtemp()) / "net.param"
    >>> _ = file.write_text("\\n".join(lines))
    >>> read_graph(file).seen["o"]
    Seen(scale=Fraction(2, 1), radius=Fraction(1, 1), convolutions=1)
    """
    lines = path.read_text("utf-8", errors="replace").splitlines()
    if not lines or lines[0].strip() != "7767517":
        raise ValueError(f"{path.name} is no text graph of ncnn")
    blobs: dict[str, Seen] = {}
    inputs, taken, unknown = [], set(), set()
    for line in lines[2:]:
        words = line.split()
        if not words:
            continue
        kind, ins, outs = words[0], int(words[2]), int(words[3])
        given, made = words[4 : 4 + ins], words[4 + ins : 4 + ins + outs]
        taken.update(given)
        if kind == "Input":
            inputs += made
        before = _joined([blobs[name] for name in given])
        after = _after(kind, _parameters(words[4 + ins + outs :]), before)
        if after is None:
            unknown.add(kind)
            after = Seen(before.scale, None, before.convolutions)
        blobs.update(dict.fromkeys(made, after))
    outputs = tuple(name for name in blobs if name not in taken)
    return Graph(tuple(inputs), outputs, {name: blobs[name] for name in outputs}, tuple(sorted(unknown)))


def pixels(seen: Seen) -> int | None:
    """The radius in whole pixels of the input; `None` where everything is seen."""
    return None if seen.radius is None else math.ceil(seen.radius)


def _parameters(words: list[str]) -> dict[int, float]:
    pairs = (word.split("=", 1) for word in words if "=" in word and not word.startswith("-"))
    return {int(key): float(value) for key, value in pairs if "," not in value and not value.startswith('"')}


def _joined(given: list[Seen]) -> Seen:
    """What somebody sees who takes several blobs."""
    if not given:
        return Seen()
    radii = [one.radius for one in given if one.radius is not None]
    return Seen(
        max(one.scale for one in given),
        max(radii) if len(radii) == len(given) else None,
        max(one.convolutions for one in given),
    )


def _after(kind: str, parameters: dict[int, float], before: Seen) -> Seen | None:
    """What is seen behind a layer; `None` for one that is not known here."""
    if kind in _POINTWISE or before.radius is None:
        return before
    if kind in ("Convolution", "ConvolutionDepthWise", "Deconvolution", "DeconvolutionDepthWise"):
        kernel = max(parameters.get(1, 1), parameters.get(11, 0))
        reach = Fraction((kernel - 1) * parameters.get(2, 1)) / 2
        stride = Fraction(parameters.get(3, 1))
        if kind.startswith("Deconvolution"):
            scale = before.scale * stride
            return Seen(scale, before.radius + reach / scale, before.convolutions + 1)
        return Seen(before.scale / stride, before.radius + reach / before.scale, before.convolutions + 1)
    if kind == "Pooling" and not parameters.get(4) and not parameters.get(7):
        reach = Fraction(parameters.get(1, 1) - 1) / 2
        return Seen(
            before.scale / Fraction(parameters.get(2, 1)),
            before.radius + reach / before.scale,
            before.convolutions,
        )
    if kind == "PixelShuffle":
        return Seen(before.scale * Fraction(parameters.get(0, 1)), before.radius, before.convolutions)
    if kind == "Interp" and parameters.get(2) and parameters.get(0) in _INTERPOLATION:
        reach = Fraction(_INTERPOLATION[int(parameters[0])]) / before.scale
        return Seen(before.scale * Fraction(parameters[2]), before.radius + reach, before.convolutions)
    return None
