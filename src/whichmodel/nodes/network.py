"""A network that turns one picture into another, whatever runtime its weights are for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import StepError
from whichmodel.runtimes.devices import choose
from whichmodel.runtimes.ncnn import load_net
from whichmodel.runtimes.onnx import OnnxNet, load_onnx
from whichmodel.weights import WeightsRecord

Floats = NDArray[np.float32]

SIGMA = "sigma"
"""Name, in a record's `inputs`, of the input that takes the noise level, 0..1, shape `(1, 1, 1, 1)`."""


_STRONGEST = 75.0
"""Noise levels beyond it, of 255, no network here has learned."""

_GREY_FACTOR = 1.6
"""Equal grain in three channels is, along the grey axis, up to the root of 3 times as strong as grain that differs
between them, which a network for colour expects. Measured with FFDNet on two grey photographs at levels 15, 25
and 50: between 1.5 and 1.73 it cleans best, 4 to 7 dB better than with the level itself."""


class PictureNet(Protocol):
    """What `NcnnNet` does: one picture in, one out."""

    def infer(self, x: Floats) -> Floats:
        """`(3, H, W)` float32 to `(3, s*H, s*W)` float32, finite, not clipped; raises `StepError`."""
        ...


class OnnxPictureNet:
    """An ONNX network as a `PictureNet`: `(1, 3, H, W)` in and out.

    Args:
        net: the network.
        weights: its record, which names the inputs and outputs.
        sigma: noise level on the scale 0..255, where the network takes one.
    """

    def __init__(self, net: OnnxNet, weights: WeightsRecord, sigma: float | None = None) -> None:
        self._net = net
        self._image, self._result = weights.input_blob, weights.output_blob
        self._others: dict[str, Floats] = {}
        if SIGMA in weights.inputs:
            if sigma is None:
                raise StepError(f"the network of {weights.id} needs a noise level, and none was given")
            self._others[weights.inputs[SIGMA]] = np.full((1, 1, 1, 1), sigma / 255, np.float32)

    def infer(self, x: Floats) -> Floats:
        """Run the network once; see `PictureNet`."""
        given = self._net.infer({self._image: x[None], **self._others})[self._result]
        if given.ndim != 4 or given.shape[0] != 1:
            raise StepError(f"the network gave shape {given.shape} where one picture was due")
        picture: Floats = given[0]
        return picture


def sigma_for(sigma: float | None, *, grey: bool) -> float | None:
    """The noise level that a network for colour is told, from that of the picture; both 0..255."""
    return sigma if sigma is None or not grey else min(sigma * _GREY_FACTOR, max(sigma, _STRONGEST))


def picture_net(
    weights: WeightsRecord, files: Mapping[str, Path], device: str = "cpu", sigma: float | None = None
) -> PictureNet:
    """The network of a record, ready to run; loaded once and kept by its runtime.

    Args:
        weights: of format `ncnn` or `onnx`.
        files: its files by role.
        device: that was asked for: one of `runtimes.devices.WISHES`.
        sigma: noise level 0..255, for networks that take one.

    Raises:
        WeightsError: the files are no such network.
        InputError: the device is not here.
        StepError: there is no runtime for the format.
    """
    if weights.format == "onnx":
        return OnnxPictureNet(load_onnx(files["model"], device), weights, sigma)
    if weights.format == "ncnn":
        chosen = choose(device, weights.format)
        number = chosen.number if chosen.device == "vulkan" else None
        return load_net(files["param"], files["bin"], weights.input_blob, weights.output_blob, vulkan=number)
    raise StepError(f"weights {weights.id} are in the format {weights.format}, for which there is no runtime")
