"""SRN: takes motion blur out of a picture, from coarse to fine (Tao et al. 2018, arXiv 1802.01770).

One network of encoder and decoder (section 3.2) works on a quarter of the size, on half, and on the whole, each
time given the blurred picture and what it made of the size before (equation 2). This is the variant without the
recurrent cell: the weights that can be had hold none.

The weights were learned in TensorFlow 1, whose ways are kept: pictures are made smaller by taking every second or
fourth pixel (its bilinear resizing without half pixels comes to that), and made larger by putting means between
the pixels; with even sides its convolutions of stride 2 pad one row before and two behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from whichmodel.networks.export import export, load_strictly
from whichmodel.networks.tensor_bundle import read_bundle

LEVELS = 3
MULTIPLE = 16
"""Sides must be a multiple: a quarter of the picture is halved twice more."""

_WIDTHS = (32, 64, 128)
_SIDE = 5
_SCOPE = "g_net/"


class _Residual(nn.Module):
    """Two convolutions whose result is added to what they were given."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, _SIDE, padding=_SIDE // 2)
        self.conv2 = nn.Conv2d(width, width, _SIDE, padding=_SIDE // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv2(torch.relu(self.conv1(x)))


class SRN(nn.Module):
    """The network of figure 3, without the recurrent cell.

    Args:
        widths: features of the three stages; the modules carry the names of the checkpoint.
    """

    def __init__(self, widths: tuple[int, int, int] = _WIDTHS) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.enc1_1 = nn.Conv2d(6, fine, _SIDE, padding=_SIDE // 2)
        self.enc2_1 = nn.Conv2d(fine, middle, _SIDE, stride=2)
        self.enc3_1 = nn.Conv2d(middle, coarse, _SIDE, stride=2)
        for stage, width in enumerate(widths, start=1):
            for number in (1, 2, 3):
                self.add_module(f"enc{stage}_{number + 1}", _Residual(width))
                self.add_module(f"dec{stage}_{number}", _Residual(width))
        self.dec2_4 = nn.ConvTranspose2d(coarse, middle, 4, stride=2, padding=1)
        self.dec1_4 = nn.ConvTranspose2d(middle, fine, 4, stride=2, padding=1)
        self.dec1_0 = nn.Conv2d(fine, 3, _SIDE, padding=_SIDE // 2)

    def forward(self, blurred: torch.Tensor) -> torch.Tensor:
        """Sharpen a picture.

        Args:
            blurred: `(1, 3, H, W)`, RGB 0..1, H and W multiples of 16.

        Returns:
            `(1, 3, H, W)`, nominally 0..1.
        """
        step = 2 ** (LEVELS - 1)
        before = smaller = blurred[:, :, ::step, ::step]
        for level in range(LEVELS):
            if level:
                step //= 2
                smaller = blurred[:, :, ::step, ::step]
                before = _twice(before)
            before = self._one_level(torch.cat([smaller, before], dim=1))
        return before

    def _one_level(self, both: torch.Tensor) -> torch.Tensor:
        fine = self._blocks("enc1", (2, 3, 4), torch.relu(self.enc1_1(both)))
        middle = self._blocks("enc2", (2, 3, 4), torch.relu(self.enc2_1(_padded(fine))))
        coarse = self._blocks("enc3", (2, 3, 4), torch.relu(self.enc3_1(_padded(middle))))
        x = self._blocks("dec3", (3, 2, 1), coarse)
        x = self._blocks("dec2", (3, 2, 1), torch.relu(self.dec2_4(x)) + middle)
        x = self._blocks("dec1", (3, 2, 1), torch.relu(self.dec1_4(x)) + fine)
        return self.dec1_0(x)

    def _blocks(self, stage: str, numbers: tuple[int, ...], x: torch.Tensor) -> torch.Tensor:
        for number in numbers:
            x = self.get_submodule(f"{stage}_{number}")(x)
        return x


def _padded(x: torch.Tensor) -> torch.Tensor:
    """As TensorFlow pads for a convolution of 5 x 5 with stride 2 where the sides are even."""
    return functional.pad(x, (1, 2, 1, 2))


def _twice(x: torch.Tensor) -> torch.Tensor:
    """Twice as large: each pixel stays, means lie between; the last row and column are repeated."""
    wide = functional.pad(x, (0, 1, 0, 1), mode="replicate")
    right, below, across = wide[:, :, :-1, 1:], wide[:, :, 1:, :-1], wide[:, :, 1:, 1:]
    parts = [x, (x + right) / 2, (x + below) / 2, (x + right + below + across) / 4]
    return functional.pixel_shuffle(torch.stack(parts, dim=2).flatten(1, 2), 2)


def numbers_of(tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, torch.Tensor]:
    """The numbers of a checkpoint under PyTorch's names and in its order of axes.

    TensorFlow has `(height, width, in, out)` and, for transposed convolutions, `(height, width, out, in)`;
    PyTorch wants the last two first, in either case in the opposite order.
    """
    found = {}
    for name, array in tensors.items():
        if not name.startswith(_SCOPE):
            continue
        own = name.removeprefix(_SCOPE).replace("/", ".")
        own = own.replace("weights", "weight").replace("biases", "bias")
        found[own] = torch.from_numpy(array.transpose(3, 2, 0, 1).copy() if array.ndim == 4 else array.copy())
    return found


def convert_srn(files: Mapping[str, Path], folder: Path) -> None:
    """Write `model.onnx` from the files of roles `index` and `data` of a TensorFlow checkpoint.

    Raises:
        ValueError: the files are no such checkpoint, or not of this network.
    """
    network = SRN()
    load_strictly(network, numbers_of(read_bundle(files["index"], files["data"])))
    export(
        network,
        folder / "model.onnx",
        inputs={"blurred": torch.zeros(1, 3, 4 * MULTIPLE, 4 * MULTIPLE)},
        outputs=["sharp"],
        free_sides=["blurred", "sharp"],
    )
