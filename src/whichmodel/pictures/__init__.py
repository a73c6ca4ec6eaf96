"""Pictures: read, write, resample, compare. Codecs are those of libvips."""

from whichmodel.pictures.limits import DEFAULT_LIMITS, Limits
from whichmodel.pictures.picture import Metadata, Picture
from whichmodel.pictures.read import Header, read_header, read_picture
from whichmodel.pictures.resample import bicubic, resample
from whichmodel.pictures.write import check_writable, same_file, write_picture

__all__ = [
    "DEFAULT_LIMITS",
    "Header",
    "Limits",
    "Metadata",
    "Picture",
    "bicubic",
    "check_writable",
    "read_header",
    "read_picture",
    "resample",
    "same_file",
    "write_picture",
]
