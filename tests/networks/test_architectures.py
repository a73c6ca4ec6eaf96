"""The ports: ONNX says what PyTorch says at any size, and TensorFlow's ways are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from whichmodel.domain import WeightsError
from whichmodel.runtimes.onnx import OnnxNet
from whichmodel.weights.conversion import CONVERTERS, convert

pytestmark = [
    pytest.mark.usefixtures("pytorch"),
    pytest.mark.filterwarnings("ignore:Detected pickle protocol"),
]

Floats = NDArray[np.float32]


def random(shape: tuple[int, ...]) -> Floats:
    """Values 0..1."""
    return np.random.default_rng(sum(shape)).random(shape, dtype=np.float32)


def exported(network: Any, folder: Path, inputs: dict[str, Floats], free: list[str]) -> OnnxNet:
    """The network as ONNX, traced at the shapes of `inputs`."""
    import torch

    from whichmodel.networks.export import export

    path = folder / "model.onnx"
    tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
    export(network, path, inputs=tensors, outputs=["out"], free_sides=[*free, "out"])
    return OnnxNet(path)


def said(network: Any, *arrays: Floats) -> Floats:
    """What PyTorch gives."""
    import torch

    with torch.no_grad():
        result: Floats = network(*(torch.from_numpy(array) for array in arrays)).numpy()
    return result


@pytest.mark.parametrize("size", [(8, 8), (30, 46)])
def test_ffdnet_is_the_same_in_onnx(size: tuple[int, int], tmp_path: Path) -> None:
    from whichmodel.networks.ffdnet import FFDNet

    network = FFDNet(3, 8, 4).eval()
    sigma = np.full((1, 1, 1, 1), 0.1, np.float32)
    net = exported(network, tmp_path, {"x": random((1, 3, 16, 16)), "s": sigma}, ["x"])
    picture = random((1, 3, *size))
    found = net.infer({"x": picture, "s": sigma})["out"]
    assert np.abs(found - said(network, picture, sigma)).max() < 1e-5
    other = net.infer({"x": picture, "s": sigma * 3})["out"]
    assert np.abs(found - other).max() > 1e-4  # the level counts


def test_srn_is_the_same_in_onnx(tmp_path: Path) -> None:
    from whichmodel.networks.srn import SRN

    network = SRN((4, 6, 8)).eval()
    net = exported(network, tmp_path, {"x": random((1, 3, 32, 32))}, ["x"])
    for size in ((16, 32), (64, 48)):
        picture = random((1, 3, *size))
        assert np.abs(net.infer({"x": picture})["out"] - said(network, picture)).max() < 1e-5


def test_srn_enlarges_as_tensorflow_1_does() -> None:
    import torch

    from whichmodel.networks.srn import _twice

    small = random((1, 3, 4, 5))
    found = _twice(torch.from_numpy(small)).numpy()
    # Bilinear without half pixels: the result's pixel i lies at i / 2, past the last pixel it is repeated.
    rows, columns = (np.minimum(np.arange(2 * side) / 2, side - 1) for side in (4, 5))
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            (top, left), (down, right) = (int(row), int(column)), (row % 1, column % 1)
            below, beside = min(top + 1, 3), min(left + 1, 4)
            wanted = (
                small[0, :, top, left] * (1 - down) * (1 - right)
                + small[0, :, top, beside] * (1 - down) * right
                + small[0, :, below, left] * down * (1 - right)
                + small[0, :, below, beside] * down * right
            )
            assert np.abs(found[0, :, y, x] - wanted).max() < 1e-6


def test_srn_takes_the_axes_of_tensorflow() -> None:
    from whichmodel.networks.srn import numbers_of

    given = random((5, 5, 6, 32))
    found = numbers_of(
        {"g_net/enc1_1/weights": given, "g_net/enc1_2/conv1/biases": given[0, 0, 0], "x": given}
    )
    assert found.keys() == {"enc1_1.weight", "enc1_2.conv1.bias"}
    assert found["enc1_1.weight"].shape == (32, 6, 5, 5)
    assert float(found["enc1_1.weight"][7, 3, 1, 2]) == given[1, 2, 3, 7]


@pytest.mark.parametrize("size", [(5, 7), (12, 9)])
def test_rrdn_is_the_same_in_onnx(size: tuple[int, int], tmp_path: Path) -> None:
    from whichmodel.networks.rrdn import RRDN

    network = RRDN(2, 2, 2, 4, 6, 8).eval()
    net = exported(network, tmp_path, {"x": random((1, 3, 8, 8))}, ["x"])
    picture = random((1, 3, *size))
    found = net.infer({"x": picture})["out"]
    assert found.shape == (1, 3, size[0] * 8, size[1] * 8)
    assert np.abs(found - said(network, picture)).max() < 1e-5


def test_rrdn_shuffles_as_keras_does() -> None:
    import torch
    from torch import nn

    from whichmodel.networks.rrdn import numbers_of

    scale = 4
    kernel, small = random((1, 1, 6, 3 * scale**2)), random((1, 6, 3, 2))
    layer = nn.Conv2d(6, 3 * scale**2, 1, bias=False)
    layer.load_state_dict(
        {"weight": numbers_of({"PreShuffle/kernel": kernel}, scale)["before_shuffle.weight"]}
    )
    found = nn.functional.pixel_shuffle(layer(torch.from_numpy(small)), scale).detach().numpy()[0]
    channels = np.einsum("chw,co->hwo", small[0], kernel[0, 0])
    # depth_to_space: channel (row * scale + column) * 3 + colour of a small pixel.
    wanted = channels.reshape(3, 2, scale, scale, 3).transpose(4, 0, 2, 1, 3).reshape(3, 12, 8)
    assert np.abs(found - wanted).max() < 1e-5


def test_efficientnet_has_the_size_of_its_paper(tmp_path: Path) -> None:
    from whichmodel.networks.efficientnet_lite import STAGES, EfficientNetLite

    whole = EfficientNetLite()
    assert 4.6e6 < sum(each.numel() for each in whole.parameters()) < 4.7e6  # 4.7 million, as published
    network = EfficientNetLite(STAGES[:3], 16, 10).eval()
    picture = random((1, 3, 64, 64)) * 2 - 1
    net = exported(network, tmp_path, {"x": picture}, [])
    shares = net.infer({"x": picture})["out"]
    assert shares.shape == (1, 10)
    assert abs(float(shares.sum()) - 1) < 1e-5
    assert np.abs(shares - said(network, picture)).max() < 1e-5


class TestConverting:
    """Numbers that do not fit are refused, with what is wrong."""

    def test_a_converter_that_there_is_not(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="no converter 'x'"):
            convert("x", {}, tmp_path)

    def test_what_is_missing_is_named_with_what_to_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("whichmodel.weights.conversion.importlib.util.find_spec", lambda name: None)
        with pytest.raises(WeightsError, match="needs torch") as caught:
            convert("ffdnet-colour", {}, tmp_path)
        assert "pip install 'whichmodel[convert]'" in caught.value.hint

    @pytest.mark.parametrize("fault", ["missing", "shape", "nan", "other"])
    def test_numbers_that_do_not_fit(self, fault: str, tmp_path: Path) -> None:
        import torch

        from whichmodel.networks.ffdnet import COLOUR, FFDNet

        numbers = FFDNet(*COLOUR).state_dict()
        if fault == "missing":
            del numbers["model.4.bias"]
        elif fault == "shape":
            numbers["model.4.bias"] = torch.zeros(95)
        elif fault == "nan":
            numbers["model.4.bias"][3] = torch.nan
        else:
            numbers["model.99.bias"] = torch.zeros(1)
        torch.save(numbers, tmp_path / "x.pth")
        named = "model.99.bias" if fault == "other" else "model.4.bias"
        with pytest.raises(WeightsError, match=named):
            convert("ffdnet-colour", {"pth": tmp_path / "x.pth"}, tmp_path)

    def test_a_file_that_would_run_code_is_refused(self, tmp_path: Path) -> None:
        import pickle

        class Evil:
            def __reduce__(self) -> tuple[Any, ...]:
                return print, ("this must not be printed",)

        (tmp_path / "x.pth").write_bytes(pickle.dumps(Evil()))
        with pytest.raises(WeightsError, match="something other than numbers"):
            convert("ffdnet-colour", {"pth": tmp_path / "x.pth"}, tmp_path)

    def test_conversion_repeats_byte_for_byte(self, tmp_path: Path) -> None:
        import torch

        from whichmodel.networks.ffdnet import COLOUR, FFDNet

        torch.save(FFDNet(*COLOUR).state_dict(), tmp_path / "x.pth")
        made = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            made.append(convert("ffdnet-colour", {"pth": tmp_path / "x.pth"}, tmp_path / name).read_bytes())
        assert made[0] == made[1]


def test_every_record_names_a_converter_that_there_is() -> None:
    from whichmodel.weights import records

    named = {record.convert for record in records().values() if record.convert}
    assert named <= CONVERTERS.keys()
