"""What running a network tells about it: factor, sides, range, order of colours, and how far it sees.

A photograph is shrunk by the network's own factor and given to it in each of the ways that are common; the way that
comes closest to the photograph is the one it was made for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ncnn_graph import pixels, read_graph
from whichmodel.domain import InputError, StepError
from whichmodel.pictures import bicubic, read_picture
from whichmodel.runtimes.ncnn import NcnnNet
from whichmodel.runtimes.onnx import OnnxNet

Floats = NDArray[np.float32]
Infer = Callable[[Floats], Floats]

SIDES = (1, 2, 4, 8, 16, 32, 64)
_CLEAR = 2.0
"""Decibels by which one order of the colours has to be closer: networks that change tones prefer either by chance."""

NOTICED = 1e-4
"""A change of the result by less, as a share of its range, is taken for rounding."""


@dataclass(frozen=True)
class Facts:
    """What was found; the fields are those of the record of weights.

    Args:
        radius: input pixels that a changed pixel reaches, from the graph where that can be read, else as measured;
            `None` where it reaches as far as was looked.
        remarks: for the person who reads the draft.
    """

    input: str
    output: str
    scale: int
    size_multiple: int
    input_size: tuple[int, int] | None
    input_range: tuple[float, float]
    colour_order: str
    radius: int | None
    radius_note: str
    remarks: list[str] = field(default_factory=list)


def facts_of(files: dict[str, Path], photo: Path) -> Facts:
    """Run the network on parts of a photograph.

    Args:
        files: by role: `param` and `bin`, or `model`.

    Raises:
        InputError: it is no network that turns one picture into one picture.
        StepError: it fails on every size.
    """
    run, given, made, size, seen, note = opened(files)
    truth = read_picture(photo).pixels[:, :, :3]
    start = size or (64, 64)
    factor = factor_of(run, picture_of(truth, *start))
    multiple = 1 if size else least_multiple(run, truth, factor)
    order, span, remarks = manner(run, truth, factor, start if size else (96, 96))
    reach = reached(run, truth, span, start if size else (256, 256))
    told = f"Changing one pixel of a photograph changed the result up to {reach} input pixels away"
    told += f" (by more than {NOTICED:g} of the range)."
    if size is None and reach >= 127:
        remarks.append("the change reached the edge of what was tried: see `context` in weights/record.py")
    if files.keys() == {"model"}:
        note, seen = (
            "Measured only, count it in the graph too.",
            None if reach >= min(start) // 2 - 1 else reach,
        )
    return Facts(given, made, factor, multiple, size, (0.0, span), order, seen, f"{note} {told}", remarks)


def opened(
    files: dict[str, Path],
) -> tuple[Infer, str, str, tuple[int, int] | None, int | None, str]:
    """The network as a function, names of input and output, its one size, radius by the graph, and how it was found."""
    if "param" in files:
        graph = read_graph(files["param"])
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise InputError(
                f"the graph takes {graph.inputs} and gives {graph.outputs}", hint="one of each is needed"
            )
        (given,), (made,) = graph.inputs, graph.outputs
        net = NcnnNet(files["param"], files["bin"], input_blob=given, output_blob=made)
        seen = graph.seen[made]
        note = f"From the graph: {seen.convolutions} convolutions on the longest path."
        if graph.unknown:
            note = f"The graph has layers that may see everything: {', '.join(graph.unknown)}."
        return net.infer, given, made, None, pixels(seen), note
    session = OnnxNet(files["model"])
    if len(session.inputs) != 1:
        raise InputError(f"the graph takes {session.inputs}", hint="one picture is needed")
    given, made = session.inputs[0], session.outputs[0]

    def run(x: Floats) -> Floats:
        result: Floats = session.infer({given: x[None]})[made][0]
        return result

    import onnxruntime

    shape = onnxruntime.InferenceSession(str(files["model"])).get_inputs()[0].shape
    sides = shape[-2:]
    fixed = (int(sides[1]), int(sides[0])) if all(isinstance(side, int) for side in sides) else None
    return run, given, made, fixed, None, ""


def picture_of(truth: NDArray[np.uint8], width: int, height: int) -> Floats:
    """`(3, height, width)`, 0..1: the middle of a photograph, shrunk where it is too small."""
    rows, columns = truth.shape[:2]
    if rows < height or columns < width:
        part = bicubic(truth, width, height)
    else:
        top, left = (rows - height) // 2, (columns - width) // 2
        part = truth[top : top + height, left : left + width]
    return np.ascontiguousarray(part.transpose(2, 0, 1), np.float32) / 255


def factor_of(run: Infer, x: Floats) -> int:
    """How many times as wide and high the result is."""
    result = run(x)
    if result.ndim != 3 or result.shape[0] != 3:
        raise InputError(f"the network gives shape {result.shape} where (3, height, width) is due")
    factor = result.shape[2] / x.shape[2]
    if factor != int(factor) or result.shape[1] != x.shape[1] * factor:
        raise InputError(f"{x.shape} became {result.shape}: no whole factor")
    return int(factor)


def least_multiple(run: Infer, truth: NDArray[np.uint8], factor: int) -> int:
    """The smallest number that sides have to be a multiple of."""
    for multiple in SIDES:
        side = 64 + multiple
        try:
            result = run(picture_of(truth, side, side))
        except StepError:
            continue
        if result.shape[1:] == (side * factor,) * 2:
            return multiple
    raise InputError(f"no multiple of {SIDES} is taken")


def manner(
    run: Infer, truth: NDArray[np.uint8], factor: int, size: tuple[int, int]
) -> tuple[str, float, list[str]]:
    """Order of the colours and highest value: those with which the result comes closest to the photograph."""
    width, height = size
    large = np.rint(picture_of(truth, width * factor, height * factor).transpose(1, 2, 0) * 255).astype(
        np.uint8
    )
    small = bicubic(large, width, height) if factor > 1 else large
    found: dict[tuple[str, float], float] = {}
    for order in ("RGB", "BGR"):
        for span in (1.0, 255.0):
            x = (small if order == "RGB" else small[:, :, ::-1]).transpose(2, 0, 1).astype(np.float32)
            y = run(np.ascontiguousarray(x * (span / 255))).transpose(1, 2, 0) * (255 / span)
            y = y if order == "RGB" else y[:, :, ::-1]
            found[order, span] = psnr(np.clip(y, 0, 255), large)
    (order, span), _ = max(found.items(), key=lambda item: item[1])
    plain = psnr(bicubic(small, width * factor, height * factor) if factor > 1 else small, large)
    remarks = [
        f"{way[0]}, 0..{way[1]:g}: PSNR {value:.2f} dB against the photograph" for way, value in found.items()
    ]
    remarks.append(f"{'bicubic enlargement' if factor > 1 else 'the picture itself'}: {plain:.2f} dB")
    rgb, bgr = found["RGB", span], found["BGR", span]
    if abs(rgb - bgr) < _CLEAR:
        order = "RGB"
        remarks.append(
            "RGB and BGR come out much alike, so RGB is a guess: how does the package's own code feed it?"
        )
    return order, span, remarks


def reached(run: Infer, truth: NDArray[np.uint8], span: float, size: tuple[int, int]) -> int:
    """How many input pixels away from a changed pixel the result still changes."""
    width, height = size
    x = picture_of(truth, width, height) * span
    row, column = height // 2, width // 2
    changed = x.copy()
    changed[:, row, column] = span - changed[:, row, column]
    differs = np.abs(run(changed) - run(x)).max(axis=0) > NOTICED * span
    factor = differs.shape[1] // width
    rows, columns = np.nonzero(differs)
    if not len(rows):
        return 0
    return int(max(np.abs(rows // factor - row).max(), np.abs(columns // factor - column).max()))


def psnr(a: NDArray[np.floating] | NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in dB for a peak of 255."""
    return float(10 * np.log10(255**2 / max(np.mean((a.astype(float) - b.astype(float)) ** 2), 1e-9)))
