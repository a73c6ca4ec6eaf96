"""Finds the numbers of MAXIM in a graph of TensorFlow.js and writes the network as ONNX.

The graph was made from JAX: its nodes are named by the path of the Flax module that they came from. A constant
belongs to the module whose node takes it, and what that node does with it says whether it is a kernel, a scale or
a bias.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from whichmodel.networks.export import export, load_strictly
from whichmodel.networks.maxim import LEVELS, Maxim
from whichmodel.networks.tfjs import Constants, Use, read_graph

_NODE = re.compile(
    r".*/backbone/(?P<module>.+)/(?:Conv2D|conv2d_transpose|einsum/Einsum|jit_fn_/(?:AddV2|Mul)(?:_\d)?)"
)
_ROLES = {
    "Conv2D": "weight",
    "Conv2DBackpropInput": "weight",
    "Einsum": "weight",
    "Mul": "weight",
    "AddV2": "bias",
}

SIDE = 256
"""Of the pictures that the ONNX file takes, in pixels: where grid and blocks are the same, 16 by 16 of 16 by 16."""

NUMBERS = "numbers.safetensors"
"""The network's numbers under the names of the port, for those who want to go on with PyTorch."""

_OPSET = 20
"""The first ONNX that has the activation as one operator, which ONNX Runtime computes in one go."""

_FEWEST = 2
"""Axes of a parameter: biases and scales are `(1, 1, 1, C)`, single numbers belong to the arithmetic."""

_STEPS = 2 * LEVELS * LEVELS
"""Resizings in a stage: each level takes all levels, once on the way down and once on the way up."""

_NAMES = (
    (r"^stage_(\d)_", r"stages.\1."),
    (r"encoder_block_(\d)/", r"encoders.\1."),
    (r"decoder_block_(\d)/UNetEncoderBlock_0/", r"decoders.\1.encoder."),
    (r"decoder_block_(\d)/ConvTranspose_0", r"decoders.\1.up"),
    (r"global_block_(\d)/", r"bottom.\1."),
    (r"cross_gating_block_(\d)/", r"cross.\1."),
    (r"cross_gating_block/", r"cross."),
    (r"input_fuse_sam_(\d)/", r"fuse.\1."),
    (r"input_conv_(\d)", r"inputs.\1"),
    (r"output_conv_(\d)", r"outputs.\1"),
    (r"supervised_attention_module_(\d)/Conv_0", r"supervision.\1.features"),
    (r"supervised_attention_module_(\d)/Conv_1", r"supervision.\1.picture"),
    (r"supervised_attention_module_(\d)/Conv_2", r"supervision.\1.attention"),
    (r"SplitHeadMultiAxisGmlpLayer_(\d)/", r"mlp.\1."),
    (r"(Grid|Block)GmlpLayer/", lambda match: match[1].lower() + "."),
    (r"(Grid|Block)GatingUnit/Dense_0", "mix"),
    (r"(Grid|Block)GatingUnit/intermediate_layernorm", "gate_norm"),
    (r"SplitHeadMultiAxisGating_([xy])/", r"\1_gate."),
    (r"gate\.Dense_0", "gate.grid"),
    (r"gate\.Dense_1", "gate.block"),
    (r"channel_attention_block_1_?(\d)/", r"attention.\1."),
    (r"channel_attention/Conv_0", "attention.squeeze"),
    (r"channel_attention/Conv_1", "attention.excite"),
    (r"channel_mixing/Dense_0", "first"),
    (r"channel_mixing/Dense_1", "second"),
    (r"LayerNorm_([xy])", r"\1_norm"),
    (r"LayerNorm(_in)?", "norm"),
    (r"(in|out)_project_([xy])", lambda match: match[2] + {"in": "_project", "out": "_out"}[match[1]]),
    (r"input_proj", "narrow"),
    (r"(fuse\.\d|cross\.\d|cross)\.Conv_0", r"\1.x_in"),
    (r"(fuse\.\d|cross\.\d|cross)\.Conv_1", r"\1.y_in"),
    (r"(cross\.\d)\.ConvTranspose_0", r"\1.up"),
    (r"Conv_0", "narrow"),
    (r"Conv_1", "down"),
)


