"""Writes a PyTorch network as one ONNX file whose pictures may have any width and height."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

OPSET = 17
"""Version of the ONNX operators; ONNX Runtime reads it since 1.12."""


def export(
    network: nn.Module,
    target: Path,
    *,
    inputs: Mapping[str, torch.Tensor],
    outputs: Sequence[str],
    free_sides: Sequence[str],
    opset: int = OPSET,
) -> None:
    """Trace a network and write it.

    Args:
        network: with its weights; float32.
        target: the file to write.
        inputs: example of each input by name, in the order of `forward`; only shapes matter.
        outputs: names of what `forward` gives.
        free_sides: those inputs and outputs, of shape `(1, C, H, W)`, whose H and W stay open.
        opset: version of the operators, where a later one says it in one where `OPSET` takes many.
    """
    network.eval()
    axes: dict[str, Any] = {name: {2: f"{name}_height", 3: f"{name}_width"} for name in free_sides}
    with warnings.catch_warnings():
        # The tracer warns of Python numbers and of its age. The newer exporter would need a further package
        # and writes the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(inputs.values()),
            str(target),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=opset,
            dynamo=False,
        )


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a PyTorch state dictionary; nothing else that such a file can hold is made.

    Raises:
        ValueError: the file is damaged, or holds something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise whatever their bytes lead to
        # PyTorch's own message recommends to load the file in a way that runs its code.
        raise ValueError(f"{path.name} is damaged, or holds something other than numbers") from error
    if not isinstance(state, dict) or not all(isinstance(each, torch.Tensor) for each in state.values()):
        raise ValueError(f"{path.name} is no state dictionary")
    return {str(name): tensor for name, tensor in state.items()}


def load_strictly(network: nn.Module, numbers: Mapping[str, torch.Tensor]) -> None:
    """Give a network its numbers: every name and shape must fit, and every number be finite.

    Raises:
        ValueError: says the first that does not.
    """
    due = network.state_dict()
    missing, unknown = sorted(due.keys() - numbers.keys()), sorted(numbers.keys() - due.keys())
    if missing or unknown:
        raise ValueError(f"numbers do not fit the network: missing {missing[:3]}, unknown {unknown[:3]}")
    for name, wanted in due.items():
        given = numbers[name]
        if given.shape != wanted.shape:
            raise ValueError(f"{name} has shape {tuple(given.shape)} instead of {tuple(wanted.shape)}")
        if not bool(torch.isfinite(given.float()).all()):
            raise ValueError(f"{name} holds NaN or infinite numbers")
    network.load_state_dict(dict(numbers))
