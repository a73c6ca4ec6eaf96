"""Reads the checkpoint that training programs leave: numbers, perhaps inside further dictionaries.

Only tensors and plain values are ever made of such a file. What it claims of itself is looked at before it is
read: a zip file whose members are packed could unpack to any size, and PyTorch itself never packs them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

LARGEST = 2_000_000_000
"""Bytes; a network of a hundred million numbers with all that its optimiser keeps."""

NESTS = ("model_state_dict", "state_dict", "model", "params", "network", "net")
"""Keys under which programs keep the numbers of a network, in the order in which they are looked for."""

_PARALLEL = "module."
_DEEPEST = 3


def read_checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """The numbers of a network from a PyTorch checkpoint or a safetensors file.

    A prefix `module.` before every name, which training on several devices leaves, is taken off.

    Raises:
        ValueError: the file is too large, damaged, or holds no numbers of a network.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    if not 0 < size <= LARGEST:
        raise ValueError(f"{path.name} has {size:,} bytes; a checkpoint has 1 to {LARGEST:,}")
    found = _safetensors(path) if path.suffix == ".safetensors" else _state_of(_loaded(path), path.name)
    if all(name.startswith(_PARALLEL) for name in found):
        found = {name.removeprefix(_PARALLEL): tensor for name, tensor in found.items()}
    return found


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        found: dict[str, torch.Tensor] = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name} is damaged, or no safetensors file: {error}") from error
    if not found:
        raise ValueError(f"{path.name} holds no numbers")
    return found


def _loaded(path: Path) -> Any:
    if zipfile.is_zipfile(path):
        _check_members(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise whatever their bytes lead to
        # PyTorch's own message recommends to load the file in a way that runs its code.
        raise ValueError(f"{path.name} is damaged, or holds something other than numbers") from error


def _check_members(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as members:
            total = sum(info.file_size for info in members.infolist())
    except (zipfile.BadZipFile, NotImplementedError, UnicodeError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
    if total > path.stat().st_size:
        raise ValueError(
            f"{path.name} unpacks to {total:,} bytes, more than the file has; PyTorch packs nothing"
        )


def _state_of(content: Any, name: str) -> dict[str, torch.Tensor]:
    """The one dictionary of tensors in what a file held."""
    for _ in range(_DEEPEST):
        if not isinstance(content, Mapping):
            break
        if content and all(isinstance(each, torch.Tensor) for each in content.values()):
            return {str(key): tensor for key, tensor in content.items()}
        inner = next((content[key] for key in NESTS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            break
        content = inner
    keys = sorted(map(str, content))[:6] if isinstance(content, Mapping) else [type(content).__name__]
    raise ValueError(
        f"{name} holds no numbers of a network where they usually are; it holds {', '.join(keys)}"
    )