def name_of(module: str) -> str:
    """The name of a Flax module in the port.

    Args:
        module: e.g. `"stage_0_encoder_block_1/SplitHeadMultiAxisGmlpLayer_0/GridGmlpLayer/in_project"`.

    Returns:
        E.g. `"stages.0.encoders.1.mlp.0.grid.in_project"`.
    """
    counted = re.fullmatch(r"UpSampleRatio_(\d+)/Conv_0", module)
    if counted:
        # They were numbered as they came: down, then up, each from the smallest level to the largest.
        stage, number = divmod(int(counted[1]), _STEPS)
        way, number = divmod(number, LEVELS * LEVELS)
        level, place = divmod(number, LEVELS)
        return f"stages.{stage}.{('signals', 'skips')[way]}.{LEVELS - 1 - level}.convs.{place}"
    for pattern, replacement in _NAMES:
        module = re.sub(pattern, replacement, module)
    return module


def numbers_of(constants: Constants) -> dict[str, torch.Tensor]:
    """The numbers of a graph under the names and in the order of axes of `Maxim`.

    TensorFlow has kernels as `(height, width, in, out)`, of transposed convolutions `(height, width, out, in)`,
    and of products `(in, out)`; PyTorch wants the last two first and turned round. Convolutions of one pixel
    are products in the port, and scales and biases have one axis.

    Raises:
        ValueError: two constants claim one place.
    """
    found: dict[str, torch.Tensor] = {}
    for constant, uses in constants.uses.items():
        module = _module(uses, constants.arrays[constant])
        if module is None:
            continue
        use = uses[0]
        name = f"{name_of(module)}.{_ROLES[use.operation]}"
        if name in found:
            raise ValueError(f"two constants are {name}")
        found[name] = torch.from_numpy(_turned(constants.arrays[constant], use.operation))
    return found


def _module(uses: tuple[Use, ...], array: NDArray[np.float32]) -> str | None:
    """Path of the module that a constant is a parameter of, or `None` where it is none."""
    if len(uses) != 1 or uses[0].place != 1 or uses[0].operation not in _ROLES or array.ndim < _FEWEST:
        return None
    matched = _NODE.fullmatch(uses[0].node)
    return None if matched is None or "jit_" in matched["module"] else matched["module"]


def _turned(array: NDArray[np.float32], operation: str) -> NDArray[np.float32]:
    """A constant in PyTorch's order of axes."""
    if operation in ("Mul", "AddV2"):
        return array.reshape(-1).copy()
    if operation == "Einsum":
        return array.T.copy()
    if array.shape[:2] == (1, 1):
        return array[0, 0].T.copy()
    return array.transpose(3, 2, 0, 1).copy()


def convert_maxim(files: Mapping[str, Path], folder: Path, stages: int) -> None:
    """Write `model.onnx` and `numbers.safetensors` from a package's graph.

    Args:
        files: of roles `graph` and `shard-1`, `shard-2` ...
        folder: where to.
        stages: how many U-Nets the network has.

    Raises:
        ValueError: the files are no such graph, or its numbers are not those of this network.
    """
    network = load(files["graph"], shards_of(files), stages)
    save_file(network.state_dict(), str(folder / NUMBERS))
    to_onnx(network, folder / "model.onnx")


def load(graph: Path, shards: list[Path], stages: int) -> Maxim:
    """The network with the numbers of a package.

    Args:
        graph, shards: as for `tfjs.read_graph`.
        stages: how many U-Nets it has.

    Raises:
        ValueError: the files are no such graph, or its numbers are not those of this network.
    """
    with torch.device("meta"):  # nothing is drawn that is replaced at once
        network = Maxim(stages)
    network = network.to_empty(device="cpu")
    load_strictly(network, numbers_of(read_graph(graph, shards)))
    return network.eval()


def to_onnx(network: Maxim, target: Path, side: int = SIDE) -> None:
    """Write the network for pictures of one size.

    Sides that stay open cost more than they are worth: ONNX Runtime then joins fewer operators, and takes seconds
    and gigabytes to load the thousands of small ones that work out shapes. Products of constants are made now,
    and not each time that the file is loaded.

    Args:
        network: with its numbers.
        target: the file to write; input `picture` and output `restored` are `(1, 3, side, side)`, RGB 0..1.
        side: in pixels, a multiple of 64.
    """
    traced = target.with_suffix(".traced")
    with torch.no_grad():  # else every layer's result is kept for gradients: gigabytes
        export(
            network,
            traced,
            inputs={"picture": torch.zeros(1, 3, side, side)},
            outputs=["restored"],
            free_sides=[],
            opset=_OPSET,
        )
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(traced), options, providers=["CPUExecutionProvider"])
    traced.unlink()


def shards_of(files: Mapping[str, Path]) -> list[Path]:
    """The files of roles `shard-1`, `shard-2` ... in order."""
    count = sum(role.startswith("shard-") for role in files)
    return [files[f"shard-{number}"] for number in range(1, count + 1)]
