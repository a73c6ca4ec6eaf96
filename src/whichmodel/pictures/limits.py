"""Limits on the size of pictures, checked from the header before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a picture may be.

    Args:
        max_input_pixels: width times height of a picture that is read.
        max_side: longest side of a picture that is read, in pixels.
        max_output_pixels: width times height of a picture that is made.
    """

    max_input_pixels: int = 250_000_000
    max_side: int = 100_000
    max_output_pixels: int = 1_000_000_000


DEFAULT_LIMITS = Limits()
