"""Devices: chosen by name or by `auto`, told, never fallen back from in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from whichmodel.domain import InputError
from whichmodel.runtimes import devices
from whichmodel.runtimes.devices import Gpu, choose, require, vulkan_devices

REAL = Gpu(1, "Radeon", 7, software=False)
SOFT = Gpu(0, "llvmpipe", 1, software=True)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """No choice of one test is remembered in another."""
    choose.cache_clear()
    vulkan_devices.cache_clear()
    yield
    choose.cache_clear()
    vulkan_devices.cache_clear()


def offer(patch: pytest.MonkeyPatch, gpus: tuple[Gpu, ...] = (), cuda: bool = False) -> None:
    """Pretend that this computer has these devices."""
    patch.setattr(devices, "vulkan_devices", lambda: (gpus, "" if gpus else "Vulkan finds no device"))
    providers = ("CUDAExecutionProvider", "CPUExecutionProvider") if cuda else ("CPUExecutionProvider",)
    patch.setattr(devices, "onnx_providers", lambda: providers)


def test_auto_takes_a_real_gpu_and_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, (REAL,))
    found = choose("auto", "ncnn")
    assert (found.device, found.number, found.fallback) == ("vulkan", 1, "")
    assert found.name == "vulkan Radeon 7"


@pytest.mark.parametrize(("gpus", "why"), [((), "finds no device"), ((SOFT,), "computed by the processor")])
def test_auto_falls_back_with_a_reason(
    gpus: tuple[Gpu, ...], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, gpus)
    found = choose("auto", "ncnn")
    assert (found.device, found.name) == ("cpu", "cpu")
    assert why in found.fallback
    assert "running on the processor" in found.fallback


def test_cuda_is_for_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, (REAL,), cuda=True)
    assert choose("auto", "onnx").device == choose("cuda", "onnx").device == "cuda"
    with pytest.raises(InputError, match="ncnn's format cannot run on cuda") as caught:
        choose("cuda", "ncnn")
    assert "vulkan or cpu" in caught.value.hint


@pytest.mark.parametrize(("wish", "format"), [("vulkan", "ncnn"), ("cuda", "onnx")])
def test_a_named_device_that_is_not_there_is_an_error(
    wish: str, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch)
    for ask in (lambda: choose(wish, format), lambda: require(wish)):
        with pytest.raises(InputError, match=f"no {wish} device here") as caught:
            ask()
        assert caught.value.exit_code == 2
        assert "--device auto" in caught.value.hint
    offer(monkeypatch, (SOFT,), cuda=True)
    choose.cache_clear()
    require(wish)
    assert choose(wish, format).device == wish  # named, a device computed by the processor will do


def test_the_processor_is_always_there(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch)
    for format in ("ncnn", "onnx"):
        assert choose("cpu", format).name == "cpu"
    require("cpu")
    require("auto")


def test_unknown_devices_are_refused() -> None:
    for ask in (lambda: choose("tpu", "ncnn"), lambda: require("tpu")):
        with pytest.raises(InputError, match="no device 'tpu'"):
            ask()


def test_what_ncnn_offers_is_asked_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import os

    import ncnn

    class Info:
        def __init__(self, kind: int) -> None:
            self._kind = kind

        def device_name(self) -> str:
            return f"gpu of type {self._kind}"

        def driver_version(self) -> int:
            return 5

        def type(self) -> int:
            return self._kind

    def count() -> int:
        os.write(2, b"dlopen failed, and forty lines more\n")
        return 2

    def info(number: int) -> Any:
        return Info([3, 0][number])

    monkeypatch.setattr(devices, "_vulkan_loader", lambda: True)
    monkeypatch.setattr(ncnn, "get_gpu_count", count)
    monkeypatch.setattr(ncnn, "get_gpu_info", info)
    gpus, why_not = vulkan_devices()
    # A real one comes before one that the processor computes.
    assert [(gpu.number, gpu.software) for gpu in gpus] == [(1, False), (0, True)]
    assert why_not == ""
    assert capfd.readouterr().err == ""
