"""Change the size of pictures by interpolation.

Geometry: pixels are squares, and both pictures cover the same area, so sample `i` of `n` lies at
`(i + 0.5) / n`. This is the convention of SR benchmarks; a picture made larger and smaller again does
not drift. `vips_resize` shifts an enlarged picture by half an output pixel, so the transform is given
explicitly here. Sums run in float32: libvips' integer paths lose up to 2 % at large factors.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from whichmodel.pictures.bridge import from_vips, pyvips, to_vips

Kernel = Literal["lanczos3", "cubic", "linear", "nearest"]

# Above a few hundred libvips refuses a factor, so it is done in several passes.
_PASS = 64
_TOP = {"uchar": 255, "ushort": 65535}


def resample(pixels: NDArray[Any], width: int, height: int, kernel: Kernel = "lanczos3") -> NDArray[Any]:
    """Bring a picture to exactly `(height, width, C)`.

    Works on the values as they are (gamma-encoded), as picture viewers and SR benchmarks do.

    Args:
        pixels: shape `(H, W, C)`; `uint8`, `uint16` or `float32`, of any range. `float32` may overshoot
            at edges; whole numbers are rounded and clipped.
        width, height: wished size in pixels, at least 1.
        kernel: when a side shrinks: antialiased Lanczos with three lobes, cubic (Catmull-Rom) or
            linear (triangle). When a side grows, `"lanczos3"` and `"cubic"` are both Catmull-Rom
            (libvips has no Lanczos enlargement) and `"linear"` is bilinear. `"nearest"` repeats or
            drops pixels.

    Raises:
        ValueError: a side smaller than 1, or pixels of another shape or type.
    """
    if width < 1 or height < 1:
        raise ValueError(f"cannot resample to {width} x {height} pixels")
    if pixels.ndim != 3 or pixels.dtype not in (np.uint8, np.uint16, np.float32):
        raise ValueError(f"cannot resample shape {pixels.shape}, type {pixels.dtype}")
    if kernel == "nearest":
        rows = nearest_index(pixels.shape[0], height)
        return np.ascontiguousarray(pixels[rows][:, nearest_index(pixels.shape[1], width)])
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    array = np.ascontiguousarray(pixels)
    image = to_vips(array)
    return from_vips(quantised(resized(image, width, height, kernel), image.format))


def bicubic(pixels: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """`resample` with the cubic kernel (Catmull-Rom, a = -0.5), antialiased when it shrinks."""
    return resample(pixels, width, height, kernel="cubic")


def resized(image: Any, width: int, height: int, kernel: Kernel) -> Any:
    """The libvips image at another size, lazy and in float: only what is asked for is computed."""
    image = image.cast("float")
    while image.width > width or image.height > height:
        across, down = _towards(image.width, width), _towards(image.height, height)
        image = image.reduce(image.width / across, image.height / down, kernel=kernel)
    if (image.width, image.height) == (width, height):
        return image
    sx, sy = width / image.width, height / image.height
    return image.affine(
        [sx, 0, 0, sy],
        interpolate=pyvips.Interpolate.new("bilinear" if kernel == "linear" else "bicubic"),
        odx=(sx - 1) / 2,
        ody=(sy - 1) / 2,
        oarea=[0, 0, width, height],
        extend="copy",
        # All bands are treated alike: without this, libvips takes a fourth for alpha and weighs with it.
        premultiplied=True,
    )


def quantised(image: Any, kind: str) -> Any:
    """Rounded and clipped to the format `kind`; `"float"` is left as it is."""
    if kind == "float":
        return image
    top = _TOP[kind]
    rounded = image.rint()
    low = (rounded < 0).ifthenelse(0, rounded)
    return (low > top).ifthenelse(top, low).cast(kind)


def _towards(size: int, wished: int) -> int:
    """The next size on the way down: `wished`, or as far as one pass goes."""
    if wished >= size:
        return size
    return wished if size <= wished * _PASS else max(wished, int(np.ceil(size / _PASS)))


def nearest_index(size: int, wished: int) -> NDArray[np.int64]:
    """Index of the pixel that covers the centre of each wished pixel."""
    centres = ((2 * np.arange(wished, dtype=np.int64) + 1) * size) // (2 * wished)
    return np.minimum(centres, size - 1)
