"""Records of weights: valid, complete, and true to the files they describe."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from whichmodel.domain import InputError
from whichmodel.nodes.registry import OPERATIONS
from whichmodel.weights import record, records
from whichmodel.weights.record import read_record

SPAN = ["span-x2-ch48", "span-x2-ch52", "span-x4-ch48", "span-x4-ch52"]
Pulled = Callable[[str], dict[str, Path]]


def test_every_record_can_be_used() -> None:
    known = records()
    assert set(SPAN) <= set(known)
    for id, item in known.items():
        assert item.id == id
        if item.format == "ncnn" and not item.convert:
            assert {file.role for file in item.files} == {"param", "bin"}
        # One that `--licence` and `--allow-licence` can compare: identifiers, joined by AND or OR.
        assert re.fullmatch(r"[A-Za-z0-9.+-]+( (AND|OR) [A-Za-z0-9.+-]+)*", item.licence), id
        assert item.sources
        assert item.operation in OPERATIONS
        assert item.licence_note


def test_what_is_stated_about_the_licence_is_said() -> None:
    for id in SPAN:
        for named in ("BSD-3-Clause", "GPL-3.0", "Apache-2.0"):
            assert named in record(id).licence_note


def test_an_unknown_id_lists_the_known() -> None:
    with pytest.raises(InputError) as refused:
        record("span-x3")
    assert "span-x4-ch48" in refused.value.hint


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("archive_sha256: 9c", "archive_sha256: 9Z"), "archive_sha256"),
        (("scale: 4", "scale: 0"), "scale"),
        (("scale: 4", "scale: four"), "scale"),
        (("format: ncnn", "format: pickle"), "format"),
        (("channels: 3", "channles: 3"), "chann"),
    ],
)
def test_a_mistake_names_file_and_field(repository: Path, change: tuple[str, str], told: str) -> None:
    file = repository / "src/whichmodel/catalog/data/weights/span-x4-ch48.yaml"
    text = file.read_text(encoding="utf-8").replace(*change)
    with pytest.raises(InputError) as refused:
        read_record(text, where="mine.yaml")
    assert "mine.yaml" in str(refused.value)
    assert told in str(refused.value)


def test_text_that_is_not_yaml() -> None:
    with pytest.raises(InputError, match=r"mine\.yaml is not YAML"):
        read_record("a: [1", where="mine.yaml")


def radius_of(param: Path) -> int:
    """Receptive field radius: k x k convolutions add (k - 1) / 2 along the longest path of the graph."""
    reach: dict[str, int] = {}
    for line in param.read_text(encoding="utf-8").splitlines()[2:]:
        kind, _, taken, given, *rest = line.split()
        inputs, outputs = rest[: int(taken)], rest[int(taken) : int(taken) + int(given)]
        options = dict(item.split("=") for item in rest[int(taken) + int(given) :])
        own = (int(options["1"]) - 1) // 2 if kind == "Convolution" else 0
        for name in outputs:
            reach[name] = max((reach[name] for name in inputs), default=0) + own
    return reach["output"]


@pytest.mark.parametrize("id", SPAN)
def test_the_receptive_field_is_what_the_graph_says(id: str, pulled_weights: Pulled) -> None:
    assert radius_of(pulled_weights(id)["param"]) == record(id).receptive_field_radius


@pytest.mark.parametrize("id", SPAN)
def test_one_pixel_changes_nothing_beyond_the_receptive_field(id: str, pulled_weights: Pulled) -> None:
    import ncnn

    item, files = record(id), pulled_weights(id)
    net = ncnn.Net()
    # Winograd convolution mixes whole tiles and so lets rounding errors reach further.
    net.opt.use_winograd_convolution = False
    net.load_param(str(files["param"]))
    net.load_model(str(files["bin"]))

    def result(pixels: np.ndarray) -> np.ndarray:
        extractor = net.create_extractor()
        extractor.input(item.input_blob, ncnn.Mat(pixels))
        return np.array(extractor.extract(item.output_blob)[1])

    photo = np.ascontiguousarray(data.astronaut()[100:161, 180:241].transpose(2, 0, 1), np.float32) / 255
    changed = photo.copy()
    changed[:, 30, 30] = 30.0
    difference = np.abs(result(changed) - result(photo)).max(0)
    assert difference.shape == (61 * item.scale, 61 * item.scale)
    _, columns = np.nonzero(difference)
    rows, _ = np.nonzero(difference)
    reach = max(np.abs(rows // item.scale - 30).max(), np.abs(columns // item.scale - 30).max())
    assert reach == item.receptive_field_radius


SHORT = """
id: mine
title: Mine
source: npm:mine@1.0.0
archive: mine-1.0.0.tgz
archive_sha256: {zeros}
archive_size: 10
files: [{{role: model, path: package/model.onnx, sha256: {zeros}, size: 5}}]
format: onnx
licence: MIT
licence_note: Its licence file says so.
paper: Ours
input_blob: x
output_blob: y
input_range: [0, 1]
colour_order: RGB
receptive_field_radius: 3
receptive_field_note: counted
border: zeros
""".format(zeros="a" * 64)


def test_the_short_forms_are_written_out() -> None:
    item = read_record(SHORT, where="mine.yaml")
    assert [source.at for source in item.sources] == ["npm:mine@1.0.0"]
    assert (item.inputs, item.outputs) == ({"image": "x"}, {"image": "y"})
    assert (item.source, item.input_blob, item.output_blob) == ("npm:mine@1.0.0", "x", "y")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("source: npm:mine@1.0.0", "source: npm:mine@latest", "is no source of weights"),
        ("source: npm:mine@1.0.0\n", "", "archive"),
        ("files: [{role", "files: []\nmeasured: [{role", "measured"),
        ("id: mine", "id: ../mine", "id"),
        ("role: model", "role: a/b", "role"),
        ("archive: mine-1.0.0.tgz", "archive: ../mine.tgz", "not a plain file name"),
        ("archive: mine-1.0.0.tgz", "archive: mine.rar", "neither zip nor tar.gz"),
        ("archive_size: 10\n", "", "needs archive_sha256 and archive_size"),
        ("input_blob: x\n", "", "must name an 'image'"),
        ("input_blob: x", "input_blob: x\ninputs: {image: x}", "both input_blob and inputs"),
        ("receptive_field_note: counted\n", "", "receptive_field_note is missing"),
        (
            "files: [",
            "files: [{role: model, path: other.onnx, sha256: " + "a" * 64 + ", size: 5}, ",
            "the role 'model' is there twice",
        ),
        (
            "files: [",
            "files: [{role: other, path: a/model.onnx, sha256: " + "a" * 64 + ", size: 5}, ",
            "the file name 'model.onnx' is there twice",
        ),
    ],
)
def test_what_cannot_be_is_refused(old: str, new: str, told: str) -> None:
    assert old in SHORT
    with pytest.raises(InputError) as refused:
        read_record(SHORT.replace(old, new, 1), where="mine.yaml")
    assert "mine.yaml" in str(refused.value)
    assert told in str(refused.value)
