"""Reads the numbers of a TensorFlow checkpoint (a "tensor bundle"), as plain data and within bounds.

TensorFlow itself is 600 MB and would be needed for this alone. A bundle is two files. `.index` is a sorted string
table as LevelDB writes it (its doc/table_format.md): blocks of entries that share prefixes, an index block, and a
footer of 48 bytes; each entry gives, for the name of a tensor, a small protocol buffer with type, shape, offset
and size (tensorflow/core/protobuf/tensor_bundle.proto). `.data-00000-of-00001` holds the numbers one after the
other. Only what inference checkpoints use is read: one shard, little-endian float32, no compression, no slices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LARGEST_INDEX = 4_000_000
_LONGEST_NAME = 512
_MOST_DIMENSIONS = 8
_FOOTER = 48
_MAGIC = bytes.fromhex("57fb808b247547db")
_TRAILER = 5
"""Bytes behind each block: its compression and a checksum."""
_FLOAT = 1
"""Number of float32 among the types of TensorFlow."""


def read_bundle(index: Path, data: Path) -> dict[str, NDArray[np.float32]]:
    """All tensors of a checkpoint by name.

    Raises:
        ValueError: not such a checkpoint, or something in it that is not read here.
    """
    table = index.read_bytes() if index.stat().st_size <= _LARGEST_INDEX else b""
    if len(table) < _FOOTER or table[-8:] != _MAGIC:
        raise ValueError(f"{index.name} is no index of a TensorFlow checkpoint")
    numbers = np.memmap(data, np.uint8, mode="r")
    found: dict[str, NDArray[np.float32]] = {}
    for key, value in _entries(table):
        if not key:  # the header of the bundle
            if _integers(value).get(1, 0) != 1 or _integers(value).get(2, 0) != 0:
                raise ValueError("the checkpoint has several shards, or its bytes are in another order")
            continue
        if len(key) > _LONGEST_NAME:
            raise ValueError("a tensor's name is too long")
        found[key.decode("utf-8")] = _tensor(key.decode("utf-8"), value, numbers)
    return found


def _tensor(name: str, entry: bytes, numbers: NDArray[np.uint8]) -> NDArray[np.float32]:
    fields = _integers(entry)
    if fields.get(1) != _FLOAT or fields.get(3, 0) != 0 or 7 in fields:
        raise ValueError(f"{name} is not one whole tensor of float32")
    shape = tuple(_shape(entry))
    offset, size = fields.get(4, 0), fields.get(5, 0)
    if len(shape) > _MOST_DIMENSIONS or size != 4 * math.prod(shape) or offset + size > len(numbers):
        raise ValueError(f"{name} does not lie inside the data")
    array: NDArray[np.float32] = np.frombuffer(numbers[offset : offset + size].tobytes(), "<f4")
    return array.reshape(shape)


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of every entry, in order: the index block points to the others."""
    footer = table[-_FOOTER:]
    _, place = _handle(footer, 0)
    (start, size), _ = _handle(footer, place)
    for _, handle in _block(table, start, size):
        (start, size), _ = _handle(handle, 0)
        yield from _block(table, start, size)


def _block(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The entries of one block: each key repeats so many bytes of the one before."""
    if start + size + _TRAILER > len(table) or size < 4:
        raise ValueError("a block lies outside of the index")
    if table[start + size] != 0:
        raise ValueError("the index is compressed, which is not read here")
    block = table[start : start + size]
    restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 - 4 * restarts
    if end < 0:
        raise ValueError("a block of the index is damaged")
    place, key = 0, b""
    while place < end:
        shared, place = _varint(block, place)
        fresh, place = _varint(block, place)
        length, place = _varint(block, place)
        if shared > len(key) or place + fresh + length > end:
            raise ValueError("an entry of the index is damaged")
        key = key[:shared] + block[place : place + fresh]
        place += fresh
        yield key, block[place : place + length]
        place += length


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and the place behind them."""
    start, place = _varint(data, place)
    size, place = _varint(data, place)
    return (start, size), place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place behind it."""
    value = 0
    for shift in range(0, 64, 7):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number in the index is damaged")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of the fields of a protocol buffer; nested ones as bytes."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind == 2:
            length, place = _varint(message, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError("an entry of the index is damaged")
        if place + length > len(message):
            raise ValueError("an entry of the index is damaged")
        yield tag >> 3, message[place : place + length]
        place += length


def _integers(message: bytes) -> Mapping[int, int]:
    """The fields that are numbers; of the others, that they are there."""
    return {number: value if isinstance(value, int) else 0 for number, value in _fields(message)}


def _shape(entry: bytes) -> Iterator[int]:
    """The sides of the tensor: field 2 holds dimensions in its field 2, each with its size in field 1."""
    for number, shape in _fields(entry):
        if number == 2 and isinstance(shape, bytes):
            for inner, dimension in _fields(shape):
                if inner == 2 and isinstance(dimension, bytes):
                    yield _integers(dimension).get(1, 0)
