"""RRDN: enlarges through residual-in-residual dense blocks (ESRGAN's generator, Wang et al. 2018, arXiv 1809.00219).

The blocks are those of section 3.1 and figure 4, with ReLU. The picture grows in one step at the end, by a
pixel shuffle of the full factor, as in the Keras package that the weights were made with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from whichmodel.networks.export import export, load_strictly
from whichmodel.networks.keras_layers import read_layers

BETA = 0.2
"""Share with which a block's result is added to what it was given (section 3.1, residual scaling)."""

THICK_8X = (10, 3, 4, 32, 64, 8)
"""Arguments of `RRDN` for `esrgan-thick` at 8x."""


class _Dense(nn.Module):
    """Convolutions that see everything found so far, merged by a last one, and added."""

    def __init__(self, layers: int, growth: int, features: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(features + i * growth, growth, 3, padding=1) for i in range(layers)
        )
        self.merge = nn.Conv2d(features + layers * growth, features, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        known = x
        for layer in self.layers:
            known = torch.cat([known, torch.relu(layer(known))], dim=1)
        return x + BETA * self.merge(known)


class RRDN(nn.Module):
    """The network.

    Args:
        blocks: residual-in-residual blocks.
        dense: dense blocks in each.
        layers: growing convolutions in each dense block.
        growth: features that each adds.
        features: between the blocks.
        scale: factor of enlargement.
    """

    def __init__(self, blocks: int, dense: int, layers: int, growth: int, features: int, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.first = nn.Conv2d(3, features, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(_Dense(layers, growth, features) for _ in range(dense))) for _ in range(blocks)
        )
        self.after = nn.Conv2d(features, features, 3, padding=1)
        self.before_shuffle = nn.Conv2d(features, 3 * scale**2, 3, padding=1)
        self.last = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, small: torch.Tensor) -> torch.Tensor:
        """Enlarge a picture.

        Args:
            small: `(1, 3, H, W)`, RGB 0..1.

        Returns:
            `(1, 3, scale*H, scale*W)`, nominally 0..1.
        """
        start = x = self.first(small)
        for block in self.blocks:
            x = x + BETA * block(x)
        x = self.before_shuffle(self.after(x) + start)
        return self.last(nn.functional.pixel_shuffle(x, self.scale))


_OWN = {"Pre_blocks_conv": "first", "post_blocks_conv": "after", "PreShuffle": "before_shuffle", "SR": "last"}


def numbers_of(tensors: Mapping[str, NDArray[np.float32]], scale: int) -> dict[str, torch.Tensor]:
    """The numbers of a Keras model under our names and in PyTorch's order of axes.

    Keras has `(height, width, in, out)`. Its pixel shuffle takes the channels of one small pixel as
    `(row, column, colour)`, PyTorch's as `(colour, row, column)`, so those of the layer before it change places.
    """
    found = {}
    for name, array in tensors.items():
        layer, _, kind = name.partition("/")
        numbers = array.transpose(3, 2, 0, 1) if kind == "kernel" else array
        own = _own_name(layer)
        if own == "before_shuffle":
            order = np.arange(3 * scale**2).reshape(scale**2, 3).T.ravel()
            numbers = numbers[order]
        found[f"{own}.{'weight' if kind == 'kernel' else 'bias'}"] = torch.from_numpy(numbers.copy())
    return found


def _own_name(layer: str) -> str:
    """`F_2_3_4` is layer 4 of dense block 3 of block 2, `LFF_2_3` what merges it."""
    grown = re.fullmatch(r"F_(\d+)_(\d+)_(\d+)", layer)
    if grown:
        block, dense, place = (int(number) - 1 for number in grown.groups())
        return f"blocks.{block}.{dense}.layers.{place}"
    merged = re.fullmatch(r"LFF_(\d+)_(\d+)", layer)
    if merged:
        block, dense = (int(number) - 1 for number in merged.groups())
        return f"blocks.{block}.{dense}.merge"
    return _OWN.get(layer, layer)


def convert_thick_8x(files: Mapping[str, Path], folder: Path) -> None:
    """Write `model.onnx` from the files of roles `layers` (model.json) and `shard-1` to `shard-8`.

    Raises:
        ValueError: the numbers are not those of this network.
    """
    network = RRDN(*THICK_8X)
    shards = [files[f"shard-{number}"] for number in range(1, 9)]
    load_strictly(network, numbers_of(read_layers(files["layers"], shards), network.scale))
    export(
        network,
        folder / "model.onnx",
        inputs={"small": torch.zeros(1, 3, 16, 16)},
        outputs=["large"],
        free_sides=["small", "large"],
    )
