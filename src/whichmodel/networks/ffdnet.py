"""FFDNet: removes Gaussian noise of a given strength (Zhang, Zuo, Zhang 2018, arXiv 1710.04026).

The picture is taken apart into four of half the size (section III.A), a fifth map holds the noise level, and
a plain chain of convolutions works on all of them; the result is put together again. Unlike most denoisers it
gives the clean picture itself, not the noise (section III.B).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from whichmodel.networks.export import export, load_strictly, read_state

HALVING = 2
COLOUR = (3, 96, 12)
"""Channels of the picture, features, and convolutions of the colour network."""


class FFDNet(nn.Module):
    """The network of figure 1.

    Args:
        channels: of the picture.
        features: maps between the convolutions.
        layers: convolutions of 3 x 3, all but the last followed by ReLU; batch normalisation is merged into
            them, as after training.
    """

    def __init__(self, channels: int = 3, features: int = 96, layers: int = 12) -> None:
        super().__init__()
        small = channels * HALVING**2
        widths = [small + 1, *[features] * (layers - 1), small]
        parts: list[nn.Module] = []
        for before, after in pairwise(widths):
            parts += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
        self.model = nn.Sequential(*parts[:-1])

    def forward(self, picture: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Clean a picture.

        Args:
            picture: `(1, C, H, W)`, 0..1, H and W even.
            sigma: `(1, 1, 1, 1)`, standard deviation of the noise, 0..1.

        Returns:
            `(1, C, H, W)`, nominally 0..1.
        """
        small = functional.pixel_unshuffle(picture, HALVING)
        level = torch.zeros_like(small[:, :1]) + sigma
        return functional.pixel_shuffle(self.model(torch.cat([small, level], dim=1)), HALVING)


def convert_colour(files: Mapping[str, Path], folder: Path) -> None:
    """Write `model.onnx` from the file of role `pth` (a PyTorch state dictionary, names `model.0.weight` ...).

    Raises:
        ValueError: the numbers are not those of the colour network.
    """
    network = FFDNet(*COLOUR)
    load_strictly(network, read_state(files["pth"]))
    example = {"picture": torch.zeros(1, COLOUR[0], 32, 32), "sigma": torch.zeros(1, 1, 1, 1)}
    export(
        network,
        folder / "model.onnx",
        inputs=example,
        outputs=["clean"],
        free_sides=["picture", "clean"],
    )
