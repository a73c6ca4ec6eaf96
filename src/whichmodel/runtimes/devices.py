"""Which device runs a network: the processor, a GPU through Vulkan (ncnn), or through CUDA (ONNX Runtime).

A device is asked for by name, or with `"auto"`, which takes the fastest that is there. A device that was
named and is not there is an error; what `auto` had to do without is told. Nothing falls back silently.
"""

from __future__ import annotations

import ctypes.util
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, get_args

from whichmodel.domain import InputError
from whichmodel.runtimes.ncnn import usable_threads
from whichmodel.runtimes.silence import silent_stderr

Wish = Literal["cpu", "vulkan", "cuda", "auto"]
"""What can be asked for."""

WISHES: tuple[str, ...] = get_args(Wish)

# Which devices a runtime knows, by the format of weights that it runs; the fastest first.
_OF_FORMAT: Mapping[str, tuple[str, ...]] = {"ncnn": ("vulkan", "cpu"), "onnx": ("cuda", "cpu")}
_RUNTIME = {"ncnn": "ncnn", "onnx": "onnxruntime"}
_SOFTWARE = 3
"""ncnn's number for a Vulkan device that is computed by the processor."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A device that Vulkan offers.

    Args:
        number: ncnn counts them from 0.
        name: as its driver says.
        driver: version of the driver, as a number.
        software: whether the processor computes it; correct, and slower than the processor alone.
    """

    number: int
    name: str
    driver: int
    software: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The device that a network runs on.

    Args:
        device: `"cpu"`, `"vulkan"` or `"cuda"`.
        name: which one, so that results of different ones are told apart: `"cpu"`, `"vulkan NVIDIA T4 123"`.
        why: for people.
        fallback: what `auto` had to do without, for people; empty where nothing.
        number: which of several; 0 for the processor.
    """

    device: str
    name: str
    why: str
    fallback: str = ""
    number: int = 0


@lru_cache(maxsize=16)
def choose(wish: str, format: str) -> Choice:
    """The device for weights of this format.

    Args:
        wish: one of `WISHES`.
        format: `"ncnn"` or `"onnx"`.

    Raises:
        InputError: unknown wish, or a device was named that is not here or cannot run this format.
    """
    known = _OF_FORMAT.get(format, ("cpu",))
    if wish == "auto":
        missing = []
        for device in known[:-1]:
            found = _LOOK[device](format)
            if isinstance(found, Choice) and not _is_software(found):
                return found
            missing.append(
                f"no {device} here ({'only one computed by the processor' if isinstance(found, Choice) else found})"
            )
        return _processor(
            format, fallback="; ".join(missing) + ": running on the processor" if missing else ""
        )
    if wish not in WISHES:
        raise InputError(f"there is no device {wish!r}", hint=f"known: {', '.join(WISHES)}")
    if wish not in known:
        raise InputError(
            f"weights in {format}'s format cannot run on {wish}",
            hint=f"they run on {' or '.join(known)}; --device auto takes the fastest that is there",
        )
    found = _LOOK[wish](format)
    if isinstance(found, Choice):
        return found
    raise _absent(wish, found)


def require(wish: str) -> None:
    """Check that a device that was named is here, whatever is to run on it.

    Raises:
        InputError: it is not; says why.
    """
    if wish == "auto":
        return
    if wish not in WISHES:
        raise InputError(f"there is no device {wish!r}", hint=f"known: {', '.join(WISHES)}")
    format = next(name for name, devices in _OF_FORMAT.items() if wish in devices)
    found = _LOOK[wish](format)
    if not isinstance(found, Choice):
        raise _absent(wish, found)


@lru_cache(maxsize=1)
def vulkan_devices() -> tuple[tuple[Gpu, ...], str]:
    """The devices that ncnn finds through Vulkan, real ones first; and why there are none."""
    # Without its loader ncnn would look for it in a dozen places and print each.
    if sys.platform.startswith("linux") and not _vulkan_loader():
        return (), "libvulkan is not installed"
    import ncnn

    if not hasattr(ncnn, "get_gpu_count"):
        return (), "this build of ncnn has no Vulkan"
    with silent_stderr():
        count = int(ncnn.get_gpu_count())
        infos = [ncnn.get_gpu_info(number) for number in range(count)]
    found = [
        Gpu(number, str(info.device_name()), int(info.driver_version()), info.type() == _SOFTWARE)
        for number, info in enumerate(infos)
    ]
    return tuple(sorted(found, key=lambda gpu: gpu.software)), "" if found else "Vulkan finds no device"


def onnx_providers() -> tuple[str, ...]:
    """Names of the execution providers of the ONNX Runtime that is installed."""
    import onnxruntime

    return tuple(onnxruntime.get_available_providers())


def _processor(format: str, fallback: str = "") -> Choice:
    threads = usable_threads()
    why = f"{threads} thread{'s' if threads != 1 else ''} of the processor"
    return Choice("cpu", "cpu", why, fallback)


def _vulkan(format: str) -> Choice | str:
    gpus, why_not = vulkan_devices()
    if not gpus:
        return why_not
    gpu = gpus[0]
    kind = "computed by the processor" if gpu.software else "a GPU"
    return Choice(
        "vulkan", f"vulkan {gpu.name} {gpu.driver}", f"{gpu.name}, {kind}, through Vulkan", number=gpu.number
    )


def _cuda(format: str) -> Choice | str:
    if "CUDAExecutionProvider" not in onnx_providers():
        return "the ONNX Runtime that is installed has no CUDAExecutionProvider"
    return Choice("cuda", f"cuda onnxruntime {_version(format)}", "a GPU through CUDA (ONNX Runtime)")


_LOOK: Mapping[str, Callable[[str], Choice | str]] = {
    "cpu": lambda format: _processor(format),
    "vulkan": lambda format: _vulkan(format),
    "cuda": lambda format: _cuda(format),
}


def _is_software(choice: Choice) -> bool:
    return choice.device == "vulkan" and vulkan_devices()[0][0].software


def _absent(wish: str, why: str) -> InputError:
    return InputError(
        f"there is no {wish} device here: {why}",
        hint="--device cpu runs on the processor; --device auto takes the fastest that is there",
    )


def _version(format: str) -> str:
    try:
        return version(_RUNTIME[format])
    except PackageNotFoundError:  # the builds with CUDA have names of their own
        return ""


def _vulkan_loader() -> bool:
    if ctypes.util.find_library("vulkan"):
        return True
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return any(folder and os.path.exists(os.path.join(folder, "libvulkan.so.1")) for folder in folders)
