"""How large a picture may be, as one number for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whichmodel.pictures import Limits


def limits_of(max_megapixels: int | None) -> Limits:
    """The limits where pictures of so many megapixels are allowed, read or made; else the usual ones."""
    from whichmodel.pictures import DEFAULT_LIMITS, Limits

    if max_megapixels is None:
        return DEFAULT_LIMITS
    pixels = max_megapixels * 1_000_000
    return Limits(max_input_pixels=pixels, max_output_pixels=pixels)
