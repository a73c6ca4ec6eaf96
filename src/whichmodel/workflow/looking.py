"""Look at the photo of a run: it is decoded once, for the look and for the work."""

from __future__ import annotations

from pathlib import Path

from whichmodel.domain.photo import PhotoFacts
from whichmodel.photo import measure
from whichmodel.pictures import DEFAULT_LIMITS, Limits, open_picture
from whichmodel.workflow.engine import decoded
from whichmodel.workflow.report import file_sha256
from whichmodel.workflow.scratch import Scratch


def look_at(
    photo: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    cache: bool = True,
    networks: bool = False,
    tidies: bool = True,
) -> PhotoFacts:
    """What can be told about the photo that a workflow is to run on.

    Its samples are kept where a run of any workflow looks for them, so that they are decoded once.

    Args:
        photo: its file.
        cache: whether they are kept; else they are removed after the look.
        networks: as of `photo.measure`.
        tidies: as of `Scratch`.

    Raises:
        PictureError: the file is no picture, is damaged, or too large.
        WhichmodelError: the disk has no room.
    """
    opened = open_picture(photo, limits)
    with Scratch(cache=cache, tidies=tidies) as scratch:
        value = decoded(opened, file_sha256(photo), scratch)
        try:
            return measure(value.raster, source=photo, networks=networks)
        finally:
            value.raster.close()
