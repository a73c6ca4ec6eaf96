"""Turns what packages ship into what runs here: once, when weights are pulled.

A record names its converter (`convert:`); the list is closed. A converter reads files whose hashes were checked,
as plain numbers, and writes `model.onnx`. PyTorch is imported only while one works.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from whichmodel.domain import WeightsError

EXTRA = "pip install 'whichmodel[convert]'"
"""What brings the modules that converters need."""

MODEL = "model.onnx"
"""Name of the file that every converter writes; its role is `model`."""

ABOUT = "about.json"
"""A converter of a file that the user gave may write this beside it: what it `found` and what it has in `doubt`."""

Files = Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Converter:
    """One way to make an ONNX network.

    Args:
        title: what is read, for people: `"PyTorch state dictionary"`.
        needs: modules beyond the base install.
        convert: takes the input files by role and the folder to write into; raises `ValueError`, `KeyError`
            or `RuntimeError` where the numbers do not fit.
    """

    title: str
    needs: tuple[str, ...]
    convert: Callable[[Files, Path], None]

    def missing(self) -> tuple[str, ...]:
        """Those of the needed modules that are not installed."""
        return tuple(name for name in self.needs if importlib.util.find_spec(name) is None)


def _ffdnet_colour(files: Files, folder: Path) -> None:
    from whichmodel.networks.ffdnet import convert_colour

    convert_colour(files, folder)


def _srn(files: Files, folder: Path) -> None:
    from whichmodel.networks.srn import convert_srn

    convert_srn(files, folder)


def _thick_8x(files: Files, folder: Path) -> None:
    from whichmodel.networks.rrdn import convert_thick_8x

    convert_thick_8x(files, folder)


def _lite0(files: Files, folder: Path) -> None:
    from whichmodel.networks.efficientnet_lite import convert_lite0

    convert_lite0(files, folder)


def _maxim(stages: int) -> Callable[[Files, Path], None]:
    def convert_it(files: Files, folder: Path) -> None:
        from whichmodel.networks.maxim_weights import convert_maxim

        convert_maxim(files, folder, stages)

    return convert_it


def _mssnet(variant: str) -> Callable[[Files, Path], None]:
    def convert_checkpoint(files: Files, folder: Path) -> None:
        from whichmodel.networks.mssnet_file import convert_mssnet

        convert_mssnet(files, folder, variant)

    return convert_checkpoint


CONVERTERS: Mapping[str, Converter] = {
    "ffdnet-colour": Converter("PyTorch state dictionary", ("torch",), _ffdnet_colour),
    "srn": Converter("TensorFlow 1 checkpoint", ("torch",), _srn),
    "esrgan-thick-x8": Converter("Keras layers of TensorFlow.js", ("torch",), _thick_8x),
    "maxim-2s": Converter("graph of TensorFlow.js", ("torch", "safetensors"), _maxim(2)),
    "maxim-3s": Converter("graph of TensorFlow.js", ("torch", "safetensors"), _maxim(3)),
    "efficientnet-lite0": Converter("PyTorch state dictionary", ("torch",), _lite0),
    "mssnet-small": Converter("PyTorch checkpoint", ("torch", "safetensors"), _mssnet("small")),
    "mssnet-base": Converter("PyTorch checkpoint", ("torch", "safetensors"), _mssnet("base")),
    "mssnet-large": Converter("PyTorch checkpoint", ("torch", "safetensors"), _mssnet("large")),
    "mssnet-any": Converter("PyTorch checkpoint", ("torch", "safetensors"), _mssnet("")),
}
"""Every converter, by the name that a record gives."""


def convert(name: str, files: Files, folder: Path) -> Path:
    """Convert files by the converter of this name.

    Args:
        name: in `CONVERTERS`.
        files: input files by role, hashes checked.
        folder: where `model.onnx` is written.

    Returns:
        The written file.

    Raises:
        WeightsError: no such converter, what it needs is not installed, or the numbers do not fit.
    """
    converter = CONVERTERS.get(name)
    if converter is None:
        raise WeightsError(f"there is no converter {name!r}", hint="the record is wrong: report it")
    missing = converter.missing()
    if missing:
        raise WeightsError(
            f"these weights are converted once, which needs {' and '.join(missing)}",
            hint=f"{EXTRA}, then pull them again; running them needs neither afterwards",
        )
    try:
        converter.convert(files, folder)
    except (ValueError, KeyError, RuntimeError) as error:
        raise WeightsError(
            f"the weights could not be converted by {name}: {error}",
            hint="of a file that you gave: it is not what these weights are made from; else report it",
        ) from error
    made = folder / MODEL
    if not made.is_file() or made.stat().st_size == 0:
        raise WeightsError(f"the converter {name} wrote no {MODEL}", hint="report it")
    return made
