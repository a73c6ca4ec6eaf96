"""The operation `classify`: names of classes, the square that is looked at, real photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from whichmodel.catalog import cards
from whichmodel.domain import InputError, Step, StepError
from whichmodel.nodes.classify import ClassifyOperation, imagenet_classes, middle_square
from whichmodel.nodes.operation import Context
from whichmodel.pictures import Picture, read_picture
from whichmodel.pictures.raster import store
from whichmodel.runtimes.onnx import forget_sessions
from whichmodel.weights import records
from whichmodel.weights.conversion import CONVERTERS
from whichmodel.workflow.steps import model_step

CLASSIFY = ClassifyOperation()


def network(path: Path, classes: int) -> Path:
    """Gives class 7 the mean of red, class 3 that of blue, both at 8 x 8 pixels, and the others nothing."""
    weight = np.zeros((3, classes), np.float32)
    weight[0, 7] = weight[2, 3] = 1
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, classes])],
        [numpy_helper.from_array(weight, "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    record = msgspec.structs.replace(
        records()["efficientnet-lite0"],
        id="tiny",
        inputs={"image": "x"},
        outputs={"labels": "y"},
        input_range=(0.0, 1.0),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        input_size=(8, 8),
    )
    monkeypatch.setitem(records(), "tiny", record)
    yield
    forget_sessions()


def labels(picture: Picture, files: dict[str, Path], folder: Path, weights: str, **given: Any) -> Any:
    """What the operation finds."""
    card = msgspec.structs.replace(cards()["EfficientNet-Lite0"], name="Tiny", weights=weights)
    step = msgspec.structs.replace(model_step(card, "photo", id="name", given=given), model="Tiny")
    CLASSIFY.check(step)
    raster = store(picture, folder / "picture")
    context = Context(cards={"Tiny": card}, weights={weights: files}.__getitem__)
    state = CLASSIFY.prepare(step, {"image": raster}, context)
    raster.close()
    assert CLASSIFY.notes(step, {}, 1, replace(context, state=state).state)
    return state["labels"]


def test_the_likeliest_come_first(tmp_path: Path) -> None:
    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[:, :, 0], pixels[:, :, 2] = 102, 204
    found = labels(Picture(pixels), {"model": network(tmp_path / "n.onnx", 1000)}, tmp_path, "tiny", top=3)
    assert [each["label"] for each in found[:2]] == [imagenet_classes()[3][1], imagenet_classes()[7][1]]
    assert [each["probability"] for each in found] == [0.8, 0.4, 0.0]
    assert found[0]["synset"] == imagenet_classes()[3][0]


def test_only_the_middle_is_looked_at(tmp_path: Path) -> None:
    pixels = np.zeros((80, 200, 3), np.uint8)
    pixels[5:75, 65:135] = (0, 0, 255)
    inside = middle_square(200, 80)
    assert (inside.width, inside.height) == (70, 70)
    found = labels(Picture(pixels), {"model": network(tmp_path / "n.onnx", 1000)}, tmp_path, "tiny", top=1)
    assert found[0]["probability"] == 1.0


def test_a_network_of_other_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="tells 10 classes where 1000 have names"):
        labels(
            Picture(np.zeros((9, 9, 3), np.uint8)),
            {"model": network(tmp_path / "n.onnx", 10)},
            tmp_path,
            "tiny",
        )


@pytest.mark.parametrize("top", [0, 101, 2.5, True])
def test_numbers_of_labels_that_cannot_be(top: Any) -> None:
    step: Step = model_step(cards()["EfficientNet-Lite0"], "photo", id="name", given={"top": top})
    with pytest.raises(InputError, match="top"):
        CLASSIFY.check(step)


def test_classes_are_those_of_imagenet() -> None:
    classes = imagenet_classes()
    assert len(classes) == len({number for number, _ in classes}) == 1000
    assert classes == tuple(sorted(classes))
    assert dict(classes)["n07920052"] == "espresso"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "said"), [("coffee", "espresso"), ("chelsea", "cat")])
def test_real_photographs(
    name: str,
    said: str,
    photos: dict[str, Path],
    tmp_path: Path,
    pulled_weights: Callable[[str], dict[str, Path]],
) -> None:
    if CONVERTERS["efficientnet-lite0"].missing():
        pytest.skip("needs the extra convert")
    files = pulled_weights("efficientnet-lite0")
    found = labels(Picture(read_picture(photos[name]).pixels), files, tmp_path, "efficientnet-lite0")
    assert said in found[0]["label"]
    # For a portrait it has no class: what it says is wrong, and it is not sure.
    other = labels(Picture(read_picture(photos["astronaut"]).pixels), files, tmp_path, "efficientnet-lite0")
    assert other[0]["probability"] < 0.5
