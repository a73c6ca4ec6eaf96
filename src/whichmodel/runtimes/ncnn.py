"""Runs convolutional networks in ncnn's format (`.param` + `.bin`) on the processor, or through Vulkan.

The arithmetic is deterministic on one machine and device: the same array gives the same bytes again.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whichmodel.domain import StepError, WeightsError
from whichmodel.runtimes.memory import give_back

Floats = NDArray[np.float32]

_REUSED = 0.3
"""A free block of memory serves again for what needs at least this share of it. Measured with SPAN on 35
tiles of nine shapes: 0.57 GB, against 0.71 GB with memory given back at each new shape and 1.1 GB with
ncnn's own rule."""


def usable_threads() -> int:
    """Number of processors that this process may use; containers often grant fewer than exist.

    `WHICHMODEL_THREADS` lowers it, where several processes share the processors.
    """
    try:
        there = max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on every system
        there = max(1, os.cpu_count() or 1)
    named = os.environ.get("WHICHMODEL_THREADS", "")
    return min(there, int(named)) if named.isdecimal() and 0 < int(named) <= 1024 else there


class NcnnNet:
    """A network that turns one picture into another.

    Args:
        param: the graph.
        weights: the numbers.
        input_blob, output_blob: names in the graph.
        threads: processor threads; default all that this process may use.
        vulkan: number of the Vulkan device to run on (`runtimes.devices`); `None`: the processor.

    Raises:
        WeightsError: a file is missing or is no ncnn network, or a blob is not in the graph.
    """

    def __init__(
        self,
        param: Path,
        weights: Path,
        *,
        input_blob: str,
        output_blob: str,
        threads: int | None = None,
        vulkan: int | None = None,
    ) -> None:
        import ncnn  # loaded on first use: `plan` and `answer` never pay for it

        for path in (param, weights):
            if not path.is_file() or path.stat().st_size == 0:
                raise WeightsError(
                    f"{path} is missing or empty",
                    hint="fetch the weights again: whichmodel weights pull",
                )
        net = ncnn.Net()
        net.opt.use_vulkan_compute = vulkan is not None
        if vulkan is not None:
            # Half precision would make results differ from those of the processor by whole steps of 255.
            net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
            net.opt.use_bf16_packed = net.opt.use_bf16_storage = False
            net.set_vulkan_device(vulkan)
        net.opt.num_threads = threads or usable_threads()
        if net.load_param(str(param)) != 0:
            raise WeightsError(f"{param} is not a network that ncnn can read")
        _require_blob("input", input_blob, list(net.input_names()), param)
        _require_blob("output", output_blob, list(net.output_names()), param)
        if net.load_model(str(weights)) != 0:
            raise WeightsError(
                f"{weights} does not hold the numbers of {param.name}",
                hint="fetch the weights again: whichmodel weights pull",
            )
        self._ncnn: Any = ncnn
        self._net: Any = net
        # Pools of our own, as those inside ncnn cannot be emptied: they keep what tiles of every shape
        # needed, twice the memory of the largest. Behind the network, which must be gone before them.
        self._pools = (ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator())
        for pool in self._pools:
            pool.set_size_compare_ratio(_REUSED)
        net.opt.blob_allocator, net.opt.workspace_allocator = self._pools
        self._largest = 0
        self._input_blob = input_blob
        self._output_blob = output_blob

    def infer(self, x: Floats) -> Floats:
        """Run the network once.

        Args:
            x: `(3, H, W)` float32 RGB, 0..1, sRGB-encoded.

        Returns:
            `(3, s*H, s*W)` float32, nominally 0..1 but not clipped.

        Raises:
            StepError: ncnn reports an error, or the output holds NaN or infinity.
        """
        # `ncnn.Mat(array)` borrows the array's memory without owning it. `held` must therefore stay
        # alive until `extract` has returned; a temporary would be freed and the result be garbage.
        held = np.ascontiguousarray(x, dtype=np.float32)
        if held.size > self._largest:
            self._largest = held.size
            for pool in self._pools:
                pool.clear()
        extractor = self._net.create_extractor()
        if extractor.input(self._input_blob, self._ncnn.Mat(held)) != 0:
            raise StepError(f"the network refused an input of shape {held.shape}")
        status, mat = extractor.extract(self._output_blob)
        if status != 0:
            raise StepError(
                f"the network failed with ncnn status {status} on an input of shape {held.shape}",
                hint="status -100 means that memory ran out: try a smaller tile (--tile 128)",
            )
        # Copied while the extractor, which owns the memory, is alive.
        y: Floats = np.array(mat, dtype=np.float32)
        del mat, extractor
        # A sum is found ten times as fast as each value is looked at, and NaN or infinity spoils it; it may
        # also overflow by itself.
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(y.sum())
        if not (math.isfinite(total) or np.isfinite(y).all()):
            raise StepError("the network's output holds NaN or infinite values")
        return y


@lru_cache(maxsize=4)
def load_net(
    param: Path,
    weights: Path,
    input_blob: str,
    output_blob: str,
    threads: int | None = None,
    vulkan: int | None = None,
) -> NcnnNet:
    """The network of these files, kept until `forget_nets`; arguments and errors as for `NcnnNet`."""
    return NcnnNet(
        param, weights, input_blob=input_blob, output_blob=output_blob, threads=threads, vulkan=vulkan
    )


def forget_nets() -> None:
    """Let go of all networks, and of the memory for a tile that each keeps (0.6 GB; loading takes 20 ms)."""
    load_net.cache_clear()
    give_back()


def _require_blob(role: str, name: str, known: list[str], param: Path) -> None:
    if name not in known:
        raise WeightsError(
            f"{param.name} has no {role} blob {name!r}", hint=f"it has: {', '.join(known) or 'none'}"
        )
