"""The frame around the samples of a raster: an uncompressed BigTIFF whose strips lie one after the other.

libvips maps a file of bare samples into memory as a whole, and mapped pages count as memory of the
process. An uncompressed TIFF it reads strip by strip. Besides, anybody can look at the file.
"""

from __future__ import annotations

import struct
import sys

_SHORT, _LONG, _LONG8 = 3, 4, 16
_STRIP = 1 << 18
"""Bytes of a strip, about."""
_PAGE = 4096


def rows_per_strip(row: int) -> int:
    """Rows in one strip, from the bytes of a row."""
    return max(1, _STRIP // row)


def frame(width: int, height: int, samples: int, bits: int, *, colour: bool) -> bytes:
    """What stands before the samples: a multiple of 4096 bytes, the same for the same arguments.

    Args:
        samples: a pixel, any alpha included.
        bits: of a sample, 8 or 16, in the byte order of this machine.
        colour: R, G, B instead of grey.
    """
    order = "<" if sys.byteorder == "little" else ">"
    row = width * samples * bits // 8
    each = rows_per_strip(row)
    count = -(-height // each)
    extra = samples - (3 if colour else 1)
    fields = 10 + bool(extra)
    # Header, number of fields, the fields of 20 bytes, no further directory; then the two long lists.
    lists = 16 + 8 + fields * 20 + 8
    data = -(-(lists + 16 * count) // _PAGE) * _PAGE
    offsets = [data + number * each * row for number in range(count)]
    sizes = [min(each, height - number * each) * row for number in range(count)]

    def field(tag: int, kind: int, values: list[int], elsewhere: int = 0) -> bytes:
        name = {_SHORT: "H", _LONG: "I", _LONG8: "Q"}[kind]
        inside = struct.pack(f"{order}{len(values)}{name}", *values) if len(values) <= 4 else b""
        if len(inside) > 8 or not inside:
            inside = struct.pack(f"{order}Q", elsewhere)
        return struct.pack(f"{order}HHQ", tag, kind, len(values)) + inside.ljust(8, b"\0")

    directory = [
        field(256, _LONG, [width]),
        field(257, _LONG, [height]),
        field(258, _SHORT, [bits] * samples),
        field(259, _SHORT, [1]),  # not compressed
        field(262, _SHORT, [2 if colour else 1]),
        field(273, _LONG8, offsets, lists),
        field(277, _SHORT, [samples]),
        field(278, _LONG, [each]),
        field(279, _LONG8, sizes, lists + 8 * count),
        field(284, _SHORT, [1]),  # samples of a pixel side by side
    ]
    if extra:
        directory.append(field(338, _SHORT, [2]))  # alpha, not premultiplied
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HHHQ", 43, 8, 0, 16)
    head += struct.pack(f"{order}Q", fields) + b"".join(directory) + struct.pack(f"{order}Q", 0)
    head += struct.pack(f"{order}{2 * count}Q", *offsets, *sizes)
    return head.ljust(data, b"\0")
