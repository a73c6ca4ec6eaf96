"""Checkpoints of TensorFlow and layers of Keras, read as plain data: what is right, and everything that is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whichmodel.networks.keras_layers import read_layers
from whichmodel.networks.tensor_bundle import read_bundle

Arrays = dict[str, NDArray[np.float32]]


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """A block of a sorted string table, with its trailer; keys share the prefixes that they have."""
    written, before = b"", b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(before)) and key[shared] == before[shared]:
            shared += 1
        written += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return written + bytes(4) + (1).to_bytes(4, "little") + bytes(5)


def bundle(folder: Path, arrays: Arrays, header: bytes = field(1, 1), kind: int = 1) -> tuple[Path, Path]:
    """Index and data of a checkpoint, as TensorFlow lays them out."""
    entries, data = [(b"", header)], b""
    for name in sorted(arrays):
        shape = b"".join(field(2, field(1, side)) for side in arrays[name].shape)
        raw = arrays[name].astype("<f4").tobytes()
        value = field(1, kind) + field(2, shape) + field(4, len(data)) + field(5, len(raw))
        entries.append((name.encode(), value + varint(6 << 3 | 5) + bytes(4)))
        data += raw
    table = block(entries)
    handle = varint(0) + varint(len(table) - 5)
    start, size = len(table), len(block([(b"z", handle)])) - 5
    table += block([(b"z", handle)])
    footer = varint(0) + varint(0) + varint(start) + varint(size)
    index = folder / "x.index"
    index.write_bytes(table + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db"))
    (folder / "x.data").write_bytes(data)
    return index, folder / "x.data"


ARRAYS: Arrays = {
    "net/layer_1/weights": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
    "net/layer_1/biases": np.array([-1.5, 2.5], np.float32),
    "net/layer_12/weights": np.full((1, 1, 1, 300), 7, np.float32),
}


class TestBundle:
    """TensorFlow checkpoints."""

    def test_every_tensor_comes_back(self, tmp_path: Path) -> None:
        found = read_bundle(*bundle(tmp_path, ARRAYS))
        assert found.keys() == ARRAYS.keys()
        for name, array in ARRAYS.items():
            assert np.array_equal(found[name], array)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"header": field(1, 2)}, "several shards"),
            ({"header": field(1, 1) + field(2, 1)}, "another order"),
            ({"kind": 2}, "float32"),
        ],
    )
    def test_what_is_not_read_here(self, changes: dict[str, int | bytes], said: str, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=said):
            read_bundle(*bundle(tmp_path, ARRAYS, **changes))  # type: ignore[arg-type]

    def test_data_that_are_too_short(self, tmp_path: Path) -> None:
        index, data = bundle(tmp_path, ARRAYS)
        data.write_bytes(data.read_bytes()[:-4])
        with pytest.raises(ValueError, match="does not lie inside"):
            read_bundle(index, data)

    @settings(max_examples=150)
    @given(place=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
    def test_damage_is_refused_or_harmless(
        self, tmp_path_factory: pytest.TempPathFactory, place: int, byte: int, cut: bool
    ) -> None:
        index, data = bundle(tmp_path_factory.mktemp("bundle"), ARRAYS)
        table = bytearray(index.read_bytes())
        place %= len(table)
        if cut:
            del table[place:]
        else:
            table[place] = byte
        index.write_bytes(table)
        try:
            found = read_bundle(index, data)
        except ValueError:
            return
        assert sum(array.size for array in found.values()) <= 10 * sum(each.size for each in ARRAYS.values())


class TestLayers:
    """Keras layers of TensorFlow.js."""

    def write(self, folder: Path, **changes: object) -> Path:
        entry = {"name": "a/kernel", "shape": [2, 3], "dtype": "float32", **changes}
        other = {"name": "a/bias", "shape": [3], "dtype": "float32"}
        told = {"weightsManifest": [{"weights": [entry]}, {"weights": [other]}]}
        (folder / "model.json").write_text(json.dumps(told))
        np.arange(4, dtype="<f4").tofile(folder / "1.bin")
        np.arange(4, 9, dtype="<f4").tofile(folder / "2.bin")
        return folder / "model.json"

    def test_tensors_may_lie_across_shards(self, tmp_path: Path) -> None:
        model = self.write(tmp_path)
        found = read_layers(model, [tmp_path / "1.bin", tmp_path / "2.bin"])
        assert found["a/kernel"].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert found["a/bias"].tolist() == [6, 7, 8]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"dtype": "int32"}, "other types"),
            ({"quantization": {"scale": 1}}, "quantised"),
            ({"shape": [2, 4]}, "which is less than"),
            ({"shape": [2, 2]}, "speaks of"),
            ({"shape": [-2, -3]}, "impossible shape"),
            ({"shape": None}, "no list of weights"),
        ],
    )
    def test_what_does_not_fit(self, changes: dict[str, object], said: str, tmp_path: Path) -> None:
        model = self.write(tmp_path, **changes)
        with pytest.raises(ValueError, match=said):
            read_layers(model, [tmp_path / "1.bin", tmp_path / "2.bin"])
