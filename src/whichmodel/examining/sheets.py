"""Maps as TIFF files of `float32`, the size of the result."""

from __future__ import annotations

from pathlib import Path

from whichmodel.domain import PictureError
from whichmodel.files import replacing
from whichmodel.pictures.bridge import pyvips, reason


def write_sheet(raw: Path, size: tuple[int, int], path: Path) -> None:
    """Write rows of `float32` from a file as TIFF, one band, in 1 for the full range of brightness.

    Args:
        raw: rows from top to bottom, nothing else.
        size: width and height.

    Raises:
        PictureError: it cannot be written; what was there before is untouched.
    """
    try:
        image = pyvips.Image.rawload(str(raw), *size, 4).copy(format="float", bands=1)
        image = image.copy(interpretation="b-w")
        with replacing(path) as temporary:
            image.tiffsave(str(temporary), compression="deflate", predictor="float", keep=0)
    except pyvips.Error as error:
        raise _unwritten(path, reason(error)) from error
    except OSError as error:
        raise _unwritten(path, error.strerror or str(error)) from error


def _unwritten(path: Path, why: str) -> PictureError:
    return PictureError(f"{path} could not be written: {why}", hint="is the disk full, or the folder gone?")
