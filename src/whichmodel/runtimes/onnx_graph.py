"""Looks into an ONNX file before a runtime gets it: does it ask for anything outside of itself?

An ONNX file is a Protocol Buffers message (onnx.proto of the ONNX project). Its tensors may say that their
numbers lie in another file, by a path of their own choice; a runtime would open it. Only the few fields
that can say so are read here, and the rest is stepped over.

ONNX Runtime's own format (`.ort`, FlatBuffers) is let through: it can only say that numbers lie behind an
offset of a file beside it, and a network that is given as bytes has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from whichmodel.domain import WeightsError

_ORT = b"ORTM"
_DEEPEST = 32
_MOST_MESSAGES = 2_000_000

# What lies where: number of the field -> the message that it holds, after onnx.proto.
_MODEL: Mapping[int, str] = {7: "graph", 25: "function"}
_NESTED: Mapping[str, Mapping[int, str]] = {
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def check_self_contained(content: bytes, name: str) -> None:
    """Refuse a network that takes numbers from other files.

    Args:
        content: of the ONNX file.
        name: of it, for messages.

    Raises:
        WeightsError: it does, or it is no ONNX file.
    """
    if content[4:8] == _ORT:
        return
    view = memoryview(content)
    waiting: list[tuple[str, memoryview, int]] = [("model", view, 0)]
    graphs = seen = 0
    while waiting:
        message, part, depth = waiting.pop()
        seen += 1
        if depth > _DEEPEST or seen > _MOST_MESSAGES:
            raise WeightsError(f"{name} nests its graphs too deeply to be a network")
        if message == "tensor":
            if any(_is_outside(number, value) for number, _, value in _fields(part, name)):
                raise WeightsError(
                    f"{name} takes numbers from another file, which is never opened",
                    hint="a network must be one file: save it with its numbers inside",
                )
            continue
        inside = _MODEL if message == "model" else _NESTED[message]
        for number, kind, value in _fields(part, name):
            if number in inside and kind == _BYTES and isinstance(value, memoryview):
                graphs += inside[number] == "graph"
                waiting.append((inside[number], value, depth + 1))
    if not graphs:
        raise WeightsError(f"{name} is not an ONNX network")


def _is_outside(number: int, value: memoryview | int) -> bool:
    return number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)


def _fields(part: memoryview, name: str) -> Iterator[tuple[int, int, memoryview | int]]:
    """Number, wire type and value of each field of a message; what is no message is an error."""
    place, end = 0, len(part)
    while place < end:
        tag, place = _varint(part, place, name)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, place = _varint(part, place, name)
            yield number, kind, value
            continue
        if kind == _BYTES:
            length, place = _varint(part, place, name)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise WeightsError(f"{name} is not an ONNX network")
        if number == 0 or length > end - place:
            raise WeightsError(f"{name} is cut off or is not an ONNX network")
        yield number, kind, part[place : place + length]
        place += length


def _varint(part: memoryview, place: int, name: str) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(part):
            break
        byte = part[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise WeightsError(f"{name} is cut off or is not an ONNX network")
