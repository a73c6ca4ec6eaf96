"""Decode a picture file into a raster, streamed: memory does not grow with the picture."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from whichmodel.pictures.box import Box
from whichmodel.pictures.bridge import pyvips, reason
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.read import Opened, damaged
from whichmodel.pictures.turn import place_in_file, turned

_BLOCK = 512
"""Side of the blocks in which a picture is turned: reading columns needs whole rows of blocks."""


def decode(opened: Opened, target: Path) -> Raster:
    """Decode an opened picture into a file of raw samples, the right way up.

    Args:
        opened: from `open_picture`; it can be decoded once.
        target: the file that is made; a second one beside it is used and removed where the picture
            has to be turned.

    Raises:
        PictureError: the file is damaged.
        OSError: the samples cannot be written.
    """
    raster = Raster(target, opened.width, opened.height, opened.kind, opened.metadata)
    if opened.orientation == 1:
        _decoded(opened, target)
        return raster
    lying = target.with_name(f"{target.name}.lying")
    try:
        _decoded(opened, lying)
        _turn(Raster(lying, opened.image.width, opened.image.height, opened.kind), raster, opened.orientation)
    finally:
        lying.unlink(missing_ok=True)
    return raster


def _decoded(opened: Opened, target: Path) -> None:
    # Tells a full disk before the work, and in the words of the system.
    raster = Raster.create(target, opened.image.width, opened.image.height, opened.kind)
    handle = os.open(target, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        os.lseek(handle, raster.start, os.SEEK_SET)
        opened.image.rawsave_target(pyvips.Target.new_to_descriptor(handle))
    except pyvips.Error as error:
        if "No space left" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
        raise damaged(opened.path, reason(error)) from error
    finally:
        os.close(handle)


def _turn(lying: Raster, raster: Raster, orientation: int) -> None:
    Raster.create(raster.path, raster.width, raster.height, raster.kind)
    for top in range(0, raster.height, _BLOCK):
        for left in range(0, raster.width, _BLOCK):
            box = Box(left, top, min(left + _BLOCK, raster.width), min(top + _BLOCK, raster.height))
            source = place_in_file(box, raster.width, raster.height, orientation)
            raster.write(box, turned(lying.read_all(source), orientation))
    lying.close()
    raster.close()
