"""The ONNX runtime on small networks that are made here: results, types, and everything that it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from whichmodel.domain import InputError, StepError, WeightsError
from whichmodel.runtimes.onnx import OnnxNet, forget_sessions, load_onnx


def network(path: Path, *, domain: str = "", operator: str = "Mul", weight: float = 2.0) -> onnx.ModelProto:
    """A network that multiplies what it is given, of any shape."""
    free = ["n", "m"]
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", "w"], ["y"], domain=domain)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, free)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, free)],
        [numpy_helper.from_array(np.full((3,), weight, np.float32), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return model


def test_runs_a_network_by_names(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx")
    net = OnnxNet(tmp_path / "net.onnx")
    assert (net.inputs, net.outputs) == (("x",), ("y",))
    x = np.arange(6, dtype=np.int64).reshape(2, 3)  # taken as the type that the network wants
    result = net.infer({"x": x})
    assert result["y"].dtype == np.float32
    assert np.array_equal(result["y"], 2 * x)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx", weight=0.3)
    x = np.random.default_rng(0).random((500, 3)).astype(np.float32)
    first, again = (OnnxNet(tmp_path / "net.onnx").infer({"x": x})["y"] for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_a_network_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx")
    net = load_onnx(tmp_path / "net.onnx")
    assert load_onnx(tmp_path / "net.onnx") is net
    forget_sessions()
    assert load_onnx(tmp_path / "net.onnx") is not net
    forget_sessions()


def test_wrong_inputs_are_named(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx")
    net = OnnxNet(tmp_path / "net.onnx")
    with pytest.raises(StepError, match="takes x, and was given z"):
        net.infer({"z": np.zeros((1, 3))})
    with pytest.raises(StepError, match=r"failed on x \(1, 3, 1\)"):
        net.infer({"x": np.zeros((1, 3, 1))})


def test_infinite_results_fail(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx", weight=1e38)
    net = OnnxNet(tmp_path / "net.onnx")
    with pytest.raises(StepError, match="'y' holds NaN or infinite"):
        net.infer({"x": np.full((1, 3), 1e38)})


def test_numbers_in_another_file_are_refused(tmp_path: Path) -> None:
    model = network(tmp_path / "net.onnx")
    path = tmp_path / "outside.onnx"
    onnx.save(model, path, save_as_external_data=True, location="numbers.bin", size_threshold=0)
    assert (tmp_path / "numbers.bin").is_file()
    with pytest.raises(WeightsError, match="numbers from another file"):
        OnnxNet(path)


def test_numbers_in_another_file_are_found_in_branches(tmp_path: Path) -> None:
    outside = numpy_helper.from_array(np.ones(2, np.float32), "hidden")
    outside.data_location = TensorProto.EXTERNAL
    outside.ClearField("raw_data")
    outside.external_data.add(key="location", value="/somewhere/numbers.bin")
    value = helper.make_tensor_value_info("out", TensorProto.FLOAT, [2])
    constant = helper.make_node("Constant", [], ["out"], value=outside)
    branch = helper.make_graph([constant], "branch", [], [value])
    choice = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    condition = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])
    graph = helper.make_graph([choice], "g", [condition], [result])
    path = tmp_path / "net.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(WeightsError, match="numbers from another file"):
        OnnxNet(path)


def test_operators_of_others_are_refused(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx", domain="com.example", operator="Surprise")
    with pytest.raises(WeightsError, match="not a network that ONNX Runtime can run"):
        OnnxNet(tmp_path / "net.onnx")


@pytest.mark.parametrize("content", [b"", b"no network at all", b"\x3a\xff\xff\xff\x7f", bytes(100)])
def test_what_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises(WeightsError):
        OnnxNet(path)


def test_every_cut_is_refused(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx")
    whole = (tmp_path / "net.onnx").read_bytes()
    for length in range(len(whole) - 1):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        with pytest.raises((WeightsError, StepError)):
            OnnxNet(tmp_path / "cut.onnx").infer({"x": np.zeros((1, 3))})


def test_a_device_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    network(tmp_path / "net.onnx")
    with pytest.raises(InputError, match="vulkan"):
        OnnxNet(tmp_path / "net.onnx", device="vulkan")


def test_a_file_that_only_begins_like_onnx_runtimes_own_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.ort"
    path.write_bytes(b"\x20\x00\x00\x00ORTM" + bytes(2000))
    with pytest.raises(WeightsError):
        OnnxNet(path)
