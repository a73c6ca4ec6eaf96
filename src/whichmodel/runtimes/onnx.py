"""Runs networks in ONNX's format on the processor, or through CUDA, with ONNX Runtime.

The arithmetic is deterministic on one machine and device: the same arrays give the same bytes again. A
file cannot bring code: no library of operators is ever registered, and a network that wants numbers from
another file is refused (`runtimes.onnx_graph`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import StepError, WeightsError
from whichmodel.runtimes.devices import choose
from whichmodel.runtimes.memory import give_back
from whichmodel.runtimes.ncnn import usable_threads
from whichmodel.runtimes.onnx_graph import check_self_contained

Arrays = Mapping[str, NDArray[Any]]

_LARGEST_FILE = 2_000_000_000
"""Bytes; more than that no ONNX file can hold in itself."""

_TYPES: Mapping[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class OnnxNet:
    """A network of named inputs and outputs.

    Args:
        path: the ONNX file.
        device: one of `runtimes.devices.WISHES`.
        threads: processor threads; default all that this process may use.

    Attributes:
        inputs, outputs: their names, in the order of the file.

    Raises:
        WeightsError: the file is missing, is no ONNX network, wants other files, or holds an operator
            that ONNX Runtime does not know.
        InputError: the device is not here.
    """

    def __init__(self, path: Path, device: str = "cpu", *, threads: int | None = None) -> None:
        content = _content(path)
        check_self_contained(content, path.name)
        import onnxruntime  # loaded on first use: `plan` and `answer` never pay for it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_threads()
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.use_deterministic_compute = True
        # The arena would keep the largest buffer of every shape that came along.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        chosen = choose(device, "onnx")
        providers: list[Any] = ["CPUExecutionProvider"]
        if chosen.device == "cuda":
            # TF32 would round to 10 bits, and a search for the fastest algorithm differs from run to run.
            exact = {"device_id": chosen.number, "use_tf32": 0, "cudnn_conv_algo_search": "DEFAULT"}
            providers = [("CUDAExecutionProvider", exact), "CPUExecutionProvider"]
        try:
            session = onnxruntime.InferenceSession(content, options, providers=providers)
        except Exception as error:  # ONNX Runtime's errors have no common class
            raise WeightsError(
                f"{path} is not a network that ONNX Runtime can run: {_first_line(error)}",
                hint="fetch the weights again: whichmodel weights pull",
            ) from error
        if chosen.device == "cuda" and session.get_providers()[0] != "CUDAExecutionProvider":
            raise StepError(
                "ONNX Runtime could not start its CUDA device", hint="--device cpu runs on the processor"
            )
        self._session: Any = session

        self._types = {item.name: _TYPES.get(item.type) for item in session.get_inputs()}
        self.inputs = tuple(self._types)
        self.outputs = tuple(item.name for item in session.get_outputs())

    def infer(self, inputs: Arrays) -> dict[str, NDArray[Any]]:
        """Run the network once.

        Args:
            inputs: an array for each input by name; numbers are taken in the type that the network wants.

        Returns:
            Every output by name; those of floating point are float32 and finite.

        Raises:
            StepError: inputs are missing, unknown or of a wrong shape, the network fails, or an output
                holds NaN or infinity.
        """
        if inputs.keys() != self._types.keys():
            wanted, given = ", ".join(self._types), ", ".join(inputs)
            raise StepError(f"the network takes {wanted}, and was given {given or 'nothing'}")
        feed = {name: np.ascontiguousarray(array, self._types[name]) for name, array in inputs.items()}
        try:
            given_back = self._session.run(None, feed)
        except Exception as error:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in feed.items())
            raise StepError(f"the network failed on {shapes}: {_first_line(error)}") from error
        results = {}
        for name, result in zip(self.outputs, given_back, strict=True):
            array = np.asarray(result)
            if array.dtype.kind == "f":
                array = array.astype(np.float32, copy=False)
                if not np.isfinite(array).all():
                    raise StepError(f"the network's output {name!r} holds NaN or infinite values")
            results[name] = array
        return results


@lru_cache(maxsize=4)
def load_onnx(path: Path, device: str = "cpu") -> OnnxNet:
    """The network of a file, kept until `forget_sessions`; arguments and errors as for `OnnxNet`."""
    return OnnxNet(path, device)


def forget_sessions() -> None:
    """Let go of all networks and of their memory."""
    if load_onnx.cache_info().currsize:
        load_onnx.cache_clear()
        give_back()


def onnx_version() -> str:
    """`"onnxruntime 1.20.1"`, for the names of results and reports; without loading the runtime."""
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            return f"onnxruntime {version(name)}"
        except PackageNotFoundError:
            continue
    return "onnxruntime"


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if 0 < size <= _LARGEST_FILE:
            return path.read_bytes()
    except OSError:
        size = 0
    what = "is too large to be an ONNX network" if size else "is missing or empty"
    raise WeightsError(f"{path} {what}", hint="fetch the weights again: whichmodel weights pull")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
