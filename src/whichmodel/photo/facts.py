"""Look at a photo before anything is planned for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from whichmodel.domain.photo import Jpeg, Measured, PhotoFacts
from whichmodel.photo.blur import blur_of
from whichmodel.photo.jpeg import block_transforms, jpeg_of
from whichmodel.photo.jpeg_noise import COARSEST, noise_before_jpeg
from whichmodel.photo.things import damage_of, faces_of, lettering_of
from whichmodel.photo.tone import tone_of
from whichmodel.pictures.decode import decode
from whichmodel.pictures.limits import DEFAULT_LIMITS, Limits
from whichmodel.pictures.noise import in_flat_places, noise_with
from whichmodel.pictures.raster import Raster
from whichmodel.pictures.read import open_picture
from whichmodel.pictures.sample import Part, parts_of

_SMALL = "the photo is too small, or has too little in it, to tell"


def measure(
    photo: Raster | Path,
    *,
    source: Path | None = None,
    networks: bool = True,
    limits: Limits = DEFAULT_LIMITS,
) -> PhotoFacts:
    """What can be told about a photo from its pixels; nothing is fetched for it, and nothing is changed.

    Args:
        photo: the photo, or its file, which is decoded into a temporary folder.
        source: the file that a raster came from, where it is at hand: if it is a JPEG, its own table tells.
        networks: whether faces and text are looked for, if the weights for it are here; it takes longer than all else.
        limits: on the size of a picture that is read from a file.

    Raises:
        PictureError: the file is no picture, is damaged, or too large.
        OSError: it cannot be read, or there is no room to decode it.
    """
    if isinstance(photo, Raster):
        return _facts(photo, source, networks)
    opened = open_picture(photo, limits)
    with tempfile.TemporaryDirectory(prefix="whichmodel-photo-") as folder:
        raster = decode(opened, Path(folder) / "photo")
        try:
            return _facts(raster, photo, networks)
        finally:
            raster.close()


def _facts(picture: Raster, source: Path | None, networks: bool) -> PhotoFacts:
    parts = parts_of(picture)
    jpeg = jpeg_of(parts, source)
    noise = _noise(parts, jpeg)
    blur = blur_of(parts, noise.value if noise else 0.0, jpeg.quality if jpeg else None)
    missing = {
        name: _SMALL for name, fact in (("noise", noise), ("blur", blur), ("jpeg", jpeg)) if fact is None
    }
    faces, text = None, None
    if networks:
        faces, missing["faces"] = faces_of(picture)
        text, missing["text"] = lettering_of(picture)
    else:
        missing["faces"] = missing["text"] = "not looked for, as asked"
    return PhotoFacts(
        width=picture.width,
        height=picture.height,
        bits=picture.kind.bits,
        noise=noise,
        blur=blur,
        jpeg=jpeg,
        tone=tone_of(picture, parts),
        faces=faces,
        text=text,
        damage=damage_of(picture),
        not_measured={name: why for name, why in missing.items() if why},
    )


def _noise(parts: tuple[Part, ...], jpeg: Jpeg | None) -> Measured | None:
    """The noise of the pixels, or that which JPEG kept in coarser detail, whichever is more."""
    flat = in_flat_places(parts)
    noise = noise_with(flat, parts)
    if jpeg is None or jpeg.quality is None or jpeg.quality < COARSEST:
        return noise
    before = noise_before_jpeg(
        block_transforms(parts, jpeg.offset),
        jpeg.quality,
        grey=all(part.grey for part in parts),
        left=flat or 0.0,
    )
    if before is None or (noise is not None and noise.value >= before.value):
        return noise
    return before
