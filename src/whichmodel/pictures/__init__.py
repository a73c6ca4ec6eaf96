"""Pictures: read, write, resample, compare. Codecs are those of libvips."""

from whichmodel.pictures.box import Box
from whichmodel.pictures.decode import decode
from whichmodel.pictures.limits import DEFAULT_LIMITS, Limits
from whichmodel.pictures.picture import Metadata, Picture, Viewed
from whichmodel.pictures.raster import Kind, Raster
from whichmodel.pictures.read import Header, Opened, open_picture, read_header, read_picture
from whichmodel.pictures.resample import bicubic, resample
from whichmodel.pictures.write import check_writable, same_file, write_picture

__all__ = [
    "DEFAULT_LIMITS",
    "Box",
    "Header",
    "Kind",
    "Limits",
    "Metadata",
    "Opened",
    "Picture",
    "Raster",
    "Viewed",
    "bicubic",
    "check_writable",
    "decode",
    "open_picture",
    "read_header",
    "read_picture",
    "resample",
    "same_file",
    "write_picture",
]
