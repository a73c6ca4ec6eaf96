"""Turns a checkpoint of MSSNet that a person has into what runs here: safetensors, and one ONNX file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save

from whichmodel.networks.checkpoint import read_checkpoint
from whichmodel.networks.export import export, load_strictly
from whichmodel.networks.mssnet import VARIANTS, MSSNet, Sharpener, check_shared_slope, variant_of

LIKELY = 12.0
"""PSNR in dB, of the result of a sharp test picture against that picture, below which numbers hardly were trained.

Fresh random numbers give 2 to 5 dB (small and base, four draws); a network that sharpens leaves a sharp picture
nearly as it is.
"""

_SIDE = 64


def load_network(path: Path, variant: str = "") -> tuple[MSSNet, str]:
    """The network of a checkpoint with its numbers, and its variant.

    Args:
        variant: that is due; empty takes any.

    Raises:
        ValueError: damaged, no such network, another variant, or numbers that are not finite.
    """
    numbers = read_checkpoint(path)
    found = variant_of(numbers)
    if variant and found != variant:
        raise ValueError(f"the file holds the variant {found!r}, and {variant!r} is due")
    check_shared_slope(numbers)
    network = MSSNet(found)
    load_strictly(network, numbers)
    return network.eval(), found


def convert_mssnet(files: Mapping[str, Path], folder: Path, variant: str) -> None:
    """Write `weights.safetensors`, `model.onnx` and `about.json` from the file of role `given`.

    Raises:
        ValueError: as `load_network`.
    """
    network, found = load_network(files["given"], variant)
    # One tensor stands under many names; the format wants each by itself.
    numbers = {name: tensor.clone().contiguous() for name, tensor in network.state_dict().items()}
    (folder / "weights.safetensors").write_bytes(save(numbers, metadata={"variant": found}))
    export(
        Sharpener(network),
        folder / "model.onnx",
        inputs={"blurred": torch.zeros(1, 3, _SIDE, _SIDE)},
        outputs=["sharp"],
        free_sides=["blurred", "sharp"],
    )
    likeness = likeness_of(network)
    about = {"found": f"variant {found}, widths {' '.join(map(str, VARIANTS[found]))}", "doubt": ""}
    if not likeness >= LIKELY:
        about["doubt"] = (
            f"a sharp test picture comes out changed beyond recognition (PSNR {likeness:.1f} dB), which weights that"
            " were trained to sharpen do not do; perhaps the file was saved before training"
        )
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def likeness_of(network: MSSNet) -> float:
    """PSNR in dB between a sharp picture of stripes and slopes and what the network makes of it."""
    rows, columns = torch.meshgrid(torch.arange(_SIDE), torch.arange(_SIDE), indexing="ij")
    light = 0.3 + 0.2 * rows / _SIDE + 0.3 * (columns // 16 % 2) + 0.1 * torch.sin((rows + columns) / 6)
    picture = torch.stack([light, 0.9 * light, 0.8 * light])[None]
    with torch.no_grad():
        error = float(((network.sharpen(picture) - picture) ** 2).mean())
    return -10 * math.log10(error) if error > 0 else math.inf
